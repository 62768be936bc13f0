"""The Dockerfile: its steps are run here one by one, and what they make is started as a container would start it."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from .conftest import CACHE, ROOT, Machine
from .dockerfile import Image, build

DOCKERFILE = ROOT / "docker" / "Dockerfile"
TOKEN = "a made-up token"


@pytest.fixture(scope="module")
def image(debian: Path, tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The image, with one agent in it."""
    context = tmp_path_factory.mktemp("context")
    for line in (ROOT / ".dockerignore").read_text().split():
        if line.startswith("!"):
            source, target = ROOT / line[1:], context / line[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, target)
    base = tmp_path_factory.mktemp("base") / "root"
    subprocess.run(["cp", "-a", "--reflink=auto", str(debian), str(base)], check=True)
    return build(DOCKERFILE, context, base, CACHE / "docker", {"AGENTS": "claude"})


def test_no_linter_has_a_word_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([str(hadolint), str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert done.stdout == ""


def started(image: Image, *arguments: str, token: bool = True, **variables: str) -> list[str]:
    """What a container of the image runs."""
    server = shlex.join([*image.entrypoint, *arguments])
    environ = image.env | variables | ({"SANDBOX_AGENT_TOKEN": TOKEN} if token else {})
    words = [f"{name}={value}" for name, value in environ.items()]
    return ["env", *words, "sh", "-c", f"cd {image.workdir} && exec {server}"]


def served(process: subprocess.Popen[str]) -> str:
    """The address that the server says it listens on."""
    assert process.stdout is not None
    return process.stdout.readline().split(" on ")[1].strip()


@pytest.mark.parametrize("user", ["1000:1000", "54321:0"])
def test_it_serves_from_a_read_only_root_to_any_user(image: Image, user: str) -> None:
    machine = Machine(image.root)
    argv = started(image, "--host", "127.0.0.1", "--port", "0")
    token = {"authorization": f"Bearer {TOKEN}"}
    with machine.running(argv, read_only=True, user=user) as process:
        url = served(process)
        with httpx.Client(base_url=url, timeout=60, trust_env=False, headers=token) as http:
            assert http.get("/v1/agents", headers={"authorization": "Bearer wrong"}).status_code == 401
            agents = {each["id"]: each for each in http.get("/v1/agents").json()["agents"]}
            assert agents["claude"]["path"] == "/opt/agents/bin/claude"
            assert agents["claude"]["version"]
            http.post("/v1/sessions/s", json={"agent": "mock"}).raise_for_status()
            assert '"turn.ended"' in http.post("/v1/sessions/s/messages/stream", json={"message": "hello"}).text
            checked = machine.run(*(each.replace(":2468", f":{httpx.URL(url).port}") for each in image.healthcheck))
            assert checked.returncode == 0, checked.stderr


DOUBLE_FORK = "#!/bin/sh\nfor each in 1 2 3 4 5; do (sleep 0.1 &); done\nexec sleep 1000\n"
"""An agent whose children outlive their parents: process 1 becomes theirs, and must reap them."""


def test_as_the_first_process_it_reaps_orphans_and_ends_its_agents_on_term(image: Image) -> None:
    agent = image.root / "usr/local/bin/forking"
    agent.write_text(DOUBLE_FORK)
    agent.chmod(0o755)
    argv = started(image, "--host", "127.0.0.1", "--port", "0", SANDBOX_AGENT_CLAUDE_BIN="/usr/local/bin/forking")
    token = {"authorization": f"Bearer {TOKEN}"}
    with Machine(image.root).running(argv, read_only=True, user="1000:1000") as process:
        with httpx.Client(base_url=served(process), timeout=60, trust_env=False, headers=token) as http:
            http.post("/v1/sessions/s", json={"agent": "claude"}).raise_for_status()
            http.post("/v1/sessions/s/messages", json={"message": "hello"}).raise_for_status()
            (first,) = psutil.Process(process.pid).children()
            until(lambda: named(first, "sleep") == [["sleep", "1000"]])
            assert zombies(first) == []
        everybody = [first, *first.children(recursive=True)]
        first.terminate()
        assert psutil.wait_procs(everybody, timeout=60)[1] == []
        assert process.wait(60) == 0


def named(first: psutil.Process, name: str) -> list[list[str]]:
    """The arguments of what runs below it under a name; zombies have none, but still their name."""
    found: list[list[str]] = []
    for each in first.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it has ended meanwhile
            if each.name() == name:
                found.append(each.cmdline())
    return found


def zombies(first: psutil.Process) -> list[int]:
    found: list[int] = []
    for each in first.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if each.status() == psutil.STATUS_ZOMBIE:
                found.append(each.pid)
    return found


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_starts_as_the_manifests_of_kubernetes_start_it(image: Image) -> None:
    manifest = (ROOT / "examples" / "deploy" / "kubernetes" / "pod.yaml").read_text()
    (arguments,) = re.findall(r"args: \[(.*)\]", manifest)
    secret = image.root / "run/token"
    secret.mkdir(parents=True, exist_ok=True)
    (secret / "token").write_text(TOKEN)
    (secret / "token").chmod(0o440)
    os.chown(secret / "token", 0, 1000)
    argv = started(image, *re.findall(r'"([^"]*)"', arguments), "--host", "127.0.0.1", "--port", "0", token=False)
    with (
        Machine(image.root).running(argv, read_only=True, user="1000:1000") as process,
        httpx.Client(base_url=served(process), timeout=60, trust_env=False) as http,
    ):
        for probe in set(re.findall(r"path: (/v1/\S+)", manifest)):
            assert http.get(probe).status_code == 200
        assert http.get("/v1/agents").status_code == 401
        assert http.get("/v1/agents", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_it_is_slim_and_runs_as_nobody_in_particular(image: Image) -> None:
    assert image.user == "1000"
    for gone in ("source", "usr/bin/npm", "usr/bin/gcc", "usr/bin/node", "root/.cache", "root/.npm"):
        assert not os.path.lexists(image.root / gone), gone
    assert [*image.root.glob("var/lib/apt/lists/*_Packages*")] == []
    packages = {path.name for path in image.root.glob("opt/sandbox-agent/lib/python3*/site-packages/*")}
    assert "sandbox_agent" in packages
    assert packages.isdisjoint({"hatchling", "editables", "pytest"})


def test_without_a_token_it_says_what_is_missing(image: Image) -> None:
    words = [f"{name}={value}" for name, value in image.env.items()]
    done = Machine(image.root).run("env", *words, *image.entrypoint, user="1000:1000")
    assert done.returncode != 0
    assert "--token" in done.stderr
