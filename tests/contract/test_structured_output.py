"""Structured output: how each method is sent in each mode, and what an agent makes of a cut."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from .rows import ABSENT, Row, check, has, table
from .server import calls, said, scripted
from .subjects import KEY, Ask
from .tools import ADD, Person

ANN = {"name": "Ann", "age": 7}
JSON = json.dumps(ANN)
CALL = calls(("Person", JSON))
UNUSABLE = "StructuredOutputError"
JSON_MODE = {"type": "json_object"}
NAMED = {"type": "function", "function": {"name": "Person"}}
SCHEMA = Person.model_json_schema()
BY_SCHEMA = {"type": "json_schema", "json_schema": {"name": "Person", "schema": SCHEMA}}


def asks(method: str, mode: str, reply: Any, **want: Any) -> Row:
    fields = ("response_format", "tool_choice")
    sent = {name: want.pop(name, ABSENT) for name in fields}
    want = {"value": ANN, "sent": sent, "tries": 1, **want}
    ask = Ask("Ann is 7", schema=Person, method=method)
    return Row(f"{method}-{mode}", reply, want, ask, {"tool_choice_mode": mode})


def answers(title: str, script: Any, **want: Any) -> Row:
    return Row(title, script, want, Ask(schema=Person, method="function_calling"))


def formatted(title: str, wanted: Any, mode: str, **want: Any) -> Row:
    """``response_format`` as an argument of the call: the answer is a message."""
    sent = {"response_format": want.pop("response_format")}
    ask = Ask("Ann is 7", more={"response_format": wanted})
    return Row(title, said(JSON), {"text": JSON, "sent": sent, "tries": 1, **want}, ask,
               {"tool_choice_mode": mode})  # fmt: skip


IN_WORDS = has("age", "name")
ROWS = [
    *(
        asks("function_calling", mode, CALL, tools_sent=["Person"], system=has("Person"))
        for mode in ("auto", "emulate")
    ),
    asks(
        "function_calling", "native", CALL,
        tools_sent=["Person"], system=None, tool_choice=NAMED,
    ),
    *(
        asks(method, mode, said(JSON), response_format=JSON_MODE, system=IN_WORDS)
        for method in ("json_mode", "json_schema")
        for mode in ("auto", "emulate")
    ),
    answers("called", CALL, value=ANN, tries=1),
    answers("said-then-called", [said("She is 7."), CALL], value=ANN, tries=2),
    answers("misfit-then-fit", [calls(("Person", '{"name": "Ann"}')), CALL], value=ANN, tries=2),
    # LlamaIndex asks in another way then.
    Row("misfit-twice", calls(("Person", '{"name": "Ann"}')), {"error": UNUSABLE, "tries": 2},
        Ask(schema=Person, method="function_calling"), adapters=("langchain",)),
    Row("misfit-text-then-fit", [said('{"name": "Ann"}'), said(JSON)], {"value": ANN, "tries": 2},
        Ask(schema=Person, method="json_schema")),
    *(formatted(f"json-object-{mode}", JSON_MODE, mode, response_format=JSON_MODE)
      for mode in ("auto", "native")),
    formatted("schema-in-words", BY_SCHEMA, "auto", response_format=JSON_MODE, system=IN_WORDS),
]  # fmt: skip

# --- Where the adapters had drifted apart
FROM_THE_CORE = [
    formatted("schema-natively", BY_SCHEMA, "native", response_format=BY_SCHEMA, system=None),
    answers("written-as-text", said(JSON), value=ANN, tries=1),
    answers("cut", calls(("Person", '{"name": "An'), finish="length"),
            error=UNUSABLE, message=has("max_tokens"), tries=1),
]  # fmt: skip


@table([*ROWS, *FROM_THE_CORE])
def test_structured_output(row, adapter, way):
    check(row, adapter, way)


@pytest.mark.parametrize("mode", ["auto", "native"])
@pytest.mark.parametrize("strategy", ["provider", "tool"])
@pytest.mark.parametrize("tools", [[], [ADD]], ids=["alone", "with-a-tool"])
@pytest.mark.parametrize("way", ["invoke", "stream", "ainvoke", "astream"])
def test_an_agents_answer_that_was_cut_is_a_clear_error(way, tools, strategy, mode):
    # LangChain alone: LlamaIndex's agents ask for the shape in a call of their own.
    from langchain.agents import create_agent
    from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
    from langchain_core.tools import tool

    from langchain_zhipu import ChatZhipuAI

    @tool
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    ask: Any = {"messages": [("user", "Ann is 7")]}
    with scripted(said('{"name": "An', finish="length")) as server:
        model = ChatZhipuAI(base_url=server.base_url, api_key=KEY, tool_choice_mode=mode)
        offered = [add] if tools else []
        asked: Any = {"provider": ProviderStrategy, "tool": ToolStrategy}[strategy](Person)
        agent: Any = create_agent(model, offered, response_format=asked)
        # An agent that asks again and again pays each time.
        few: Any = {"recursion_limit": 6}

        async def collect() -> None:
            if way == "ainvoke":
                await agent.ainvoke(ask, few)
            else:
                async for _ in agent.astream(ask, few):
                    pass

        with pytest.raises(Exception, match="max_tokens"):
            if way == "invoke":
                agent.invoke(ask, few)
            elif way == "stream":
                list(agent.stream(ask, few))
            else:
                with asyncio.Runner() as runner:
                    runner.run(collect())
        assert len(server.requests) == 1
