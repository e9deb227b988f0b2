-- When the newest heartbeat was written that is here, in microseconds of the primary's clock.
SELECT (extract(epoch FROM written_at) * 1000000)::bigint AS written FROM orders.heartbeat
