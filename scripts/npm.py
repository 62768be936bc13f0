"""Make a folder's node_modules ready: `python3 scripts/npm.py FOLDER`. Uses the standard library only.

Installs exactly what the committed package-lock.json says, and nothing when that is there already. Safe to run twice
at once: the second waits for the first.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = 20
HELP = f"needs Node {OLDEST} or newer with npm (on Debian and Ubuntu: apt-get install nodejs npm)"


class NodeMissing(Exception):
    """There is no Node here, or it is too old; the words say what to do."""


def require_node() -> None:
    """Raise `NodeMissing` unless there are a Node that is new enough and npm."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise NodeMissing(HELP)
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < OLDEST:
        raise NodeMissing(f"{HELP}; here is {version}")


def install(folder: Path) -> None:
    """Bring `folder/node_modules` to what the lock file says. Raises `NodeMissing`."""
    require_node()
    lock = folder / "package-lock.json"
    stamp = folder / "node_modules" / ".ready"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    (ROOT / ".cache").mkdir(exist_ok=True)
    with (ROOT / ".cache" / "npm.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        print(f"Installing the pinned packages of {folder.relative_to(ROOT)} ...", flush=True)
        run(folder, "ci", "--no-audit", "--no-fund", "--prefer-offline", tries=2)
        stamp.write_text(wanted)


def run(folder: Path, *arguments: str, tries: int = 1) -> str:
    """The output of `npm ARGUMENTS` in `folder`; ends the program with npm's words when it fails, every time.

    More than one of the `tries` is for what needs a network.
    """
    done = subprocess.run(["npm", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode and tries > 1:
        return run(folder, *arguments, tries=tries - 1)
    if done.returncode:
        sys.exit(f"npm {' '.join(arguments)} failed in {folder}:\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    """Install, or end with a sentence."""
    for name in sys.argv[1:]:
        try:
            install((ROOT / name).resolve())
        except NodeMissing as error:
            sys.exit(f"{name} {error}")


if __name__ == "__main__":
    main()
