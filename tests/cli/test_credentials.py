from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox_agent.cli import main

SECRETS = ("sk-ant-made-up-1", "sk-openai-made-up-2", "gsk-made-up-3")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A made-up home; nothing of the real environment is left."""
    for name in list(os.environ):
        if name != "PATH":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def full(home: Path) -> Path:
    put(home, ".claude.json", {"primaryApiKey": SECRETS[0]})
    put(home, ".codex/auth.json", {"OPENAI_API_KEY": SECRETS[1]})
    put(home, ".local/share/opencode/auth.json", {"groq": {"type": "api", "key": SECRETS[2]}})
    return home


def put(home: Path, path: str, content: Any) -> None:
    (home / path).parent.mkdir(parents=True, exist_ok=True)
    (home / path).write_text(json.dumps(content))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["credentials", *arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


@pytest.mark.usefixtures("home")
def test_an_empty_home_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(run(capsys, "extract")) == {"anthropic": None, "openai": None, "other": {}}
    assert run(capsys, "extract-env") == ""


@pytest.mark.usefixtures("full")
def test_without_a_filter_everything_is_shown_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "extract")
    assert json.loads(out) == {
        "anthropic": {
            "provider": "anthropic",
            "source": "claude-code",
            "auth_type": "api_key",
            "api_key": "sk-a...up-1",
            "redacted": True,
        },
        "openai": {
            "provider": "openai",
            "source": "codex",
            "auth_type": "api_key",
            "api_key": "sk-o...up-2",
            "redacted": True,
        },
        "other": {
            "groq": {
                "provider": "groq",
                "source": "opencode",
                "auth_type": "api_key",
                "api_key": "gsk-...up-3",
                "redacted": True,
            }
        },
    }
    assert out.startswith('{\n  "anthropic"')


@pytest.mark.usefixtures("full")
def test_with_reveal_the_secrets_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(run(capsys, "extract", "--reveal"))
    each = [shown["anthropic"], shown["openai"], shown["other"]["groq"]]
    assert tuple(one["api_key"] for one in each) == SECRETS
    assert not any(one["redacted"] for one in each)


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    ("filters", "which"),
    [
        (["-a", "claude"], 0),
        (["-a", "amp"], 0),
        (["-a", "codex"], 1),
        (["-a", "opencode"], 1),
        (["-a", "opencode", "-p", "groq"], 2),
        (["-a", "claude", "-p", "anthropic"], 0),
        (["-p", "groq"], 2),
        (["-p", "anthropic"], 0),
    ],
)
def test_a_filter_gives_one_bare_secret_redacted_unless_revealed(
    capsys: pytest.CaptureFixture[str], filters: list[str], which: int
) -> None:
    assert run(capsys, "extract", *filters, "-r") == SECRETS[which] + "\n"
    hidden = run(capsys, "extract", *filters)
    assert "..." in hidden
    assert SECRETS[which] not in hidden


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        (["-p", "nobody"], "no credentials for nobody"),
        (["-a", "claude", "-p", "openai"], "claude uses anthropic, not openai"),
        (["-a", "codex", "-p", "groq"], "codex uses openai, not groq"),
        (["-a", "opencode", "-p", "zai"], "no credentials for zai"),
    ],
)
@pytest.mark.usefixtures("full")
def test_what_is_not_there_ends_with_1_and_names_no_secret(
    capsys: pytest.CaptureFixture[str], filters: list[str], said: str
) -> None:
    assert main(["credentials", "extract", "--reveal", *filters]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert not any(secret in captured.err for secret in SECRETS)


def test_opencode_takes_the_single_other_or_asks_which(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    entry = {"type": "api", "key": SECRETS[2]}
    put(home, ".local/share/opencode/auth.json", {"groq": entry})
    assert run(capsys, "extract", "-a", "opencode", "-r") == SECRETS[2] + "\n"
    put(home, ".local/share/opencode/auth.json", {"groq": entry, "zai": entry})
    assert main(["credentials", "extract", "-a", "opencode"]) == 1
    assert "choose with --provider: groq, zai" in capsys.readouterr().err
    for agent in ("claude", "codex", "amp"):
        assert main(["credentials", "extract", "-a", agent]) == 1


def test_amp_has_a_key_of_its_own(capsys: pytest.CaptureFixture[str], full: Path) -> None:
    put(full, ".amp/config.json", {"apiKey": "amp-made-up-key"})
    assert run(capsys, "extract", "-a", "amp", "-r") == "amp-made-up-key\n"
    assert run(capsys, "extract", "-a", "claude", "-r") == SECRETS[0] + "\n"


def test_another_home_and_no_logins(capsys: pytest.CaptureFixture[str], full: Path, tmp_path: Path) -> None:
    put(tmp_path / "other", ".codex/auth.json", {"tokens": {"access_token": "login-made-up"}})
    there = ["-d", str(tmp_path / "other")]
    assert run(capsys, "extract", *there, "-a", "codex", "-r") == "login-made-up\n"
    assert json.loads(run(capsys, "extract", *there, "--no-oauth"))["openai"] is None
    assert full == tmp_path


def test_the_lines_for_a_shell_are_safe_to_evaluate(
    capsys: pytest.CaptureFixture[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = "a'b\"c $(touch evil) `touch evil`; touch evil\n#"
    monkeypatch.setenv("ANTHROPIC_API_KEY", evil)
    put(home, ".codex/auth.json", {"tokens": {"access_token": "login made up"}})
    out = run(capsys, "extract-env", "--export")
    script = out + '\nprintf "%s|%s|%s" "$ANTHROPIC_API_KEY" "$OPENAI_OAUTH_TOKEN" "$OPENAI_API_KEY"'
    done = subprocess.run(["/bin/sh", "-euc", script.replace('"$OPENAI_API_KEY"', '"${OPENAI_API_KEY-}"')],
                          cwd=home, env={}, capture_output=True, text=True, check=True, timeout=20)  # fmt: skip
    assert done.stdout == f"{evil.rstrip()}|login made up|"
    assert not (home / "evil").exists()


@pytest.mark.usefixtures("full")
def test_lines_without_export(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "extract-env").splitlines() == [
        f"ANTHROPIC_API_KEY={SECRETS[0]}",
        f"CLAUDE_API_KEY={SECRETS[0]}",
        f"OPENAI_API_KEY={SECRETS[1]}",
        f"CODEX_API_KEY={SECRETS[1]}",
        f"GROQ_API_KEY={SECRETS[2]}",
    ]
