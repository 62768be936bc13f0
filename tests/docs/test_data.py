"""Blocks of data: each is read by what reads it in earnest."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import msgspec
import pytest

from sandbox_agent.schema.base import decode
from sandbox_agent.schema.events import decode_event
from sandbox_agent.server.endpoints import ENDPOINTS
from sandbox_agent.testing import load_script

from .blocks import Block, blocks, is_example


@pytest.mark.parametrize("block", blocks("http"), ids=str)
def test_a_request_is_one_that_the_server_understands(block: Block) -> None:
    head, _, body = block.code.partition("\n\n")
    method, path, _ = head.splitlines()[0].split(" ")
    (found,) = [
        each
        for each in ENDPOINTS
        if each.method == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each.path), path.partition("?")[0])
    ]
    if body.strip():
        assert "content-type: application/json" in head
        written = json.loads(body)
        understood = msgspec.to_builtins(decode(body.encode(), found.body))
        assert set(written) <= set(understood), "the server would not look at some of its fields"


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_json_is_json_and_an_event_is_one_of_ours(block: Block) -> None:
    documents = [block.code] if "\n{" not in block.code.strip() else block.code.strip().splitlines()
    for document in documents:
        value = json.loads(document)
        if isinstance(value, dict) and "event_id" in value:
            assert decode_event(document.encode()).type == value["type"]


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_a_script_of_toml_is_one_that_can_be_played(block: Block, tmp_path: Path) -> None:
    value = tomllib.loads(block.code)
    if "replies" in value:
        path = tmp_path / "script.toml"
        path.write_text(block.code)
        load_script(path)


@pytest.mark.parametrize("block", [block for block in blocks("nginx") if not is_example(block)], ids=str)
def test_a_piece_for_nginx_is_one_that_nginx_takes(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    folders = "".join(f"{kind}_temp_path {tmp_path};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    around = f"pid {tmp_path}/pid; events {{}} http {{ {folders} access_log off; server {{ listen 127.0.0.1:1; "
    path.write_text(f"error_log stderr; {around}{block.code} }} }}")
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert nginx is not None, "scripts/services.sh installs nginx"
    done = subprocess.run([nginx, "-t", "-c", str(path)], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr


def test_other_configuration_is_that_of_the_examples_which_are_tested() -> None:
    loose = [str(block) for block in blocks("yaml", "caddy", "dockerfile") if not is_example(block)]
    assert loose == [], "put it into a file of examples/ that a test uses"
