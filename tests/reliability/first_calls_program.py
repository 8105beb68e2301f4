"""The first calls of a process, started at once in one of many ways; see ``test_first_calls.py``.

Run as ``python -m tests.reliability.first_calls_program PATTERN BASE_URL``. Prints a JSON list of
what went wrong. Nothing under test may be imported before the threads start, so this module imports
none of it at its top.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

__all__ = ["PATTERNS"]

KEY = "0123456789abcdef.first"
BASE_URL = ""
#: What is imported slowly: half imported, a module has few of its names.
SLOW = ("httpx", "zhipu_client", "langchain_zhipu", "llama_index_zhipu")
SECONDS = 0.002

Step = Callable[[], Any]


class _Slow(Loader):
    """A module's own loader, which lets all other threads run while the module is empty."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        time.sleep(SECONDS)
        self._loader.exec_module(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


class _SlowFinder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in SLOW:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Slow(spec.loader)
        return spec


def _chat() -> Any:
    from langchain_zhipu import ChatZhipuAI

    return ChatZhipuAI(api_key=KEY, base_url=BASE_URL, max_retries=0)


def _llm() -> Any:
    from llama_index_zhipu import ZhipuAI

    return ZhipuAI(api_key=KEY, base_url=BASE_URL, max_retries=0)


def _request() -> Any:
    from zhipu_client import chat

    return chat.create(model="glm-4.7", messages=[{"role": "user", "content": "hello"}])


def _client_call() -> Any:
    from zhipu_client import Client

    return Client(api_key=KEY, base_url=BASE_URL, max_retries=0).send(_request())


def _client_stream() -> Any:
    from zhipu_client import Client, chat

    client = Client(api_key=KEY, base_url=BASE_URL, max_retries=0)
    messages = [{"role": "user", "content": "hello"}]
    with client.stream(chat.stream(model="glm-4.7", messages=messages)) as chunks:
        return list(chunks)


async def _client_acall() -> Any:
    from zhipu_client import AsyncClient

    client = AsyncClient(api_key=KEY, base_url=BASE_URL, max_retries=0)
    return await client.send(_request())


def _invoke() -> Any:
    return _chat().invoke("hello")


def _stream() -> Any:
    return list(_chat().stream("hello"))


async def _ainvoke() -> Any:
    return await _chat().ainvoke("hello")


async def _astream() -> Any:
    return [chunk async for chunk in _chat().astream("hello")]


def _complete() -> Any:
    return _llm().complete("hello")


def _stream_complete() -> Any:
    return list(_llm().stream_complete("hello"))


async def _acomplete() -> Any:
    return await _llm().acomplete("hello")


def _embed_langchain() -> Any:
    from langchain_zhipu import ZhipuAIEmbeddings

    return ZhipuAIEmbeddings(api_key=KEY, base_url=BASE_URL).embed_query("hello")


def _embed_llama() -> Any:
    from llama_index_zhipu import ZhipuAIEmbedding

    return ZhipuAIEmbedding(api_key=KEY, base_url=BASE_URL).get_query_embedding("hello")


def _catalogue() -> Any:
    from zhipu_client import catalog

    return catalog.get("glm-4.7")


def _loading() -> Any:
    """LlamaIndex's own table, which it is about to import in another thread."""
    from llama_index.core.llms import loading

    return loading.RECOGNIZED_LLMS


def _registered() -> Any:
    from llama_index_zhipu import register

    register()
    found = _loading()
    assert "ZhipuAI" in found, sorted(found)


def _import_langchain() -> Any:
    import langchain_zhipu

    return langchain_zhipu.__all__


def _import_llama() -> Any:
    import llama_index_zhipu

    return llama_index_zhipu.__all__


def _loop(work: Callable[[], Awaitable[Any]]) -> Step:
    """The call in an event loop of its own."""

    async def main() -> Any:
        return await work()

    return lambda: asyncio.run(main())


def _handlers(*work: Callable[[], Awaitable[Any]], each: float = 0.003) -> Step:
    """Twenty tasks of one loop, each a little after the other: what a web program does."""

    async def one(number: int) -> Any:
        await asyncio.sleep(number * each)
        return await work[number % len(work)]()

    async def main() -> None:
        await asyncio.gather(*(one(number) for number in range(20)))

    return lambda: asyncio.run(main())


#: Name -> what each thread does. All threads of a pattern start at the same moment.
PATTERNS: dict[str, list[Step]] = {
    "invoke in threads": [_invoke] * 8,
    "complete in threads": [_complete] * 8,
    "client in threads": [_client_call] * 8,
    "async clients in loops": [_loop(_client_acall)] * 6,
    "ainvoke in loops": [_loop(_ainvoke)] * 6,
    "acomplete in loops": [_loop(_acomplete)] * 6,
    "handlers of ainvoke": [_handlers(_ainvoke)],
    "handlers of acomplete": [_handlers(_acomplete)],
    "handlers of both": [_handlers(_ainvoke, _acomplete)],
    "gather at once": [_handlers(_ainvoke, _acomplete, each=0)],
    "constructor beside invoke": [_invoke, *[_chat] * 6],
    "constructor beside complete": [_complete, *[_llm] * 6],
    "constructor beside a loop": [_loop(_ainvoke), *[_chat, _llm] * 3],
    "imports of both": [_import_langchain, _import_llama] * 3,
    "import beside a call": [_invoke, _import_llama, _complete, _import_langchain],
    "both adapters": [_invoke, _complete] * 4,
    "streams": [_stream, _stream_complete, _client_stream] * 2,
    "async stream beside stream": [_loop(_astream), _stream] * 3,
    "embeddings": [_embed_langchain, _embed_llama] * 3,
    "embeddings beside chat": [_embed_langchain, _invoke, _embed_llama, _complete] * 2,
    "catalogue": [_catalogue, _client_call] * 4,
    "registry beside import": [_loading, _registered] * 3,
    "everything": [_invoke, _complete, _client_call, _loop(_ainvoke), _embed_llama, _stream],
}


def _run(steps: list[Step]) -> list[str]:
    barrier = threading.Barrier(len(steps))
    failed: list[str] = []

    def work(step: Step) -> None:
        try:
            barrier.wait()
            step()
        except BaseException as error:
            failed.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=work, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


if __name__ == "__main__":
    _, _pattern, BASE_URL = sys.argv
    sys.setswitchinterval(1e-4)
    sys.meta_path.insert(0, _SlowFinder())
    print(json.dumps(_run(PATTERNS[_pattern])))
