-- Writes down what a reservation ($1) holds: skus $2, quantities $3, prices $4.
INSERT INTO inventory.reservation_items (reservation_id, sku, quantity, price_cents)
SELECT $1::uuid, cart.sku, cart.quantity, cart.price_cents
FROM unnest($2::text[], $3::int[], $4::bigint[]) AS cart (sku, quantity, price_cents)
RETURNING sku
