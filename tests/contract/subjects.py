"""Both chat models behind one interface. A call never raises: its `Outcome` has the error.

A third adapter joins every table with one class here.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ssl
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

import httpx

from zhipu_client import PRESETS

from .messages import Conversation, for_langchain, for_llama_index

__all__ = ["ADAPTERS", "KEY", "WAYS", "Ask", "Outcome", "Way", "run"]

KEY = "0123456789abcdef.contract"
#: Not streamed and streamed, sync and async.
Way = Literal["whole", "stream", "awhole", "astream"]
WAYS: tuple[Way, ...] = ("whole", "stream", "awhole", "astream")


@dataclass(frozen=True)
class Ask:
    """What a caller asks for, in neutral words.

    Attributes:
        prompt: A prompt, or a conversation (see ``messages.py``).
        tools: Tools in the wire's shape, or tools of the adapter's framework.
        tool_choice: In any spelling.
        schema: A pydantic class: the answer is an instance of it.
        method: How that instance is asked for: function_calling, json_mode or json_schema.
        more: Further arguments of the call.
    """

    prompt: Conversation = "hello"
    tools: Sequence[Any] = ()
    tool_choice: Any = None
    schema: type | None = None
    method: str = "json_mode"
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Outcome:
    """What came of one call."""

    text: str = ""
    reasoning: str = ""
    #: The calls that a program would run.
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    #: The names of the calls that must not be run.
    invalid: list[str] = field(default_factory=list)
    finish: str | None = None
    #: Input, output, total, cached, reasoning tokens.
    usage: tuple[int | None, ...] | None = None
    #: The instance that was asked for, as a dict.
    value: Any = None
    #: The addresses that the answer cites.
    citations: list[str] = field(default_factory=list)
    #: The sound of the answer, in base64.
    audio: str | None = None
    exception: Exception | None = None
    #: The texts of our own warnings.
    warned: list[str] = field(default_factory=list)
    #: The decoded bodies that the server received.
    requests: list[Any] = field(default_factory=list)

    @property
    def error(self) -> str | None:
        """The error's class by its name, which is that of `zhipu_client` for its errors."""
        return type(self.exception).__name__ if self.exception is not None else None


class Subject(Protocol):
    """A chat model under test."""

    def whole(self, ask: Ask) -> Any: ...
    async def awhole(self, ask: Ask) -> Any: ...
    def stream(self, ask: Ask) -> Iterator[Any]: ...
    def astream(self, ask: Ask) -> AsyncIterator[Any]: ...
    def read(self, pieces: Sequence[Any], outcome: Outcome) -> None:
        """Fill in the outcome from what was returned (one item) or streamed."""


class LangChainSubject:
    """`langchain_zhipu.ChatZhipuAI`."""

    def __init__(self, **settings: Any) -> None:
        from langchain_zhipu import ChatZhipuAI

        self.thing = ChatZhipuAI(**settings)

    def _runnable(self, ask: Ask) -> Any:
        if ask.schema is not None:
            method: Any = ask.method
            return self.thing.with_structured_output(ask.schema, method=method, **ask.more)
        if ask.tools:
            return self.thing.bind_tools(ask.tools, tool_choice=ask.tool_choice, **ask.more)
        return self.thing.bind(**ask.more)

    def whole(self, ask: Ask) -> Any:
        return self._runnable(ask).invoke(for_langchain(ask.prompt))

    async def awhole(self, ask: Ask) -> Any:
        return await self._runnable(ask).ainvoke(for_langchain(ask.prompt))

    def stream(self, ask: Ask) -> Iterator[Any]:
        return self._runnable(ask).stream(for_langchain(ask.prompt))

    def astream(self, ask: Ask) -> AsyncIterator[Any]:
        return self._runnable(ask).astream(for_langchain(ask.prompt))

    def read(self, pieces: Sequence[Any], outcome: Outcome) -> None:
        if not hasattr(pieces[0], "response_metadata"):
            outcome.value = _plain(pieces[-1])
            return
        message = pieces[0] + list(pieces[1:]) if len(pieces) > 1 else pieces[0]
        blocks = message.content_blocks
        outcome.text = message.text
        outcome.reasoning = "".join(b["reasoning"] for b in blocks if b["type"] == "reasoning")
        outcome.calls = [(call["name"], call["args"]) for call in message.tool_calls]
        outcome.invalid = [call["name"] for call in message.invalid_tool_calls]
        outcome.finish = message.response_metadata.get("finish_reason")
        for block in blocks:
            outcome.citations += [cited["url"] for cited in block.get("annotations") or ()]
            if block["type"] == "audio":
                outcome.audio = block["base64"]
        if usage := message.usage_metadata:
            outcome.usage = (
                usage["input_tokens"],
                usage["output_tokens"],
                usage["total_tokens"],
                usage.get("input_token_details", {}).get("cache_read"),
                usage.get("output_token_details", {}).get("reasoning"),
            )


#: What LlamaIndex calls the ways to ask for an instance.
_STRATEGIES = {"function_calling": "tool", "json_mode": "json", "json_schema": "json"}
_COUNTED = ("prompt", "completion", "total", "cached", "reasoning")


class LlamaIndexSubject:
    """`llama_index_zhipu.ZhipuAI`."""

    def __init__(self, **settings: Any) -> None:
        from llama_index_zhipu import ZhipuAI

        self.thing = ZhipuAI(**settings)

    def _arguments(self, ask: Ask) -> tuple[list[Any], dict[str, Any]]:
        offered: dict[str, Any] = {}
        if ask.tools and hasattr(ask.tools[0], "metadata"):
            offered = self.thing._prepare_chat_with_tools(
                ask.tools,
                chat_history=for_llama_index(ask.prompt),
                allow_parallel_tool_calls=True,
                tool_choice=ask.tool_choice,
            )
            return offered.pop("messages"), {**offered, **ask.more}
        if ask.tools:
            offered = {"tools": list(ask.tools), "tool_choice": ask.tool_choice}
        return for_llama_index(ask.prompt), {**offered, **ask.more}

    def _template(self, ask: Ask) -> Any:
        from llama_index.core.prompts import ChatPromptTemplate

        self.thing.structured_output = _STRATEGIES[ask.method]
        return ChatPromptTemplate(message_templates=for_llama_index(ask.prompt))

    def whole(self, ask: Ask) -> Any:
        if ask.schema is not None:
            return self.thing.structured_predict(ask.schema, self._template(ask), dict(ask.more))
        messages, more = self._arguments(ask)
        return self.thing.chat(messages, **more)

    async def awhole(self, ask: Ask) -> Any:
        if ask.schema is not None:
            template = self._template(ask)
            return await self.thing.astructured_predict(ask.schema, template, dict(ask.more))
        messages, more = self._arguments(ask)
        return await self.thing.achat(messages, **more)

    def stream(self, ask: Ask) -> Iterator[Any]:
        if ask.schema is not None:
            template = self._template(ask)
            return self.thing.stream_structured_predict(ask.schema, template, dict(ask.more))
        messages, more = self._arguments(ask)
        return self.thing.stream_chat(messages, **more)

    async def astream(self, ask: Ask) -> AsyncIterator[Any]:
        source: Any
        if ask.schema is not None:
            source = await self.thing.astream_structured_predict(
                ask.schema, self._template(ask), dict(ask.more)
            )
        else:
            messages, more = self._arguments(ask)
            source = await self.thing.astream_chat(messages, **more)
        async with aclosing(source) as pieces:
            async for piece in pieces:
                yield piece

    def read(self, pieces: Sequence[Any], outcome: Outcome) -> None:
        response = pieces[-1]
        if not hasattr(response, "message"):
            outcome.value = _plain(response)
            return
        outcome.text = response.message.content or ""
        for block in response.message.blocks:
            if block.block_type == "thinking":
                outcome.reasoning += block.content or ""
            elif block.block_type == "citation":
                outcome.citations.append(block.source)
            elif block.block_type == "audio":
                outcome.audio = block.audio.decode()
            elif block.block_type == "tool_call" and isinstance(block.tool_kwargs, str):
                outcome.invalid.append(block.tool_name)
        calls = self.thing.get_tool_calls_from_response(response, error_on_no_tool_call=False)
        outcome.calls = [(call.tool_name, call.tool_kwargs) for call in calls]
        facts = response.additional_kwargs
        outcome.finish = facts.get("finish_reason")
        if "total_tokens" in facts:
            outcome.usage = tuple(facts.get(f"{kind}_tokens") for kind in _COUNTED)


def _plain(value: Any) -> Any:
    return value.model_dump() if hasattr(value, "model_dump") else value


ADAPTERS: dict[str, Callable[..., Subject]] = {
    "langchain": LangChainSubject,
    "llama_index": LlamaIndexSubject,
}


@functools.cache
def _tls() -> ssl.SSLContext:
    # Reading the certificates takes longer than most calls here.
    return ssl.create_default_context()


def _at(server: Any, site: str | None) -> dict[str, Any]:
    """Where the model is: the loopback server under its own name, or under that of a site.

    A site is known by its base URL. So that is set, and the requests are turned to the loopback
    server when they are about to be sent.
    """
    if site is None:
        return {"base_url": server.base_url}
    port = urlsplit(server.base_url).port

    def turn(request: httpx.Request) -> None:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=port)

    async def aturn(request: httpx.Request) -> None:
        turn(request)

    return {
        "base_url": PRESETS[site],
        "http_client": httpx.Client(verify=_tls(), event_hooks={"request": [turn]}),
        "http_async_client": httpx.AsyncClient(verify=_tls(), event_hooks={"request": [aturn]}),
    }


def run(server: Any, adapter: str, way: Way, ask: Ask, settings: Mapping[str, Any]) -> Outcome:
    """Make the model of an adapter and call it once.

    Args:
        server: The scripted server.
        adapter: One of `ADAPTERS`.
        way: One of `WAYS`.
        ask: What is asked for.
        settings: Fields of the model; ``site`` puts the server at the place of a preset.
    """
    values = {"model": "glm-4.7", "api_key": KEY, "max_retries": 0, **settings}
    values |= (own := _at(server, values.pop("site", None)))
    outcome = Outcome()
    pieces: list[Any] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            subject = ADAPTERS[adapter](**values)
            if way.startswith("a"):
                with asyncio.Runner() as runner:
                    runner.run(_collect(subject, way, ask, pieces, own.get("http_async_client")))
            elif way == "whole":
                pieces.append(subject.whole(ask))
            else:
                pieces.extend(subject.stream(ask))
        except Exception as error:
            outcome.exception = error
        finally:
            if "http_client" in own:
                own["http_client"].close()
    if pieces:
        subject.read(pieces, outcome)
    outcome.warned = [str(w.message) for w in caught if w.category is UserWarning]
    outcome.requests = [request.json for request in server.requests]
    return outcome


async def _collect(
    subject: Subject, way: Way, ask: Ask, pieces: list[Any], own: httpx.AsyncClient | None
) -> None:
    async with own or contextlib.nullcontext():
        if way == "awhole":
            pieces.append(await subject.awhole(ask))
            return
        async with aclosing(subject.astream(ask)) as source:  # type: ignore[type-var]
            async for piece in source:
                pieces.append(piece)  # noqa: PERF401 - what came before an error stays
