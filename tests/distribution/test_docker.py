"""The Dockerfile: its steps are run here one by one, and what they make is started as a container would start it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
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


@pytest.mark.parametrize("user", ["1000:1000", "54321:0"])
def test_it_serves_from_a_read_only_root_to_any_user(image: Image, user: str) -> None:
    machine = Machine(image.root)
    server = shlex.join([*image.entrypoint, "--host", "127.0.0.1", "--port", "0"])
    words = [f"{name}={value}" for name, value in image.env.items()]
    argv = ["env", *words, f"SANDBOX_AGENT_TOKEN={TOKEN}", "sh", "-c", f"cd {image.workdir} && exec {server}"]
    token = {"authorization": f"Bearer {TOKEN}"}
    with machine.running(argv, read_only=True, user=user) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split(" on ")[1].strip()
        with httpx.Client(base_url=url, timeout=60, trust_env=False, headers=token) as http:
            assert http.get("/v1/agents", headers={"authorization": "Bearer wrong"}).status_code == 401
            agents = {each["id"]: each for each in http.get("/v1/agents").json()["agents"]}
            assert agents["claude"]["path"] == "/opt/agents/bin/claude"
            assert agents["claude"]["version"]
            http.post("/v1/sessions/s", json={"agent": "mock"}).raise_for_status()
            assert '"turn.ended"' in http.post("/v1/sessions/s/messages/stream", json={"message": "hello"}).text
            checked = machine.run(*(each.replace(":2468", f":{httpx.URL(url).port}") for each in image.healthcheck))
            assert checked.returncode == 0, checked.stderr


def test_without_a_token_it_says_what_is_missing(image: Image) -> None:
    words = [f"{name}={value}" for name, value in image.env.items()]
    done = Machine(image.root).run("env", *words, *image.entrypoint, user="1000:1000")
    assert done.returncode != 0
    assert "--token" in done.stderr
