"""Write requirements/*.txt from pyproject.toml: `make requirements`. Uses the standard library only.

The resolver is uv in a throwaway environment, because it pins for every Python and platform in one file.
Whatever names the index it was resolved from is cut out: the files must work from any index.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Made by `make requirements`; do not edit.\n"
FORBIDDEN = ("://", "--index-url", "--extra-index-url", "--find-links", "--trusted-host")


def compile_file(uv: Path, name: str, *options: str) -> None:
    """Resolve one file and write it without anything that names an index."""
    command = [str(uv), "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"]
    quiet = ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    done = subprocess.run([*command, *quiet, *options], cwd=ROOT, check=True, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if not any(word in line for word in FORBIDDEN)]
    (ROOT / "requirements" / name).write_text(HEADER + "\n".join(lines) + "\n")
    print(f"requirements/{name}: {sum('==' in line for line in lines)} packages")


def main() -> None:
    """Pin everything first; the smaller files take their versions from it."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder) / "bin" / "python"
        subprocess.run([str(python), "-m", "pip", "-qq", "install", "uv"], check=True)
        uv = python.with_name("uv")
        constraint = ["--constraint", "requirements/dev.txt"]
        compile_file(uv, "dev.txt", "pyproject.toml", "--upgrade", "--group", "dev")
        compile_file(uv, "runtime.txt", "pyproject.toml", *constraint)
        compile_file(uv, "build.txt", "--group", "build", *constraint)
        compile_file(uv, "distribution.txt", "--group", "distribution")
        compile_file(uv, "docs.txt", "--group", "docs", *constraint)
        compile_file(uv, "deploy.txt", "pyproject.toml", "--extra", "postgres", "--group", "deploy")


if __name__ == "__main__":
    main()
