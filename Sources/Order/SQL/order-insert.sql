-- A new order: $1 id, $2 session, $3 reservation.
INSERT INTO orders.orders (id, session_id, status, reservation_id)
VALUES ($1::uuid, $2, 'pending', $3::uuid)
RETURNING id::text
