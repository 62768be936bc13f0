from __future__ import annotations

import pwd
from pathlib import Path

import pytest

from sandbox_agent.runtime.settings import default_data_dir, home_folder


def test_a_named_home_is_believed() -> None:
    assert home_folder({"HOME": "/somewhere"}) == Path("/somewhere")


def test_without_a_name_the_system_knows_the_home() -> None:
    assert home_folder({}) == Path.home()


def test_a_user_the_system_does_not_know_lives_at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(uid: int) -> pwd.struct_passwd:
        raise KeyError(uid)

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert home_folder({}) == Path("/")


def test_the_data_folder_is_named_or_the_users_own() -> None:
    assert default_data_dir({"SANDBOX_AGENT_DATA_DIR": "/data"}) == Path("/data")
    assert default_data_dir({"XDG_DATA_HOME": "/xdg", "HOME": "/h"}) == Path("/xdg/sandbox-agent")
    assert default_data_dir({"HOME": "/h"}) == Path("/h/.local/share/sandbox-agent")
