"""Behind nginx and Caddy, with TLS of our own authority, below a path."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.cli.serving import COMMAND, TOKEN, clean_environ, serving

from sandbox_agent import ConnectionFailed, Event, PermissionRequested, SandboxAgent, TurnEnded

from .proxies import PATIENCE, PROXIES, Proxy, proxy

ROOT = Path(__file__).resolve().parents[2]
CUTS = {"nginx": "upstream timed out", "caddy": "aborting with incomplete response"}
NUMBERS = itertools.count()
TURN_IN_TYPESCRIPT = """
import { SandboxAgent } from "%s";
const client = await SandboxAgent.connect({ baseUrl: process.argv[2], token: process.argv[3] });
const session = await client.createSession(process.argv[4], { agent: "mock" });
const seen = [];
for await (const event of session.send("markdown")) seen.push(event.type);
console.log(seen.at(-1), (await session.events()).events.length === seen.length + 1);
"""

PAGE = """
import { createRequire } from "node:module";
const { chromium } = createRequire("%s/package.json")("playwright-core");
const [, , page, token, session] = process.argv;
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const tab = await browser.newPage({ ignoreHTTPSErrors: true });
const asked = [];
tab.on("request", (request) => asked.push(request.url()));
await tab.goto(`${page}?token=${token}`);
await tab.getByText(session).first().click();
await tab.getByText("hello through a proxy").first().waitFor();
console.log(JSON.stringify(asked));
await browser.close();
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(scope="module", params=PROXIES)
def before(request: pytest.FixtureRequest, server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    name = str(request.param)
    with proxy(name, tmp_path_factory.mktemp(name) / "proxy", server) as running:
        yield running


@pytest.fixture(scope="module")
def typescript() -> Path:
    """The TypeScript client, built."""
    folder = ROOT / "sdks" / "typescript"
    subprocess.run([sys.executable, "scripts/npm.py", "sdks/typescript"], cwd=ROOT, check=True, timeout=300)
    subprocess.run(["npm", "run", "--silent", "build"], cwd=folder, check=True, timeout=300)
    return folder / "dist" / "index.js"


@pytest.fixture
def http(before: Proxy) -> Iterator[httpx.Client]:
    token = {"authorization": f"Bearer {TOKEN}"}
    trust = ssl.create_default_context(cafile=str(before.folder / "authority.pem"))
    with httpx.Client(base_url=before.url, headers=token, verify=trust, trust_env=False, timeout=PATIENCE) as client:
        yield client


@pytest.fixture
def client(before: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxAgent]:
    monkeypatch.setenv("SSL_CERT_FILE", str(before.folder / "authority.pem"))
    with SandboxAgent.connect(before.url, token=TOKEN) as client:
        yield client


def test_an_event_arrives_while_the_turn_is_open(client: SandboxAgent) -> None:
    session = client.create_session(f"open-{next(NUMBERS)}", agent="mock")
    seen = {}
    for event in session.send("permission"):
        seen[event.type] = event
        if isinstance(event.data, PermissionRequested):  # had it been kept back, nobody could answer it
            session.answer_permission(event.data.permission_id, "once")
    assert "turn.ended" in seen


def test_without_the_authority_nobody_is_trusted(before: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with (
        SandboxAgent.connect(before.url, token=TOKEN, retries=0) as client,
        pytest.raises(ConnectionFailed, match="certificate verify failed"),
    ):
        client.health()


def test_the_command_line_works_through_it(before: Proxy, tmp_path: Path) -> None:
    environ = clean_environ(tmp_path, SSL_CERT_FILE=str(before.folder / "authority.pem"), SANDBOX_AGENT_TOKEN=TOKEN)
    argv = [*COMMAND, "agents", "list", "-e", before.url]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    assert '"mock"' in done.stdout


def test_the_typescript_client_works_through_it(before: Proxy, typescript: Path, tmp_path: Path) -> None:
    script = tmp_path / "turn.mjs"
    script.write_text(TURN_IN_TYPESCRIPT % typescript)
    environ = clean_environ(tmp_path, NODE_EXTRA_CA_CERTS=str(before.folder / "authority.pem"))
    argv = ["node", str(script), before.url, TOKEN, f"typescript-{before.name}"]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "turn.ended true\n"


def test_a_large_file_goes_up_and_comes_down(http: httpx.Client, tmp_path: Path) -> None:
    piece = bytes(range(256)) * 4096
    path = {"path": str(tmp_path / "large.bin")}
    written = http.put("/v1/fs/file", params=path, content=itertools.repeat(piece, 64))
    assert written.json()["bytesWritten"] == 64 * len(piece), written.text
    digest = hashlib.sha256()
    with http.stream("GET", "/v1/fs/file", params=path) as response:
        for chunk in response.iter_bytes():
            digest.update(chunk)
    assert digest.digest() == hashlib.sha256(piece * 64).digest()


def test_the_web_page_shows_a_session_and_asks_nothing_outside_of_the_path(
    client: SandboxAgent, before: Proxy, typescript: Path, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "scripts/inspector.py", "--strict"], cwd=ROOT, check=True, timeout=600)
    name = f"seen-{next(NUMBERS)}"
    client.create_session(name, agent="mock").send("hello through a proxy").wait()
    script = tmp_path / "page.mjs"
    script.write_text(PAGE % typescript.parents[1])
    argv = ["node", str(script), f"{before.url}/ui", TOKEN, name]
    environ = clean_environ(tmp_path)
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    asked = json.loads(done.stdout)
    assert f"{before.url}/v1/sessions" in {each.partition("?")[0] for each in asked}
    assert [each for each in asked if not each.startswith(f"{before.url}/")] == []


def test_a_stream_goes_on_where_it_was_after_the_proxy_was_killed(before: Proxy, client: SandboxAgent) -> None:
    session = client.create_session(f"killed-{next(NUMBERS)}", agent="mock")
    seen: list[Event] = []
    heard = threading.Event()

    def follow() -> None:
        for event in session.stream():
            seen.append(event)
            heard.set()

    reader = threading.Thread(target=follow)
    reader.start()
    assert heard.wait(PATIENCE)
    before.kill()
    before.start()
    assert session.send("markdown").wait().reason == "completed"
    session.terminate()
    reader.join(PATIENCE)
    assert not reader.is_alive()
    assert [event.sequence for event in seen] == list(range(1, session.info().event_count + 1))


@pytest.mark.parametrize("name", PROXIES)
def test_a_proxy_that_hangs_up_in_silence_costs_nothing(
    name: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(name, tmp_path / "proxy", server, impatient=True) as impatient:
        monkeypatch.setenv("SSL_CERT_FILE", str(impatient.folder / "authority.pem"))
        with SandboxAgent.connect(impatient.url, token=TOKEN) as client:
            session = client.create_session(f"silent-{name}", agent="mock")
            turns = threading.Event()

            def speak() -> None:
                impatient.wait_for_cuts(CUTS[name], 2)
                session.send("hello").wait()
                turns.set()

            speaker = threading.Thread(target=speak)
            speaker.start()
            seen: list[int] = []
            for event in session.stream():
                seen.append(event.sequence)
                if isinstance(event.data, TurnEnded):
                    break
            speaker.join(PATIENCE)
            assert turns.is_set()
            assert seen == list(range(1, seen[-1] + 1))
            assert re.search(CUTS[name], impatient.log)
