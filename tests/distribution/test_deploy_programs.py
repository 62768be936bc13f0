"""Programs of the deploy guides, run with their providers' real packages against stand-ins of the services.

A stand-in speaks as much of a service's interface as the programs use, and starts the real server as a process of this
machine where the service would start a sandbox.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from .conftest import ROOT
from .standins import DockerEngine, Kubernetes
from .test_deploy import DEPLOY, PROVIDERS

STANDINS = ROOT / "tests" / "deploy" / "standins"
COMMAND = Path(sys.executable).with_name("sandbox-agent")
TOKEN = "a made-up token"
SAID = "hello\n-- completed\n"
RESOLVER = """
const dns = require("node:dns");
const { lookup } = dns;
dns.lookup = (name, options, done) =>
  lookup(/^sandbox-\\w+\\.default\\.svc\\.cluster\\.local$/.test(name) ? "%s" : name, options, done);
"""
"""The names of the cluster, which only it can look up."""


def environ(home: Path, **more: str) -> dict[str, str]:
    path = "/usr/local/bin:/usr/bin:/bin"
    return {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8", "SANDBOX_AGENT_BIN": str(COMMAND), **more}


@pytest.fixture(scope="module")
def built() -> Iterator[Path]:
    """The programs in JavaScript, beside the providers' packages and our SDK."""
    for folder in ("sdks/typescript", "examples/deploy"):
        subprocess.run([sys.executable, "scripts/npm.py", folder], cwd=ROOT, check=True, timeout=600)
    subprocess.run(["npm", "run", "--silent", "build"], cwd=ROOT / "sdks" / "typescript", check=True, timeout=300)
    target = DEPLOY / "build" / "programs"
    compiled = ["node_modules/.bin/tsc", "-p", ".", "--noEmit", "false", "--outDir", str(target)]
    subprocess.run(compiled, cwd=DEPLOY, check=True, timeout=300)
    shutil.copytree(DEPLOY / "kubernetes", target / "kubernetes")
    yield target
    shutil.rmtree(target)


@pytest.fixture(params=["python", "typescript"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def program(language: str, request: pytest.FixtureRequest) -> list[str]:
    """How to run a program of this language, up to its folder."""
    if language == "python":
        return [str(PROVIDERS / "python"), str(DEPLOY), ".py"]
    return ["node", str(request.getfixturevalue("built")), ".js"]


def run(program: list[str], name: str, home: Path, **variables: str) -> str:
    interpreter, folder, ending = program
    done = subprocess.run(
        [interpreter, f"{folder}/{name}{ending}"],
        env=environ(home, PYTHONPATH=str(ROOT / "src"), **variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def worker(tmp_path: Path) -> Path:
    """The Worker in JavaScript, with our stand-in for the package that it imports."""
    target = tmp_path / "worker"
    compiled = ["node_modules/.bin/tsc", "-p", "cloudflare", "--noEmit", "false", "--outDir", str(target)]
    subprocess.run(compiled, cwd=DEPLOY, check=True, timeout=300)
    package = target / "node_modules" / "@cloudflare" / "sandbox"
    package.mkdir(parents=True)
    shutil.copy(STANDINS / "cloudflare_sandbox.mjs", package)
    (package / "package.json").write_text('{"type": "module", "exports": "./cloudflare_sandbox.mjs"}')
    (target / "package.json").write_text('{"type": "module"}')
    return target / "worker.js"


@contextmanager
def cloudflare(worker: Path, home: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    argv = ["node", str(STANDINS / "cloudflare.mjs"), str(worker)]
    variables = environ(home, SANDBOX_AGENT_TOKEN=TOKEN)
    with subprocess.Popen(argv, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
        process.terminate()


def test_the_worker_starts_a_sandbox_once_and_ends_it(program: list[str], worker: Path, tmp_path: Path) -> None:
    with cloudflare(worker, tmp_path) as (url, process):
        said = run(program, "on_cloudflare", tmp_path, WORKER_URL=url, SANDBOX_AGENT_TOKEN=TOKEN)
        assert said == SAID
        assert httpx.get(f"{url}/sandboxes/other/v1/health", trust_env=False, timeout=60).status_code == 401
        known = {"authorization": f"Bearer {TOKEN}"}
        assert httpx.get(f"{url}/elsewhere", headers=known, trust_env=False, timeout=60).status_code == 404
        process.terminate()
        assert process.stdout is not None
        assert process.stdout.read().split() == ["started", "destroyed"]


def test_many_who_come_first_to_the_worker_start_one_server(worker: Path, tmp_path: Path) -> None:
    with cloudflare(worker, tmp_path) as (url, process), ThreadPoolExecutor(8) as pool:
        known = {"authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=f"{url}/sandboxes/one", headers=known, trust_env=False, timeout=60) as http:
            said = {each.status_code for each in pool.map(http.get, ["/v1/agents"] * 8)}
            assert said <= {200, 503}
            assert http.get("/v1/agents").status_code == 200
            http.delete("").raise_for_status()
        process.terminate()
        assert process.stdout is not None
        assert process.stdout.read().split() == ["started", "destroyed"]


def test_the_docker_program_starts_a_locked_container_and_removes_it(program: list[str], tmp_path: Path) -> None:
    docker = DockerEngine()
    with docker.running():
        assert run(program, "on_docker", tmp_path, DOCKER_HOST=docker.url.replace("http:", "tcp:")) == SAID
        assert docker.bodies == {}
        assert docker.servers == {}
        assert docker.asked[-1].startswith("DELETE ")


def test_the_kubernetes_program_makes_a_secret_and_a_sandbox_and_takes_both_away(
    program: list[str], language: str, tmp_path: Path
) -> None:
    cluster = Kubernetes()
    with cluster.running():
        (tmp_path / "config").write_text(json.dumps(kubeconfig(cluster.url)))
        (tmp_path / "resolver.cjs").write_text(RESOLVER % cluster.HOST)
        settings = {"KUBECONFIG": str(tmp_path / "config"), "NODE_OPTIONS": f"--require {tmp_path}/resolver.cjs"}
        assert run(program, "on_kubernetes", tmp_path, **settings) == SAID
        assert cluster.bodies == {}
        assert cluster.servers == {}
        made = "pods" if language == "python" else "sandboxes"
        assert [each for each in cluster.asked if each.startswith("POST") and each.endswith(made)]


def kubeconfig(url: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "clusters": [{"name": "here", "cluster": {"server": url, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "me", "user": {}}],
    }
