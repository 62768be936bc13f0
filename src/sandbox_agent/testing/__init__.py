"""A kit to test agents and their clients offline.

`ScriptedModel` stands in for a model provider on loopback, so a real agent can run without a key; `ScriptedAmp` does
the same for Amp, whose model runs behind a service of its own.
"""

from sandbox_agent.testing.amp import FAKE_AMP_KEY, ScriptedAmp
from sandbox_agent.testing.model.director import Chooser
from sandbox_agent.testing.model.files import ScriptError, bundled_scripts, load_script, parse_script
from sandbox_agent.testing.model.request import ModelRequest
from sandbox_agent.testing.model.script import (
    NO_MORE_REPLIES,
    Reply,
    Rule,
    Script,
    Usage,
    call,
    cut,
    emit,
    fail,
    flood,
    reply,
    say,
    stall,
    think,
    when,
)
from sandbox_agent.testing.model.server import FAKE_KEY, ScriptedModel

__all__ = [
    "FAKE_AMP_KEY",
    "FAKE_KEY",
    "NO_MORE_REPLIES",
    "Chooser",
    "ModelRequest",
    "Reply",
    "Rule",
    "Script",
    "ScriptError",
    "ScriptedAmp",
    "ScriptedModel",
    "Usage",
    "bundled_scripts",
    "call",
    "cut",
    "emit",
    "fail",
    "flood",
    "load_script",
    "parse_script",
    "reply",
    "say",
    "stall",
    "think",
    "when",
]
