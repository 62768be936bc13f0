"""The contract between the daemon and one agent: values in, values out.

An adapter translates; it never reads a clock, a file, a socket or a random number, and it never waits. The session
runs what it yields. Imports the schema only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import msgspec

from sandbox_agent.schema.api import Capabilities, HookMatcher, McpServer, Mode, ModelList
from sandbox_agent.schema.base import Model
from sandbox_agent.schema.commands import Command
from sandbox_agent.schema.events import EventData, StderrTail

__all__ = [
    "Adapter",
    "Agent",
    "Deliver",
    "Exited",
    "Fork",
    "Helper",
    "HelperReply",
    "HttpServer",
    "Identified",
    "Install",
    "Log",
    "ModelProbe",
    "Native",
    "Output",
    "Peer",
    "PeerExit",
    "Reached",
    "Router",
    "SessionOptions",
    "Skill",
    "Spawn",
    "Stop",
    "Synthetic",
    "Takes",
    "Write",
]

Native: TypeAlias = Any
"""One message of an agent, as its `Agent.decode` made it."""


@dataclass(frozen=True, kw_only=True)
class Skill:
    """A skill of a session, already on this machine."""

    name: str
    path: str
    """Absolute path of the folder that holds its SKILL.md."""


@dataclass(frozen=True, kw_only=True)
class Fork:
    """Where another conversation of the agent is taken up, by a new one that leaves it as it is."""

    native_id: str
    """Native session id of the other one."""
    position: str | None = None
    """How far, as its adapter said in `Reached`; all of it when absent."""


@dataclass(frozen=True, kw_only=True)
class SessionOptions:
    """All an adapter may know of the session and the machine."""

    session_id: str
    agent_mode: str = "build"
    permission_mode: str = "default"
    model: str | None = None
    variant: str | None = None
    directory: str = "."
    """Absolute path of the agent's working directory."""
    executable: str = ""
    """Absolute path of the agent's CLI."""
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    """The daemon's environment, and the credentials found for this agent; `launch.py` decides what of it the agent
    gets, by `adapter.environment`."""
    superuser: bool = False
    private_dir: str = ""
    """Absolute path of a folder of this session alone, outside its working directory and closed to other users. It is
    made when a `Spawn` brings files, and goes with the session."""
    common_dir: str = ""
    """Absolute path of a folder that all sessions of the daemon have in common, closed to other users. `Spawn.files` of
    different sessions have the same content there."""
    instructions: str | None = None
    """To be added to the agent's system prompt."""
    hooks: Mapping[str, tuple[HookMatcher, ...]] = field(default_factory=dict[str, tuple[HookMatcher, ...]])
    """What to run, by hook event."""
    skills: tuple[Skill, ...] = ()
    mcp: Mapping[str, McpServer] = field(default_factory=dict[str, McpServer])
    resume: str | None = None
    """Native session id to go on with."""
    fork: Fork | None = None
    """What to begin with instead of nothing."""
    forked_from: str | None = None
    """The session whose conversation that is."""


class Peer(Protocol):
    """An agent inside the daemon: the other end of a scripted link. Pure, like an adapter."""

    def send(self, data: bytes) -> None:
        """Take what the adapter wrote."""
        ...

    def next(self) -> bytes | None:
        """The next line, or None at rest. The link asks once per pace. Raises `PeerExit` when the agent is done for."""
        ...


class Router(Protocol):
    """Tells which session a line of a shared agent server is for. Pure, like an adapter; one per server.

    Sessions are numbered by the server's link. A line that is no message raises `msgspec.DecodeError`.
    """

    def wrote(self, member: int, data: bytes) -> Iterable[Write | Deliver]:
        """A session writes: what goes to the server for it, or straight back."""
        ...

    def said(self, line: bytes) -> Iterable[Write | Deliver]:
        """The server says something: who gets it."""
        ...

    def leave(self, member: int) -> Iterable[Write | Deliver]:
        """A session goes: what makes the server end all that it still runs there."""
        ...

    def left(self, member: int) -> bool:
        """Whether the server has confirmed that nothing of a session that goes runs any more."""
        ...

    def marks(self, member: int) -> Collection[str]:
        """What `environment.MEMBER` says in what the server started for a session that has left, and for no other."""
        ...


@dataclass(frozen=True, kw_only=True)
class HttpServer:
    """How to reach an agent that is an HTTP server on loopback; what is written to it is a `http.Request`."""

    events: str
    """Path of its stream of server-sent events."""
    ready: str
    """What the line on its standard output says before the URL at which it listens."""
    user: str
    """User name for HTTP Basic authentication; the password is made by the link."""
    secret: str
    """Variable of its environment that takes the password."""
    settle: float = 0.0
    """Seconds for which requests wait after the first event: it may come before the server has really subscribed us."""


@dataclass(frozen=True, kw_only=True)
class Helper:
    """A program that the agent runs to ask its session something, and that waits for the answer.

    Each run comes as a message `{"type": "helper", "id": 1, "env": {...}, "input": "..."}`, `input` being what it was
    given on its standard input, and ends with a `HelperReply`; `{"type": "helper_gone", "id": 1}` says that it ended
    without one.
    """

    program: str
    """Where it is to be, before the start: absolute path below the session's `private_dir`."""
    tells: tuple[str, ...] = ()
    """Variables of its environment that go into the message."""
    refusal: int = 1
    """What it returns when there is nobody to ask."""


@dataclass(frozen=True, kw_only=True)
class Log:
    """The agent's own log on its standard error, one record a line. It is no part of what is shown when it fails."""

    begins: bytes
    """What each record begins with, and nothing else that the agent says there."""
    tells: tuple[bytes, ...]
    """Those that hold one of these come as messages; the others are dropped."""


@dataclass(frozen=True, kw_only=True)
class Spawn:
    """Start the agent and connect it."""

    argv: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """The whole environment of the process."""
    cwd: str = "."
    link: Literal["stdio", "http", "scripted"] = "stdio"
    http: HttpServer | None = None
    """With an http link: how to reach the agent."""
    peer: Callable[[], Peer] | None = None
    """With a scripted link: makes the agent."""
    shared: Callable[[], Router] | None = None
    """Join the sessions whose `argv`, `env`, `cwd` and `link` are the same; makes the router of their server."""
    directory: str = ""
    """With `shared`: where the session works, which must be there when it joins."""
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """To be written before the start, readable for nobody else: absolute path below the session's `private_dir`, or
    the `common_dir`, to content. For configuration that must be in no argument and in no working directory."""
    links: Mapping[str, str] = field(default_factory=dict[str, str])
    """Symbolic links to be made there: absolute path to absolute target."""
    helper: Helper | None = None
    log: Log | None = None
    """With a stdio link: for what the agent says in no other place."""


class Write(Model):
    """Send bytes to the agent, for stdio one line with its newline."""

    data: bytes


class HelperReply(Model):
    """End a helper that waits."""

    helper: int
    """Its `id`."""
    exit_code: int
    message: str = ""
    """What it says on stderr."""


class Deliver(NamedTuple):
    """A line for one of the sessions that share a server."""

    member: int
    line: bytes


class Stop(Model):
    """End the agent process: close its input, then TERM, then KILL."""


class Identified(Model):
    """The agent told its own id of this session."""

    native_session_id: str


class Reached(Model):
    """The agent told its own word for where its conversation stands: what a fork of it may begin with.

    Said just before the end of a turn, by agents that can fork.
    """

    position: str


class Synthetic(Model):
    """Event data that the daemon says, not the agent."""

    data: EventData


class Exited(Model):
    """The agent process is gone, or never came up (`error`)."""

    exit_code: int | None = None
    """Negative: ended by that signal."""
    stderr: StderrTail | None = None
    error: str | None = None
    """Why it could not be started, or why the daemon gave it up."""


class PeerExit(Exception):
    """Raised by a peer that ends itself, like a process that exits by itself."""

    def __init__(self, exit: Exited) -> None:
        super().__init__(f"the agent exited with code {exit.exit_code}")
        self.exit = exit


Output: TypeAlias = EventData | Synthetic | Identified | Reached | Spawn | Write | HelperReply | Stop


class Adapter(Protocol):
    """Translates one agent for one session. Each method yields what happened and what to do, in order."""

    @property
    def steerable(self) -> bool:
        """Whether a message sent now would reach the running turn."""
        ...

    def command(self, command: Command) -> Iterable[Output]:
        """A client asks for something."""
        ...

    def message(self, message: Native) -> Iterable[Output]:
        """The agent says something."""
        ...

    def exited(self, exit: Exited) -> Iterable[Output]:
        """The agent process is gone."""
        ...


@dataclass(frozen=True, kw_only=True)
class Install:
    """How an agent's CLI gets onto a machine: package names only, the installer knows the clients."""

    version: str
    """The pinned default."""
    executable: str
    """The CLI inside its package: its file name, or a path that ends with it."""
    npm: Mapping[str, str] = field(default_factory=dict[str, str])
    """Platform (`linux-x64`, `linux-x64-musl`, `darwin-arm64`, ...) to npm package."""
    npm_suffix: Mapping[str, str] = field(default_factory=dict[str, str])
    """Platform to what follows the CLI's version in that of the package."""
    npm_path: Mapping[str, str] = field(default_factory=dict[str, str])
    """Platform to the folder inside that package in which `executable` is; without one it is the package itself."""
    pip: str | None = None
    """PyPI distribution that carries the CLI."""
    pip_versions: Mapping[str, str] = field(default_factory=dict[str, str])
    """CLI version to version of that distribution."""
    pip_path: str = ""
    """Where the CLI is inside that distribution."""
    version_args: tuple[str, ...] = ("--version",)


@dataclass(frozen=True, kw_only=True)
class ModelProbe:
    """How to ask a CLI for its models without a session."""

    spawn: Callable[[SessionOptions], Spawn]
    ask: bytes
    read: Callable[[Native], ModelList | None]
    """The list when the message holds it, else None."""
    fallback: ModelList
    """What to say when the CLI does not answer."""


@dataclass(frozen=True, kw_only=True)
class Takes:
    """What of a session's own configuration an agent takes. The rest is refused when the session is created."""

    instructions: bool = False
    skills: bool = False
    skills_resumed: bool = True
    """A conversation that is resumed may have other skills than it began with."""
    hooks: frozenset[str] = frozenset()
    """The hook events it knows."""
    mcp: bool = True
    mcp_lacks: frozenset[str] = frozenset()
    """Fields of an MCP server that it cannot do, as the API spells them (`oauth.clientSecret`, `cwd`, ...)."""


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A coding agent we can drive, as data. One record per folder in `agents/`."""

    name: str
    capabilities: Capabilities
    modes: tuple[Mode, ...]
    permission_modes: Mapping[str, str]
    """Word of the API to the mode the adapter is given; a missing word is not supported."""
    adapter: Callable[[SessionOptions], Adapter]
    decode: Callable[[bytes], Native] = msgspec.json.decode
    """One line to a native message. Raises `msgspec.DecodeError` for noise."""
    install: Install | None = None
    models: ModelList | ModelProbe = field(default_factory=lambda: ModelList(models=()))
    remembers: bool = False
    """The agent itself remembers an `always`; otherwise the daemon's policy does."""
    native_id: Callable[[str], str | None] = field(default=lambda _session_id: None)
    """The native session id that is known at creation, if any."""
    credentials: tuple[str, ...] = ()
    """Providers of whose credentials one is enough, by their word in the credentials contract."""
    keeps: str | None = None
    """The word of that contract for the files in which it keeps credentials of its own: it reads those itself."""
    takes_logins: bool = False
    """It can use a login's token that another tool keeps."""
    takes: Takes = field(default_factory=Takes)
    own_modes: bool = False
    """Users define further modes in files of the agent's; it says by itself when one is not there."""
