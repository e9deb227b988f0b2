-- Holds that have run out, oldest first.
SELECT id::text
FROM inventory.reservations
WHERE status = 'held' AND expires_at < now()
ORDER BY expires_at
LIMIT 100
