"""A control plane for a fleet of sandboxes: see docs/deploy/fleet.md."""
