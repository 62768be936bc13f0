from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox_agent.cli import main

COMMAND = [sys.executable, "-m", "sandbox_agent"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A daemon with a token, and the folder its files cannot leave."""
    folder = tmp_path_factory.mktemp("root")
    command = [*COMMAND, "server", "--port", "0", "--token", "secret", "--fs-root", str(folder)]
    environ = {"HOME": str(folder), "SANDBOX_AGENT_LOG_HTTP": "0", "SANDBOX_AGENT_DATA_DIR": str(folder / "data")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield found[0], folder
        process.terminate()
        process.wait(20)


@pytest.fixture
def folder(server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A folder of this test below the root; the environment says how to reach the server."""
    monkeypatch.setenv("SANDBOX_AGENT_ENDPOINT", server[0] + "/")
    monkeypatch.setenv("SANDBOX_AGENT_TOKEN", "secret")
    folder = server[1] / re.sub(r"\W", "_", request.node.name)
    folder.mkdir()
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    assert main([str(each) for each in arguments]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("form", [["fs"], ["api", "fs"]], ids=["fs", "api fs"])
def test_every_action_in_both_forms(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path, form: list[str]
) -> None:
    assert run(capsys, *form, "write", f"{folder}/a.txt", "--content", "ü") == {
        "path": f"{folder}/a.txt",
        "bytesWritten": 2,
    }
    (tmp_path / "local").write_bytes(b"\x00" * 600_000)
    assert run(capsys, *form, "write", f"{folder}/b", "--from-file", tmp_path / "local")["bytesWritten"] == 600_000
    assert [each["name"] for each in run(capsys, *form, "entries", "--path", folder)] == ["a.txt", "b"]
    assert run(capsys, *form, "stat", f"{folder}/b")["size"] == 600_000
    assert run(capsys, *form, "mkdir", f"{folder}/x/y") == {"path": f"{folder}/x/y"}
    moved = run(capsys, *form, "move", f"{folder}/a.txt", f"{folder}/b", "--overwrite")
    assert moved == {"from": f"{folder}/a.txt", "to": f"{folder}/b"}
    assert main([*form, "read", f"{folder}/b"]) == 0
    assert capsys.readouterr().out == "ü"
    assert run(capsys, *form, "delete", f"{folder}/x", "--recursive") == {"path": f"{folder}/x"}
    with tarfile.open(tmp_path / "t.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "local", "in/local")
    unpacked = run(capsys, *form, "upload-batch", "--tar", tmp_path / "t.tar.gz", "--path", folder)
    assert unpacked == {"paths": [f"{folder}/in/local"], "truncated": False}


def test_relative_paths_begin_in_the_session(
    capsys: pytest.CaptureFixture[str], folder: Path, server: tuple[str, Path]
) -> None:
    body = {"agent": "mock", "directory": str(folder)}
    created = httpx.post(
        f"{server[0]}/v1/sessions/s%2F1", json=body, headers={"authorization": "Bearer secret"}, timeout=60
    )
    assert created.status_code == 200, created.text
    assert run(capsys, "fs", "write", "f", "--content", "x", "--session-id", "s/1")["path"] == f"{folder}/f"


def test_standard_input_and_output_are_streamed_as_bytes(folder: Path, server: tuple[str, Path]) -> None:
    environ = {"SANDBOX_AGENT_TOKEN": "secret"}
    data = bytes(range(256)) * 10_000
    write = [*COMMAND, "fs", "write", f"{folder}/f", "--from-file", "-", "-e", server[0]]
    subprocess.run(write, input=data, env=environ, check=True, capture_output=True, timeout=60)
    read = [*COMMAND, "fs", "read", f"{folder}/f", "-e", server[0]]
    assert subprocess.run(read, env=environ, check=True, capture_output=True, timeout=60).stdout == data


def test_a_reader_that_has_enough_is_no_error(folder: Path, server: tuple[str, Path]) -> None:
    with (folder / "big").open("wb") as file:
        file.truncate(2**33)
    command = [*COMMAND, "fs", "read", f"{folder}/big", "-e", server[0], "-t", "secret"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={}) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(100)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["read", "no/such"], "path not found"),
        (["stat", "/etc/passwd"], "outside the file root"),
        (["entries", "-e", "http://127.0.0.1:1"], "refused"),
        (["entries", "--no-token"], "token invalid"),
        (["entries", "-t", "wrong"], "token invalid"),
        (["write", "f", "--from-file", "/no/such"], "No such file"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_fails_says_why_and_ends_with_1(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["fs", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    if "token" in said or "path" in said:
        problem, _, last = captured.err.rstrip().rpartition("\n")
        assert json.loads(problem)["type"].startswith("urn:sandbox-agent:error:")
        assert "unexpected http status" in last


def test_a_tar_may_come_from_standard_input(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("empty"))
    buffer.seek(0)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(buffer))
    assert run(capsys, "api", "fs", "upload-batch", "--tar", "-", "--path", folder)["paths"] == [f"{folder}/empty"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["server", "--fs-root", "/no/such"],
        ["fs"],
        ["fs", "write", "x"],
        ["fs", "nothing"],
        ["api"],
        ["api", "fs", "read"],
    ],
)
def test_a_wrong_command_line_is_told_and_ends_with_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: sandbox-agent" in capsys.readouterr().err
