from __future__ import annotations

from sandbox_agent import testing


def test_the_public_names_of_the_test_kit_are_a_decision() -> None:
    model_names = {
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
    }
    assert model_names <= set(testing.__all__)
    assert all(hasattr(testing, name) for name in testing.__all__)
