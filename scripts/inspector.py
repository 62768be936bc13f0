"""Build the web page into src/sandbox_agent/server/ui.

Quick when it is built already. Without Node it says so and ends well, unless `--strict` is given. `make serve` calls
this before the server starts. Uses the standard library only.
"""

from __future__ import annotations

import fcntl
import hashlib
import sys
from pathlib import Path

import npm

ROOT = npm.ROOT
SDK = ROOT / "sdks" / "typescript"
INSPECTOR = ROOT / "inspector"
BUILT = ROOT / "src" / "sandbox_agent" / "server" / "ui" / "index.html"
STAMP = ROOT / ".cache" / "inspector"
SOURCES = ("src", "public", "index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.build.json")


def fingerprint() -> str:
    """What the page is made from."""
    digest = hashlib.sha256()
    for path in sorted(file for folder in (SDK, INSPECTOR) for name in SOURCES for file in _files(folder / name)):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    return [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path] if path.is_file() else []


def build() -> None:
    """Bring the page to what its sources say. Raises `NodeMissing`."""
    STAMP.parent.mkdir(exist_ok=True)
    with STAMP.with_suffix(".lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        wanted = fingerprint()
        if BUILT.is_file() and STAMP.is_file() and STAMP.read_text() == wanted:
            return
        npm.install(SDK)
        npm.install(INSPECTOR)
        print("Building the web page ...", flush=True)
        npm.run(SDK, "run", "--silent", "build")
        npm.run(INSPECTOR, "run", "--silent", "build")
        STAMP.write_text(wanted)


def main() -> None:
    """Build, or say why not."""
    try:
        build()
    except npm.NodeMissing as error:
        said = "is as it was built before" if BUILT.is_file() else "is left out"
        print(f"The web page at /ui/ {said}: building it {error}.", file=sys.stderr)
        if "--strict" in sys.argv[1:]:
            sys.exit(1)


if __name__ == "__main__":
    main()
