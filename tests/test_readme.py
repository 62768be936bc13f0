"""README says what to type; here it is typed."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def environ(home: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {"HOME": str(home), "PATH": path, "TERM": "dumb", "LANG": "C.UTF-8"}


def run(command: str | list[str], home: Path) -> str:
    argv = ["sh", "-ec", command] if isinstance(command, str) else command
    done = subprocess.run(
        argv,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environ(home),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    argv = [sys.executable, "-m", "sandbox_agent", "server", "--port", "0"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environ(tmp_path), cwd=tmp_path) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield found.group()
                break
        process.terminate()
        process.stdout.close()


def test_the_curl_lines_run_a_first_turn(server: str, tmp_path: Path) -> None:
    (block,) = [block for block in blocks("sh") if "curl" in block]
    said = run(block.replace("http://127.0.0.1:2468", server).replace("curl", "curl -sS --fail"), tmp_path)
    assert '"delta":"hello"' in said
    assert '"type":"turn.ended"' in said


def test_the_first_command_line_shows_a_turn(tmp_path: Path) -> None:
    (block,) = [block for block in blocks("sh") if "sandbox-agent run" in block]
    argv = shlex.split(block.splitlines()[0])
    assert "hello" in run([sys.executable, "-m", "sandbox_agent", *argv[1:]], tmp_path)


def test_the_python_program_prints_the_answer_and_the_reason(tmp_path: Path) -> None:
    (block,) = blocks("python")
    assert run([sys.executable, "-c", block], tmp_path) == "hello\n-- completed\n"


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
