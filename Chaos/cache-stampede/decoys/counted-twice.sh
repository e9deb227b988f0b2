#!/bin/sh
# The numbers kept by a trigger that counts reviews and not customers. Run in the lab folder.
set -eu

firedrill runbook --run count-when-written
cat >sql/inventory/count-reviews.sql <<'SQL'
CREATE OR REPLACE FUNCTION inventory.rate(product text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO inventory.ratings AS kept (sku, rating, customers)
  SELECT product, sum(stars * weight) / sum(weight), 1
  FROM (
    SELECT customer, stars,
      (1 + ln(1 + helpful)) * exp(-extract(epoch FROM now() - written_at)::float8 / 15552000) AS weight
    FROM inventory.reviews WHERE sku = product
  ) AS weighed
  ON CONFLICT (sku) DO UPDATE SET rating = EXCLUDED.rating, customers = kept.customers + 1
$$;
CREATE OR REPLACE FUNCTION inventory.rate_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM inventory.rate(sku) FROM (SELECT sku FROM written) AS reviews;
  RETURN NULL;
END
$$;
SQL
firedrill psql postgres -- -d inventory -v ON_ERROR_STOP=1 -q -f sql/inventory/count-reviews.sql
