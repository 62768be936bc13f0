"""The file API's work: jailed paths, whole files, archives that cannot escape. No HTTP here."""

from sandbox_agent.runtime.files.archive import Limits
from sandbox_agent.runtime.files.looking import Reader
from sandbox_agent.runtime.files.service import Files
from sandbox_agent.runtime.files.threads import in_thread

__all__ = ["Files", "Limits", "Reader", "in_thread"]
