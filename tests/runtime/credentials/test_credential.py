from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_agent.runtime.credentials import redacted


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("", "****"),
        ("12345678", "****"),
        ("  12345678\n", "****"),
        ("123456789", "1234...6789"),
        ("sk-ant-made-up-key", "sk-a...-key"),
    ],
)
def test_a_short_secret_is_hidden_and_of_a_long_one_the_ends_are_shown(secret: str, shown: str) -> None:
    assert redacted(secret) == shown


@given(st.text(min_size=1))
def test_no_secret_is_shown_whole(secret: str) -> None:
    assert secret.strip() == "" or secret.strip("*.") == "" or secret.strip() not in redacted(secret)
