"""Histories as agents, memories and people leave them: each can be sent."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ImageBlock,
    TextBlock,
)
from llama_index.core.memory import ChatMemoryBuffer, Memory
from sqlalchemy.ext.asyncio import create_async_engine

from llama_index_zhipu import ZhipuAI
from tests.llama_index_zhipu.compliance.llm_suite import PIXEL
from tests.llama_index_zhipu.stub import Stub, call, chunks
from tests.llama_index_zhipu.wire import to_wire
from zhipu_client import InvalidRequestError
from zhipu_client.conversation import object_in

CALLED = ChatMessage(
    role="assistant",
    content="",
    additional_kwargs={
        "tool_calls": [{"id": "c1", "function": {"name": "add", "arguments": '{"a": 1}'}}]
    },
)
CUT = ChatMessage(
    role="assistant",
    content="",
    additional_kwargs={"tool_calls": [{"id": "c1", "function": {"name": "add", "arguments": "{"}}]},
)
RESULT = ChatMessage(role="tool", content="3", additional_kwargs={"tool_call_id": "c1"})
NAMELESS = ChatMessage(role="function", content="3")
EMPTY = ChatMessage(role="tool", content="", additional_kwargs={"tool_call_id": "c1"})


def user(text: str = "q") -> ChatMessage:
    return ChatMessage(role="user", content=text)


def assistant(text: str = "a") -> ChatMessage:
    return ChatMessage(role="assistant", content=text)


def system(text: str = "s") -> ChatMessage:
    return ChatMessage(role="system", content=text)


@pytest.mark.parametrize(
    "history",
    [
        [assistant(), user()],
        [RESULT, user()],
        [assistant()],
        [system(), assistant()],
        [system(), system()],
        [user(), CALLED, user()],
        [user(), CALLED, user(), RESULT],
        [user(), CALLED, NAMELESS],
        [user(), CALLED, EMPTY],
        [user(), CUT],
        [user(), RESULT, user()],
        [user(), assistant(""), user("")],
    ],
)
def test_the_service_takes_every_history(emulator: Any, history: list[ChatMessage]):
    llm = ZhipuAI(base_url=emulator.base_url, api_key=emulator.api_key)
    before = [message.model_dump() for message in history]
    assert llm.chat(history).message.content
    assert [message.model_dump() for message in history] == before


def test_a_result_without_an_id_belongs_to_the_call_before_it():
    wire = to_wire([user(), CALLED, NAMELESS])
    assert wire[-1] == {"role": "tool", "tool_call_id": "c1", "content": "3"}


async def test_a_conversation_goes_on_after_a_call_was_cut(llm: ZhipuAI, stub: Stub):
    stub.put(chunks(tool_calls=[call("add", '{"a": 1, "b')], finish="length"), chunks("Three."))
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)

    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    agent = FunctionAgent(tools=[add], llm=llm)
    assert "cannot be run" in str(await agent.run("1 + 2?", memory=memory))
    assert str(await agent.run("Go on.", memory=memory)) == "Three."
    first, said, last = [m for m in stub.requests[-1]["messages"] if m["role"] != "system"]
    assert first["content"] == "1 + 2?"
    assert said["content"].startswith("(The call of the tool add cannot be run: the arguments end")
    assert "tool_calls" not in said
    assert last == {"role": "user", "content": "Go on."}


async def test_a_memory_that_each_run_is_given_keeps_pictures(make, stub: Stub, tmp_path: Path):
    # A Context leaves it out, as bytes are not JSON: see docs/llama-index/agents.md.
    stub.put(
        chunks(tool_calls=[call("chart", "{}")], finish="tool_calls"), chunks("Sunny."),
        chunks("Yes."), chunks("A cat."), chunks("Bye."),
    )  # fmt: skip
    picture = ImageBlock(image=base64.b64decode(PIXEL))

    def chart() -> list[TextBlock | ImageBlock]:
        """Return the weather chart."""
        return [TextBlock(text="The chart"), picture]

    shown = ChatMessage(blocks=[TextBlock(text="What is this?"), picture])
    for asked in ("Show the chart.", "Is it sunny?", shown, "Bye."):
        # As after a restart: nothing but the database is kept.
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'chat.db'}")
        memory = Memory.from_defaults(session_id="ann", token_limit=1000, async_engine=engine)
        await FunctionAgent(tools=[chart], llm=make(model="glm-4.6v")).run(asked, memory=memory)
        await engine.dispose()
    sent = stub.requests[-1]["messages"]
    roles = [message["role"] for message in sent]
    assert roles == ["user", "assistant", "tool", *["user", "assistant"] * 3, "user"]
    assert sent[0]["content"] == "Show the chart."
    for position in (3, 7):  # the tool's, and the user's own
        assert [part["type"] for part in sent[position]["content"]] == ["text", "image_url"]


def test_brackets_without_end_are_no_object(llm: ZhipuAI, stub: Stub):
    stuck = '{"a": ' + "[" * 50_000
    assert object_in(stuck) is None
    stub.put(chunks(tool_calls=[call("add", stuck)], finish="length"))
    last = list(llm.stream_chat([user()]))[-1]
    assert llm.get_tool_calls_from_response(last, error_on_no_tool_call=False) == []


def test_headers_of_one_call(llm: ZhipuAI, stub: Stub):
    llm.complete("hi", default_headers={"X-A": "1", "X-B": "1"}, extra_headers={"X-B": "2"})
    assert "default_headers" not in stub.requests[-1]
    assert (stub.headers[-1]["x-a"], stub.headers[-1]["x-b"]) == ("1", "2")


@pytest.mark.parametrize("name", ["api_key", "base_url", "http_client"])
def test_what_belongs_to_the_llm_is_no_argument_of_a_call(llm: ZhipuAI, stub: Stub, name: str):
    with pytest.raises(InvalidRequestError, match=name) as caught:
        llm.complete("hi", **{name: "secret.value"})
    assert "secret" not in str(caught.value)
    assert not stub.requests


def test_a_call_that_was_cut_before_its_arguments_is_not_run_by_its_dict(llm: ZhipuAI, stub: Stub):
    stub.put(chunks(tool_calls=[call("add", "")], finish="length"))
    first, *_, last = llm.stream_chat([user()])
    for said in (first, last):
        kept = ChatMessage(role="assistant", additional_kwargs=said.message.additional_kwargs)
        again = ChatResponse(message=kept)
        assert llm.get_tool_calls_from_response(again, error_on_no_tool_call=False) == []
