"""The client alone, and the floors below it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from benchmarks.measure import KEY, Case, Import, Server, on_a_loop
from benchmarks.server import frames

MESSAGES = [{"role": "user", "content": "17 * 19?"}]
CHUNKS = 5000
TOGETHER = 200


def stream_floor(_server: Server) -> Iterator[Any]:
    """Cut off ``data:``, decode the JSON."""
    from pydantic_core import from_json

    events = [data[6:].rstrip() for data in frames("bulk", CHUNKS)[:-1]]
    yield
    for data in events:
        from_json(data)
    yield len(events)


def stream(server: Server) -> Iterator[Any]:
    from zhipu_client import Client, chat

    client = Client(api_key=KEY, base_url=server.url(f"bulk-{CHUNKS}"))
    request = chat.stream(model="glm-4.7", messages=MESSAGES)
    client.send(chat.create(model="glm-4.7", messages=MESSAGES))
    yield
    with client.stream(request) as chunks:
        count = sum(1 for _ in chunks)
    yield count


def together(server: Server) -> Iterator[Any]:
    from zhipu_client import AsyncClient, chat

    client = AsyncClient(api_key=KEY, base_url=server.url("whole-100"))
    request = chat.create(model="glm-4.7", messages=MESSAGES).as_dict()

    async def rounds() -> int:
        await asyncio.gather(*[client.send(request) for _ in range(TOGETHER)])
        return TOGETHER

    yield from on_a_loop(rounds, rounds)


def construct(server: Server) -> Iterator[Any]:
    from zhipu_client import Client

    Client(api_key=KEY, base_url=server.url("whole-0"))
    yield
    for _ in range(1000):
        Client(api_key=KEY, base_url=server.url("whole-0"))
    yield 1000


CASES: dict[str, Case | Import] = {
    "import/floor: pydantic": Import("pydantic", "BaseModel"),
    "import/zhipu_client": Import("zhipu_client", "Client"),
    "construct/zhipu_client": construct,
    "stream, a chunk/floor: JSON": stream_floor,
    "stream, a chunk/zhipu_client": stream,
    f"{TOGETHER} calls at once/zhipu_client": together,
}
