"""HTML that cannot be forgotten to escape: text is escaped unless it is `Markup`. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

__all__ = ["Markup", "element", "join"]

_CODE = re.compile(r"`([^`]+)`")
_VOID = frozenset({"meta", "input"})


class Markup(str):
    """A piece of HTML."""

    __slots__ = ()

    @classmethod
    def of_text(cls, text: str) -> Markup:
        """Prose in which `code` is between backticks."""
        return cls(_CODE.sub(r"<code>\1</code>", html.escape(text)))


def element(name: str, /, *content: str, **attributes: str) -> Markup:
    """An element. An underscore after an attribute's name is not part of it; others stand for hyphens."""
    shown = "".join(f' {key.rstrip("_").replace("_", "-")}="{html.escape(value)}"' for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{shown}>")
    return Markup(f"<{name}{shown}>{join(content)}</{name}>")


def join(content: Iterable[str]) -> Markup:
    """The pieces one after the other."""
    return Markup("".join(each if isinstance(each, Markup) else html.escape(each) for each in content))
