from __future__ import annotations

from typing import assert_type

import sandbox_agent

assert_type(sandbox_agent.__version__, str)
