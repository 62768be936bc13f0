from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as replace_in

from sandbox_agent.adapter import Takes
from sandbox_agent.runtime.configuration import check_configuration, check_fork
from sandbox_agent.schema import api
from sandbox_agent.schema.errors import InvalidRequest

from .parrot import agent

HOOK = api.HookMatcher(hooks=({"type": "command", "command": "true"},))
ABLE = replace(
    agent(), takes=Takes(instructions=True, skills=True, hooks=frozenset({"Stop"}), mcp_lacks=frozenset({"cwd"}))
)
UNABLE = replace(agent(), takes=Takes(mcp=False))
LOCAL = api.LocalMcpServer(command="server")
SOURCES = api.Skills(sources=(api.SkillSource(type="local", source="."),))


def check(who: Any, **fields: Any) -> None:
    check_configuration(who, api.CreateSessionRequest(agent=who.name, **fields))


def test_an_agent_that_takes_it_all_gets_it_all() -> None:
    check(ABLE, instructions="x", hooks={"Stop": (HOOK,)}, mcp={"a": LOCAL}, skills=SOURCES)


@pytest.mark.parametrize(
    ("field", "value"),
    [("instructions", "x"), ("hooks", {"Stop": (HOOK,)}), ("skills", SOURCES), ("mcp", {"a": LOCAL})],
)
def test_what_an_agent_does_not_take_is_named_with_the_agent(field: str, value: Any) -> None:
    with pytest.raises(InvalidRequest, match=f"the agent {UNABLE.name} does not take {field}") as caught:
        check(UNABLE, **{field: value})
    assert caught.value.agent == UNABLE.name
    check(UNABLE, **{field: type(value)()} if field != "skills" else {"skills": api.Skills()})


def test_an_agent_may_take_skills_only_when_a_conversation_begins() -> None:
    beginning = replace(ABLE, takes=Takes(skills=True, skills_resumed=False))
    check(beginning, skills=SOURCES)
    check(beginning, resume="native")
    check(ABLE, skills=SOURCES, resume="native")
    with pytest.raises(InvalidRequest, match="does not take skills with resume"):
        check(beginning, skills=SOURCES, resume="native")


def test_a_hook_event_nobody_knows_is_refused_with_those_it_knows() -> None:
    with pytest.raises(InvalidRequest, match=r"does not take hooks\.OnStop") as caught:
        check(ABLE, hooks={"OnStop": (HOOK,)})
    assert caught.value.hint == "it knows Stop"


@pytest.mark.parametrize(
    ("lacks", "server"),
    [
        ("cwd", api.LocalMcpServer(command="a", cwd="/")),
        ("oauth", api.RemoteMcpServer(url="u", oauth=False)),
        ("oauth.clientSecret", api.RemoteMcpServer(url="u", oauth=api.McpOauth(client_secret="s"))),
        ("transport.sse", api.RemoteMcpServer(url="u", transport="sse")),
    ],
)
def test_a_field_of_a_server_that_the_agent_lacks_is_named(lacks: str, server: Any) -> None:
    lacking = replace(ABLE, takes=Takes(mcp_lacks=frozenset({lacks})))
    with pytest.raises(InvalidRequest, match=rf"does not take mcp\.far\.{lacks}"):
        check(lacking, mcp={"far": server})
    check(replace(ABLE, takes=Takes()), mcp={"far": server})


@pytest.mark.parametrize("command", ["", (), ("",)])
def test_a_server_without_a_command_is_refused(command: Any) -> None:
    with pytest.raises(InvalidRequest, match="mcp command cannot be empty"):
        check(ABLE, mcp={"a": api.LocalMcpServer(command=command)})


def test_a_conversation_whose_skills_would_go_with_its_session_is_not_forked() -> None:
    can = replace(ABLE, capabilities=replace_in(ABLE.capabilities, fork=True))
    keeps = replace(can, takes=Takes(skills=True, skills_resumed=False))
    plain, skilled = (api.CreateSessionRequest(agent="a", skills=skills) for skills in (None, SOURCES))
    for who, original in ((can, plain), (can, skilled), (keeps, plain)):
        check_fork(who, "s", original)
    with pytest.raises(InvalidRequest, match="has skills of its own") as refused:
        check_fork(keeps, "s", skilled)
    assert (refused.value.agent, refused.value.session_id) == (keeps.name, "s")
