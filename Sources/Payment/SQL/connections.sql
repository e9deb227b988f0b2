-- How many clients the server has and how many it takes.
SELECT used, most FROM payments.server_connections()
