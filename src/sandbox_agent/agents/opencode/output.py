"""What a running command has printed, as text that only grows.

The server tells the whole output again with each update, but of a long one only the end, behind a mark.
"""

from __future__ import annotations

__all__ = ["LIMIT", "Printed"]

LIMIT = 1024 * 1024
"""Characters after which no more is told before the command ends."""
GAP = "\n[...]\n"
"""Stands for what was printed between two updates and is in neither."""
_CUT = "...\n\n"
_PROBE = 100
_WINDOW = 64 * 1024


class Printed:
    """The output of one command."""

    def __init__(self) -> None:
        self.text = ""
        """What was told so far."""

    def more(self, seen: str) -> str:
        """What an update adds."""
        if len(self.text) > LIMIT:
            return ""
        return self._grow(seen)

    def ended(self, seen: str, output: str, path: str | None) -> str:
        """The final text, which begins with all that was told.

        `seen`: the last update; `output`: what the model gets; `path`: where the whole of a shortened output is.
        """
        if path is not None:
            self._grow(seen)
            self.text += f"\n[The whole output is in {path}]\n"
        elif output.startswith(self.text):
            self.text = output
        elif not self._grow(seen) and output.strip() not in self.text:
            self.text += GAP + output
        return self.text

    def _grow(self, seen: str) -> str:
        if seen.startswith(self.text):
            more = seen[len(self.text) :]
        elif seen.startswith(_CUT):
            more = self._after(seen.removeprefix(_CUT).lstrip("\n"))
        else:
            more = ""
        self.text += more
        return more

    def _after(self, tail: str) -> str:
        """What comes in `tail` after the text, whose last characters `tail` begins with."""
        window = self.text[-_WINDOW:]
        at = window.find(tail[:_PROBE])
        while at >= 0:
            known = window[at:]
            if tail.startswith(known):
                return tail[len(known) :]
            at = window.find(tail[:_PROBE], at + 1)
        return GAP + tail
