-- Notes that a reservation which never came shall not come any more ($1 id, $2 instance).
INSERT INTO inventory.reservations (id, instance, status, expires_at)
VALUES ($1::uuid, $2, 'released', now())
ON CONFLICT (id) DO NOTHING
RETURNING id::text
