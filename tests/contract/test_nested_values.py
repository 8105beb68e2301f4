"""Objects, lists and numbers that GLM wrote as JSON text, in tools of every declaration.

The schema that is sent has its references inlined, since GLM has this habit where they are; what
comes back is what the schema wants, whole and streamed.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, TypedDict

import pytest
from pydantic import BaseModel, Field

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI

from .server import calls, said, scripted
from .subjects import KEY, WAYS, Way


class Berth(BaseModel):
    """A place at a pier."""

    pier: str
    number: int
    tags: list[str] = Field(default_factory=list)


class Mooring(BaseModel):
    """Moor a ship at a berth."""

    ship: str
    berth: Berth
    spare: Berth | None = None
    days: int = 1


def moor(ship: str, berth: Berth, spare: Berth | None = None, days: int = 1) -> str:
    """Moor a ship at a berth."""
    places = [Berth.model_validate(place) for place in (berth, spare)]
    return f"{ship} at {[place.number for place in places]} for {days!r} days"


class Place(TypedDict):
    """A place at a pier."""

    pier: str
    number: int


class TypedMooring(TypedDict):
    """Moor a ship at a berth."""

    ship: str
    berth: Place
    days: int


SCHEMA = Mooring.model_json_schema()
assert "$ref" in json.dumps(SCHEMA)

BERTH = {"pier": "N", "number": 3, "tags": ["deep", "7"]}
MEANT = {"ship": "3", "berth": BERTH, "spare": {"pier": "S", "number": 4}, "days": 2}
WRITTEN = {
    "ship": "3",
    "berth": json.dumps({**BERTH, "number": "3", "tags": json.dumps(BERTH["tags"])}),
    "spare": json.dumps(MEANT["spare"]),
    "days": "2",
}
DONE = "3 at [3, 4] for 2 days"


async def _collected(source: Any) -> list[Any]:
    return [item async for item in source]


def _settings(server: Any) -> dict[str, Any]:
    return {"model": "glm-4.7", "base_url": server.base_url, "api_key": KEY, "max_retries": 0}


def _no_references(server: Any) -> None:
    assert server.requests
    for request in server.requests:
        assert "$ref" not in json.dumps(request.json)
        assert "$defs" not in json.dumps(request.json)


# --- LangChain


def _structured_tool(schema: Any) -> Any:
    from langchain_core.tools import StructuredTool

    return StructuredTool.from_function(
        lambda **given: json.dumps(given), name="moor", description="Moor.", args_schema=schema
    )


def _langchain_tools() -> dict[str, Callable[[], Any]]:
    from langchain_core.tools import tool

    return {
        "function": lambda: moor,
        "decorated": lambda: tool(moor),
        "pydantic-class": lambda: type("moor", (Mooring,), {"__doc__": "Moor."}),
        "args-schema": lambda: _structured_tool(Mooring),
        "mcp-tool": lambda: _structured_tool(SCHEMA),
        "openai-dict": lambda: {
            "type": "function",
            "function": {"name": "moor", "description": "Moor.", "parameters": SCHEMA},
        },
        "anthropic-dict": lambda: {
            "name": "moor", "description": "Moor.", "input_schema": SCHEMA,
        },
        "titled-schema": lambda: {**SCHEMA, "title": "moor", "description": "Moor."},
    }  # fmt: skip


def _invoked(runnable: Any, way: Way, prompt: Any = "Moor it.") -> Any:
    """What a chain gives, or its last part where it is streamed and cannot be added up."""
    if way == "whole":
        return runnable.invoke(prompt)
    if way == "awhole":
        return asyncio.run(runnable.ainvoke(prompt))
    stream = runnable.stream if way == "stream" else runnable.astream
    parts = list(stream(prompt)) if way == "stream" else asyncio.run(_collected(stream(prompt)))
    if not hasattr(parts[0], "response_metadata"):
        return parts[-1]
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total


@pytest.mark.parametrize("kind", _langchain_tools())
@pytest.mark.parametrize("way", WAYS)
def test_langchain_tools(kind: str, way: Way) -> None:
    offered = _langchain_tools()[kind]()
    with scripted(calls(("moor", json.dumps(WRITTEN)))) as server:
        message = _invoked(ChatZhipuAI(**_settings(server)).bind_tools([offered]), way)
        _no_references(server)
    assert [call["args"] for call in message.tool_calls] == [MEANT]
    assert message.invalid_tool_calls == []
    if kind == "decorated":
        assert offered.invoke(message.tool_calls[0]).content == DONE


@pytest.mark.parametrize("method", ["function_calling", "json_mode", "json_schema"])
@pytest.mark.parametrize("schema", [Mooring, SCHEMA], ids=["pydantic", "dict"])
@pytest.mark.parametrize("way", WAYS)
def test_langchain_structured_output(schema: Any, method: Any, way: Way) -> None:
    text = json.dumps(WRITTEN)
    reply = calls(("Mooring", text)) if method == "function_calling" else said(text)
    with scripted(reply) as server:
        model = ChatZhipuAI(**_settings(server))
        value = _invoked(model.with_structured_output(schema, method=method), way)
        _no_references(server)
        assert len(server.requests) == 1
    assert value == (Mooring(**MEANT) if schema is Mooring else MEANT)


@pytest.mark.parametrize("way", WAYS)
def test_langchain_typed_dict(way: Way) -> None:
    written = {"ship": "3", "berth": json.dumps({"pier": "N", "number": "3"}), "days": "2"}
    with scripted(calls(("TypedMooring", json.dumps(written)))) as server:
        model = ChatZhipuAI(**_settings(server))
        value = _invoked(model.with_structured_output(TypedMooring), way)
        _no_references(server)
    assert value == {"ship": "3", "berth": {"pier": "N", "number": 3}, "days": 2}


# --- LlamaIndex


def _llama_index_tools() -> dict[str, Callable[[], Any]]:
    from llama_index.core.tools import FunctionTool

    return {
        "function": lambda: FunctionTool.from_defaults(fn=moor),
        "class": lambda: FunctionTool.from_defaults(fn=moor, fn_schema=Mooring),
    }


@pytest.mark.parametrize("kind", _llama_index_tools())
@pytest.mark.parametrize("way", WAYS)
def test_llama_index_tools(kind: str, way: Way) -> None:
    tool = _llama_index_tools()[kind]()
    with scripted(calls(("moor", json.dumps(WRITTEN)))) as server:
        llm = ZhipuAI(**_settings(server))

        async def asked() -> Any:
            if way == "awhole":
                return await llm.achat_with_tools([tool], user_msg="Moor it.")
            source = await llm.astream_chat_with_tools([tool], user_msg="Moor it.")
            return (await _collected(source))[-1]

        if way.startswith("a"):
            response = asyncio.run(asked())
        elif way == "whole":
            response = llm.chat_with_tools([tool], user_msg="Moor it.")
        else:
            response = list(llm.stream_chat_with_tools([tool], user_msg="Moor it."))[-1]
        _no_references(server)
    (made,) = llm.get_tool_calls_from_response(response)
    assert made.tool_kwargs == MEANT
    assert tool.call(**made.tool_kwargs).content == DONE


@pytest.mark.parametrize("strategy", ["json", "tool", "prompt"])
@pytest.mark.parametrize("way", WAYS)
def test_llama_index_structured_predict(strategy: Any, way: Way) -> None:
    from llama_index.core.prompts import PromptTemplate

    text = json.dumps(WRITTEN)
    reply = calls(("Mooring", text)) if strategy == "tool" else said(text)
    with scripted(reply) as server:
        llm = ZhipuAI(**_settings(server), structured_output=strategy)
        prompt = PromptTemplate("Moor it.")

        async def asked() -> Any:
            if way == "awhole":
                return await llm.astructured_predict(Mooring, prompt)
            source = await llm.astream_structured_predict(Mooring, prompt)
            return (await _collected(source))[-1]

        if way.startswith("a"):
            value = asyncio.run(asked())
        elif way == "whole":
            value = llm.structured_predict(Mooring, prompt)
        else:
            value = list(llm.stream_structured_predict(Mooring, prompt))[-1]
        _no_references(server)
        assert len(server.requests) == 1
    assert value == Mooring(**MEANT)
