"""The products that the checks drive. A new adapter joins all of them with one class here."""

from __future__ import annotations

import json
import pickle
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import Any
from unittest import mock

import pytest

from .drivers import Outcome, Subject

__all__ = ["ADAPTERS", "KEY", "SUBJECTS", "ClientSubject", "LlamaIndexSubject"]

#: A key of the usual form; the checks on secrets look for its second half.
KEY = "0123456789abcdef.PlantedSecret42"
MODEL = "glm-4.7"
COUNTED = ("prompt", "completion", "total")


class ClientSubject:
    """`zhipu_client.Client` and `AsyncClient`."""

    def __init__(self, base_url: str, **options: Any) -> None:
        from zhipu_client import AsyncClient, Client, chat

        options.setdefault("api_key", KEY)
        own = options.pop("http_client", None), options.pop("http_async_client", None)
        self.model = options.pop("model", MODEL)
        tools = options.pop("tools", None)
        self._parameters: dict[str, Any] = {"tools": tools} if tools else {}
        self._chat = chat
        self.thing = Client(base_url=base_url, http_client=own[0], **options)
        self.athing = AsyncClient(base_url=base_url, http_client=own[1], **options)

    def _messages(self, prompt: str) -> list[dict[str, Any]]:
        return [{"role": "user", "content": prompt}]

    def _request(self, prompt: str) -> Any:
        messages = self._messages(prompt)
        return self._chat.create(model=self.model, messages=messages, **self._parameters).as_dict()

    def _stream(self, prompt: str) -> Any:
        return self._chat.stream(model=MODEL, messages=self._messages(prompt), **self._parameters)

    def call(self, prompt: str) -> Any:
        return self.thing.send(self._request(prompt))

    async def acall(self, prompt: str) -> Any:
        return await self.athing.send(self._request(prompt))

    def pieces(self, prompt: str) -> Iterator[Any]:
        with self.thing.stream(self._stream(prompt)) as chunks:
            yield from chunks

    async def apieces(self, prompt: str) -> AsyncIterator[Any]:
        async with self.athing.stream(self._stream(prompt)) as chunks:
            async for chunk in chunks:
                yield chunk

    def serialised(self) -> list[str]:
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(self.thing)
        return [repr(self.thing), repr(self.athing), str(self.thing), str(self.athing)]

    def read(self, pieces: Sequence[Any], outcome: Outcome) -> None:
        if pieces and "message" in (pieces[0].get("choices") or [{}])[0]:
            whole = pieces[0]
        else:
            accumulator = self._chat.Accumulator()
            for piece in pieces:
                accumulator.add(piece)
            whole = accumulator.message()
        for choice in whole.get("choices") or ():
            message = choice["message"]
            outcome.text = self._chat.text_of(message.get("content"))
            outcome.reasoning = self._chat.reasoning_of(message)
            outcome.finish = choice.get("finish_reason")
            calls = message.get("tool_calls") or ()
            outcome.calls, outcome.ids = _runnable(calls), [call.get("id") for call in calls]
        if usage := whole.get("usage"):
            outcome.usage = tuple(usage.get(f"{kind}_tokens") for kind in COUNTED)


def _runnable(calls: Any) -> list[tuple[str, dict[str, Any]]]:
    """The calls whose arguments are whole JSON objects, as a program of the bare client reads."""
    found = []
    for call in calls:
        try:
            arguments = json.loads(call["function"]["arguments"])
        except ValueError:
            continue
        found.append((call["function"]["name"], arguments))
    return found


@contextmanager
def _clock_in(clock: Any) -> Iterator[None]:
    """An adapter has no clock of its own: the client that it makes gets ours."""
    if clock is None:
        yield
        return
    with mock.patch("zhipu_client._io.client_base.SystemClock", return_value=clock):
        yield


class LangChainSubject:
    """`langchain_zhipu.ChatZhipuAI`."""

    def __init__(self, base_url: str, **options: Any) -> None:
        from langchain_zhipu import ChatZhipuAI

        options.setdefault("api_key", KEY)
        tools = options.pop("tools", None)
        with _clock_in(options.pop("clock", None)):
            self.thing = ChatZhipuAI(base_url=base_url, **{"model": MODEL, **options})
            assert self.thing._sync_client()  # made now, and kept
        self._bound = {"tools": tools} if tools else {}

    def call(self, prompt: str) -> Any:
        return self.thing.invoke(prompt, **self._bound)

    async def acall(self, prompt: str) -> Any:
        return await self.thing.ainvoke(prompt, **self._bound)

    def pieces(self, prompt: str) -> Iterator[Any]:
        return self.thing.stream(prompt, **self._bound)

    def apieces(self, prompt: str) -> AsyncIterator[Any]:
        return self.thing.astream(prompt, **self._bound)

    def serialised(self) -> list[str]:
        from langchain_core.load import dumpd, dumps

        thing = self.thing
        return [
            str(pickle.dumps(thing)),
            dumps(thing),
            str(dumpd(thing)),
            str(thing.to_json()),
            str(thing.model_dump()),
            thing.model_dump_json(),
            str(thing._identifying_params),
            str(thing._get_ls_params()),
            str(thing.lc_attributes),
        ]

    def read(self, pieces: Sequence[Any], outcome: Outcome) -> None:
        if not pieces:
            return
        message = pieces[0]
        if len(pieces) > 1:
            message = message + list(pieces[1:])
        outcome.text = message.text
        blocks = message.content_blocks
        outcome.reasoning = "".join(b["reasoning"] for b in blocks if b["type"] == "reasoning")
        outcome.finish = message.response_metadata.get("finish_reason")
        outcome.calls = [(call["name"], call["args"]) for call in message.tool_calls]
        outcome.ids = [call["id"] for call in message.tool_calls]
        if usage := message.usage_metadata:
            outcome.usage = (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"])


class LlamaIndexSubject:
    """`llama_index_zhipu.ZhipuAI`."""

    def __init__(self, base_url: str, **options: Any) -> None:
        from llama_index_zhipu import ZhipuAI

        options.setdefault("api_key", KEY)
        tools = options.pop("tools", None)
        self._more = {"tools": tools} if tools else {}
        with _clock_in(options.pop("clock", None)):
            self.thing = ZhipuAI(base_url=base_url, **{"model": MODEL, **options})
            assert self.thing._sync_client()  # made now, and kept

    def _messages(self, prompt: str) -> list[Any]:
        from llama_index.core.llms import ChatMessage

        return [ChatMessage(role="user", content=prompt)]

    def call(self, prompt: str) -> Any:
        return self.thing.chat(self._messages(prompt), **self._more)

    async def acall(self, prompt: str) -> Any:
        return await self.thing.achat(self._messages(prompt), **self._more)

    def pieces(self, prompt: str) -> Iterator[Any]:
        return self.thing.stream_chat(self._messages(prompt), **self._more)

    async def apieces(self, prompt: str) -> AsyncIterator[Any]:
        stream = await self.thing.astream_chat(self._messages(prompt), **self._more)
        async with aclosing(stream) as source:
            async for piece in source:
                yield piece

    def serialised(self) -> list[str]:
        thing = self.thing
        return [
            str(pickle.dumps(thing)),
            str(thing.to_dict()),
            thing.to_json(),
            str(thing.model_dump()),
            thing.model_dump_json(),
            str(thing.metadata),
        ]

    def read(self, pieces: Sequence[Any], outcome: Outcome) -> None:
        if not pieces:
            return
        last = pieces[-1]
        outcome.text = last.message.content or ""
        blocks = last.message.blocks
        outcome.reasoning = "".join(b.content or "" for b in blocks if b.block_type == "thinking")
        outcome.finish = last.additional_kwargs.get("finish_reason")
        calls = self.thing.get_tool_calls_from_response(last, error_on_no_tool_call=False)
        outcome.calls = [(call.tool_name, call.tool_kwargs) for call in calls]
        outcome.ids = [call.tool_id for call in calls]
        kwargs = last.additional_kwargs
        if "total_tokens" in kwargs:
            outcome.usage = tuple(kwargs.get(f"{kind}_tokens") for kind in COUNTED)


SUBJECTS: dict[str, Callable[..., Subject]] = {
    "client": ClientSubject,
    "langchain": LangChainSubject,
    "llama_index": LlamaIndexSubject,
}

ADAPTERS = tuple(name for name in SUBJECTS if name != "client")
