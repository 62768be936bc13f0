from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = """
import argparse, sys
from sandbox_agent.cli.model import add_parser
parser = argparse.ArgumentParser()
add_parser(parser.add_subparsers(required=True))
args = parser.parse_args()
sys.exit(args.run(args))
"""
ARGV = [sys.executable, "-c", COMMAND, "model"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_the_environment_serves_and_ends_with_status_0(number: signal.Signals) -> None:
    with subprocess.Popen([*ARGV, "--script", "prompts"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        env = dict(line.strip().removeprefix("export ").split("=", 1) for line in lines[1:])
        asked = {"messages": [{"role": "user", "content": "SAY hello"}]}
        response = httpx.post(f"{env['ANTHROPIC_BASE_URL']}/v1/messages", json=asked, trust_env=False, timeout=60)
        os.kill(process.pid, number)
        assert process.wait(timeout=20) == 0
    assert response.json()["content"] == [{"type": "text", "text": "hello"}]
    assert set(env) >= {"ANTHROPIC_API_KEY", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"}


def test_a_broken_script_is_reported_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("[[replies]]\nsteps = [{ do = 'fail', status = 1 }]", encoding="utf-8")
    ended = subprocess.run([*ARGV, "--script", str(file)], capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert "replies[0].steps[0].status" in ended.stderr
    assert not ended.stdout
