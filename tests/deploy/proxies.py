"""The real nginx and the real Caddy with the files of the guide: only addresses and places are put in."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["PROXIES", "Proxy", "authority"]

DEPLOY = Path(__file__).resolve().parents[2] / "examples" / "deploy"
SBIN = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin"
PATIENCE = 60


def authority(folder: Path) -> None:
    """An authority of our own, `authority.pem`, and a certificate for this machine: `agent.pem` and `agent.key`."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=PATIENCE)

    (folder / "names").write_text("subjectAltName = DNS:localhost, IP:127.0.0.1\nbasicConstraints = CA:FALSE\n")
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(
        "req", "-x509", *new, "-days", "2", "-subj", "/CN=our authority", "-keyout", "ca.key", "-out", "authority.pem"
    )
    openssl("req", *new, "-subj", "/CN=localhost", "-keyout", "agent.key", "-out", "agent.csr")
    signed = ["-CA", "authority.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-days", "2"]
    openssl("x509", "-req", "-in", "agent.csr", *signed, "-out", "agent.pem")


@dataclass
class Proxy:
    """One that runs before the server, and can be killed and started again at the same address."""

    name: str
    folder: Path
    argv: list[str]
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/agent"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.argv,
                cwd=self.folder,
                env={"PATH": SBIN, "HOME": str(self.folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def wait_for_cuts(self, words: str, count: int) -> None:
        """Wait until it has said so often that it hung up on the server."""
        deadline = time.monotonic() + PATIENCE
        while self.log.count(words) < count:
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)

    def _answers(self) -> bool:
        trust = ssl.create_default_context(cafile=str(self.folder / "authority.pem"))
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as plain:
                trust.wrap_socket(plain, server_hostname="localhost").close()
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def _program(name: str) -> str:
    found = shutil.which(name, path=SBIN)
    assert found is not None, "scripts/services.sh installs it"
    return found


def _put(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text, f"the guide does not say {old!r} any more"
        text = text.replace(old, new)
    return text


def _nginx(folder: Path, server: str, *, impatient: bool) -> Proxy:
    port = _free_port()
    changes = [
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("server_name agent.example.com", "server_name localhost"),
        ("/etc/ssl/", f"{folder}/"),
        ("http://127.0.0.1:2468", server),
        *([("proxy_read_timeout 60s", "proxy_read_timeout 1s")] if impatient else []),
    ]
    (folder / "site.conf").write_text(_put((DEPLOY / "nginx.conf").read_text(), *changes))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr;\n"
        f"events {{}}\nhttp {{ access_log off; {places} include {folder}/site.conf; }}\n"
    )
    argv = [_program("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    return Proxy("nginx", folder, argv, port)


def _caddy(folder: Path, server: str, *, impatient: bool) -> Proxy:
    port = _free_port()
    where = urlsplit(server).netloc
    patience = " {\n\t\t\ttransport http {\n\t\t\t\tread_timeout 1s\n\t\t\t}\n\t\t}" if impatient else ""
    changes = [
        ("agent.example.com {", f"https://localhost:{port} {{\n\tbind 127.0.0.1"),
        ("/etc/ssl/", f"{folder}/"),
        ("127.0.0.1:2468", where + patience),
    ]
    around = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n"
    (folder / "Caddyfile").write_text(around + _put((DEPLOY / "Caddyfile").read_text(), *changes))
    argv = [_program("caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return Proxy("caddy", folder, argv, port)


MAKERS: dict[str, Callable[..., Proxy]] = {"nginx": _nginx, "caddy": _caddy}
PROXIES = tuple(MAKERS)


@contextlib.contextmanager
def proxy(name: str, folder: Path, server: str, *, impatient: bool = False) -> Iterator[Proxy]:
    """Run it before `server`; an impatient one hangs up after a second of silence."""
    folder.mkdir()
    authority(folder)
    made = MAKERS[name](folder, server, impatient=impatient)
    made.start()
    try:
        yield made
    finally:
        made.kill()
