"""A real PostgreSQL of the tests' own: in a temporary folder, on a unix socket, ended with the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil

__all__ = ["Postgres", "postgres"]

_ACCOUNTS = ("postgres", "nobody")
"""Who it runs as when the tests run as root, which PostgreSQL refuses to do."""


class Postgres:
    """One cluster. Databases are cheap, so each test takes one of its own."""

    def __init__(self, folder: Path, user: str | None) -> None:
        self._folder = folder
        self._user = user
        self._binaries = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self._databases = 0

    def initialize(self) -> None:
        """Make the cluster."""
        argv = ["--auth=trust", "--username=tests", "--encoding=UTF8", "--locale=C", "--no-sync", "-D", self._data]
        self._run("initdb", *argv)

    def start(self) -> None:
        """Returns when it answers."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self._folder} -c fsync=off"
        self._run("pg_ctl", "start", "-w", "-t", "60", "-D", self._data, "-o", options, "-l", f"{self._folder}/log")

    def stop(self) -> None:
        """Returns when it is gone."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", self._data)

    def kill(self) -> None:
        """End it as the loss of the machine would, and wait until nothing of it is left."""
        server = psutil.Process(int(Path(self._data, "postmaster.pid").read_text().split()[0]))
        everything = [server, *server.children(recursive=True)]
        server.kill()
        _, alive = psutil.wait_procs(everything, 60)
        assert alive == []

    def kill_connections(self) -> None:
        """Break every connection, as an administrator can."""
        command = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        self._run("psql", "-h", str(self._folder), "-U", "tests", "-d", "postgres", "-qAtc", command)

    def database(self) -> str:
        """How to connect to a new, empty database."""
        self._databases += 1
        name = f"d{self._databases}"
        self._run("createdb", "-h", str(self._folder), "-U", "tests", name)
        return f"host={self._folder} user=tests dbname={name}"

    @property
    def _data(self) -> str:
        return f"{self._folder}/data"

    def _run(self, program: str, *arguments: str) -> None:
        # pg_ctl leaves its output to the server it starts; through a pipe we would wait for that one's end.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [str(self._binaries / program), *arguments],
                user=self._user,
                group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
                extra_groups=None if self._user is None else [],
                env={"PATH": os.environ["PATH"], "HOME": str(self._folder), "LC_ALL": "C"},
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=120,
                check=False,
            )
            output.seek(0)
            assert done.returncode == 0, output.read().decode(errors="replace")


@contextmanager
def postgres() -> Generator[Postgres]:
    """A cluster that runs; gone afterwards. A socket's path must be short, so its folder is right below /tmp."""
    user = None
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            user = next(name for name in _ACCOUNTS if name in {each.pw_name for each in pwd.getpwall()})
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        cluster = Postgres(folder, user)
        cluster.initialize()
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
