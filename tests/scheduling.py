"""Which tests may run beside each other when there is more than one process: `make test JOBS=2`."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

__all__ = ["FilesTogether", "sharing"]

_SHARING = tuple(
    f"tests/{name}"
    for name in (
        "deploy/",
        "examples/",
        "inspector/",
        "live/test_claude_inspector.py",
        "sdks/",
        "server/test_apidocs_browser.py",
    )
)


def sharing(test: str) -> bool:
    """Whether a test, by its id, builds packages within the checkout, so that no two such tests may run at once."""
    return test.startswith(_SHARING)


class FilesTogether(LoadScopeScheduling):  # type: ignore[misc]
    """The tests of a file run in one process, one after the other; those that share a build count as one file."""

    def _split_scope(self, nodeid: str) -> str:
        return "sharing" if sharing(nodeid) else nodeid.partition("::")[0]
