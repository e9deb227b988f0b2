-- How many orders are in which state, and their worth.
SELECT status, count(*)::bigint AS orders, sum(total_cents)::bigint AS cents
FROM orders.orders
GROUP BY status
ORDER BY status
