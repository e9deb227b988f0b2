-- Writes a reservation down ($1 id, $2 instance, $3 seconds until it expires); no row when the id is known already.
-- A second request with the same id waits here for the first to end.
INSERT INTO inventory.reservations (id, instance, status, expires_at)
VALUES ($1::uuid, $2, 'held', now() + make_interval(secs => $3::int))
ON CONFLICT (id) DO NOTHING
RETURNING id::text
