#!/bin/sh
# An advisory lock for each cart. Run in the lab folder.
set -eu

cat >sql/inventory/reserve-lock.sql <<'SQL'
-- Locks the cart ($1) by a number of its own, then its products, line by line, and reads what is promised.
WITH own AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended($1::text[]::text, 0)) AS locked)
SELECT stock.sku, stock.on_hand, products.price_cents
FROM own
CROSS JOIN unnest($1::text[]) WITH ORDINALITY AS cart (sku, line)
JOIN inventory.stock USING (sku)
JOIN inventory.products USING (sku)
ORDER BY cart.line
FOR UPDATE OF stock
SQL
firedrill apply
