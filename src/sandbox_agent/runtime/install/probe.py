"""Asks an executable for its version: the proof that it runs on this machine."""

from __future__ import annotations

import errno
import signal
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from sandbox_agent.runtime.install.command import Finished, TimedOut, run
from sandbox_agent.runtime.install.environment import probe_environment
from sandbox_agent.runtime.install.failures import Failure, TooSlow

__all__ = ["ask_version"]

_LIBC = (
    "It was built for another C library or processor. On Alpine install libgcc and libstdc++ (and ripgrep); "
    "or name a build of your own in SANDBOX_AGENT_<AGENT>_BIN."
)


def ask_version(
    executable: Path,
    args: tuple[str, ...] = ("--version",),
    *,
    environ: Mapping[str, str],
    limit: float = 5.0,
    aborted: Callable[[], bool] = lambda: False,
) -> str:
    """The version an executable says it is, run with a home of its own and no keys.

    `limit`: seconds. Raises `Failure` when it does not run, is not done in time, or says nothing.
    """
    with tempfile.TemporaryDirectory(prefix="sandbox-agent-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        env = probe_environment(environ, home)
        try:
            finished = run([str(executable), *args], env=env, cwd=home, limit=limit, aborted=aborted)
        except TimedOut:
            raise TooSlow(f"{executable} did not tell its version within {limit:g} s") from None
        except OSError as error:
            raise _not_started(executable, error) from error
    return _read(executable, finished)


def _not_started(executable: Path, error: OSError) -> Failure:
    if error.errno == errno.ENOEXEC or (error.errno == errno.ENOENT and executable.exists()):
        return Failure(f"{executable} cannot run on this machine ({error.strerror})", hint=_LIBC)
    return Failure(f"{executable} cannot be started: {error.strerror}")


def _read(executable: Path, finished: Finished) -> str:
    if finished.code == 0:
        for line in finished.stdout.splitlines():
            if text := line.strip():
                return _version(text.partition(" (")[0])
        raise Failure(f"{executable} does not tell its version", stderr=finished.stderr)
    hint = ""
    if "GLIBC" in finished.stderr or "ld-musl" in finished.stderr or "shared librar" in finished.stderr:
        hint = _LIBC
    if finished.code == -signal.SIGILL:
        hint = "The processor lacks instructions that this build needs (AVX, most likely)."
    ending = f"status {finished.code}" if finished.code > 0 else f"signal {-finished.code}"
    return _fail(executable, ending, hint, finished.stderr)


def _version(text: str) -> str:
    """What is left without the program's own name before it, as in `codex-cli 1.2.3`."""
    name, _, last = text.rpartition(" ")
    return last if last[:1].isdigit() and name.replace("-", "").isalpha() else text


def _fail(executable: Path, ending: str, hint: str, stderr: str) -> str:
    raise Failure(f"{executable} ended with {ending} when asked for its version", hint=hint, stderr=stderr)
