"""Write what is generated from the schema: the API document and the reference pages. `--check` only compares."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

from sandbox_agent.server.endpoints import ENDPOINTS
from sandbox_agent.server.openapi import document_json
from sandbox_agent.server.reference import events_page

ROOT = Path(__file__).resolve().parent.parent


def generated() -> dict[Path, str]:
    """Each generated file, relative to the checkout, and what must be in it."""
    folder = Path("docs", "reference")
    return {
        folder / "openapi.json": document_json(ENDPOINTS).decode(),
        folder / "events.md": events_page(),
    }


def main() -> int:
    """Write or compare; 1 when a file is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a file is out of date")
    check = parser.parse_args().check
    stale = [name for name, text in generated().items() if not _settle(name, text, write=not check)]
    if stale and check:
        print("Out of date; run `make generate`.", file=sys.stderr)
        return 1
    return 0


def _settle(name: Path, text: str, *, write: bool) -> bool:
    """Whether the file was right already; written if it may be."""
    path = ROOT / name
    before = path.read_text() if path.is_file() else ""
    if before == text:
        return True
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(f"wrote {name}")
    else:
        lines = difflib.unified_diff(before.splitlines(), text.splitlines(), str(name), "generated", lineterm="", n=1)
        print("\n".join([*lines][:40]), file=sys.stderr)
    return False


if __name__ == "__main__":
    raise SystemExit(main())
