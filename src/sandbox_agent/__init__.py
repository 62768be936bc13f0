"""One daemon in a sandbox, one API, every coding agent."""

from sandbox_agent._version import __version__

__all__ = ["__version__"]
