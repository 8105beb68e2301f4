"""A checkpointer brings our messages back after a restart, reasoning included, and it goes on."""

from __future__ import annotations

import functools
import json
import operator
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from langchain_zhipu import ChatZhipuAI
from tests.programs import run_program

Make = Callable[..., ChatZhipuAI]
Say = Callable[..., None]
Sent = Callable[[], list[dict[str, Any]]]

CALL = {
    "content": "",
    "reasoning_content": "I must look.",
    "tool_calls": [
        {"id": "call_1", "type": "function", "index": 0,
         "function": {"name": "weather", "arguments": '{"city": "杭州"}'}},
    ],
}  # fmt: skip
ANSWER = {"content": "Rain.", "reasoning_content": "It says rain."}


@pytest.fixture
def step(server: Any, tmp_path: Path) -> Callable[[str], Any]:
    """Run one step of the conversation in a new process; gives the messages of the model."""

    def run(name: str) -> Any:
        given = (str(tmp_path / "checkpoints.sqlite"), server.base_url, server.api_key, name)
        result = run_program("tests.langchain_zhipu.framework.agent_program", *given)
        assert result.returncode == 0, result.stderr[-2000:]
        assert "unregistered" not in result.stderr
        return json.loads(result.stdout)

    return run


def test_reasoning_is_restored_and_sent_on(
    say: Say, sent: Sent, step: Callable[[str], Any]
) -> None:
    say(CALL, ANSWER, "Still rain.")
    ((kind, blocks),) = step("stream-1")
    assert kind == "AIMessage"
    assert [block["type"] for block in blocks] == ["reasoning", "tool_call"]
    assert step("go-on")[0][1] == blocks
    in_the_loop = sent()[1]["messages"][1]
    assert in_the_loop["reasoning_content"] == "I must look."
    assert in_the_loop["tool_calls"][0]["function"]["arguments"] == '{"city": "杭州"}'
    step("ask-again")  # with reasoning_history="all": both answers' reasoning is sent
    kept = [m.get("reasoning_content") for m in sent()[2]["messages"] if m["role"] == "assistant"]
    assert kept == ["I must look.", "It says rain."]


def test_reasoning_in_blocks_is_restored_too(
    say: Say, sent: Sent, step: Callable[[str], Any]
) -> None:
    say(CALL, ANSWER)
    ((_, blocks),) = step("ask-1-v1")
    assert [block["type"] for block in blocks] == ["reasoning", "tool_call"]
    step("go-on")
    assert sent()[1]["messages"][1]["reasoning_content"] == "I must look."


def test_the_serializer_knows_all_of_our_messages(make: Make, say: Say) -> None:
    say(CALL, CALL)
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    model = make().bind_tools([tool])
    whole = model.invoke("?")
    chunks = list(model.stream("?"))
    serde = JsonPlusSerializer()
    total = functools.reduce(operator.add, chunks)
    for message in (whole, *chunks, chunks[0] + chunks[1], total):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            again = serde.loads_typed(serde.dumps_typed(message))
        assert not caught
        assert isinstance(again, AIMessage)
        for restored in (again, pickle.loads(pickle.dumps(message))):
            assert restored.text == message.text
    assert again == total
    assert again.tool_calls == total.tool_calls


def test_pieces_of_a_call_are_written_down_with_the_last_chunk(make: Make, say: Say) -> None:
    say(CALL)
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    chunks = list(make().bind_tools([tool]).stream("?"))
    total = functools.reduce(operator.add, chunks)
    elsewhere = [AIMessageChunk.model_validate_json(chunk.model_dump_json()) for chunk in chunks]
    assert not any(chunk.tool_calls for chunk in elsewhere[:-1])
    assert functools.reduce(operator.add, elsewhere).tool_calls == total.tool_calls
