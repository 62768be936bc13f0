"""The API of an OpenCode server, so that clients written for it can drive any of our agents.

Mounted at `/opencode` and, behind all other routes, at the root. Imported when the first such path is asked for.
`fold.py` turns a session's log into OpenCode's messages, parts and events, and is pure; `desk.py` holds what the
clients see; `routes.py` is the table of endpoints. Source of the shapes: the API document of OpenCode 1.18, and the
OpenCode part of the 0.1.x contract.
"""
