"""The public surface is a decision: a name that comes or goes changes this list."""

import subprocess
import sys
from pathlib import Path

import pytest

import sandbox_agent
from sandbox_agent.schema import errors, events

PUBLIC = """
__version__
AsyncSandboxAgent AsyncSession
AsyncEventStream AsyncFiles AsyncRequestStream AsyncTurn
SandboxAgent Session
EventStream Files RequestStream Turn
Transcript TurnResult
PostgresStore SQLiteStore Store
AgentInfo AgentList Capabilities CreateSessionRequest Delivered EventPage Health LocalMcpServer McpServer ModeList
ModelList Queue QueuedMessage Readiness RemoteMcpServer SessionDetail SessionDiff SessionInfo SessionList
SkillSource Skills
HookMatcher InstallProgress Lack McpOauth Mode Model ReadyAgent ServerStatus
FsEntry FsMoved FsPath FsStat FsUnpacked FsWritten
AsyncOnPermission AsyncOnQuestion OnPermission OnQuestion Request
Attachment PermissionReply
ContentPart FileRefPart ImagePart Item JsonPart ReasoningPart StatusPart TextPart ToolCallPart ToolResultPart
AgentNotInstalled AgentProcessExited AlreadyResolved ApiError ConnectionFailed InstallFailed InternalError
InvalidRequest LogReplaced ModeNotSupported NotFound NotReady PermissionDenied Problem RequestTimeout SandboxAgentError
SessionAlreadyExists SessionBusy SessionNotFound StoreFailed StreamError TokenInvalid UnsupportedAgent
AgentUnparsed ChangedFile Choice DiffUpdated ErrorReported Event EventData ItemCompleted ItemDelta ItemStarted
PermissionRequested PermissionResolved Question QuestionRequested QuestionResolved SessionEnded SessionStarted
StderrTail Todo TodoUpdated TurnEnded TurnStarted Unknown Usage UsageUpdated
""".split()  # noqa: SIM905 - easier to read and to change


def test_the_public_names_are_exactly_these() -> None:
    assert sorted(sandbox_agent.__all__) == sorted(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_each_public_name_can_be_imported_and_is_listed(name: str) -> None:
    assert getattr(sandbox_agent, name) is not None
    assert name in dir(sandbox_agent)


def test_every_error_and_every_event_is_public() -> None:
    kinds = {kind.__name__ for kind in (*errors.ERRORS.values(), *events.EVENT_TYPES.values())}
    assert kinds <= set(PUBLIC)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = sandbox_agent.Nonsense


def test_importing_the_package_imports_nothing_heavy(tmp_path: Path) -> None:
    code = "import sys, sandbox_agent; print([name for name in ('httpx', 'msgspec', 'rich') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_client_imports_nothing_of_the_server(tmp_path: Path) -> None:
    code = (
        "import sys, sandbox_agent; sandbox_agent.SandboxAgent, sandbox_agent.AsyncSandboxAgent\n"
        "mine = {name.split('.')[1] for name in sys.modules if name.startswith('sandbox_agent.')}\n"
        "others = {name for name in ('uvicorn', 'starlette', 'httptools', 'uvloop') if name in sys.modules}\n"
        "print(sorted(mine), sorted(others))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['_version', 'adapter', 'client', 'schema', 'stores'] []"
