from __future__ import annotations

import pytest

from sandbox_agent.cli.loglevel import shows_info


@pytest.mark.parametrize(
    ("directives", "shown"),
    [
        ("", True),
        ("info", True),
        ("debug", True),
        ("warn", False),
        ("off", False),
        ("sandbox_agent=error", False),
        ("sandbox-agent=warn,info", False),
        ("error,sandbox_agent=info", True),
        ("hyper=warn", True),
        ("nonsense", True),
        ("sandbox_agent=nonsense", True),
    ],
)
def test_the_filter_of_older_scripts_decides_whether_requests_are_logged(directives: str, shown: bool) -> None:
    assert shows_info(directives) == shown
