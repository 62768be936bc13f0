"""Skills in folders, in git repositories and behind a stand-in of GitHub, all on this machine."""

from __future__ import annotations

import http.server
import io
import subprocess
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sandbox_agent.runtime.settings import Settings
from sandbox_agent.runtime.skills import Shelf
from sandbox_agent.schema.api import SkillSource

ENVIRON = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"}


def put_skill(folder: Path, text: str = "Do it well.") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "SKILL.md").write_text(f"---\nname: {folder.name}\ndescription: {folder.name}\n---\n\n{text}\n")
    return folder


class Place:
    """A shelf with a data folder and a session of its own."""

    def __init__(self, tmp_path: Path, **environ: str) -> None:
        self.data, self.work, self.private = (tmp_path / name for name in ("data", "work", "private"))
        self.work.mkdir(exist_ok=True)
        self.shelf = Shelf(Settings(data_dir=self.data, directory=str(self.work), environ={**ENVIRON, **environ}))

    async def take(self, *sources: SkillSource) -> dict[str, Path]:
        taken = await self.shelf.take(sources, str(self.work), self.private)
        return {skill.name: Path(skill.path) for skill in taken}


class Repository:
    """A bare git repository and the folder from which it is filled."""

    def __init__(self, tmp_path: Path) -> None:
        self.bare, self._work = tmp_path / "team-skills.git", tmp_path / "clone"
        git("init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))
        git("clone", "--quiet", str(self.bare), str(self._work))

    def commit(self, files: Mapping[str, str], branch: str = "main", tag: str | None = None) -> str:
        """Commit exactly these files; their commit."""
        git("checkout", "--quiet", "-B", branch, cwd=self._work)
        git("rm", "-r", "--quiet", "--ignore-unmatch", ".", cwd=self._work)
        for name, text in files.items():
            path = self._work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(text.removeprefix("-> ")) if text.startswith("-> ") else path.write_text(text)
        git("add", "--all", cwd=self._work)
        git("commit", "--quiet", "--message=more", cwd=self._work)
        if tag:
            git("tag", "--annotate", "--force", "--message=t", tag, cwd=self._work)
        git("push", "--quiet", "--force", "--tags", "origin", branch, cwd=self._work)
        return git("rev-parse", "HEAD", cwd=self._work)


def git(*arguments: str, cwd: Path | None = None) -> str:
    env = {**ENVIRON, "GIT_CONFIG_GLOBAL": "/dev/null"}
    who = ("-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *who, *arguments], cwd=cwd, env=env, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def zipped(files: Mapping[str, str], top: str = "repo-main/") -> bytes:
    """An archive; a name with `@x` is executable, one with `->` a symbolic link."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(top + name.removesuffix("@x").removesuffix("->"))
            entry.compress_type = zipfile.ZIP_DEFLATED
            kind = 0o120777 if name.endswith("->") else 0o100755 if name.endswith("@x") else 0o100644
            entry.external_attr = kind << 16
            archive.writestr(entry, text)
    return buffer.getvalue()


class GitHub:
    """Archives by path. Honours `If-None-Match` when it gives out tags."""

    def __init__(self) -> None:
        self.archives: dict[str, bytes] = {}
        self.tagged = True
        self.asked: list[str] = []
        """One line a request: path and status."""
        self.url = ""


@contextmanager
def github() -> Iterator[GitHub]:
    stand = GitHub()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = stand.archives.get(self.path)
            tag = f'"{hash(body)}"'
            status = 404 if body is None else 304 if self.headers.get("if-none-match") == tag else 200
            stand.asked.append(f"{self.path} {status}")
            self.send_response(status)
            if stand.tagged:
                self.send_header("etag", tag)
            self.send_header("content-length", str(len(body or b"") if status == 200 else 0))
            self.end_headers()
            if status == 200:
                self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stand.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield stand
        finally:
            server.shutdown()
