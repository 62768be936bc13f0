from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.runtime.parrot import agent

from sandbox_agent.runtime.credentials import injected

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_800_000_000.0
SOON = 1_900_000_000_000
LONG_AGO = 1_600_000_000_000
AGENT = replace(agent(), credentials=("anthropic",), keeps="claude-code", takes_logins=True)
CLAUDE_LOGIN = ".claude/.credentials.json"
OPENCODE = ".local/share/opencode/auth.json"
KEYS = {"ANTHROPIC_API_KEY": "sk-1", "CLAUDE_API_KEY": "sk-1"}


def put(home: Path, path: str, content: Any) -> None:
    (home / path).parent.mkdir(parents=True, exist_ok=True)
    (home / path).write_text(json.dumps(content))


def added(home: Path, who: Any = AGENT, **environ: str) -> dict[str, str]:
    return injected(who, environ, home, now=NOW)


def login(expires: int, refresh: str = "r") -> dict[str, Any]:
    return {"claudeAiOauth": {"accessToken": "sk-ant-oat", "refreshToken": refresh, "expiresAt": expires}}


def test_nothing_is_added_where_nothing_is_or_where_all_is_well(tmp_path: Path) -> None:
    assert added(tmp_path) == {}
    assert added(tmp_path, ANTHROPIC_API_KEY="sk-0", CLAUDE_API_KEY="sk-1") == {}
    assert added(tmp_path, CLAUDE_CODE_OAUTH_TOKEN="t") == {}


def test_a_key_under_another_name_goes_under_the_one_that_is_read(tmp_path: Path) -> None:
    assert added(tmp_path, CLAUDE_API_KEY="sk-1") == KEYS


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (".amp/config.json", {"anthropicApiKey": "sk-1"}),
        (OPENCODE, {"anthropic": {"type": "api", "key": "sk-1"}}),
    ],
)
def test_a_key_that_another_tool_keeps_is_passed_on(tmp_path: Path, path: str, content: Any) -> None:
    put(tmp_path, path, content)
    assert added(tmp_path) == KEYS


@pytest.mark.parametrize("expires", [SOON, LONG_AGO])
def test_an_agent_that_keeps_a_login_gets_no_other(tmp_path: Path, expires: int) -> None:
    put(tmp_path, ".amp/config.json", {"anthropicApiKey": "sk-1"})
    put(tmp_path, CLAUDE_LOGIN, login(expires))
    assert added(tmp_path) == {}
    assert added(tmp_path, CLAUDE_API_KEY="sk-2")["ANTHROPIC_API_KEY"] == "sk-2", "the environment was meant for us"
    put(tmp_path, CLAUDE_LOGIN, login(LONG_AGO, refresh=""))
    assert added(tmp_path) == KEYS, "one that has run out for good is none"


def test_a_login_that_its_owner_renews_is_never_copied(tmp_path: Path) -> None:
    entry = {"type": "oauth", "access": "a", "refresh": "r", "expires": SOON}
    put(tmp_path, OPENCODE, {"anthropic": entry})
    assert added(tmp_path) == {}
    put(tmp_path, OPENCODE, {"anthropic": entry | {"refresh": ""}})
    assert added(tmp_path) == {"CLAUDE_CODE_OAUTH_TOKEN": "a"}
    assert added(tmp_path, replace(AGENT, takes_logins=False)) == {}
    put(tmp_path, OPENCODE, {"anthropic": entry | {"refresh": "", "expires": LONG_AGO}})
    assert added(tmp_path) == {}


def test_each_provider_of_an_agent_counts_and_no_other(tmp_path: Path) -> None:
    put(tmp_path, OPENCODE, {name: {"type": "api", "key": f"sk-{name}"} for name in ("anthropic", "openai", "groq")})
    both = replace(AGENT, credentials=("anthropic", "openai"), keeps=None)
    assert set(added(tmp_path, both).values()) == {"sk-anthropic", "sk-openai"}
    assert added(tmp_path, replace(AGENT, credentials=())) == {}
    assert added(tmp_path, replace(both, keeps="opencode")) == {}
