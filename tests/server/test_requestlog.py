from __future__ import annotations

import threading

from sandbox_agent.server.requestlog import RequestLog

SCOPE = {
    "method": "GET",
    "raw_path": b"/v1/sessions/a%2Fb",
    "headers": [(b"authorization", b"Bearer secret"), (b"accept", b"*/*")],
}


def test_a_request_is_one_structured_line() -> None:
    written: list[bytes] = []
    log = RequestLog(write=written.append)
    log.add(SCOPE, 200, 0.0123)
    log.close()
    (line,) = b"".join(written).decode().splitlines()
    assert line.endswith("level=info msg=request method=GET path=/v1/sessions/a%2Fb status=200 ms=12.3")


def test_headers_are_shown_when_asked_for_and_secrets_never() -> None:
    written: list[bytes] = []
    log = RequestLog(headers=True, write=written.append)
    log.add(SCOPE, 200, 0)
    log.close()
    text = b"".join(written).decode()
    assert "header.accept='*/*'" in text
    assert "header.authorization=[redacted]" in text
    assert "secret" not in text


def test_a_header_that_may_hold_a_secret_shows_its_name_only() -> None:
    names = [b"authorization", b"proxy-authorization", b"cookie", b"x-api-key", b"x-auth-request", b"x-csrf-token"]
    written: list[bytes] = []
    log = RequestLog(headers=True, write=written.append)
    log.add({**SCOPE, "headers": [(name, b"hidden") for name in names]}, 200, 0)
    log.close()
    text = b"".join(written).decode()
    assert "hidden" not in text
    assert text.count("[redacted]") == len(names)


def test_before_each_batch_of_lines_somebody_may_turn_the_page() -> None:
    calls: list[str] = []
    log = RequestLog(write=lambda _data: calls.append("write"), before=lambda: calls.append("before"))
    log.add(SCOPE, 200, 0)
    log.close()
    assert calls == ["before", "write"]


def test_nobody_waits_for_a_reader_of_the_log_who_stalls() -> None:
    stalled, entered = threading.Event(), threading.Event()

    def write(_data: bytes) -> None:
        entered.set()
        stalled.wait()

    log = RequestLog(write=write)
    log.add(SCOPE, 200, 0)
    assert entered.wait(10)
    for _ in range(30_000):
        log.add(SCOPE, 200, 0)
    assert len(log._lines) == 10_000
    log.close()
    stalled.set()
