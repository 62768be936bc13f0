"""The two SDKs are equals: whatever a Python client has, the TypeScript client has under the same name in camel case.

The TypeScript compiler is asked, of the package as it is installed. What is named otherwise, or is there once only, is
listed here with its reason.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

import sandbox_agent
from sandbox_agent import (
    AsyncFiles,
    AsyncSandboxAgent,
    AsyncSession,
    EventStream,
    Files,
    SandboxAgent,
    Session,
    Store,
    Turn,
)

from .nodejs import run

RENAMED = {
    # 0.1.x had these names.
    "health": "getHealth",
    "ready": "getReadiness",
    "agent_modes": "getAgentModes",
    "agent_models": "getAgentModels",
    "openapi": "getOpenapi",
    "metrics": "getMetrics",
    "close": "dispose",
    "base_url": "baseUrl",
    # Seconds here, milliseconds there.
    "timeout": "timeoutMs",
}
PYTHON_ONLY = {
    "__version__": "package.json has it",
    "PostgresStore": "of sandbox-agent/stores/postgres",
    "SQLiteStore": "of sandbox-agent/stores/sqlite",
    "Unknown": "JSON of a type that nobody knows needs no class",
}
TYPESCRIPT_ONLY = {"readText": "`read().decode()` in Python"}
IMPORTS = """\
import type * as sdk from "sandbox-agent";
import type { PostgresStore } from "sandbox-agent/stores/postgres";
import type { SQLiteStore } from "sandbox-agent/stores/sqlite";
"""


def camel(name: str) -> str:
    return RENAMED.get(name) or re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def public(kind: type) -> list[str]:
    return [name for name in dir(kind) if not name.startswith("_")]


def options(call: object, *not_options: str) -> list[str]:
    """The keyword arguments of a call, whichever way it was made."""
    made: Any = getattr(call, "__wrapped__", None) or getattr(call, "_make", call)
    return [name for name in inspect.signature(made).parameters if name not in {"self", "cls", *not_options}]


def among(kind: str, names: Iterable[str]) -> list[str]:
    """Statements that compile when each name is a key of the type."""
    return [f'"{camel(name)}" satisfies keyof {kind};' for name in names]


def no_others(kind: str, names: Iterable[str]) -> str:
    """A statement that compiles when the type has no other keys."""
    union = " | ".join(f'"{name}"' for name in [*map(camel, names), *TYPESCRIPT_ONLY])
    return f"null as unknown as Exclude<Extract<keyof {kind}, string>, {union}> satisfies never;"


@pytest.fixture(scope="module")
def compiled(installed: Path, typescript: Path) -> Callable[[list[str]], None]:
    """Compiles statements, strictly; fails with the compiler's words."""
    modules = typescript / "node_modules"
    strict = ["--strict", "--noEmit", "--target", "es2022", "--module", "nodenext"]
    types = ["--types", "node", "--typeRoots", str(modules / "@types")]

    def compile_all(statements: list[str]) -> None:
        (installed / "equals.ts").write_text(IMPORTS + "\n".join(statements) + "\n", encoding="utf-8")
        run(installed, "node", str(modules / "typescript" / "bin" / "tsc"), *strict, *types, "equals.ts")

    return compile_all


def test_the_asynchronous_client_has_what_the_blocking_one_has() -> None:
    for one, other in ((SandboxAgent, AsyncSandboxAgent), (Session, AsyncSession), (Files, AsyncFiles)):
        assert public(one) == public(other)


def test_whatever_python_has_is_there_too_and_sessions_and_files_have_no_more(
    compiled: Callable[[list[str]], None],
) -> None:
    compiled([*names(), *methods(), *keywords()])


def test_what_is_not_there_is_noticed(compiled: Callable[[list[str]], None]) -> None:
    with pytest.raises(AssertionError, match=r"(?s)nothingLikeIt.*never"):
        compiled([*among("sdk.Session", ["nothing_like_it"]), no_others("sdk.Session", ["id"])])


def names() -> list[str]:
    """What can be imported."""
    both = [name for name in sandbox_agent.__all__ if not name.startswith("Async") and name not in PYTHON_ONLY]
    stores = ["SQLiteStore", "PostgresStore"]
    return [f"null as unknown as {name};" for name in [*(f"sdk.{name}" for name in both), *stores]]


def methods() -> list[str]:
    """What can be called."""
    session, files = [*public(Session), "id"], public(Files)
    return [
        *among("(typeof sdk.SandboxAgent & sdk.SandboxAgent)", public(SandboxAgent)),
        *among("sdk.Session", session),
        *among("sdk.Files", files),
        no_others("sdk.Session", session),
        no_others("sdk.Files", files),
        *(f'"{name}" satisfies keyof sdk.Store;' for name in public(Store)),
        *(f'"{name}" satisfies keyof sdk.EventStream;' for name in public(EventStream)),
        *(f'"{name}" satisfies keyof sdk.Turn;' for name in public(Turn) if name != "delivered"),
        "(turn: sdk.Turn): PromiseLike<sdk.Delivered> => turn;",  # what `delivered` is in Python
    ]


def keywords() -> list[str]:
    """What can be said in a call."""
    return [
        *among("sdk.SandboxAgentConnectOptions", options(SandboxAgent.connect)),
        *among("sdk.SandboxAgentStartOptions", ["store"]),
        *among("sdk.SandboxAgentSpawnOptions", options(SandboxAgent.start, "store")),
        *among("sdk.CreateSessionRequest", options(SandboxAgent.create_session, "session_id")),
        *among("sdk.SendOptions", options(Session.send, "message")),
        *among("sdk.StreamOptions", options(Session.stream)),
        *among('NonNullable<Parameters<sdk.Session["fork"]>[1]>', options(Session.fork, "new_session_id")),
        *among("sdk.EventsQuery", options(Session.events, "session_id")),
    ]
