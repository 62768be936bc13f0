"""A stand-in of Amp's service on loopback: its REST calls, its threads and their WebSockets."""

from sandbox_agent.testing.amp.service import FAKE_AMP_KEY, ScriptedAmp

__all__ = ["FAKE_AMP_KEY", "ScriptedAmp"]
