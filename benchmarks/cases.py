"""What is measured. A case is a generator: it prepares, yields, works, and yields the count.

Only what lies between the two yields is timed. Names are ``<what>/<by whom>``; "floor" is the least
that any integration has to do.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.server import FRAMES

Case = Callable[[str], Iterator[Any]]
MESSAGES = [{"role": "user", "content": "17 * 19?"}]
TOGETHER = 200
_KEY = "bench.key"


def _importing(module: str, name: str) -> Case:
    def case(_url: str) -> Iterator[Any]:
        yield
        getattr(importlib.import_module(module), name)
        yield 1

    return case


def stream_floor(_url: str) -> Iterator[Any]:
    """Cut off ``data:``, decode the JSON."""
    from pydantic_core import from_json

    frames = [data[6:].rstrip() for data in FRAMES[:-1]]
    yield
    for data in frames:
        from_json(data)
    yield len(frames)


def stream_client(url: str) -> Iterator[Any]:
    from zhipu_client import Client, chat

    client = Client(api_key=_KEY, base_url=url)
    request = chat.stream(model="glm-4.7", messages=MESSAGES)
    client.send(chat.create(model="glm-4.7", messages=MESSAGES))
    yield
    with client.stream(request) as chunks:
        count = sum(1 for _ in chunks)
    yield count


def stream_langchain(url: str) -> Iterator[Any]:
    from langchain_zhipu import ChatZhipuAI

    model = ChatZhipuAI(model="glm-4.7", api_key=_KEY, base_url=url)
    model.invoke("warm")
    yield
    count = sum(1 for _ in model.stream("17 * 19?"))
    yield count


def together_client(url: str) -> Iterator[Any]:
    from zhipu_client import AsyncClient, chat

    client = AsyncClient(api_key=_KEY, base_url=url)
    request = chat.create(model="glm-4.7", messages=MESSAGES).as_dict()
    yield from _together(lambda: client.send(request))


def together_langchain(url: str) -> Iterator[Any]:
    from langchain_zhipu import ChatZhipuAI

    model = ChatZhipuAI(model="glm-4.7", api_key=_KEY, base_url=url)
    yield from _together(lambda: model.ainvoke("17 * 19?"))


def _together(call: Callable[[], Any]) -> Iterator[Any]:
    async def rounds() -> None:
        await asyncio.gather(*[call() for _ in range(TOGETHER)])

    with asyncio.Runner() as runner:
        runner.run(rounds())  # the pool is warm from here on
        yield
        runner.run(rounds())
        yield TOGETHER


def construct_client(url: str) -> Iterator[Any]:
    from zhipu_client import Client

    Client(api_key=_KEY, base_url=url)
    yield
    for _ in range(1000):
        Client(api_key=_KEY, base_url=url)
    yield 1000


def construct_langchain(url: str) -> Iterator[Any]:
    from langchain_zhipu import ChatZhipuAI

    ChatZhipuAI(model="glm-4.7", api_key=_KEY, base_url=url)
    yield
    for _ in range(1000):
        ChatZhipuAI(model="glm-4.7", api_key=_KEY, base_url=url)
    yield 1000


CASES: dict[str, Case] = {
    "import/floor (pydantic)": _importing("pydantic", "BaseModel"),
    "import/zhipu_client.Client": _importing("zhipu_client", "Client"),
    "import/floor (langchain_core)": _importing(
        "langchain_core.language_models.chat_models", "BaseChatModel"
    ),
    "import/langchain_zhipu": _importing("langchain_zhipu", "ChatZhipuAI"),
    "construct/zhipu_client": construct_client,
    "construct/langchain_zhipu": construct_langchain,
    "stream chunk/floor (JSON)": stream_floor,
    "stream chunk/zhipu_client": stream_client,
    "stream chunk/langchain_zhipu": stream_langchain,
    f"{TOGETHER} calls at once/zhipu_client": together_client,
    f"{TOGETHER} calls at once/langchain_zhipu": together_langchain,
}
