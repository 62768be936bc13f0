"""What goes wrong when an agent is installed, in one sentence each, with what to do about it."""

from __future__ import annotations

import errno
import re
import signal
from dataclasses import dataclass

__all__ = ["Failure", "TooSlow", "from_os_error", "read_failure"]


class Failure(Exception):
    """An installation that did not work; `str(failure)` says why."""

    def __init__(self, reason: str, *, hint: str = "", stderr: str = "", elsewhere: bool = False) -> None:
        super().__init__(reason)
        self.hint = hint
        self.stderr = stderr
        self.elsewhere = elsewhere
        """Whether another package client may do better."""


class TooSlow(Failure):
    """A program did not answer in time; it may the next time."""


@dataclass(frozen=True)
class _Cause:
    pattern: re.Pattern[str]
    reason: str
    hint: str
    elsewhere: bool = True


def _cause(pattern: str, reason: str, hint: str, *, elsewhere: bool = True) -> _Cause:
    return _Cause(re.compile(pattern, re.IGNORECASE), reason, hint, elsewhere)


_SPACE = "Free some, or set SANDBOX_AGENT_DATA_DIR to a folder on another device. An agent takes up to 1 GB meanwhile."
_TOO_LARGE = "the files are larger than this user may write"
_WRITABLE = "Set SANDBOX_AGENT_DATA_DIR to a folder that this user may write to."

_CAUSES = (
    _cause(r"ENOSPC|No space left on device|EDQUOT|quota exceeded", "no space left", _SPACE, elsewhere=False),
    _cause(r"EFBIG|File too large", _TOO_LARGE, _SPACE, elsewhere=False),
    _cause(
        r"SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|CERTIFICATE_VERIFY_FAILED|UnknownIssuer|CERT_HAS",
        "{client} does not trust the certificate of its package registry",
        "Behind a proxy that opens TLS, give {client} its certificate (NODE_EXTRA_CA_CERTS, PIP_CERT, SSL_CERT_FILE).",
    ),
    _cause(
        r"ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET|Tunnel connection"
        r"|NewConnectionError|Failed to establish|ConnectTimeout|ReadTimeout|Read timed out|ProxyError|Max retries"
        r"|name resolution|Name or service not known|Could not connect|error sending request|tcp connect|dns error"
        r"|NameResolutionError|Connection aborted|RemoteDisconnected|Failed to fetch",
        "{client} cannot reach its package registry",
        "Check the network, the proxy settings and the registry that {client} is set up with.",
    ),
    _cause(
        r"\bE401\b|\bE403\b|ENEEDAUTH|(401|403) (Client Error|Unauthorized|Forbidden)",
        "the package registry refused {client}",
        "Check the credentials that {client} is set up with, and whether the registry carries the package.",
    ),
    _cause(
        r"ETARGET|\bE404\b|No matching (version|distribution)|there is no version of|was not found in the package",
        "{client} finds no {wanted} for this platform",
        "Check the version, and that the registry {client} is set up with carries the package.",
    ),
    _cause(r"EBADPLATFORM|is not a supported wheel", "{wanted} is not made for this platform", "", elsewhere=False),
    _cause(r"EACCES|EPERM|EROFS|Permission denied|Read-only file", "not allowed to write", _WRITABLE, elsewhere=False),
)


def read_failure(said: str, *, client: str, wanted: str, code: int) -> Failure:
    """Make sense of what a package client said before it ended with `code`."""
    for cause in _CAUSES:
        if cause.pattern.search(said):
            names = {"client": client, "wanted": wanted}
            reason, hint = cause.reason.format(**names), cause.hint.format(**names)
            return Failure(reason, hint=hint, stderr=said, elsewhere=cause.elsewhere)
    if code == -signal.SIGXFSZ:
        return Failure(_TOO_LARGE, hint=_SPACE, stderr=said)
    ending = f"status {code}" if code > 0 else f"signal {-code}"
    return Failure(f"{client} ended with {ending} for {wanted}", stderr=said, elsewhere=True)


def from_os_error(error: OSError) -> Failure:
    """The same for what the operating system refused us."""
    where = f" at {error.filename}" if error.filename else ""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return Failure(f"no space left{where}", hint=_SPACE)
        case errno.EFBIG:
            return Failure(f"{_TOO_LARGE}{where}", hint=_SPACE)
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return Failure(f"not allowed to write{where}", hint=_WRITABLE)
        case _:
            return Failure(str(error))
