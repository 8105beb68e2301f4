"""Any tools, calls and habits of GLM: each call is what was meant, or clearly invalid."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import zhipu_emulator
from tests.zhipu_client.conversation.test_properties import _types, tools, values_of
from zhipu_client.conversation.tools import ToolNames
from zhipu_emulator import Answer

from .subjects import ADAPTERS, WAYS, Ask, run

NAMES = ["get_weather", "查天气", "Page[int]", "add", "server.tool", "functions", "报告" * 30]
HABITS = [
    "null_arguments", "twice_encoded_arguments", "nested_as_text", "same_call_id", "index_zero",
    "name_with_newline", "box_marks", "lone_think_end", "split_emoji",
]  # fmt: skip


@pytest.fixture(scope="module")
def emulator() -> Iterator[Any]:
    with zhipu_emulator.serve() as server:
        yield server


@st.composite
def exchanges(draw: st.DrawFn) -> tuple[list[Any], list[Any], list[Any], set[str]]:
    """Tools, the calls that the model means, what it writes for them, and its habits."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    habits = set(draw(st.lists(st.sampled_from(HABITS), max_size=4, unique=True)))
    wire = ToolNames(names)
    offered, meant, written = [], [], []
    declared = {}
    for name in names:
        schema, fields = draw(tools())
        declared[name] = fields
        function = {"name": name, "description": f"Do {name}.", "parameters": schema}
        offered.append({"type": "function", "function": function})
    for number in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(names))
        fields = declared[name]
        pairs = {key: draw(values_of(kind)) for key, kind in fields.items()}
        if any(_is_text_too(fields[key], pair[0]) for key, pair in pairs.items()):
            habits.discard("nested_as_text")  # nobody could know that it was not a text
        arguments = {key: pair[1] for key, pair in pairs.items()}
        value = {key: pair[0] for key, pair in pairs.items()}
        meant.append((name, {} if "null_arguments" in habits else value))
        function = {"name": wire.encode(name), "arguments": json.dumps(arguments)}
        written.append({"id": f"call_{number}", "type": "function", "function": function})
    return offered, meant, written, habits


def _is_text_too(kind: Any, value: Any) -> bool:
    return isinstance(value, dict | list) and "string" in _types(kind)


def _exact(calls: list[Any]) -> Counter[str]:
    return Counter(json.dumps(call, ensure_ascii=False, sort_keys=True) for call in calls)


@pytest.mark.parametrize("adapter", ADAPTERS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(exchange=exchanges(), way=st.sampled_from(WAYS))
def test_every_call_is_what_was_meant_or_clearly_invalid(
    emulator: Any, adapter: str, exchange: Any, way: Any
) -> None:
    offered, meant, written, habits = exchange
    message = {"role": "assistant", "content": "", "tool_calls": written}
    order = tuple(name for name in HABITS if name in habits)
    emulator.script(Answer(message=message, habits=order))
    seen = SimpleNamespace(base_url=emulator.base_url, requests=[])
    ask = Ask("Do it.", tools=offered)
    outcome = run(seen, adapter, way, ask, {"api_key": emulator.api_key})
    assert outcome.error is None, outcome.exception
    assert _exact(outcome.calls) <= _exact(meant)
    if {"same_call_id", "index_zero"} <= habits:
        # Nothing but its name keeps a call apart from the one before: it may be lost in it.
        assert outcome.calls or outcome.invalid
    else:
        assert outcome.invalid == []
        assert _exact(outcome.calls) == _exact(meant)
