"""Django's PostgreSQL, which tells each session whose rows it may see before the statement that asks for them."""
