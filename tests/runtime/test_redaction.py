from __future__ import annotations

import pytest

from sandbox_agent.runtime.redaction import HIDDEN, shown_mcp, shown_skills
from sandbox_agent.schema.api import LocalMcpServer, McpOauth, McpServer, RemoteMcpServer, Skills, SkillSource


def shown(server: McpServer) -> McpServer:
    return shown_mcp({"m": server})["m"]


def test_values_of_variables_and_headers_are_hidden_and_their_names_shown() -> None:
    assert shown(LocalMcpServer(command="run", env={"A": "x", "B": "y"}, cwd="/srv", timeout_ms=5)) == LocalMcpServer(
        command="run", env={"A": HIDDEN, "B": HIDDEN}, cwd="/srv", timeout_ms=5
    )
    remote = RemoteMcpServer(
        url="https://user:pass@host:1/path?key=k#f",
        headers={"x": "secret"},
        bearer_token_env_var="NAME",
        env_headers={"y": "NAME"},
        oauth=McpOauth(client_id="id", client_secret="s", scope="all"),
    )
    assert shown(remote) == RemoteMcpServer(
        url=f"https://{HIDDEN}@host:1/path?{HIDDEN}",
        headers={"x": HIDDEN},
        bearer_token_env_var="NAME",
        env_headers={"y": "NAME"},
        oauth=McpOauth(client_id="id", client_secret=HIDDEN, scope="all"),
    )


def test_what_is_no_secret_is_shown_as_it_is() -> None:
    for server in (
        LocalMcpServer(command=("npx", "-y", "server"), args=("--port", "80", "--verbose", "dir")),
        RemoteMcpServer(url="http://127.0.0.1:1/sse", oauth=True, transport="sse", enabled=False),
    ):
        assert shown(server) == server


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("--token", "x", "y"), ("--token", HIDDEN, "y")),
        (("--api-key=x",), (f"--api-key={HIDDEN}",)),
        (("OPENAI_API_KEY=x", "run"), (f"OPENAI_API_KEY={HIDDEN}", "run")),
        (("--password", "--next"), ("--password", "--next")),
        (("--mode=token",), ("--mode=token",)),
        (("token", "x"), ("token", "x")),
        (("--header", "Authorization: Bearer x"), ("--header", f"Authorization: {HIDDEN}")),
        (("-H", "x-team:x"), ("-H", f"x-team:{HIDDEN}")),
        (("--header=Authorization: x",), (f"--header=Authorization: {HIDDEN}",)),
        (("https://u:x@host/mcp?k=x",), (f"https://{HIDDEN}@host/mcp?{HIDDEN}",)),
        (("--url=postgresql://u:x@host/db",), (f"--url=postgresql://{HIDDEN}@host/db",)),
    ],
)
def test_an_argument_named_after_a_secret_loses_its_value(given: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert shown(LocalMcpServer(command=given, args=given)) == LocalMcpServer(command=expected, args=expected)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("run  --token x --url=https://u:x@host/mcp", f"run --token {HIDDEN} --url=https://{HIDDEN}@host/mcp"),
        ('run --header "Authorization: Bearer x" -v', f"run --header Authorization: {HIDDEN} -v"),
        ("run --password='a b x'", f"run --password={HIDDEN}"),
        ('run --token "x', HIDDEN),
    ],
)
def test_a_command_in_one_line_loses_what_its_arguments_would(line: str, expected: str) -> None:
    assert shown(LocalMcpServer(command=line)) == LocalMcpServer(command=expected)


def test_sources_of_skills_lose_their_logins() -> None:
    skills = Skills(
        sources=(
            SkillSource(type="git", source="https://x:token@host/repo.git", ref="main"),
            SkillSource(type="github", source="owner/repo"),
            SkillSource(type="git", source="http://[bad"),
        )
    )
    assert [each.source for each in shown_skills(skills).sources] == [
        f"https://{HIDDEN}@host/repo.git",
        "owner/repo",
        HIDDEN,
    ]
