"""Chat in LangChain: ours, ChatOpenAI, ChatDeepSeek, and the community's ChatZhipuAI."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.measure import KEY, Case, Import, Server, on_a_loop

PROMPT = "17 * 19?"
CALLS, TOGETHER = 100, 200
BULK, PACED, SLOW, EVENTS, PIECES, LONG = 5000, 1000, 100, 2000, 400, 1600
_TOOL = {
    "type": "function",
    "function": {
        "name": "write_report",
        "description": "Write a report",
        "parameters": {
            "type": "object",
            "properties": {"lines": {"type": "array", "items": {"type": "string"}}},
        },
    },
}
Maker = Callable[[str], Any]


def _ours(url: str) -> Any:
    from langchain_zhipu import ChatZhipuAI

    return ChatZhipuAI(model="glm-4.7", api_key=KEY, base_url=url)


def _openai(url: str) -> Any:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model="glm-4.7", api_key=KEY, base_url=url)


def _deepseek(url: str) -> Any:
    from langchain_deepseek import ChatDeepSeek

    return ChatDeepSeek(model="glm-4.7", api_key=KEY, api_base=url)


def _community(url: str) -> Any:
    from langchain_community.chat_models import ChatZhipuAI

    return ChatZhipuAI(model="glm-4.7", api_key=KEY, api_base=f"{url}/chat/completions")


def construct_first(make: Maker, server: Server) -> Iterator[Any]:
    import langchain_core.language_models.chat_models

    del langchain_core
    _imported(make)
    yield
    make(server.url("whole-0"))
    yield 1


def _imported(make: Maker) -> None:
    """Load what the maker imports, without making anything."""
    modules: dict[Maker, str] = {
        _ours: "langchain_zhipu.chat_models",
        _openai: "langchain_openai",
        _deepseek: "langchain_deepseek",
        _community: "langchain_community.chat_models.zhipuai",
    }
    __import__(modules[make])


def construct_next(make: Maker, server: Server) -> Iterator[Any]:
    url = server.url("whole-0")
    make(url)
    yield
    for _ in range(200):
        make(url)
    yield 200


def first_call(make: Maker, server: Server) -> Iterator[Any]:
    """Construct the first model of a process and call it; imports of the module are not in it."""
    _imported(make)
    url = server.url("whole-0")
    yield
    make(url).invoke(PROMPT)
    yield 1


def first_post(server: Server) -> Iterator[Any]:
    """Post once with a client of httpx that reads no certificates: they are for https only."""
    import langchain_core.language_models.chat_models

    del langchain_core
    url = f"{server.url('whole-0')}/chat/completions"
    yield
    import ssl

    import httpx

    with httpx.Client(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) as http:
        http.post(url, json={"messages": [{"role": "user", "content": PROMPT}]}).json()
    yield 1


def first_invoke(_: Server) -> Iterator[Any]:
    """Call LangChain's own model for tests, which sends nothing."""
    from langchain_core.language_models.fake_chat_models import FakeListChatModel

    model = FakeListChatModel(responses=["323"])
    yield
    model.invoke(PROMPT)
    yield 1


def invoke(make: Maker, server: Server) -> Iterator[Any]:
    model = make(server.url("whole-0"))
    model.invoke(PROMPT)
    yield
    for _ in range(CALLS):
        model.invoke(PROMPT)
    yield CALLS


def ainvoke(make: Maker, server: Server) -> Iterator[Any]:
    model = make(server.url("whole-0"))

    async def work() -> int:
        for _ in range(CALLS):
            await model.ainvoke(PROMPT)
        return CALLS

    yield from on_a_loop(lambda: model.ainvoke(PROMPT), work)


def stream(what: str, make: Maker, server: Server) -> Iterator[Any]:
    model = make(server.url(what))
    model.invoke(PROMPT)
    yield
    yield sum(1 for _ in model.stream(PROMPT))


def astream(what: str, make: Maker, server: Server) -> Iterator[Any]:
    model = make(server.url(what))

    async def work() -> int:
        return sum([1 async for _ in model.astream(PROMPT)])

    yield from on_a_loop(lambda: model.ainvoke(PROMPT), work)


def events(make: Maker, server: Server) -> Iterator[Any]:
    model = make(server.url(f"bulk-{EVENTS}"))

    async def work() -> int:
        return sum([1 async for _ in model.astream_events(PROMPT, version="v2")])

    yield from on_a_loop(lambda: model.ainvoke(PROMPT), work)


def tools(make: Maker, server: Server) -> Iterator[Any]:
    model = make(server.url(f"tools-{PIECES}"))
    model.invoke(PROMPT)
    bound = model.bind_tools([_TOOL])
    yield
    yield sum(1 for _ in bound.stream(PROMPT))


def added(make: Maker, server: Server) -> Iterator[Any]:
    """Add up the chunks of a long call one by one, as whoever shows it while it comes does."""
    model = make(server.url(f"tools-{LONG}")).bind_tools([_TOOL])
    first, *others = model.stream(PROMPT)
    yield
    total = first
    for chunk in others:
        total = total + chunk
    assert total.tool_calls
    yield len(others)


def together(make: Maker, server: Server, *, warm: bool = True) -> Iterator[Any]:
    model = make(server.url("whole-100"))

    async def rounds() -> int:
        await asyncio.gather(*[model.ainvoke(PROMPT) for _ in range(TOGETHER)])
        return TOGETHER

    yield from on_a_loop(rounds if warm else lambda: model.ainvoke(PROMPT), rounds)


def streams(make: Maker, server: Server, *, warm: bool = True) -> Iterator[Any]:
    model = make(server.url(f"slow-{SLOW}"))

    async def read() -> int:
        return sum([1 async for _ in model.astream(PROMPT)])

    async def rounds() -> int:
        return sum(await asyncio.gather(*[read() for _ in range(TOGETHER)]))

    yield from on_a_loop(rounds if warm else read, rounds)


def first_chunk(make: Maker, server: Server) -> Iterator[Any]:
    """Streams of two chunks: what it costs until something is there."""
    model = make(server.url("bulk-2"))
    model.invoke(PROMPT)
    yield
    for _ in range(50):
        stream = model.stream(PROMPT)
        next(stream)
        for _ in stream:  # a stream that is left costs its connection
            pass
    yield 50


_MAKERS: dict[str, Maker] = {"ours": _ours, "ChatOpenAI": _openai, "community": _community}
_WITH_DEEPSEEK: dict[str, Maker] = {**_MAKERS, "ChatDeepSeek": _deepseek}
# The community's loses all but the first piece of a call, and makes a client for each call.
_WITHOUT_COMMUNITY: dict[str, Maker] = {"ours": _ours, "ChatOpenAI": _openai}

#: What is measured -> how, and of whom.
_WORK: dict[str, tuple[Callable[[Maker, Server], Iterator[Any]], dict[str, Maker]]] = {
    "construct, the first": (construct_first, _MAKERS),
    "construct, each next": (construct_next, _MAKERS),
    "first call of a process": (first_call, _MAKERS),
    "invoke": (invoke, _MAKERS),
    "ainvoke": (ainvoke, _MAKERS),
    "short stream": (first_chunk, _MAKERS),
    "stream bulk, a chunk": (partial(stream, f"bulk-{BULK}"), _WITH_DEEPSEEK),
    "astream bulk, a chunk": (partial(astream, f"bulk-{BULK}"), _WITH_DEEPSEEK),
    "stream paced, a chunk": (partial(stream, f"paced-{PACED}"), _MAKERS),
    "astream paced, a chunk": (partial(astream, f"paced-{PACED}"), _MAKERS),
    "astream_events, an event": (events, _MAKERS),
    "streamed tool arguments, a chunk": (tools, _WITHOUT_COMMUNITY),
    "adding up tool arguments, a chunk": (added, _WITHOUT_COMMUNITY),
    f"{TOGETHER} ainvoke at once": (together, _WITHOUT_COMMUNITY),
    f"{TOGETHER} ainvoke at once, cold": (partial(together, warm=False), _WITHOUT_COMMUNITY),
    f"{TOGETHER} astream at once, a chunk": (streams, _WITHOUT_COMMUNITY),
    f"{TOGETHER} astream at once, cold": (partial(streams, warm=False), _WITHOUT_COMMUNITY),
}
CASES: dict[str, Case | Import] = {
    "import/floor: langchain_core chat_models": Import(
        "langchain_core.language_models.chat_models", "BaseChatModel"
    ),
    "import/ours": Import("langchain_zhipu", "ChatZhipuAI"),
    "import, langchain_core there/ours": Import(
        "langchain_zhipu",
        "ChatZhipuAI",
        times=3,
        after="langchain_core.language_models.chat_models",
    ),
    "import/ChatOpenAI": Import("langchain_openai", "ChatOpenAI"),
    "import/community": Import("langchain_community.chat_models.zhipuai", "ChatZhipuAI"),
    "first call of a process/floor: httpx": first_post,
    "first call of a process/floor: langchain_core": first_invoke,
} | {
    f"{what}/{who}": partial(work, maker)
    for what, (work, makers) in _WORK.items()
    for who, maker in makers.items()
}
