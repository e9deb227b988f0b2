-- The database of the inventory service: products, their stock, and reservations of it.
-- Runs once, as the superuser, on an empty database whose role `inventory` exists. The role owns nothing.
BEGIN;

CREATE SCHEMA inventory;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- Money is whole cents.
CREATE TABLE inventory.products (
  sku text PRIMARY KEY,
  name text NOT NULL,
  description text NOT NULL,
  price_cents bigint NOT NULL CHECK (price_cents >= 0),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Always true: initial = on_hand + reserved + sold. `on_hand` is what can still be reserved.
CREATE TABLE inventory.stock (
  sku text PRIMARY KEY REFERENCES inventory.products (sku),
  initial bigint NOT NULL CHECK (initial >= 0),
  on_hand bigint NOT NULL CHECK (on_hand >= 0),
  reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  sold bigint NOT NULL DEFAULT 0 CHECK (sold >= 0),
  version bigint NOT NULL DEFAULT 1,
  -- When the sync job last compared `reserved` with the reservations that are held.
  reconciled_at timestamptz
) WITH (fillfactor = 70);

CREATE TABLE inventory.reservations (
  id uuid PRIMARY KEY,
  instance text NOT NULL,
  status text NOT NULL CHECK (status IN ('held', 'confirmed', 'released')),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX reservations_to_expire ON inventory.reservations (expires_at) WHERE status = 'held';

-- The price is the one promised when the stock was reserved.
CREATE TABLE inventory.reservation_items (
  reservation_id uuid NOT NULL REFERENCES inventory.reservations (id),
  sku text NOT NULL REFERENCES inventory.stock (sku),
  quantity integer NOT NULL CHECK (quantity > 0),
  price_cents bigint NOT NULL CHECK (price_cents >= 0),
  PRIMARY KEY (reservation_id, sku)
);

INSERT INTO inventory.products (sku, name, description, price_cents)
SELECT 'SKU-' || lpad(n::text, 4, '0'),
  (ARRAY['Walnut', 'Copper', 'Linen', 'Slate', 'Cedar', 'Wool', 'Brass', 'Clay', 'Birch', 'Felt'])[1 + n % 10] || ' '
    || (ARRAY['lamp', 'bowl', 'chair', 'clock', 'tray', 'vase', 'shelf'])[1 + n % 7] || ' No. ' || n,
  'Made to order in our workshop. Article ' || n || ' of the catalogue.',
  199 + (n * 7919) % 20000
FROM generate_series(1, 500) AS n;

INSERT INTO inventory.stock (sku, initial, on_hand)
SELECT sku, 1000000, 1000000 FROM inventory.products;

-- One row that a service writes again and again, if it is told to, and looks for on replicas: so their lag is measured.
CREATE TABLE inventory.heartbeat (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  written_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 10);
INSERT INTO inventory.heartbeat DEFAULT VALUES;

-- What customers wrote. Only the product page reads it.
CREATE TABLE inventory.reviews (
  id bigint NOT NULL,
  sku text NOT NULL,
  customer integer NOT NULL,
  stars smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
  helpful integer NOT NULL DEFAULT 0 CHECK (helpful >= 0),
  written_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO inventory.reviews (id, sku, customer, stars, helpful, written_at)
SELECT n, 'SKU-' || lpad((1 + n % 500)::text, 4, '0'), abs(hashint4(n) % 40000),
  1 + n % 3 + abs(hashint4(-n) % 3), abs(hashint4(n + 1) % 25),
  now() - make_interval(secs => abs(hashint4(n + 2) % 31536000))
FROM generate_series(1, 60000) AS n;

ALTER TABLE inventory.reviews ADD PRIMARY KEY (id);

-- How many clients are connected to this server and how many may be: nothing else about them.
CREATE FUNCTION inventory.server_connections(OUT used bigint, OUT most bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT count(*), current_setting('max_connections')::bigint
  FROM pg_stat_activity WHERE backend_type = 'client backend'
$$;

GRANT USAGE ON SCHEMA inventory TO inventory;
GRANT SELECT ON inventory.products, inventory.reviews TO inventory;
GRANT SELECT, UPDATE ON inventory.stock TO inventory;
GRANT SELECT, INSERT, UPDATE ON inventory.reservations TO inventory;
GRANT SELECT, INSERT ON inventory.reservation_items TO inventory;
GRANT SELECT, UPDATE (written_at) ON inventory.heartbeat TO inventory;
REVOKE ALL ON FUNCTION inventory.server_connections() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inventory.server_connections() TO inventory;

-- Everybody in this database finds the tables without writing the schema's name.
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = inventory, public', current_database()); END $$;

COMMIT;
ANALYZE;
