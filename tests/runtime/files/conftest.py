"""A made-up home folder, and files in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox_agent.runtime.files import Files

from .helpers import make


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where relative paths begin."""
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def files(home: Path) -> Files:
    """Files without a file root."""
    return make(home)


@pytest.fixture
def jailed(home: Path) -> Files:
    """Files that cannot leave the home."""
    return make(home, root=home)
