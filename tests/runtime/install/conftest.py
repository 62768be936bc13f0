"""Small real packages that the package clients can bring quickly: the way is the same as with an agent's 100 MB."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sandbox_agent.adapter import Adapter, Agent, Install, SessionOptions
from sandbox_agent.runtime.install import Installer
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema.api import Capabilities

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PLATFORMS = ("linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64")

ESBUILD = Install(
    version="0.24.0",
    executable="bin/esbuild",
    npm={platform: f"@esbuild/{platform}" for platform in _PLATFORMS},
)
NINJA = Install(
    version="1.11.1.git.kitware.jobserver-1",
    executable="ninja",
    npm={platform: f"@esbuild/{platform}" for platform in _PLATFORMS},  # which has no such version
    pip="ninja",
    pip_versions={"1.11.1.git.kitware.jobserver-1": "1.11.1.1"},
    pip_path="ninja/data/bin/ninja",
)


def _no_adapter(_options: SessionOptions) -> Adapter:
    raise NotImplementedError


def _agent(install: Install) -> Agent:
    return Agent(
        name="tool",
        capabilities=Capabilities(),
        modes=(),
        permission_modes={},
        adapter=_no_adapter,
        install=install,
    )


@pytest.fixture
def by_npm() -> Agent:
    """An agent that only npm can bring."""
    return _agent(ESBUILD)


@pytest.fixture
def by_both() -> Agent:
    """An agent whose version only pip finds, though npm is asked first."""
    return _agent(NINJA)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A daemon with nothing installed."""
    return Settings(data_dir=tmp_path / "data", directory=str(tmp_path), environ=dict(os.environ))


@pytest.fixture
def with_environ(settings: Settings) -> Callable[..., Settings]:
    """The same daemon with other variables in its environment."""

    def change(**variables: str) -> Settings:
        return replace(settings, environ={**settings.environ, **variables})

    return change


@pytest.fixture
def installer(settings: Settings) -> Installer:
    return Installer(settings)


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Path]:
    """Makes an executable shell script."""

    def make(name: str, body: str, *, folder: str = "bin") -> Path:
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    return make
