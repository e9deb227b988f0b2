-- The database of the order service: orders, idempotency keys, and the outbox of what happened to orders.
-- Runs once, as the superuser, on an empty database whose role `orders` exists. The role owns nothing.
BEGIN;

CREATE SCHEMA orders;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- pending -> reserved -> confirmed -> cancelled, and failed from pending or reserved. Money is whole cents.
CREATE TABLE orders.orders (
  id uuid PRIMARY KEY,
  session_id text NOT NULL,
  status text NOT NULL CHECK (status IN ('pending', 'reserved', 'confirmed', 'cancelling', 'cancelled', 'failed')),
  total_cents bigint NOT NULL DEFAULT 0 CHECK (total_cents >= 0),
  reservation_id uuid NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
CREATE INDEX orders_of_session ON orders.orders (session_id, created_at DESC);
CREATE INDEX orders_unfinished ON orders.orders (updated_at) WHERE status IN ('pending', 'reserved', 'cancelling');

-- `price_cents` is one piece's price, known once the stock is reserved.
CREATE TABLE orders.order_items (
  order_id uuid NOT NULL REFERENCES orders.orders (id),
  sku text NOT NULL,
  quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 100),
  price_cents bigint NOT NULL DEFAULT 0 CHECK (price_cents >= 0),
  PRIMARY KEY (order_id, sku)
);

-- `status` and `response` are the first final reply (HTTP status and body); both are NULL while there is none.
-- `claimed_until` is when somebody else may take an unfinished order over.
CREATE TABLE orders.idempotency_keys (
  key text PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 200),
  session_id text NOT NULL,
  body_hash text NOT NULL,
  order_id uuid NOT NULL UNIQUE REFERENCES orders.orders (id) DEFERRABLE INITIALLY DEFERRED,
  status integer,
  response text,
  claimed_until timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((status IS NULL) = (response IS NULL))
);

-- One row for each change of an order's state, written in the transaction that makes the change.
CREATE TABLE orders.outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders.orders (id),
  event text NOT NULL,
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz
);
CREATE INDEX outbox_unpublished ON orders.outbox (id) WHERE published_at IS NULL;

-- One row that a service writes again and again, if it is told to, and looks for on replicas: so their lag is measured.
CREATE TABLE orders.heartbeat (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  written_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 10);
INSERT INTO orders.heartbeat DEFAULT VALUES;

-- How many clients are connected to this server and how many may be: nothing else about them.
CREATE FUNCTION orders.server_connections(OUT used bigint, OUT most bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT count(*), current_setting('max_connections')::bigint
  FROM pg_stat_activity WHERE backend_type = 'client backend'
$$;

GRANT USAGE ON SCHEMA orders TO orders;
GRANT SELECT, INSERT, UPDATE ON orders.orders, orders.order_items, orders.idempotency_keys TO orders;
GRANT SELECT, INSERT, UPDATE (published_at) ON orders.outbox TO orders;
GRANT SELECT, UPDATE (written_at) ON orders.heartbeat TO orders;
REVOKE ALL ON FUNCTION orders.server_connections() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orders.server_connections() TO orders;

-- Everybody in this database finds the tables without writing the schema's name.
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = orders, public', current_database()); END $$;

COMMIT;
