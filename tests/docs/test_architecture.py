"""The map of the code shows what is there."""

from __future__ import annotations

import re

from .blocks import ROOT

PACKAGE = ROOT / "src" / "sandbox_agent"
PAGE = (ROOT / "docs" / "architecture.md").read_text()
OF_EACH_AGENT = {"adapter.py", "launch.py", "native.py"}
BUILT = {"server/ui/"}


def test_every_place_that_the_map_names_is_there() -> None:
    named = set(re.findall(r"`([\w./]+(?:/|\.py))`", PAGE)) - OF_EACH_AGENT - BUILT
    assert len(named) > 30
    gone = [
        place
        for place in sorted(named)
        if not any((top / place).exists() for top in (PACKAGE, PACKAGE / "runtime", ROOT))
    ]
    assert gone == []


def test_every_folder_of_the_package_is_on_the_map() -> None:
    folders = {f"{each.parent.name}/" for each in PACKAGE.glob("*/__init__.py")}
    assert folders == set(re.findall(r"^\| `(\w+/)` \|", PAGE, re.MULTILINE))
