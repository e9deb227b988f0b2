-- Writes the heartbeat that replicas are measured by, unless somebody did within the last $1 ms, and gives when the
-- newest was written and what this server's clock says, in microseconds. It waits for no replica: it has to show that
-- one doesn't follow.
WITH beat AS (
  UPDATE inventory.heartbeat SET written_at = clock_timestamp()
  WHERE (SELECT set_config('synchronous_commit', 'local', true)) IS NOT NULL
    AND (written_at <= clock_timestamp() - $1::int * interval '1 ms' OR written_at > clock_timestamp())
  RETURNING written_at
)
SELECT (extract(epoch FROM coalesce((SELECT written_at FROM beat), written_at)) * 1000000)::bigint AS written,
  (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS clock
FROM inventory.heartbeat
