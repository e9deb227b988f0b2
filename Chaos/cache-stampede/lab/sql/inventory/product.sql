-- One product ($1), with what customers think of it and its place among all products. A review counts for more the
-- newer it is and the more customers found it helpful.
WITH weighed AS (
  SELECT sku, customer, stars,
    (1 + ln(1 + helpful)) * exp(-extract(epoch FROM now() - written_at)::float8 / 15552000) AS weight
  FROM inventory.reviews
), rated AS (
  SELECT sku, sum(stars * weight) / sum(weight) AS rating, count(DISTINCT customer) AS customers
  FROM weighed
  GROUP BY sku
), ranked AS (
  SELECT sku, rating, customers, rank() OVER (ORDER BY rating DESC) AS place
  FROM rated
)
SELECT sku, name,
  description || coalesce(
    ' ' || customers || ' customers give it ' || round(rating::numeric, 1) || ' of 5 stars: number ' || place
      || ' of the shop.', '') AS description,
  price_cents, to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS updated_at
FROM inventory.products
LEFT JOIN ranked USING (sku)
WHERE sku = $1
