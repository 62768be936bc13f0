"""Installing the agents' CLIs, with the package clients that are there, and finding them again."""

from sandbox_agent.runtime.install.installer import Found, Installer
from sandbox_agent.runtime.install.job import Installed, Order, Source, Step, override_name
from sandbox_agent.runtime.install.platform import detect_platform
from sandbox_agent.runtime.install.probe import ask_version

__all__ = [
    "Found",
    "Installed",
    "Installer",
    "Order",
    "Source",
    "Step",
    "ask_version",
    "detect_platform",
    "override_name",
]
