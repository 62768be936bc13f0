"""What an agent prints, however long, cut or dirty, costs at most itself."""

from __future__ import annotations

import pytest

from sandbox_agent.schema.content import streamed_text

from .house import House

pytestmark = pytest.mark.anyio

MIB = 2**20


@pytest.mark.parametrize("size", [MIB, 16 * MIB, 64 * MIB])
async def test_a_long_line_arrives_as_an_event_and_the_turn_goes_on(shared: House, size: int) -> None:
    code = (
        "line_ = json.dumps(assistant('m', {'type': 'text', 'text': '@'})).encode()\n"
        f"raw(line_.replace(b'@', b'x' * ({size} - len(line_) + 1)) + b'\\n')\n"
        "say('after')"
    )
    async with shared.talk() as talk:
        ended = await talk.turn(code)
        assert ended.reason == "completed", talk.story()
        long, after = talk.says
        assert after == "after"
        assert set(long) == {"x"}
        assert size - 1_000 < len(long) < size
        assert talk.unparsed == []


async def test_a_line_over_the_limit_is_reported_and_nothing_else_is_lost(shared: House) -> None:
    code = f"say('before'); raw(b'{{' + b'x' * {64 * MIB} + b'\\n'); say('after')"
    async with shared.talk() as talk:
        assert (await talk.turn(code)).reason == "completed"
        assert talk.says == ["before", "after"]
        (error,) = talk.unparsed
        assert str(64 * MIB + 1) in error
        assert len(error) < 500
        assert (await talk.turn("say('and on')")).reason == "completed"


async def test_text_cut_at_every_byte_arrives_whole(shared: House) -> None:
    text = "e\u0301 ß 漢字 🧑\u200d🚀 \u2028 \u0085 end"
    code = (
        f"line_ = json.dumps(assistant('m', {{'type': 'text', 'text': {text!r}}}), ensure_ascii=False).encode()\n"
        "for byte in line_ + b'\\n':\n    raw(bytes([byte])); time.sleep(0.0005)"
    )
    async with shared.talk() as talk:
        assert (await talk.turn(code)).reason == "completed"
        assert talk.says == [text]
        assert talk.unparsed == []


async def test_each_cut_of_a_multi_byte_text_gives_the_same_text(shared: House) -> None:
    text = "aé漢🚀z"
    code = (
        "for cut in range(1, 12):\n"
        f"    message = assistant(f'm{{cut}}', {{'type': 'text', 'text': {text!r}}})\n"
        f"    line_ = json.dumps(message, ensure_ascii=False).encode()\n"
        f"    at = line_.index({text!r}.encode()) + cut - 1\n"
        "    raw(line_[:at]); time.sleep(0.005); raw(line_[at:] + b'\\n')"
    )
    async with shared.talk() as talk:
        assert (await talk.turn(code)).reason == "completed"
        assert talk.says == [text] * 11


@pytest.mark.parametrize(
    "noise",
    [
        b"npm warn something\n",
        b"\n\n\r\n   \n",
        b"\x1b[31mred\x1b[0m\n",
        b"\xff\xfe\x00\x80 not utf-8\n",
        b'{"type": "assistant", "message": {"con\n',
        b"}{\n",
        b"null\n",
        b"42\n",
        b'"text"\n',
        b"[]\n",
        b'{"no": "type"}\n',
        b'{"type": 7}\n',
        b'{"type": "assistant", "message": 7}\n',
        b'{"type": "assistant"}\n',
        b'{"type": "result", "result": {"deep": ' + b"[" * 3_000 + b"]" * 3_000 + b"}, 1}\n",
        b"[" * 200_000 + b"\n",
        b'{"type": "\\ud800"}\n',
        b"\xef\xbb\xbf\n",
    ],
    ids=lambda noise: repr(noise[:20]),
)
async def test_noise_on_stdout_disturbs_neither_the_turn_nor_the_next(shared: House, noise: bytes) -> None:
    async with shared.talk() as talk:
        assert (await talk.turn(f"say('one'); raw({noise!r}); say('two')")).reason == "completed"
        assert talk.says == ["one", "two"], talk.story()
        assert (await talk.turn("say('three')")).reason == "completed"


async def test_carriage_returns_and_a_byte_order_mark_do_not_hide_a_message(shared: House) -> None:
    (place := shared.home / "bom").mkdir()
    code = r"raw(b'\xef\xbb\xbf'); write = raw; raw = lambda data: write(data.replace(b'\n', b'\r\n'))"
    (place / "start.py").write_text(code)
    async with shared.talk(place) as talk:
        assert (await talk.turn("say('here')")).reason == "completed"
        assert talk.says == ["here"]


async def test_noise_is_told_with_the_stderr_of_an_agent_that_exits(shared: House) -> None:
    code = r"raw(b'what is this\n'); os.write(2, b'ab\xff\xfe\xe6\xbc\nlast words'); os._exit(3)"
    async with shared.talk() as talk:
        ended = await talk.turn(code)
        assert (ended.reason, ended.exit_code) == ("agent_exited", 3)
        assert ended.stderr is not None
        lines = (ended.stderr.head or "").splitlines()
        assert {"what is this", "last words"} < set(lines)
        assert any(line.startswith("ab\ufffd") for line in lines)


async def test_a_flood_on_stderr_is_bounded_and_nobody_waits_for_it(shared: House) -> None:
    code = "\nfor n in range(2000):\n    os.write(2, b'%d ' % n + b'e' * 20000 + b'\\n')\nos._exit(1)"
    async with shared.talk() as talk:
        ended = await talk.turn(code)
        assert ended.reason == "agent_exited"
        assert ended.stderr is not None
        assert (ended.stderr.truncated, ended.stderr.total_lines) == (True, 2000)
        assert len((ended.stderr.head or "") + (ended.stderr.tail or "")) < 50_000
        assert (ended.stderr.tail or "").splitlines()[-1].startswith("1999 ")


async def test_the_last_line_counts_without_its_newline(shared: House) -> None:
    code = "raw(json.dumps(assistant('m', {'type': 'text', 'text': 'last'})).encode()); os._exit(0)"
    async with shared.talk() as talk:
        ended = await talk.turn(code)
        assert (ended.reason, ended.exit_code) == ("agent_exited", 0)
        assert talk.says == ["last"]


async def test_half_a_last_line_is_no_message(shared: House) -> None:
    async with shared.talk() as talk:
        ended = await talk.turn("""raw(b'{"type": "assist'); os._exit(0)""")
        assert ended.reason == "agent_exited"
        assert [streamed_text(item) for item in talk.items if item.role == "assistant"] == []
        assert (await talk.turn("say('again')")).reason == "completed"


async def test_a_pipe_full_of_words_is_read_to_the_end_when_the_agent_dies(shared: House) -> None:
    code = "\nblock = Block()\nblock.flood(3000)\nos.kill(os.getpid(), 9)"
    async with shared.talk() as talk:
        ended = await talk.turn(code)
        assert (ended.reason, ended.exit_code) == ("agent_exited", -9)
        assert talk.deltas == "".join(f"{number} " for number in range(3000))
