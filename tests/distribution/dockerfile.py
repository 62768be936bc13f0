"""Runs the steps of a Dockerfile in folders, where there is no Docker: enough of the language for our own file.

A stage is a copy of a folder; RUN is a chroot into it. What a builder has and a file does not say (how to reach package
indexes) is taken from this machine, and taken out again at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

__all__ = ["Image", "build"]

BORROWED = (
    *("/etc/resolv.conf", "/etc/pip.conf", "/etc/xdg/pip", "/usr/etc/npmrc", "/etc/npmrc"),
    *("/opt/wheels", "/opt/pypi-more"),
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
LENT = "/.authorities.crt"
"""Where a step finds a copy of them: its packages may write a list of their own."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SETTINGS = ("PIP_", "NPM_CONFIG_", "npm_config_", "NODE_EXTRA", "SSL_", "HTTP_PROXY", "HTTPS_PROXY")


@dataclass
class Image:
    """What a stage has become."""

    root: Path
    env: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    user: str = "root"
    workdir: str = "/"
    entrypoint: list[str] = field(default_factory=list[str])
    healthcheck: list[str] = field(default_factory=list[str])


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """The instructions of a Dockerfile, one word and the rest each."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        word, _, rest = line.partition(" ")
        yield word, rest.strip()


def build(dockerfile: Path, context: Path, base: Path, work: Path, arguments: Mapping[str, str]) -> Image:
    """Build the last stage. `context` holds what COPY may see, `base` is the root of the first image."""
    stages: dict[str, Image] = {}
    image = Image(base)
    for number, (word, rest) in enumerate(instructions(dockerfile.read_text())):
        words = shlex.split(rest)
        match word:
            case "FROM":
                parent = stages.get(words[0])
                image = _stage(parent or Image(base), work / f"stage-{number}", fresh=parent is None)
                stages[words[-1]] = image
            case "RUN":
                _run(image, rest)
            case "COPY":
                _copy(image, words, context, stages)
            case "ARG":
                name, _, default = words[0].partition("=")
                image.env[name] = arguments.get(name, default)
            case "ENV":
                image.env |= dict(Template(each).substitute(image.env).split("=", 1) for each in words)
            case "WORKDIR":
                image.workdir = rest
                (image.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "USER":
                image.user = rest
            case "ENTRYPOINT":
                image.entrypoint = json.loads(rest)
            case "HEALTHCHECK":
                image.healthcheck = json.loads(rest.partition("CMD ")[2])
            case "EXPOSE":
                pass
            case _:
                raise AssertionError(f"this builder does not know {word}")
    return image


def _stage(parent: Image, root: Path, *, fresh: bool) -> Image:
    shutil.rmtree(root, ignore_errors=True)
    root.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", str(parent.root), str(root)], check=True)
    if fresh:
        return Image(root)
    return Image(root, dict(parent.env), parent.user, parent.workdir, parent.entrypoint, parent.healthcheck)


def _copy(image: Image, words: list[str], context: Path, stages: Mapping[str, Image]) -> None:
    origin = context
    if words[0].startswith("--from="):
        origin = stages[words.pop(0).removeprefix("--from=")].root
    source, target = words
    place = image.root / target.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    path = origin / source.lstrip("/")
    if path.is_dir():
        shutil.copytree(path, place, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy(path, place)


def _run(image: Image, script: str) -> None:
    env = {**image.env, **{name: value for name, value in os.environ.items() if name.startswith(SETTINGS)}}
    env |= dict.fromkeys(("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "NPM_CONFIG_CAFILE"), LENT)
    lent = image.root / LENT.lstrip("/")
    with _places(image.root) as borrowed:
        shutil.copy(AUTHORITIES, lent)
        # What is this machine's is mounted read-only: a step must not be able to change it.
        mounts = [f"mount --bind {image.root} {image.root}", f"mount -t proc proc {image.root}/proc"]
        for source in (*DEVICES, *borrowed):
            mounts.append(f"mount --bind {source} {image.root}{source}")
            mounts.append(f"mount -o remount,bind,ro {image.root}{source}")
        inside = shlex.join(["chroot", str(image.root), "sh", "-ec", f"cd {image.workdir}; {script}"])
        steps = "; ".join([*mounts, f"exec {inside}"])
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", steps]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=900, check=False)
        lent.unlink()
    assert done.returncode == 0, f"RUN {script}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


@contextlib.contextmanager
def _places(root: Path) -> Iterator[list[str]]:
    """Where this machine's way to its package indexes can be mounted, for as long as a step runs."""
    made: list[Path] = []
    names = [name for name in BORROWED if Path(name).exists()]
    for name in (*names, *DEVICES):
        place = root / name.lstrip("/")
        if not place.exists():
            made += [place, *(each for each in place.parents if not each.exists())]
            place.parent.mkdir(parents=True, exist_ok=True)
            if Path(name).is_dir():
                place.mkdir()
            else:
                place.touch()
    try:
        yield names
    finally:
        for place in made:
            if place.is_dir():
                place.rmdir()
            else:
                place.unlink()
