from __future__ import annotations

import sys
from pathlib import Path

from .terminal import Terminal

READS = """
from sandbox_agent.cli.lines import read_line
print("read", repr(read_line("> ")))
"""
INTERRUPTED_ELSEWHERE = """
import signal, sys, threading
signal.signal(signal.SIGINT, lambda *_: sys.exit("heard"))
threading.Thread(target=threading.Event().wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # so the other thread gets it, as it may at any time
"""


def test_a_line_is_what_is_typed_after_the_prompt(tmp_path: Path) -> None:
    with Terminal(["-c", READS], tmp_path, program=[sys.executable]) as terminal:
        terminal.expect("> ")
        terminal.enter("wörds")
        terminal.expect("read 'wörds'")


def test_a_signal_that_does_not_wake_the_reader_is_heard_at_once(tmp_path: Path) -> None:
    with Terminal(["-c", INTERRUPTED_ELSEWHERE + READS], tmp_path, program=[sys.executable]) as terminal:
        terminal.expect("> ")
        terminal.press("c")
        terminal.expect("heard")


def test_the_end_of_the_input_is_told(tmp_path: Path) -> None:
    with Terminal(["-c", READS], tmp_path, program=[sys.executable]) as terminal:
        terminal.expect("> ")
        terminal.press("d")
        terminal.expect("EOFError")
