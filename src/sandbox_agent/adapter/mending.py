"""Lines of JSON that only their writer could read. Pure.

JavaScript cuts texts by UTF-16 units, so half of an emoji may be left, and it writes that half as an escape of its own.
Other programs put bytes into a string that are no UTF-8. Neither is worth the loss of a message.
"""

from __future__ import annotations

import re

__all__ = ["mended"]

_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # two halves
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"  # one
    rb"|\\.",
    re.DOTALL,
)
_UNKNOWN = rb"\ufffd"


def mended(line: bytes) -> bytes:
    """The line with U+FFFD in the place of each half character and of each byte that is no text."""
    text = line.decode(errors="replace").encode()
    return _ESCAPE.sub(lambda found: _UNKNOWN if found[1] else found[0], text)
