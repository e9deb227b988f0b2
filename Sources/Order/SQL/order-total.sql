-- What an order ($1) costs: $2 cents.
UPDATE orders.orders SET total_cents = $2::bigint WHERE id = $1::uuid RETURNING id::text
