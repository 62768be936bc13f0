from __future__ import annotations

import msgspec
import pytest

from sandbox_agent.adapter.jsonrpc import Calls, answer, decode, notify, refuse


def test_a_reply_tells_what_its_request_was_about_once() -> None:
    calls: Calls[str] = Calls()
    assert calls.ask("thread/start", {"cwd": "/"}, "start").data == (
        b'{"jsonrpc":"2.0","id":1,"method":"thread/start","params":{"cwd":"/"}}\n'
    )
    calls.ask("turn/start", {}, "turn")
    reply = decode(b'{"id":1,"result":{}}')
    assert calls.answered(reply) == "start"
    assert calls.answered(reply) is None


def test_a_reply_that_nobody_waits_for_is_about_nothing() -> None:
    calls: Calls[str] = Calls()
    calls.ask("turn/start", {}, "turn")
    assert calls.answered(decode(b'{"id":"other","result":{}}')) is None
    assert calls.answered(decode(b'{"method":"turn/started"}')) is None
    calls.forget()
    assert calls.answered(decode(b'{"id":1,"result":{}}')) is None


def test_ids_are_not_used_again() -> None:
    calls: Calls[str] = Calls()
    calls.ask("one", {}, "one")
    calls.forget()
    assert b'"id":2' in calls.ask("two", {}, "two").data


def test_a_fault_is_read() -> None:
    fault = decode(b'{"id":1,"error":{"code":-32600,"message":"no"}}').error
    assert fault is not None
    assert (fault.code, fault.message) == (-32600, "no")


@pytest.mark.parametrize("noise", [b"", b"hello", b"[1]", b'"text"', b'{"id":{}}'])
def test_what_is_no_message_is_noise(noise: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(noise)


def test_what_we_say_without_asking() -> None:
    assert notify("initialized").data == b'{"jsonrpc":"2.0","method":"initialized"}\n'
    assert notify("told", [1]).data == b'{"jsonrpc":"2.0","method":"told","params":[1]}\n'
    assert answer(0, None).data == b'{"jsonrpc":"2.0","id":0,"result":null}\n'
    assert refuse("x", "no").data == b'{"jsonrpc":"2.0","id":"x","error":{"code":-32601,"message":"no"}}\n'
