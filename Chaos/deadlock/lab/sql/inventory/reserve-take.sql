-- Moves a cart (skus $1, quantities $2) from on hand to reserved. A product without enough is left as it is.
UPDATE inventory.stock
SET on_hand = on_hand - cart.quantity, reserved = reserved + cart.quantity, version = version + 1
FROM unnest($1::text[], $2::int[]) AS cart (sku, quantity)
WHERE stock.sku = cart.sku AND stock.on_hand >= cart.quantity
RETURNING stock.sku
