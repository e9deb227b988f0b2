-- How many clients the server has and how many it takes.
SELECT used, most FROM inventory.server_connections()
