"""What is counted, and that Prometheus can read it."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from sandbox_agent.server.metrics import Family, Metrics, exposition

pytestmark = pytest.mark.anyio

_LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)+)\})? ([0-9.e+-]+)')


def read(text: str) -> dict[str, float]:
    """Name and labels of each sample, as they stand in the text, and its value."""
    assert text.endswith("\n")
    samples: dict[str, float] = {}
    declared: set[str] = set()
    for line in text.splitlines():
        if line.startswith("#"):
            declared.add(line.split()[2])
            continue
        match = _LINE.fullmatch(line)
        assert match, line
        assert {match[1], match[1].removesuffix("_sum"), match[1].removesuffix("_count")} & declared, line
        name, _, value = line.rpartition(" ")
        assert name not in samples
        samples[name] = float(value)
    return samples


async def scrape(running: Any) -> dict[str, float]:
    response = await running.client.get("/v1/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return read(response.text)


async def test_a_new_daemon_tells_of_itself(running: Any) -> None:
    samples = await scrape(running)
    assert samples["sandbox_agent_events_total"] == 0
    assert samples["sandbox_agent_event_streams"] == 0
    assert samples["sandbox_agent_agent_processes"] == 0
    assert samples["sandbox_agent_event_loop_lag_seconds"] >= 0
    assert samples["process_start_time_seconds"] > 1_700_000_000
    assert samples["process_open_fds"] > 3
    assert samples["process_resident_memory_bytes"] > 10_000_000
    assert any(name.startswith('sandbox_agent_info{version="') for name in samples)


async def test_sessions_are_counted_by_agent_and_state_and_events_for_ever(running: Any) -> None:
    await running.create("a")
    await running.create("b")
    await running.turn("hello", "b")
    await running.client.post("/v1/sessions/a/terminate")
    samples = await scrape(running)
    assert samples['sandbox_agent_sessions{agent="mock",state="ended"}'] == 1
    assert samples['sandbox_agent_sessions{agent="mock",state="idle"}'] == 1
    events = sum(running.sessions.get(name).log.last for name in "ab")
    assert samples["sandbox_agent_events_total"] == events
    assert samples["sandbox_agent_log_bytes"] > 100 * events
    await running.client.delete("/v1/sessions/b")
    after = await scrape(running)
    assert after["sandbox_agent_events_total"] >= events
    assert after["sandbox_agent_log_bytes"] < samples["sandbox_agent_log_bytes"]


async def test_requests_are_counted_by_the_route_of_the_table_not_by_what_clients_make_up(running: Any) -> None:
    for name in ["one", "two", "three"]:
        await running.client.get(f"/v1/sessions/{name}")
        await running.client.get(f"/nowhere/{name}")
        await running.client.get(f"/v1/nowhere/{name}")
    samples = await scrape(running)
    route = 'method="GET",route="/v1/sessions/{session_id}"'
    assert samples[f'sandbox_agent_http_requests_total{{{route},status="404"}}'] == 3
    assert samples[f"sandbox_agent_http_request_duration_seconds_count{{{route}}}"] == 3
    assert samples[f"sandbox_agent_http_request_duration_seconds_sum{{{route}}}"] > 0
    assert samples['sandbox_agent_http_requests_total{method="other",route="other",status="404"}'] == 6
    assert "nowhere" not in str(samples)


async def test_streams_are_counted_while_they_are_open(running: Any) -> None:
    await running.create()
    stream = running.stream("/v1/sessions/s/events/sse")
    await anext(stream)
    assert (await scrape(running))["sandbox_agent_event_streams"] == 1
    await stream.aclose()
    async with asyncio.timeout(30):
        while (await scrape(running))["sandbox_agent_event_streams"]:
            continue


async def test_the_worst_delay_of_the_last_minute_is_told() -> None:
    metrics = Metrics()
    for seconds in [0.25, -0.001, 0.5, 0.125]:
        metrics.late(seconds)
    assert b"sandbox_agent_event_loop_lag_seconds 0.5\n" in exposition(metrics.families())
    for _ in range(60):
        metrics.late(0)
    assert b"sandbox_agent_event_loop_lag_seconds 0\n" in exposition(metrics.families())


async def test_no_label_breaks_the_format() -> None:
    family = Family("a", "gauge", "A.", [({"x": 'say "hi"\\\n'}, 1.5)])
    text = exposition([family]).decode()
    assert text.splitlines()[-1] == r'a{x="say \"hi\"\\\n"} 1.5'
    assert len(read(text)) == 1
