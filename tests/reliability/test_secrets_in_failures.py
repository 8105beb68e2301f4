"""The key is in nothing that a failed call leaves behind: frames, causes, logs, pickles, text.

Error reporters send the local variables of every frame of a traceback, and of what it was raised
from. A call can fail in many ways, in each public method: every one is looked at.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import pickle
import socket
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from zhipu_client import ZhipuError

from . import scenarios as say
from .bulk_runs import files_in
from .proxy import ConnectProxy
from .server import Exchange, FaultServer

SECRET = "PlantedSecret42"
KEY = f"0123456789abcdef.{SECRET}"
HERE = str(Path(__file__).parent.parent)

Call = Callable[[dict[str, Any], Mapping[str, Path]], Callable[[], Any]]


def _langchain(name: str, method: str, *args: Any, **more: Any) -> Call:
    def make(settings: dict[str, Any], files: Mapping[str, Path]) -> Callable[[], Any]:
        import langchain_zhipu

        given = [files["book"]] if name == "ZhipuAIOCRLoader" else []
        given = ["https://a.example"] if name == "ZhipuAIWebReaderLoader" else given
        made = getattr(langchain_zhipu, name)(*given, **settings, **more)
        return _drained(getattr(made, method), *args)

    return make


def _llama_index(name: str, method: str, *args: Any, **more: Any) -> Call:
    def make(settings: dict[str, Any], files: Mapping[str, Path]) -> Callable[[], Any]:
        import llama_index_zhipu

        made = getattr(llama_index_zhipu, name)(**settings, **more)
        return _drained(getattr(made, method), *(files.get(str(one), one) for one in args))

    return make


def _chat(method: str) -> Call:
    def make(settings: dict[str, Any], files: Mapping[str, Path]) -> Callable[[], Any]:
        from llama_index.core.llms import ChatMessage

        return _llama_index("ZhipuAI", method, [ChatMessage(content="hello")])(settings, files)

    return make


def _client(make_request: Callable[[], Any], *, stream: bool = False) -> Call:
    def make(settings: dict[str, Any], files: Mapping[str, Path]) -> Callable[[], Any]:
        from zhipu_client import Client

        client = Client(**settings)
        return _drained(client.stream if stream else client.send, make_request())

    return make


def _aclient(make_request: Callable[[], Any], *, stream: bool = False) -> Call:
    def make(settings: dict[str, Any], files: Mapping[str, Path]) -> Callable[[], Any]:
        from zhipu_client import AsyncClient

        client = AsyncClient(**settings)
        return _drained(client.stream if stream else client.send, make_request())

    return make


def _realtime(settings: dict[str, Any], files: Mapping[str, Path]) -> Callable[[], Any]:
    from zhipu_client import AsyncClient, connect_realtime
    from zhipu_client.realtime import Session

    async def opened() -> None:
        async with connect_realtime(AsyncClient(**settings), Session()):
            pass

    return lambda: asyncio.run(opened())


def _drained(method: Callable[..., Any], *args: Any) -> Callable[[], Any]:
    """Return what calls a method and reads what it returns to its end, as a reader would."""

    async def read(found: Any) -> Any:
        found = await found if asyncio.iscoroutine(found) else found
        if hasattr(found, "__aiter__"):
            async for _ in found:
                pass
        return found

    def call() -> Any:
        found = method(*args)
        if asyncio.iscoroutine(found) or hasattr(found, "__aiter__"):
            return asyncio.run(read(found))
        return list(found) if hasattr(found, "__next__") else found

    return call


def _question(stream: bool) -> Any:
    from zhipu_client import chat

    make = chat.stream if stream else chat.create
    return make(model="glm-4.7", messages=[{"role": "user", "content": "hello"}])


CALLS: dict[str, Call] = {
    "client-send": _client(lambda: _question(False)),
    "client-stream": _client(lambda: _question(True), stream=True),
    "async-client-send": _aclient(lambda: _question(False)),
    "async-client-stream": _aclient(lambda: _question(True), stream=True),
    "async-client-realtime": _realtime,
    "langchain-invoke": _langchain("ChatZhipuAI", "invoke", "hello"),
    "langchain-ainvoke": _langchain("ChatZhipuAI", "ainvoke", "hello"),
    "langchain-stream": _langchain("ChatZhipuAI", "stream", "hello"),
    "langchain-astream": _langchain("ChatZhipuAI", "astream", "hello"),
    "langchain-embed": _langchain("ZhipuAIEmbeddings", "embed_documents", ["a"]),
    "langchain-aembed": _langchain("ZhipuAIEmbeddings", "aembed_documents", ["a"]),
    "langchain-rerank": _langchain("ZhipuAIRerank", "rerank", ["a"], "q"),
    "langchain-ocr": _langchain("ZhipuAIOCRLoader", "load"),
    "langchain-aocr": _langchain("ZhipuAIOCRLoader", "aload"),
    "langchain-web": _langchain("ZhipuAIWebReaderLoader", "load"),
    "langchain-image": _langchain("ZhipuAIImageGenerator", "generate", "a kite"),
    "langchain-search": _langchain("ZhipuAIWebSearchRetriever", "invoke", "kites"),
    "llama_index-chat": _chat("chat"),
    "llama_index-achat": _chat("achat"),
    "llama_index-stream": _chat("stream_chat"),
    "llama_index-astream": _chat("astream_chat"),
    "llama_index-complete": _llama_index("ZhipuAI", "complete", "hello"),
    "llama_index-embed": _llama_index("ZhipuAIEmbedding", "get_text_embedding_batch", ["a"]),
    "llama_index-aembed": _llama_index("ZhipuAIEmbedding", "aget_text_embedding_batch", ["a"]),
    "llama_index-ocr": _llama_index("ZhipuAIOCRReader", "load_data", "book"),
    "llama_index-aocr": _llama_index("ZhipuAIOCRReader", "aload_data", "book"),
    "llama_index-web": _llama_index("ZhipuAIWebReader", "load_data", "https://a.example"),
    "llama_index-aweb": _llama_index("ZhipuAIWebReader", "aload_data", "https://a.example"),
    "llama_index-speech": _llama_index("ZhipuAISpeechToolSpec", "text_to_speech", "hello"),
    "llama_index-image": _llama_index("ZhipuAIImageGeneratorToolSpec", "generate_image", "kite"),
    "llama_index-judge": _llama_index("ZhipuAIModerationToolSpec", "judge", "hello"),
}


@contextmanager
def _served(*script: say.Scenario, **settings: Any) -> Iterator[dict[str, Any]]:
    with FaultServer(*script) as server:
        yield {"base_url": server.base_url, **settings}


@contextmanager
def _nobody(**settings: Any) -> Iterator[dict[str, Any]]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    yield {"base_url": f"http://127.0.0.1:{port}/api/paas/v4", **settings}


@contextmanager
def _proxied(status: int = 200, scheme: str = "https", **settings: Any) -> Iterator[dict[str, Any]]:
    with ConnectProxy(status=status) as proxy:
        with_password = proxy.url.replace("://", f"://user:{SECRET}@")
        yield {"base_url": f"{scheme}://api.test/v4", "proxy": with_password, **settings}


@contextmanager
def _writing_fails(**settings: Any) -> Iterator[dict[str, Any]]:
    """The connection breaks while the request is written: httpx has the bytes in its hands."""
    import httpcore

    def fail(*_: Any, **__: Any) -> Any:
        raise httpcore.WriteError("broken pipe")

    async def afail(*_: Any, **__: Any) -> Any:
        raise httpcore.WriteError("broken pipe")

    with pytest.MonkeyPatch.context() as patch, _served(say.healthy()) as found:
        from zhipu_client._io import deadlines

        patch.setattr(deadlines._Stream, "write", fail)
        patch.setattr(httpcore._backends.anyio.AnyIOStream, "write", afail)
        yield {**found, "timeout": 0.2, **settings}


@contextmanager
def _interrupted(**settings: Any) -> Iterator[dict[str, Any]]:
    """Ctrl-C, or a cancellation, while the request is written."""

    def fail(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    async def afail(*_: Any, **__: Any) -> Any:
        raise asyncio.CancelledError

    with pytest.MonkeyPatch.context() as patch, _served(say.healthy()) as found:
        import httpcore

        from zhipu_client._io import deadlines

        patch.setattr(deadlines._Stream, "write", fail)
        patch.setattr(httpcore._backends.anyio.AnyIOStream, "write", afail)
        yield {**found, "timeout": 0.2, **settings}


def _bad_key() -> str:
    return f"{KEY}\n"


def _key_with_error() -> str:
    raise LookupError("the vault is closed")


def _repeated(exchange: Exchange) -> say.Scenario:
    """A peer that shows what it was sent, as some gateways do."""
    return say.error(400, "1210", message=f"odd headers: {exchange.request.headers}")


FAILURES: dict[str, Callable[[], Any]] = {
    "repeated": lambda: _served(say.chosen(_repeated), default_headers={"X-Token": SECRET}),
    "401": lambda: _served(say.error(401, "1001")),
    "429": lambda: _served(say.error(429, "1302")),
    "500": lambda: _served(say.error(500)),
    "filtered": lambda: _served(say.error(400, "1301")),
    "no-json": lambda: _served(say.answer("text")),
    "web-page": lambda: _served(say.packed(b"<html>", "identity")),
    "gzip-twice": lambda: _served(say.packed(b"x", "gzip, gzip")),
    "reset": lambda: _served(say.reset_early()),
    "closed": lambda: _served(say.close_early()),
    "short-body": lambda: _served(say.short_body(b"x" * 100, 10)),
    "silent": lambda: _served(say.heads_dribble(0.05), timeout=0.2),
    "redirect": lambda: _served(say.redirect("http://127.0.0.1:9/")),
    "nobody": _nobody,
    "jwt-of-an-odd-key": lambda: _nobody(api_key=f"{SECRET}-without-a-dot", auth="jwt"),
    "key-function-that-raises": lambda: _nobody(api_key=_key_with_error),
    "key-function-with-a-bad-key": lambda: _nobody(api_key=_bad_key),
    "proxy-that-refuses": lambda: _proxied(403),
    "proxy-that-answers-itself": lambda: _proxied(403, "http"),
    "writing-fails": _writing_fails,
    "interrupted": _interrupted,
    "headers-with-the-key": lambda: _served(
        say.error(500), default_headers={"X-Api-Key": KEY, "X-Odd": f"Bearer {KEY}"}
    ),
    "writing-headers-with-the-key": lambda: _writing_fails(
        default_headers={"X-Api-Key": KEY, "X-Odd": f"Bearer {KEY}"}
    ),
}


def _errors(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def _frames(error: BaseException) -> Iterator[FrameType]:
    trace = error.__traceback__
    while trace is not None:
        # Frames of tests and of asyncio, which has `call` itself, are not ours.
        if not trace.tb_frame.f_code.co_filename.startswith(HERE):
            yield trace.tb_frame
        trace = trace.tb_next


def _shown(value: Any, depth: int = 3) -> Iterator[str]:
    """Yield what reporters show of a value: its text, and what it contains or consists of."""
    try:
        yield repr(value)
    except Exception:
        return
    if depth == 0:
        return
    inner: list[Any] = []
    if isinstance(value, Mapping):
        inner = [*value.keys(), *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        inner = list(value)
    elif isinstance(value, (bytes, bytearray, memoryview)):
        inner = [bytes(value).decode("latin-1")]
    elif isinstance(value, functools.partial):
        inner = [value.args, value.keywords]
    for one in inner[:200]:
        yield from _shown(one, depth - 1)


def _assert_nowhere(error: BaseException, logged: str) -> None:
    for one in _errors(error):
        assert SECRET not in "".join(traceback.format_exception(one))
        for text in _shown(vars(one)):
            assert SECRET not in text
        for frame in _frames(one):
            for name, value in list(frame.f_locals.items()):
                for text in _shown(value):
                    assert SECRET not in text, (frame.f_code.co_qualname, name)
        try:
            pickled = pickle.dumps(one)
        except Exception:
            continue  # of another library's
        assert SECRET.encode() not in pickled
    assert SECRET not in logged


OF_ALL = ("401", "repeated", "writing-fails", "interrupted", "jwt-of-an-odd-key")
#: Every failure in the clients, and each kind of it in every other method.
WAYS = [
    (name, failure)
    for name in CALLS
    for failure in FAILURES
    if "client" in name
    or failure in ("401", "repeated", "writing-fails", "interrupted", "jwt-of-an-odd-key")
]


@pytest.mark.parametrize(("name", "failure"), WAYS, ids=["-".join(way) for way in WAYS])
def test_the_key_is_nowhere(
    name: str,
    failure: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with FAILURES[failure]() as settings:
        call = CALLS[name]({"api_key": KEY, "max_retries": 0, **settings}, files_in(tmp_path))
        try:
            call()
        except BaseException as error:
            caught = error
        else:
            pytest.skip("this call does not fail in this way")
    lines = "\n".join(f"{one.getMessage()} {one.exc_text}" for one in caplog.records)
    _assert_nowhere(caught, lines)


#: What a constructor refuses: a value, or that one is missing.
REFUSED: dict[str, dict[str, Any]] = {
    "a list as key": {"api_key": [KEY]},
    "a mapping as key": {"api_key": {"key": KEY}},
    "a list of headers": {"default_headers": [SECRET]},
    "a proxy that is not a URL": {"proxy": f"user:{SECRET}@host"},
    "something missing": {"default_headers": {"Cookie": SECRET}},
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("package", ["langchain_zhipu", "llama_index_zhipu"])
def test_what_a_constructor_refuses_is_nowhere(package: str, kind: str) -> None:
    made = import_module(package).ZhipuAIKnowledgeRetriever
    given = {"api_key": KEY, **REFUSED[kind]}
    if kind != "something missing":
        given["knowledge_ids"] = ["one"]
    with pytest.raises((ZhipuError, TypeError)) as caught:
        made(**given)
    _assert_nowhere(caught.value, "")


@pytest.mark.parametrize("package", ["langchain_zhipu", "llama_index_zhipu"])
def test_what_is_assigned_later_is_not_shown_either(package: str) -> None:
    made = import_module(package).ZhipuAIRerank(api_key=KEY)
    made.default_headers = {"X-Api-Key": KEY, "X-Tenant": "acme"}
    made.proxy = f"http://user:{SECRET}@127.0.0.1:9"
    assert SECRET not in repr(vars(made))
    assert "acme" in repr(vars(made))
    for field, value in (("api_key", [KEY]), ("base_url", f"http://user:{SECRET}@host/v4")):
        with pytest.raises(ZhipuError, match=field) as caught:
            setattr(made, field, value)
        _assert_nowhere(caught.value, "")
    assert SECRET not in repr(made)
    assert made._sync_client() is not None
