"""Any tools, calls and habits of GLM: each call is what was meant and runs, or is invalid."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import zhipu_emulator
from tests.zhipu_client.conversation.test_properties import _types, tools, values_of
from zhipu_client.conversation.tools import ToolNames
from zhipu_emulator import Answer
from zhipu_emulator.scripting import fault_kinds

from .subjects import ADAPTERS, WAYS, Ask, run

NAMES = ["get_weather", "查天气", "Page[int]", "add", "server.tool", "functions", "报告" * 30]
TEXTS = ["", "I look.", "好的 \N{SLIGHTLY SMILING FACE}!"]
THOUGHTS = ["", "Let me think."]
#: The habits that are seen in an answer with text and calls, and those that are heard.
HABITS = [
    "null_arguments", "twice_encoded_arguments", "nested_as_text", "same_call_id", "index_zero",
    "name_with_newline", "box_marks", "lone_think_end", "split_emoji",
]  # fmt: skip
HEARD = ["bare_sound"]
Call = tuple[str, Any]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Any]:
    with zhipu_emulator.serve() as server:
        yield server


def test_every_habit_of_the_emulator_is_tried_here() -> None:
    assert sorted([*HABITS, *HEARD]) == sorted(fault_kinds.HABITS)


@dataclass(frozen=True)
class Exchange:
    """An answer as the model means it, and as it writes it."""

    #: Name of each tool -> its parameters.
    tools: dict[str, dict[str, Any]]
    meant: list[Call]
    written: list[Any]
    text: str
    thoughts: str
    habits: set[str]


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    """Tools, the calls that the model means, what it writes for them, and its habits."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    habits = set(draw(st.lists(st.sampled_from(HABITS), max_size=4, unique=True)))
    if draw(st.booleans()):
        habits |= {"same_call_id", "index_zero"}
    wire = ToolNames(names)
    meant, written = [], []
    drawn = {name: draw(tools()) for name in names}
    for number in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(names))
        fields = drawn[name][1]
        pairs = {key: draw(values_of(kind)) for key, kind in fields.items()}
        if any(_is_text_too(fields[key], pair[0]) for key, pair in pairs.items()):
            habits.discard("nested_as_text")  # nobody could know that it was not a text
        arguments = {key: pair[1] for key, pair in pairs.items()}
        value = {key: pair[0] for key, pair in pairs.items()}
        meant.append((name, {} if "null_arguments" in habits else value))
        function = {"name": wire.encode(name), "arguments": json.dumps(arguments)}
        written.append({"id": f"call_{number}", "type": "function", "function": function})
    text, thoughts = draw(st.sampled_from(TEXTS)), draw(st.sampled_from(THOUGHTS))
    schemas = {name: schema for name, (schema, _) in drawn.items()}
    return Exchange(schemas, meant, written, text, thoughts, habits)


def _is_text_too(kind: Any, value: Any) -> bool:
    return isinstance(value, dict | list) and "string" in _types(kind)


def _langchain(name: str, schema: dict[str, Any], work: Callable[..., str]) -> Any:
    from langchain_core.tools import StructuredTool

    return StructuredTool(name=name, description="Do it.", args_schema=schema, func=work)


def _llama_index(name: str, schema: dict[str, Any], work: Callable[..., str]) -> Any:
    from llama_index.core.tools import FunctionTool, ToolMetadata

    class Metadata(ToolMetadata):
        """Of a tool whose schema is not that of a class."""

        def get_parameters_dict(self) -> dict[str, Any]:
            return schema

    return FunctionTool(fn=work, metadata=Metadata("Do it.", name))


#: Adapter -> how a tool of its framework is made, and how it is run by what came of a call.
TOOLS: dict[str, tuple[Callable[..., Any], Callable[[Any, Call], Any]]] = {
    "langchain": (
        _langchain,
        lambda tool, call: (
            tool.invoke({"type": "tool_call", "id": "c", "name": call[0], "args": call[1]}).content
        ),
    ),
    "llama_index": (_llama_index, lambda tool, call: tool.call(**call[1]).content),
}


def _made(adapter: str, exchange: Exchange, ran: list[Call]) -> dict[str, Any]:
    """The tools, each of which refuses what does not fit, and notes what it was run with."""

    def work_of(name: str, schema: dict[str, Any]) -> Callable[..., str]:
        check = Draft202012Validator(schema).validate

        def work(**arguments: Any) -> str:
            if "null_arguments" not in exchange.habits:
                check(arguments)
            ran.append((name, arguments))
            return "done"

        return work

    make = TOOLS[adapter][0]
    return {name: make(name, s, work_of(name, s)) for name, s in exchange.tools.items()}


def _exact(calls: list[Call]) -> Counter[str]:
    return Counter(json.dumps(call, ensure_ascii=False, sort_keys=True) for call in calls)


def _certain(exchange: Exchange) -> list[Call]:
    """The calls that none can be taken for a part of, or for once more.

    Where all calls have one id and one index, a call may be the one before it, come again: one of
    the same tool with the same arguments, or the beginning of it, without any.
    """
    if not {"same_call_id", "index_zero"} <= exchange.habits:
        return exchange.meant
    found: list[Call] = []
    for call in exchange.meant:
        if found and found[-1][0] == call[0] and found[-1][1] in ({}, call[1]):
            found.pop()
        found.append(call)
    return found


@pytest.mark.parametrize("adapter", ADAPTERS)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(exchange=exchanges(), way=st.sampled_from(WAYS))
def test_every_call_is_what_was_meant_and_runs(
    emulator: Any, adapter: str, exchange: Exchange, way: Any
) -> None:
    ran: list[Call] = []
    offered = _made(adapter, exchange, ran)
    said = {"content": exchange.text, "tool_calls": exchange.written}
    if exchange.thoughts:
        said["reasoning_content"] = exchange.thoughts
    order = tuple(name for name in HABITS if name in exchange.habits)
    emulator.reset()
    emulator.script(Answer(message={"role": "assistant", **said}, habits=order))
    seen = SimpleNamespace(base_url=emulator.base_url, requests=[])
    ask = Ask("Do it.", tools=list(offered.values()))
    outcome = run(seen, adapter, way, ask, {"api_key": emulator.api_key, "think_tags": True})
    assert outcome.error is None, outcome.exception
    assert outcome.invalid == []
    assert _exact(_certain(exchange)) <= _exact(outcome.calls) <= _exact(exchange.meant)
    for call in outcome.calls:
        assert TOOLS[adapter][1](offered[call[0]], call) == "done"
    assert _exact(ran) == _exact(outcome.calls)
    smile = "\N{SLIGHTLY SMILING FACE}" if "split_emoji" in exchange.habits else ""
    assert outcome.text.replace(smile, "").strip() == exchange.text.replace(smile, "").strip()


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("habit", HEARD)
def test_sound_plays(emulator: Any, adapter: str, way: Any, habit: str) -> None:
    emulator.script(f"habits={habit}")
    seen = SimpleNamespace(base_url=emulator.base_url, requests=[])
    settings = {"api_key": emulator.api_key, "model": "glm-4-voice"}
    outcome = run(seen, adapter, way, Ask("Say hello."), settings)
    assert outcome.error is None, outcome.exception
    with wave.open(io.BytesIO(base64.b64decode(outcome.audio or ""))) as sound:
        assert (sound.getframerate(), sound.getsampwidth(), sound.getnchannels()) == (44_100, 2, 1)
        assert sound.getnframes() > 0
