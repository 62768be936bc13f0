"""The wire types. Imports msgspec and nothing of ours."""
