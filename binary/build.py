"""Build the portable executable: `make binary`. See docs/decisions for why it is made this way.

Three steps, each kept in .cache/binary until what it depends on changes: CPython's source and static libraries come
from Debian's packages, Zig's C compiler builds an interpreter that needs no more than glibc 2.28, and everything that
is Python is appended to it as a zip archive.

Needs apt-get (as root, for the source and the libraries), make and tar. Elsewhere PYTHON_SOURCE names a CPython source
archive and STATIC_LIBRARIES a folder with `include/` and `lib/` of OpenSSL, zlib and libffi.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent
CACHE = ROOT / ".cache" / "binary"
TARGET = "x86_64-linux-gnu.2.28"
SUITE, SOURCE_PACKAGE, VERSION = "trixie", "python3.13", "3.13"
LIBRARIES = ("libssl-dev", "zlib1g-dev", "libffi-dev")
ARCHIVES = ("libssl.a", "libcrypto.a", "libz.a", "libffi.a")
DISABLED = [
    "_bz2",
    "_crypt",
    "_curses",
    "_curses_panel",
    "_dbm",
    "_gdbm",
    "_lzma",
    "_sqlite3",
    "_testcapi",
    "_testinternalcapi",
    "_tkinter",
    "_uuid",
    "nis",
    "readline",
    "xxlimited",
    "xxlimited_35",
]
LEFT_OUT = {
    "__phello__", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "sqlite3", "test", "tkinter", "turtledemo",
    "turtle.py", "venv", "__pycache__", "site-packages",
}  # fmt: skip


def run(*command: str | Path, log: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    """Run a command with its output in a log; ends with the log's last lines when it fails."""
    target = CACHE / log
    with target.open("ab") as output:
        done = subprocess.run(
            [str(each) for each in command], stdout=output, stderr=output, cwd=cwd, env=env, check=False
        )
    if done.returncode:
        tail = target.read_bytes()[-2000:].decode("utf-8", "replace")
        sys.exit(f"{command[0]} failed with exit status {done.returncode}; the end of {target}:\n...{tail}")


def kept(name: str, *parts: bytes | str) -> tuple[Path, bool]:
    """A folder of the cache for a step that depends on `parts`, and whether the step is done."""
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
    folder = CACHE / f"{name}-{digest}"
    if (folder / "done").exists():
        return folder, True
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder, False


def fetch() -> Path:
    """CPython's source, patched as Debian patches it."""
    given = os.environ.get("PYTHON_SOURCE")
    folder, done = kept("source", given or SOURCE_PACKAGE, SUITE)
    if done:
        return folder / "tree"
    print(f"Fetching the source of CPython {VERSION} ...", flush=True)
    (folder / "tree").mkdir()
    if given:
        run("tar", "-xf", given, "-C", folder / "tree", "--strip-components=1", log="fetch.log")
    else:
        fetch_from_debian(folder)
    (folder / "done").touch()
    return folder / "tree"


def fetch_from_debian(folder: Path) -> None:
    """Through this machine's own package sources, with the suite replaced; nothing of its set-up is changed."""
    sources = Path("/etc/apt/sources.list.d/debian.sources")
    if not sources.exists():
        sys.exit("There is no Debian here to take CPython's source from; name an archive in PYTHON_SOURCE.")
    text = sources.read_text().replace("bookworm", SUITE)
    lines = ["Types: deb-src" if line.startswith("Types:") else line for line in text.splitlines()]
    (folder / "debian.sources").write_text("\n".join(lines) + "\n")
    (folder / "lists" / "partial").mkdir(parents=True)
    options = [
        "-oDir::Etc::SourceParts=/dev/null", f"-oDir::Etc::SourceList={folder}/debian.sources",
        f"-oDir::State::Lists={folder}/lists", "-oAPT::Sandbox::User=root",
    ]  # fmt: skip
    run("apt-get", *options, "-qq", "update", log="fetch.log")
    run("apt-get", *options, "-qq", "--download-only", "source", SOURCE_PACKAGE, log="fetch.log", cwd=folder)
    (original,) = folder.glob("*.orig.tar.xz")
    (patches,) = folder.glob("*.debian.tar.xz")
    tree = folder / "tree"
    run("tar", "-xf", original, "-C", tree, "--strip-components=1", log="fetch.log")
    run("tar", "-xf", patches, "-C", tree, log="fetch.log")
    for line in (tree / "debian" / "patches" / "series").read_text().splitlines():
        if line and not line.startswith("#"):
            run("patch", "-s", "-p1", "-i", tree / "debian" / "patches" / line.split()[0], log="fetch.log", cwd=tree)


def libraries(folder: Path) -> Path:
    """A folder with the headers and archives of the static libraries, and nothing else of the system's."""
    given = os.environ.get("STATIC_LIBRARIES")
    if given:
        return Path(given).absolute()
    system = Path("/usr/lib/x86_64-linux-gnu")
    if not all((system / name).exists() for name in ARCHIVES):
        print("Installing the static libraries ...", flush=True)
        run("apt-get", "-qq", "install", "-y", *LIBRARIES, log="libraries.log")
    prefix = folder / "libraries"
    shutil.rmtree(prefix, ignore_errors=True)
    (prefix / "lib").mkdir(parents=True)
    headers = Path("/usr/include")
    shutil.copytree(headers / "openssl", prefix / "include" / "openssl")
    shutil.copytree(headers / "x86_64-linux-gnu" / "openssl", prefix / "include" / "openssl", dirs_exist_ok=True)
    for header in (*headers.glob("z*.h"), *(headers / "x86_64-linux-gnu").glob("ffi*.h")):
        shutil.copy(header, prefix / "include")
    for name in ARCHIVES:
        shutil.copy(system / name, prefix / "lib")
    return prefix


def tool(folder: Path, name: str, *arguments: str) -> str:
    """A program of the name that runs one of Zig's: configure scripts want a path without blanks."""
    path = folder / name
    path.write_text(f'#!/bin/sh\nexec {sys.executable} -m ziglang {" ".join(arguments)} "$@"\n')
    path.chmod(0o755)
    return str(path)


def compile_python(source: Path) -> Path:
    """The build folder of an interpreter with all its modules inside."""
    own = (HERE / "main.c").read_bytes()
    folder, done = kept("python", str(source), TARGET, " ".join(DISABLED), own)
    if done:
        return folder
    print("Compiling CPython with Zig; this takes some minutes ...", flush=True)
    prefix = libraries(folder)
    include, lib = prefix / "include", prefix / "lib"
    compiler = tool(folder, "cc", "cc", "-target", TARGET)
    env = {
        **os.environ,
        "CC": compiler,
        "AR": tool(folder, "ar", "ar"),
        "RANLIB": tool(folder, "ranlib", "ranlib"),
        "MODULE_BUILDTYPE": "static",
        # Zig takes undefined behaviour for an error and the time of the build for a mistake.
        "CFLAGS": f"-O2 -fno-sanitize=undefined -Wno-date-time -I{include}",
        "ZLIB_CFLAGS": f"-I{include}", "ZLIB_LIBS": f"{lib}/libz.a",
        "LIBFFI_CFLAGS": f"-I{include}", "LIBFFI_LIBS": f"{lib}/libffi.a",
        "OPENSSL_LIBS": f"{lib}/libssl.a {lib}/libcrypto.a",
    }  # fmt: skip
    build = folder / "build"
    (build / "Modules").mkdir(parents=True)
    options = ["--disable-shared", "--without-ensurepip", "--disable-test-modules", "--without-readline"]
    run(source / "configure", *options, f"--with-openssl={prefix}", log="configure.log", cwd=build, env=env)
    (build / "Modules" / "Setup.local").write_text("*disabled*\n" + "\n".join(DISABLED) + "\n")
    run("make", f"-j{os.cpu_count() or 1}", "python", log="make.log", cwd=build, env=env)
    link(source, build, compiler, prefix)
    (folder / "done").touch()
    return folder


def link(source: Path, build: Path, compiler: str, prefix: Path) -> None:
    """Our own `main` instead of the interpreter's."""
    names = [path.name for path in build.glob("libpython*.a")]
    archives = [str(prefix / "lib" / name) for name in ARCHIVES]
    headers = [f"-I{source}/Include", f"-I{build}"]
    # Compiled modules look for the interpreter's functions in the executable that loads them.
    whole = ["-rdynamic", "-Wl,--whole-archive", *names, "-Wl,--no-whole-archive", *archives, *bundled(build)]
    system = ["-lm", "-lpthread", "-ldl", "-lutil"]
    run(
        compiler,
        "-O2",
        "-s",
        *headers,
        HERE / "main.c",
        "-o",
        "sandbox-agent",
        *whole,
        *system,
        log="make.log",
        cwd=build,
    )


def bundled(build: Path) -> list[str]:
    """The libraries that CPython brings along for its own modules."""
    return [str(path.relative_to(build)) for path in sorted(build.glob("Modules/**/*.a"))]


def wheels() -> Path:
    """What we depend on, for that version of Python, unpacked."""
    pins = ROOT / "requirements" / "runtime.txt"
    folder, done = kept("wheels", pins.read_bytes(), VERSION)
    if not done:
        print("Fetching the pinned requirements ...", flush=True)
        # pip knows a platform by its exact name only.
        platforms = [f"--platform=manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)]
        legacy = ["--platform=manylinux2014_x86_64", "--platform=manylinux2010_x86_64", "--platform=linux_x86_64"]
        pip = [sys.executable, "-m", "pip", "-qq", "install", "--no-deps", "--only-binary=:all:", "--no-compile"]
        target = [f"--target={folder}/tree", f"--python-version={VERSION}", "--implementation=cp", *platforms, *legacy]
        run(*pip, "--require-hashes", *target, "-r", pins, log="wheels.log")
        (folder / "done").touch()
    return folder / "tree"


def modules(folder: Path, left_out: Iterable[str]) -> Iterable[tuple[Path, str]]:
    """The files of a folder of modules, with their names in the archive."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not set(parts) & set(left_out) and not parts[0].endswith(".dist-info"):
            yield path, "/".join(parts)


def assemble(source: Path, build: Path, output: Path) -> None:
    """The interpreter, and behind it one archive of all that is Python, compiled ahead."""
    tree = CACHE / "archive"
    shutil.rmtree(tree, ignore_errors=True)
    for folder in (source / "Lib", wheels(), ROOT / "src"):
        for path, name in modules(folder, LEFT_OUT):
            target = tree / name
            if path.suffix == ".so":
                target = tree / "compiled" / (name.replace("/", ".").split(".cpython-")[0].removesuffix(".so") + ".so")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
            if path.suffix == ".so":
                run("strip", "--strip-unneeded", target, log="strip.log")
    shutil.copy(HERE / "sitecustomize.py", tree)
    python = next(each for each in (build / "python", build / "python.exe") if each.exists())
    options = ["-q", "-b", "-j0", "--invalidation-mode=unchecked-hash", "-s", str(tree)]
    run(python, "-m", "compileall", *options, tree, log="compileall.log", env={**os.environ, "PYTHONHASHSEED": "0"})
    draft = output.with_suffix(".draft")
    shutil.copy(build / "sandbox-agent", draft)
    # Not packed: an archive that is read in place starts quickest.
    with zipfile.ZipFile(draft, "a", zipfile.ZIP_STORED) as archive:
        for path, name in modules(tree, ()):
            # The source of our own modules stays: their docstrings are read from it.
            if path.suffix != ".py" or name.startswith("sandbox_agent/"):
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes())
    draft.chmod(0o755)
    draft.replace(output)


def main() -> None:
    """All steps."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        sys.exit("The portable executable is for Linux on x86-64, and is built there.")
    CACHE.mkdir(parents=True, exist_ok=True)
    source = fetch()
    build = compile_python(source) / "build"
    output = ROOT / "dist" / "sandbox-agent-linux-x64"
    output.parent.mkdir(exist_ok=True)
    assemble(source, build, output)
    print(f"{output.relative_to(ROOT)}: {output.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
