"""Recordings of all agents, as OpenCode's clients would hear them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from sandbox_agent.schema.events import Event, decode_event
from sandbox_agent.server.opencode.fold import Fold
from sandbox_agent.server.opencode.ids import Ids
from sandbox_agent.server.opencode.shapes import About, News

RECORDINGS = Path(__file__).parents[2] / "recordings"
GOLDEN = sorted(RECORDINGS.glob("*/*.events.json"))
ABOUT = About(
    id="ses_1",
    provider="p",
    model="m",
    agent="build",
    directory="/work",
    worktree="/work",
    project="global",
    variant=None,
)


def new_fold() -> Fold:
    return Fold(ABOUT, Ids(1))


def events_of(path: Path) -> list[Event]:
    return [decode_event(json.dumps(each)) for each in json.loads(path.read_text())]


def heard(fold: Fold, event: Event) -> list[News]:
    return list(fold.take(event.data, round(datetime.fromisoformat(event.time).timestamp() * 1000)))
