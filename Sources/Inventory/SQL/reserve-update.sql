-- Moves a line of a cart (sku $1, quantity $2) from on hand to reserved if its version is still $3; no row when it isn't.
UPDATE inventory.stock
SET on_hand = on_hand - $2::bigint, reserved = reserved + $2::bigint, version = version + 1
WHERE sku = $1 AND version = $3::bigint AND on_hand >= $2::bigint
RETURNING sku
