"""What a session has changed in its working directory: a picture of it at the beginning, compared with what is there.

Nothing is written into the working directory or the index of its git tree. Everything is bounded: the number of files
looked at, the bytes kept, the size of the diff, the time; what was left out is said.
"""

from __future__ import annotations

from sandbox_agent.runtime.changes.announcer import Announcer
from sandbox_agent.runtime.changes.changes import Changes

__all__ = ["Announcer", "Changes"]
