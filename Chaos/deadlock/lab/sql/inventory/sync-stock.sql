-- Locks the stock of the products ($1) that are reconciled, the newest articles first: they sell best.
SELECT sku
FROM inventory.stock
WHERE sku = ANY ($1::text[])
ORDER BY sku DESC
FOR UPDATE
