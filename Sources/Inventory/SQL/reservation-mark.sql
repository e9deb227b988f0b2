-- Sets a reservation's ($1) state ($2).
UPDATE inventory.reservations SET status = $2 WHERE id = $1::uuid RETURNING id::text
