from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from sandbox_agent.server.parts import without_package_init

with without_package_init("uvicorn"):
    import uvicorn.config
loaded = set(sys.modules)
assert "uvicorn.config" in loaded
assert not loaded & {"uvicorn", "uvicorn.main", "click", "multiprocessing"}

import uvicorn
assert uvicorn.Config is sys.modules["uvicorn.config"].Config
assert callable(uvicorn.run)

with without_package_init("uvicorn"):
    import uvicorn.server
assert sys.modules["uvicorn"] is uvicorn

with without_package_init("no_such_package"):
    pass
"""


def test_a_part_is_imported_alone_and_the_whole_later_as_usual() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", PROGRAM], check=True)
