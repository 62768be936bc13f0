"""The skills of a session: fetched, chosen, and ready for the agent. Nothing of it is in a working directory."""

from sandbox_agent.runtime.skills.shelf import Shelf

__all__ = ["Shelf"]
