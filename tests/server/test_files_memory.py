"""A gibibyte through a server of its own, whose memory is watched."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

pytestmark = pytest.mark.anyio

SIZE = 1024**3
ALLOWED = 48 * 1024**2
"""Bytes of memory that the server may take more than before; a few pieces of 1 MiB in flight, and the allocator."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, psutil.Process]]:
    """A daemon in its own process."""
    (tmp_path / "home").mkdir()
    command = [sys.executable, "-m", "sandbox_agent", "server", "--port", "0", "--fs-root", str(tmp_path)]
    environ = {"HOME": str(tmp_path / "home"), "SANDBOX_AGENT_LOG_HTTP": "0", "PATH": ""}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environ, text=True)
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield found[0], psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


async def test_a_gibibyte_goes_through_in_constant_memory(server: tuple[str, psutil.Process], tmp_path: Path) -> None:
    url, process = server
    async with httpx.AsyncClient(base_url=url, timeout=120) as client:
        await client.put("/v1/fs/file?path=warm", content=b"x" * 2_000_000)
        before = peak = process.memory_info().rss

        async def zeros() -> AsyncIterator[bytes]:
            nonlocal peak
            piece = bytes(1024 * 1024)
            for _ in range(SIZE // len(piece)):
                yield piece
                peak = max(peak, process.memory_info().rss)

        written = await client.put("/v1/fs/file?path=big", content=zeros())
        assert written.json() == {"path": f"{tmp_path}/big", "bytesWritten": SIZE}
        got = 0
        async with client.stream("GET", "/v1/fs/file?path=big") as response:
            async for piece in response.aiter_raw(1024 * 1024):
                got += len(piece)
                peak = max(peak, process.memory_info().rss)
        assert got == SIZE
        await client.delete("/v1/fs/entry?path=big")
    print(f"peak {(peak - before) / 1024**2:.1f} MiB over {before / 1024**2:.1f} MiB")  # noqa: T201 - for -s
    assert peak - before < ALLOWED
