"""One task, several agents at once: `python side_by_side.py "Explain this folder" claude mock`."""

from __future__ import annotations

import asyncio
import sys

from sandbox_agent import AsyncSandboxAgent


async def ask(client: AsyncSandboxAgent, agent: str, number: int, task: str) -> str:
    """What one agent makes of the task; it may not change anything."""
    session = await client.create_session(f"{agent}-{number}", agent=agent)
    result = await session.send(task, on_permission=lambda _: "reject").wait()
    return f"{agent}: {result.text or result.reason}"


async def main(task: str, agents: list[str]) -> None:
    """Ask all at once, print each answer when it is there."""
    async with AsyncSandboxAgent.start() as client:
        asking = [ask(client, agent, number, task) for number, agent in enumerate(agents)]
        for answer in asyncio.as_completed(asking):
            print(await answer)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:] or ["mock", "mock"]))
