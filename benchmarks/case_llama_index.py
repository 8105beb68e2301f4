"""Chat in LlamaIndex: ours and OpenAILike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.measure import KEY, Case, Import, Server, on_a_loop

PROMPT = "17 * 19?"
CALLS, BULK, LONG, PACED, PIECES = 100, 5000, 20_000, 1000, 400
Maker = Callable[[str], Any]


def _ours(url: str) -> Any:
    from llama_index_zhipu import ZhipuAI

    return ZhipuAI(model="glm-4.7", api_key=KEY, base_url=url)


def _openai_like(url: str) -> Any:
    from llama_index.llms.openai_like import OpenAILike

    return OpenAILike(
        model="glm-4.7",
        api_key=KEY,
        api_base=url,
        is_chat_model=True,
        is_function_calling_model=True,
        context_window=200_000,
    )


def _messages() -> list[Any]:
    from llama_index.core.llms import ChatMessage

    return [ChatMessage(role="user", content=PROMPT)]


def chat(make: Maker, server: Server) -> Iterator[Any]:
    llm, messages = make(server.url("whole-0")), _messages()
    llm.chat(messages)
    yield
    for _ in range(CALLS):
        llm.chat(messages)
    yield CALLS


def achat(make: Maker, server: Server) -> Iterator[Any]:
    llm, messages = make(server.url("whole-0")), _messages()

    async def work() -> int:
        for _ in range(CALLS):
            await llm.achat(messages)
        return CALLS

    yield from on_a_loop(lambda: llm.achat(messages), work)


def stream(what: str, make: Maker, server: Server) -> Iterator[Any]:
    llm, messages = make(server.url(what)), _messages()
    llm.chat(messages)
    yield
    yield sum(1 for _ in llm.stream_chat(messages))


def astream(what: str, make: Maker, server: Server) -> Iterator[Any]:
    llm, messages = make(server.url(what)), _messages()

    async def work() -> int:
        return sum([1 async for _ in await llm.astream_chat(messages)])

    yield from on_a_loop(lambda: llm.achat(messages), work)


_MAKERS: dict[str, Maker] = {"ours": _ours, "OpenAILike": _openai_like}
_WORK: dict[str, Callable[[Maker, Server], Iterator[Any]]] = {
    "chat": chat,
    "achat": achat,
    "stream_chat bulk, a chunk of 5,000": partial(stream, f"bulk-{BULK}"),
    "astream_chat bulk, a chunk of 5,000": partial(astream, f"bulk-{BULK}"),
    "stream_chat bulk, a chunk of 20,000": partial(stream, f"bulk-{LONG}"),
    "astream_chat bulk, a chunk of 20,000": partial(astream, f"bulk-{LONG}"),
    "stream_chat paced, a chunk": partial(stream, f"paced-{PACED}"),
    "astream_chat paced, a chunk": partial(astream, f"paced-{PACED}"),
    "streamed tool arguments, a chunk": partial(stream, f"tools-{PIECES}"),
}
CASES: dict[str, Case | Import] = {
    "import/floor: llama_index function_calling": Import(
        "llama_index.core.llms.function_calling", "FunctionCallingLLM", times=3
    ),
    "import/ours": Import("llama_index_zhipu", "ZhipuAI", times=3),
    "import/OpenAILike": Import("llama_index.llms.openai_like", "OpenAILike"),
} | {
    f"{what}/{who}": partial(work, maker)
    for what, work in _WORK.items()
    for who, maker in _MAKERS.items()
}
