-- Whether this transaction is the one that releases expired holds; the lock ends with the transaction.
SELECT pg_try_advisory_xact_lock(hashtext('inventory.sync')) AS locked
