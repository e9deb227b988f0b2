-- Moves an order ($1) from one state ($2) to the next ($3); no row when it isn't in the first any more.
UPDATE orders.orders SET status = $3, updated_at = now() WHERE id = $1::uuid AND status = $2 RETURNING id::text
