"""The Python client: the same names, blocking and asynchronous. Sees the schema, never the daemon's insides."""
