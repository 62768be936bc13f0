"""Make .venv ready: `python3 scripts/bootstrap.py serve|dev`. Uses the standard library only.

`serve` installs what the product itself needs, `dev` adds everything for tests and checks. Both install
exactly the pinned, hashed files in requirements/ and this checkout on top, editable. Safe to run twice
at once: the second waits for the first. Written so that an old Python still gets as far as its message.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
CACHE = ROOT / ".cache"
OLDEST = (3, 11)
REQUIREMENTS = {"serve": ["runtime.txt", "build.txt"], "dev": ["dev.txt"]}


def usable_python() -> str:
    """The first Python that is new enough and can make environments; ends with a sentence if none is."""
    wanted = os.environ.get("PYTHON", sys.executable)
    names = [wanted, "python3", *(f"python3.{minor}" for minor in (13, 12, 11, 14))]
    probe = f"import sys, venv, ensurepip; sys.exit(sys.version_info < {OLDEST})"
    for name in names:
        path = shutil.which(name)
        if path and subprocess.call([path, "-c", probe], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            return path
    version = ".".join(str(part) for part in sys.version_info[:3])
    sys.exit(
        f"Sandbox Agent needs Python 3.11 or newer with the venv and pip modules; {sys.executable}"
        f" is {version}{'' if sys.version_info < OLDEST else ' but lacks venv or ensurepip'}.\n"
        "Install one (on Debian and Ubuntu: apt-get install python3-venv python3-pip) or name one:"
        " make PYTHON=/path/to/python3.12"
    )


def fingerprint(kind: str) -> str:
    """What the environment was made from, so that an unchanged file installs nothing."""
    digest = hashlib.sha256()
    for path in [ROOT / "pyproject.toml", *(ROOT / "requirements" / name for name in REQUIREMENTS[kind])]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_ready(kind: str) -> bool:
    """Whether this kind of environment stands as its files ask."""
    stamp = VENV / f".{kind}"
    works = (VENV / "bin" / "python").exists() and (VENV / "bin" / "sandbox-agent").exists()
    return works and stamp.exists() and stamp.read_text() == fingerprint(kind)


def pip_install(*arguments: str) -> None:
    """Run the environment's pip, quietly unless something goes wrong."""
    python = str(VENV / "bin" / "python")
    command = [
        python,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "-qq",
        "install",
        "--no-compile",
        *arguments,
    ]
    done = subprocess.run(command, check=False)
    if done.returncode:
        sys.exit(f"pip failed with exit status {done.returncode}: {' '.join(arguments)}")


def install(kind: str) -> None:
    """Bring the environment to what `kind` asks for."""
    # pip comes last: without it an earlier attempt was cut off.
    if not ((VENV / "bin" / "python").exists() and (VENV / "bin" / "pip").exists()):
        print("Making .venv ...", flush=True)
        subprocess.run([usable_python(), "-m", "venv", "--clear", str(VENV)], check=True)
    print(f"Installing the pinned requirements ({kind}) ...", flush=True)
    files = [str(ROOT / "requirements" / name) for name in REQUIREMENTS[kind]]
    pip_install("--require-hashes", "--no-deps", *(part for file in files for part in ("-r", file)))
    pip_install("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    for covered in REQUIREMENTS if kind == "dev" else [kind]:
        (VENV / f".{covered}").write_text(fingerprint(covered))


def main() -> None:
    """Check, lock, install."""
    kind = sys.argv[-1]
    if kind not in REQUIREMENTS:
        sys.exit(f"usage: bootstrap.py {'|'.join(REQUIREMENTS)}")
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_ready(kind):
            install(kind)
    (VENV / f".{kind}").touch()


if __name__ == "__main__":
    main()
