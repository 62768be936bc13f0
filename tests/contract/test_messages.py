"""Messages that clients match: each word for word, from the request that causes it.

Those about files are in `test_files.py`. Where a path of ours would tell nothing, a skill is named instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.anyio


def creating(**body: Any) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/v1/sessions/new", {"json": {"agent": "mock", **body}}


def skills(**source: Any) -> tuple[str, str, dict[str, Any]]:
    return creating(skills={"sources": [source]})


MESSAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "unknown question id: X": ("POST", "/v1/sessions/s/questions/X/reject", {}),
    "unknown permission id: X": ("POST", "/v1/sessions/s/permissions/X/reply", {"json": {"reply": "once"}}),
    "session terminated": ("POST", "/v1/sessions/ended/messages", {"json": {"message": "x"}}),
    "invalid permission mode: X": creating(permissionMode="X"),
    "mcp command cannot be empty": creating(mcp={"m": {"type": "local", "command": ""}}),
    "unsupported skill source type: T": skills(type="T", source="x"),
    "local skill directory not found: {home}/none": skills(type="local", source="{home}/none"),
    "no skills found in {home}/empty (local)": skills(type="local", source="{home}/empty"),
    "skill search directory not found: none in {home}/empty (local)": skills(
        type="local", source="{home}/empty", subpath="none"
    ),
    "skill path conflict: same already exists": creating(
        skills={"sources": [{"type": "local", "source": "{home}/one"}, {"type": "local", "source": "{home}/two"}]}
    ),
    "path not found: none": (
        "POST",
        "/v1/sessions/s/messages",
        {"json": {"message": "x", "attachments": [{"path": "none"}]}},
    ),
    "path is not a file: empty": (
        "POST",
        "/v1/sessions/s/messages",
        {"json": {"message": "x", "attachments": [{"path": "empty"}]}},
    ),
}


@pytest.mark.parametrize("message", MESSAGES)
async def test_known_message(running: Any, tmp_path: Path, message: str) -> None:
    (tmp_path / "empty").mkdir()
    for folder in ("one", "two"):
        skill = tmp_path / folder / "same"
        skill.mkdir(parents=True)
        (skill / "SKILL.md").write_text("---\nname: same\ndescription: d\n---\n")
    await running.create("s")
    await running.create("ended")
    await running.client.post("/v1/sessions/ended/terminate")
    method, path, request = MESSAGES[message]
    response = await running.client.request(method, path, **_in(request, str(tmp_path)))
    expected = message.replace("{home}", str(tmp_path))
    assert (response.status_code, response.json()["detail"]) == (400, f"invalid request: {expected}")
    assert (await running.client.get("/v1/sessions/new")).status_code == 404


def _in(value: Any, home: str) -> Any:
    """The same with the home folder named."""
    if isinstance(value, str):
        return value.replace("{home}", home)
    if isinstance(value, dict):
        return {key: _in(each, home) for key, each in value.items()}
    return [_in(each, home) for each in value] if isinstance(value, list) else value
