-- Locks a reservation and reads its state.
SELECT status
FROM inventory.reservations
WHERE id = $1::uuid
FOR UPDATE
