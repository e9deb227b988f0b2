-- Locks the stock of the products ($1) that are reconciled, always in order of sku.
SELECT sku
FROM inventory.stock
WHERE sku = ANY ($1::text[])
ORDER BY sku
FOR UPDATE
