"""What the pages show in JavaScript and TypeScript: whole programs run, and everything is typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.docs.blocks import Block, blocks, is_example

from .nodejs import run

SHOWN = [block for block in blocks("js", "ts") if not is_example(block)]
WHOLE = [block for block in SHOWN if block.runs and ".start(" in block.code]
ASSUMED = """\
import type { SandboxAgent as Client, Session as OneSession } from "sandbox-agent";
declare const client: Client;
declare const session: OneSession;
"""


@pytest.mark.parametrize("block", WHOLE, ids=str)
def test_a_whole_program_runs_in_a_clean_folder(installed: Path, block: Block) -> None:
    script = installed / f"{Path(block.page).stem}-{block.line}.js"
    script.write_text(block.code)
    assert run(installed, "node", script.name, HOME=str(installed)).strip()


def test_everything_is_typed(installed: Path, typescript: Path) -> None:
    files: list[str] = []
    for block in SHOWN:
        name = f"typed-{block.page.replace('/', '-')}-{block.line}.{block.language}"
        (installed / name).write_text(block.code if block in WHOLE else ASSUMED + block.code)
        files.append(name)
    modules = typescript / "node_modules"
    strict = ["--strict", "--noImplicitAny", "false", "--allowJs", "--checkJs", "--noEmit", "--skipLibCheck"]
    environment = [
        "--target",
        "es2022",
        "--module",
        "nodenext",
        "--types",
        "node",
        "--typeRoots",
        str(modules / "@types"),
    ]
    run(installed, "node", str(modules / "typescript" / "bin" / "tsc"), *strict, *environment, *files)
