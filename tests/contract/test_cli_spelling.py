"""Every command and option of the command line's table, as the contract spells it: older scripts are understood.

What they do is shown in `test_cli.py`, `test_cli_local.py` and `tests/cli/`.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from sandbox_agent.cli import whole_parser

ENDPOINT = ["", "-e http://127.0.0.1:2468", "--endpoint http://127.0.0.1:2468/"]
SERVER = (
    "server",
    "server -H 127.0.0.1 -p 2468",
    "server --host 127.0.0.1 --port 2468 --token T",
    "server -O http://a -O http://b -M GET -M PUT -A x-a -A x-b -C",
    "server --cors-allow-origin http://a --cors-allow-method GET --cors-allow-header x-a --cors-allow-credentials",
    "server --no-token --no-telemetry",
    "--token T server",
    "-t T server",
    "-n server",
)
LOCAL = (
    "opencode",
    "opencode -H 127.0.0.1 -p 2468 --session-title T --yolo",
    "daemon start",
    "daemon start -H 127.0.0.1 -p 2468 --upgrade",
    "daemon stop -H 127.0.0.1 -p 2468",
    "daemon status -H 127.0.0.1 -p 2468",
    "install-agent claude",
    "install-agent codex -r",
    "install-agent opencode --reinstall",
    "credentials extract",
    "credentials extract -a claude -p anthropic -d DIR --no-oauth -r",
    "credentials extract --agent codex --provider openai --reveal",
    "credentials extract-env",
    "credentials extract-env -e -d DIR --no-oauth",
    "credentials extract-env --export",
)
API = (
    "agents list",
    "agents install claude",
    "agents install claude -r",
    "agents install claude --reinstall",
    "agents modes claude",
    "sessions create ID -a mock",
    "sessions create ID --agent mock -g plan -p default -m model -v high -A 1.0.0",
    "sessions create ID -a mock --agent-mode build --permission-mode bypass --model m --variant v --agent-version 1",
    "sessions send-message ID -m TEXT",
    "sessions send-message ID --message TEXT",
    "sessions send-message-stream ID -m TEXT --include-raw",
    "sessions terminate ID",
    "sessions events ID -o 1 -l 2 --include-raw",
    "sessions get-messages ID --offset 1 --limit 2",
    "sessions events-sse ID -o 1 --include-raw",
    """sessions reply-question ID QID -a '[["yes"]]'""",
    """sessions reply-question ID QID --answers '[["yes"]]'""",
    "sessions reject-question ID QID",
    "sessions reply-permission ID PID -r ONCE",
    "sessions reply-permission ID PID --reply always",
)
LATER = (
    "agents models claude",
    "sessions list",
    "sessions create ID -a mock --mcp-config mcp.json --skill PATH --skill PATH",
    "fs entries --path P --session-id S",
    "fs read P",
    "fs write P --content T",
    "fs write P --from-file F",
    "fs delete P --recursive",
    "fs mkdir P",
    "fs move FROM TO --overwrite",
    "fs stat P",
    "fs upload-batch --tar F --path P",
)
"""Not in the first form of the command line, which had no `api`; understood there too."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a configuration of tool servers, which is read with the command line."""
    (tmp_path / "mcp.json").write_text("{}")
    monkeypatch.chdir(tmp_path)


def understood(line: str) -> None:
    parsed = whole_parser().parse_args(shlex.split(line))
    assert callable(parsed.run)


@pytest.mark.parametrize("line", [*SERVER, *LOCAL])
def test_row(line: str) -> None:
    understood(line)


@pytest.mark.parametrize("endpoint", ENDPOINT)
@pytest.mark.parametrize("form", ["api ", ""], ids=["api", "seed README"])
@pytest.mark.parametrize("line", [*API, *LATER])
def test_row_of_the_api(line: str, form: str, endpoint: str) -> None:
    understood(f"{form}{line} {endpoint}")
