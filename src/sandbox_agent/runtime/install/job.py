"""One installation, from choosing a package client to the renamed folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from sandbox_agent.adapter import Install
from sandbox_agent.runtime.install.clients import Package, fetch
from sandbox_agent.runtime.install.failures import Failure
from sandbox_agent.runtime.install.npm import npm_command, npm_package
from sandbox_agent.runtime.install.pip import newest, pip_package
from sandbox_agent.runtime.install.platform import suitable
from sandbox_agent.runtime.install.probe import ask_version
from sandbox_agent.runtime.install.store import Store
from sandbox_agent.runtime.install.versions import is_version
from sandbox_agent.runtime.settings import Settings

__all__ = ["Installed", "Job", "Order", "Source", "Step", "override_name"]

_SAID = 2_000
"""Characters kept of what each client said."""

_VERIFY_LIMIT = 60.0
"""Seconds; a cold disk reads 400 MB first."""

Source: TypeAlias = Literal["npm", "pip", "path"]


@dataclass(frozen=True)
class Step:
    """How far an installation is."""

    doing: Literal["waiting", "downloading", "verifying"]
    what: str
    size: int = 0
    """Bytes on disk so far."""


@dataclass(frozen=True)
class Installed:
    """What an installation came to."""

    version: str
    path: Path
    fresh: bool
    """Whether anything had to be done."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to install, and how it goes on."""

    version: str | None = None
    """The pinned default when None."""
    source: Source | None = None
    """Whichever works, when None: npm first."""
    path: Path | None = None
    """With source `path`: an executable that is there already."""
    reinstall: bool = False
    choose: bool = True
    """Make it the version that is used when none is asked for."""
    report: Callable[[Step], None] = field(default=lambda _step: None)
    aborted: Callable[[], bool] = field(default=lambda: False)


def override_name(agent: str) -> str:
    """The variable of the environment that names an agent's executable and overrides all else."""
    return f"SANDBOX_AGENT_{agent.upper().replace('-', '_')}_BIN"


class Job:
    """One installation. Raises `Failure`, `Aborted` and what the operating system refuses."""

    def __init__(self, settings: Settings, platform: str, name: str, install: Install, order: Order) -> None:
        self._environ = settings.environ
        self._platform = suitable(platform, install.npm)
        self._name = name
        self._install = install
        self._order = order
        self._store = Store(settings.data_dir, name, install.executable)

    def run(self) -> Installed:
        """Do it, alone: whoever comes second finds it done."""
        order, store = self._order, self._store
        waiting = Step("waiting", f"another installation of {self._name}")
        with store.lock(aborted=order.aborted, waiting=lambda: order.report(waiting)):
            if order.source == "path":
                return self._link()
            version = order.version or self._install.version
            if not order.reinstall and (path := store.find(version)):
                return self._done(version, path, fresh=False)
            return self._first_that_works(self._packages(version))

    def _first_that_works(self, packages: list[Package]) -> Installed:
        failures: list[Failure] = []
        for package in packages:
            path = self._store.find(package.version)
            if path and not self._order.reinstall:
                return self._done(package.version, path, fresh=False)
            try:
                with self._store.scratch() as scratch:
                    return self._fetch(package, scratch)
            except Failure as failure:
                failures.append(failure)
                if not failure.elsewhere:
                    break
        raise _sum_up(failures)

    def _fetch(self, package: Package, scratch: Path) -> Installed:
        order, what = self._order, f"{self._name} {package.version} with {package.source}"

        def tick() -> None:
            order.report(Step("downloading", what, _size(scratch)))

        order.report(Step("downloading", what))
        files = fetch(package, scratch, environ=self._environ, aborted=order.aborted, tick=tick)
        self._verify(files / self._install.executable, package.version)
        return self._done(package.version, self._store.publish(files, package.version), fresh=True)

    def _link(self) -> Installed:
        """Make an executable that is there already one of ours, where it is."""
        path = self._given()
        version = self._verify(path, self._order.version)
        if (there := self._store.find(version)) and not self._order.reinstall:
            if there.resolve() == path.resolve():
                return self._done(version, there, fresh=False)
            raise Failure(f"{version} is installed already, at {there}", hint="Give --reinstall to replace it.")
        with self._store.scratch() as scratch:
            link = scratch / version / self._install.executable
            link.parent.mkdir(parents=True)
            link.symlink_to(path)
            return self._done(version, self._store.publish(scratch / version, version), fresh=True)

    def _given(self) -> Path:
        if self._order.path is None:
            raise Failure("the source `path` needs a path", hint="Give it with --path FILE.")
        path = self._order.path.expanduser().absolute()
        if not path.is_file() or not os.access(path, os.X_OK):
            raise Failure(f"{path} is not an executable file")
        return path

    def _verify(self, executable: Path, wanted: str | None) -> str:
        self._order.report(Step("verifying", str(executable)))
        version = ask_version(
            executable,
            self._install.version_args,
            environ=self._environ,
            limit=_VERIFY_LIMIT,
            aborted=self._order.aborted,
        )
        if wanted is not None and version != wanted:
            raise Failure(f"{executable} is version {version}, not {wanted}")
        if not is_version(version):
            raise Failure(f"{executable} says that its version is {version!r}, which is none")
        return version

    def _done(self, version: str, path: Path, *, fresh: bool) -> Installed:
        if self._order.choose or self._store.current() is None:
            self._store.choose(version)
        return Installed(version, path, fresh)

    def _packages(self, version: str) -> list[Package]:
        """The ways to do it, best first. Raises `Failure` when there is none."""
        order, install = self._order, self._install
        if self._platform not in install.npm:
            raise Failure(
                f"there is no build of it for {self._platform}",
                hint=f"There are builds for {', '.join(sorted(install.npm))}. "
                f"Name one of your own in {override_name(self._name)}.",
            )
        ways: list[Package | None] = []
        if order.source in {None, "npm"}:
            ways.append(npm_package(install, version, self._platform, self._environ))
        if order.source in {None, "pip"}:
            ways.append(pip_package(install, version, self._environ))
            other = newest(install)
            if order.version is None and ways[-1] is None and other:
                ways.append(pip_package(install, other, self._environ))
        if packages := [way for way in ways if way is not None]:
            return packages
        raise self._no_way(version)

    def _no_way(self, version: str) -> Failure:
        known = ", ".join(self._install.pip_versions)
        npm = "npm is not on PATH"
        pip = "there is neither pip nor uv"
        if known and self._order.version and version not in self._install.pip_versions:
            pip = f"no wheel is known to carry {version} (pip can bring {known})"
        match self._order.source:
            case "npm":
                return Failure(npm, hint=f"Install npm{npm_command(self._environ)}, or try --source pip.")
            case "pip":
                return Failure(pip, hint="Install pip, or try --source npm.")
            case _:
                hint = f"Install npm{npm_command(self._environ)} or pip, or name an executable in "
                hint += f"{override_name(self._name)}."
                return Failure(f"{npm} and {pip}", hint=hint)


def _sum_up(failures: list[Failure]) -> Failure:
    """One failure that tells all of them."""
    last = failures[-1]
    return Failure(
        "; then ".join(str(failure) for failure in failures),
        hint=" ".join(dict.fromkeys(failure.hint for failure in failures if failure.hint)),
        stderr="\n".join(failure.stderr[-_SAID:] for failure in failures if failure.stderr),
        elsewhere=last.elsewhere,
    )


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(parent, name).lstat().st_size
    return total
