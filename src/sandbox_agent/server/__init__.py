"""HTTP and server-sent events over the runtime: one table of endpoints, and what turns it into an ASGI app."""
