"""The words are those of npm, pip and uv."""

from __future__ import annotations

import errno
import os
import signal

import pytest

from sandbox_agent.runtime.install.failures import from_os_error, read_failure

SAID = [
    ("npm error code ETARGET\nnpm error notarget No matching version found for x@9.", "finds no", True),
    ("npm error code E404\nnpm error 404 Not Found - GET x", "finds no", True),
    ("ERROR: No matching distribution found for x==9", "finds no", True),
    ("Because there is no version of x==9 and you require x==9", "finds no", True),
    ("npm error code ECONNREFUSED\nnpm error syscall connect", "cannot reach", True),
    ("npm error code ENOTFOUND\nnpm error network getaddrinfo ENOTFOUND x", "cannot reach", True),
    (
        "WARNING: Retrying: NewConnectionError('Connection refused')\nERROR: No matching distribution found for x",
        "cannot reach",
        True,
    ),
    ("npm error code SELF_SIGNED_CERT_IN_CHAIN", "does not trust", True),
    ("npm error code E401\nnpm error Incorrect or missing password.", "refused", True),
    ("ERROR: 403 Client Error: Forbidden for url: x", "refused", True),
    ("npm error code EBADPLATFORM\nnpm error notsup Unsupported platform", "not made for this platform", False),
    ("npm error code ENOSPC", "no space left", False),
    ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "no space", False),
    ("npm error code EACCES\nnpm error syscall mkdir", "not allowed to write", False),
    ("npm error something new", "ended with status 7", True),
]


@pytest.mark.parametrize(("said", "reason", "elsewhere"), SAID)
def test_what_a_client_says_is_understood(said: str, reason: str, *, elsewhere: bool) -> None:
    failure = read_failure(said, client="npm", wanted="x@9", code=7)
    assert reason in str(failure)
    assert "{" not in f"{failure}{failure.hint}"
    assert (failure.stderr, failure.elsewhere) == (said, elsewhere)


@pytest.mark.parametrize(
    ("code", "reason"),
    [(-signal.SIGXFSZ, "larger than this user may write"), (-signal.SIGKILL, "npm ended with signal 9 for x@9")],
)
def test_a_client_that_was_killed_is_understood(code: int, reason: str) -> None:
    assert reason in str(read_failure("", client="npm", wanted="x@9", code=code))


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "no space left at /x"),
        (errno.EROFS, "not allowed to write at /x"),
        (errno.EFBIG, "larger than this user may write"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_what_the_system_refuses_is_understood(number: int, reason: str) -> None:
    assert reason in str(from_os_error(OSError(number, os.strerror(number), "/x")))
