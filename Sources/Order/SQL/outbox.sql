-- Says what happened to an order ($1): event $2, details $3 (JSON).
INSERT INTO orders.outbox (order_id, event, payload) VALUES ($1::uuid, $2, $3::jsonb) RETURNING id
