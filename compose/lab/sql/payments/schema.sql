-- The database of the payment service: what was charged for which order.
-- Runs once, as the superuser, on an empty database whose role `payments` exists. The role owns nothing.
BEGIN;

CREATE SCHEMA payments;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- `pending` means that the provider's answer isn't known (yet): asking it again with the same key is safe.
CREATE TABLE payments.charges (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL,
  idempotency_key text NOT NULL UNIQUE CHECK (length(idempotency_key) BETWEEN 1 AND 200),
  amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
  status text NOT NULL CHECK (status IN ('pending', 'charged', 'declined')),
  provider_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX charges_of_order ON payments.charges (order_id);

-- How many clients are connected to this server and how many may be: nothing else about them.
CREATE FUNCTION payments.server_connections(OUT used bigint, OUT most bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT count(*), current_setting('max_connections')::bigint
  FROM pg_stat_activity WHERE backend_type = 'client backend'
$$;

GRANT USAGE ON SCHEMA payments TO payments;
GRANT SELECT, INSERT, UPDATE ON payments.charges TO payments;
REVOKE ALL ON FUNCTION payments.server_connections() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payments.server_connections() TO payments;

-- Everybody in this database finds the tables without writing the schema's name.
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = payments, public', current_database()); END $$;

COMMIT;
