"""Section 7 of the agents' contract: where the skills of a session are looked for.

How they are fetched is shown in `tests/runtime/skills/`; that each agent offers them and that nothing is left in the
working directory (mended) in `tests/live/every/test_context.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.anyio
ONE = "/v1/sessions/s"

FOUND: dict[str, tuple[list[str], dict[str, Any]]] = {
    "dir itself has SKILL.md": (["box"], {}),
    "children of skills/": (["box/skills/one", "box/skills/two"], {}),
    "immediate children": (["box/one"], {}),
    "filter by directory name": (["box/one", "box/two"], {"skills": ["two"]}),
    "a SKILL.md path is fine too, as the documents said": (["box/one"], {"subpath": "one/SKILL.md"}),
}
NOT_FOUND: dict[str, tuple[list[str], dict[str, Any]]] = {
    "filter without a match": (["box/one"], {"skills": ["three"]}),
    "no skill in it": ([], {}),
    "a folder too deep": (["box/docs/deep/one"], {}),
    "a subpath that leads out": (["box/one", "beside"], {"subpath": "../beside"}),
}


async def created(running: Any, folder: Path, skills: list[str], source: dict[str, Any]) -> Any:
    (folder / "box").mkdir()
    for name in skills:
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "SKILL.md").write_text(f"---\nname: {Path(name).name}\ndescription: d\n---\n")
    body = {"agent": "mock", "skills": {"sources": [{"type": "local", "source": str(folder / "box"), **source}]}}
    return await running.client.post(ONE, json=body)


@pytest.mark.parametrize("row", FOUND)
async def test_discovery(running: Any, tmp_path: Path, row: str) -> None:
    assert (await created(running, tmp_path, *FOUND[row])).status_code == 200


@pytest.mark.parametrize("row", NOT_FOUND)
async def test_no_match_is_400(running: Any, tmp_path: Path, row: str) -> None:
    answer = await created(running, tmp_path, *NOT_FOUND[row])
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:sandbox-agent:error:invalid_request")
    assert (await running.client.get(ONE)).status_code == 404


async def test_local_is_relative_to_the_working_directory(running: Any, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "SKILL.md").write_text("---\nname: one\ndescription: d\n---\n")
    body = {"agent": "mock", "directory": str(tmp_path / "work")}
    for source, status in (("../one", 200), ("../two", 400)):
        skills = {"sources": [{"type": "local", "source": source}]}
        answer = await running.client.post(f"/v1/sessions/{status}", json={**body, "skills": skills})
        assert answer.status_code == status
