"""A constructor that fails keeps no key in its frames: error reporters send their variables."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

import langchain_zhipu
import llama_index_zhipu
from zhipu_client import AsyncClient, Client

KEY = "planted-id.planted-secret"
Make = Callable[..., Any]

CLIENTS: dict[str, Make] = {"client": Client, "async client": AsyncClient}
ADAPTERS: dict[str, Make] = {
    "langchain chat": langchain_zhipu.ChatZhipuAI,
    "langchain embeddings": langchain_zhipu.ZhipuAIEmbeddings,
    "langchain images": langchain_zhipu.ZhipuAIImageGenerator,
    "langchain ocr loader": functools.partial(langchain_zhipu.ZhipuAIOCRLoader, "a.pdf"),
    "langchain reader": functools.partial(langchain_zhipu.ZhipuAIWebReaderLoader, "https://a.de"),
    "langchain rerank": langchain_zhipu.ZhipuAIRerank,
    "llama_index llm": llama_index_zhipu.ZhipuAI,
    "llama_index embedding": llama_index_zhipu.ZhipuAIEmbedding,
    "llama_index rerank": llama_index_zhipu.ZhipuAIRerank,
    "llama_index retriever": llama_index_zhipu.ZhipuAIWebSearchRetriever,
    "llama_index speech": llama_index_zhipu.ZhipuAISpeechToolSpec,
    "llama_index knowledge": functools.partial(
        llama_index_zhipu.ZhipuAIKnowledgeRetriever, knowledge_ids=["1"]
    ),
}
#: Arguments that no constructor takes, secrets among them.
WRONG: dict[str, dict[str, Any]] = {
    "a line break in the key": {"api_key": f"{KEY}\r\nX: 1"},
    "a key of another type": {"api_key": {"key": KEY}},
    "a wrong number": {"api_key": KEY, "max_retries": -1},
    "a wrong time": {"api_key": KEY, "timeout": -1.0},
    "a wrong word": {"api_key": KEY, "auth": "basic"},
    "a place that is none": {"api_key": KEY, "base_url": "ftp://planted-host"},
    "a password in the place": {"api_key": KEY, "base_url": "http://me:planted@127.0.0.1/v4"},
    "a wrong header": {"api_key": KEY, "default_headers": {"X-Key": "planted", "no name": "x"}},
    "a client that is none": {"api_key": KEY, "http_client": "planted"},
}


def frames_of(error: BaseException | None) -> Iterator[FrameType]:
    seen = set()
    waiting = [error]
    while waiting:
        error = waiting.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename != __file__:
                yield trace.tb_frame
            trace = trace.tb_next
        waiting += [error.__cause__, error.__context__]


def assert_nothing_kept(error: BaseException) -> None:
    frames = list(frames_of(error))
    assert frames
    for frame in frames:
        for name, value in frame.f_locals.items():
            assert "planted" not in repr(value), (frame.f_code.co_qualname, name)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("make", [*CLIENTS.values(), *ADAPTERS.values()], ids=[*CLIENTS, *ADAPTERS])
def test_a_constructor_that_fails_keeps_no_key(make: Make, wrong: dict[str, Any]) -> None:
    with pytest.raises(Exception) as caught:
        make(**wrong)
    assert_nothing_kept(caught.value)


@pytest.mark.parametrize("make", CLIENTS.values(), ids=CLIENTS)
@pytest.mark.parametrize("wrong", [{"apikey": KEY}, {"proxy": "planted://x"}])
def test_nor_does_an_argument_that_a_client_has_not(make: Make, wrong: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        make(api_key=KEY, **wrong)
    assert_nothing_kept(caught.value)


def test_nor_does_a_misspelt_one_of_an_adapter() -> None:
    with pytest.raises(ValueError) as caught:
        langchain_zhipu.ChatZhipuAI(apikey=KEY)
    assert_nothing_kept(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        langchain_zhipu.ChatZhipuAI, langchain_zhipu.ZhipuAIOCRParser, llama_index_zhipu.ZhipuAI,
        llama_index_zhipu.ZhipuAISpeechToolSpec, Client, AsyncClient,
    ],
)  # fmt: skip
def test_a_key_of_the_environment_is_not_kept(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIPUAI_API_KEY", f"{KEY}\x01")
    with pytest.raises(ValueError) as caught:
        make()
    assert_nothing_kept(caught.value)


@pytest.mark.parametrize("make", [langchain_zhipu.ChatZhipuAI, llama_index_zhipu.ZhipuAI, Client])
def test_a_subclass_of_yours_keeps_none_either(make: Make) -> None:
    class Ours(make):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **settings)

    with pytest.raises(ValueError) as caught:
        Ours(api_key=KEY, max_retries=-1)
    trace, ours = caught.value.__traceback__, []
    while trace is not None:
        ours += [trace.tb_frame] if trace.tb_frame.f_code.co_name == "__init__" else []
        trace = trace.tb_next
    assert ours
    assert not [frame for frame in ours if "planted" in repr(frame.f_locals)]


@pytest.mark.parametrize("make", [Client, langchain_zhipu.ChatZhipuAI, llama_index_zhipu.ZhipuAI])
def test_an_error_that_was_there_before_is_left_as_it_was(make: Make) -> None:
    def fail() -> None:
        clue = "what a debugger shows"
        raise LookupError(clue)

    try:
        fail()
    except LookupError as first:
        with pytest.raises(ValueError):
            make(api_key=KEY, max_retries=-1)
        trace = first.__traceback__
        assert trace is not None
        assert trace.tb_next is not None
        assert trace.tb_next.tb_frame.f_locals == {"clue": "what a debugger shows"}
