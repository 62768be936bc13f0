from __future__ import annotations

import pytest

from sandbox_agent.adapter.values import as_dict, as_list, as_text


@pytest.mark.parametrize("value", [None, 1, True, "text", [1], {"a": 1}])
def test_what_has_another_shape_is_empty(value: object) -> None:
    assert as_dict(value) == (value if isinstance(value, dict) else {})
    assert as_list(value) == (value if isinstance(value, list) else [])
    assert as_text(value) == (value if isinstance(value, str) else "")
