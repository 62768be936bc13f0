"""The conformance kit: for authors of adapters, to be run by their tests.

    from sandbox_agent.adapter.testing import check_agent

    def test_my_agent():
        check_agent(AGENT, sorted(RECORDINGS.glob("*.jsonl")))

`Recorder` makes recordings, `replay` gives their events, `Conversation` talks to an adapter without a daemon.
"""

from sandbox_agent.adapter.testing.checks import (
    CHECKS,
    Nonconforming,
    check_agent,
    check_golden,
    check_log,
    golden_path,
)
from sandbox_agent.adapter.testing.conversation import Conversation
from sandbox_agent.adapter.testing.recording import Recorder, Recording, Step, play, read_recording, replay

__all__ = [
    "CHECKS",
    "Conversation",
    "Nonconforming",
    "Recorder",
    "Recording",
    "Step",
    "check_agent",
    "check_golden",
    "check_log",
    "golden_path",
    "play",
    "read_recording",
    "replay",
]
