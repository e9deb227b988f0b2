#!/bin/sh
# All checkouts and the sync job behind one lock. Run in the lab folder.
set -eu

cat >sql/inventory/reserve-lock.sql <<'SQL'
-- Waits until nobody else changes stock, locks the cart's products ($1), and reads what is promised.
WITH everybody AS MATERIALIZED (SELECT pg_advisory_xact_lock(4711) AS locked)
SELECT stock.sku, stock.on_hand, products.price_cents
FROM everybody
CROSS JOIN unnest($1::text[]) WITH ORDINALITY AS cart (sku, line)
JOIN inventory.stock USING (sku)
JOIN inventory.products USING (sku)
ORDER BY cart.line
FOR UPDATE OF stock
SQL
cat >sql/inventory/settle-lock.sql <<'SQL'
-- Waits until nobody else changes stock, and locks what a reservation ($1) holds.
WITH everybody AS MATERIALIZED (SELECT pg_advisory_xact_lock(4711) AS locked)
SELECT stock.sku
FROM everybody
CROSS JOIN inventory.stock
WHERE stock.sku IN (SELECT sku FROM inventory.reservation_items WHERE reservation_id = $1::uuid)
ORDER BY stock.sku
FOR UPDATE OF stock
SQL
cat >sql/inventory/sync-stock.sql <<'SQL'
-- Waits until nobody else changes stock, and locks the products ($1) that are reconciled.
WITH everybody AS MATERIALIZED (SELECT pg_advisory_xact_lock(4711) AS locked)
SELECT stock.sku
FROM everybody
CROSS JOIN inventory.stock
WHERE stock.sku = ANY ($1::text[])
ORDER BY stock.sku
FOR UPDATE OF stock
SQL
firedrill apply
