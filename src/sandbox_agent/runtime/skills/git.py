"""Repositories that git can reach, one commit of them. Used in threads.

The ref is looked up each time, so a branch that moved or another ref is never served from the cache. git gets its
user's set-up (credentials, proxies, SSH) and asks nobody anything.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from sandbox_agent.adapter.environment import agent_environment
from sandbox_agent.runtime.install.command import Finished, TimedOut, run
from sandbox_agent.runtime.skills.cache import SkillCache, key_of
from sandbox_agent.runtime.skills.limits import SECONDS, check_size
from sandbox_agent.runtime.skills.naming import shown, source_error, without_passwords
from sandbox_agent.schema.api import SkillSource
from sandbox_agent.schema.errors import StreamError

__all__ = ["fetch_git"]

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SAFE = (
    # A link would lead out of the folder, a hook would run what the repository says.
    ("-c", "core.symlinks=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never")
)
_OUTER = frozenset(
    {"GIT_COMMON_DIR", "GIT_DIR", "GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE"}
)
"""Of a git command around the daemon: they name its repository, not ours."""


class _Git(NamedTuple):
    source: SkillSource
    environ: Mapping[str, str]

    def __call__(self, *arguments: str, cwd: Path = Path("/")) -> Finished:
        quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1", "GCM_INTERACTIVE": "never"}
        env = agent_environment(self.environ, (), without=_OUTER) | quiet
        env.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
        try:
            return run(["git", *_SAFE, *arguments], env=env, cwd=cwd, limit=SECONDS)
        except TimedOut:
            raise StreamError(f"{shown(self.source)} takes too long") from None
        except OSError as error:
            raise StreamError("git cannot be run", hint="install git, or use the type github") from error

    def failure(self, finished: Finished) -> StreamError:
        words = without_passwords(finished.stderr).strip() or f"exit code {finished.code}"
        return StreamError(f"{shown(self.source)} cannot be fetched", details={"stderr": words})


def fetch_git(source: SkillSource, cache: SkillCache, environ: Mapping[str, str]) -> tuple[Path, str]:
    """Where the commit is that the ref stands for now, and the repository's name.

    Raises `InvalidRequest` for a ref that is not there, `StreamError` with git's words when git fails.
    """
    if source.source.startswith("-") or (source.ref or "").startswith("-"):
        raise source_error(source, "{} is no repository")
    git = _Git(source, environ)
    commit = _commit(git, source)
    path = cache.add(key_of("git", source.source, commit), lambda folder: _check_out(git, source, commit, folder))
    return path, Path(source.source.rstrip("/")).name.removesuffix(".git")


def _commit(git: _Git, source: SkillSource) -> str:
    if source.ref and _COMMIT.fullmatch(source.ref):
        return source.ref
    ref = source.ref or "HEAD"
    listed = git("ls-remote", "--", source.source, ref, f"{ref}^{{}}")
    if listed.code:
        raise git.failure(listed)
    commits = {name: commit for commit, _, name in (line.partition("\t") for line in listed.stdout.splitlines())}
    for name in (ref, f"refs/heads/{ref}", f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}"):
        if name in commits:
            return commits[name]
    raise source_error(source, f"{{}} has no ref {ref}", hint="a branch, a tag, or a whole commit id")


def _check_out(git: _Git, source: SkillSource, commit: str, folder: Path) -> None:
    steps = (
        ("init", "--quiet"),
        ("fetch", "--quiet", "--depth=1", "--no-tags", "--", source.source, commit),
        ("checkout", "--quiet", "--detach", "FETCH_HEAD"),
    )
    for step in steps:
        finished = git(*step, cwd=folder)
        if finished.code:
            raise git.failure(finished)
    shutil.rmtree(folder / ".git")
    check_size(source, folder)
