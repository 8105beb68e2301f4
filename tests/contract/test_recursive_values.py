"""Classes that contain themselves: every level that GLM wrote as JSON text is read as it should."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from pydantic import BaseModel, Field

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI

from .server import calls, scripted
from .subjects import ADAPTERS, KEY, WAYS, Ask, Way, run


class Branch(BaseModel):
    """A branch of a tree."""

    leaves: int
    branches: list[Branch] = Field(default_factory=list)


class Tree(BaseModel):
    """A tree."""

    trunk: Branch


def grow(trunk: Branch) -> str:
    """Grow a tree."""
    return str(trunk)


def plain(levels: int) -> dict[str, Any]:
    return {"leaves": levels, **({"branches": [plain(levels - 1)]} if levels else {})}


def written(levels: int) -> dict[str, Any]:
    """The same, with each list of branches as JSON text."""
    inner = {"branches": json.dumps([written(levels - 1)])} if levels else {}
    return {"leaves": levels, **inner}


def langchain_tools() -> list[Any]:
    from langchain_core.tools import StructuredTool

    return [Tree, Branch, StructuredTool.from_function(grow)]


def llama_index_tools() -> list[Any]:
    from llama_index.core.tools import FunctionTool

    return [FunctionTool.from_defaults(grow, fn_schema=Tree)]


@pytest.mark.parametrize("levels", [1, 2, 3, 6])
@pytest.mark.parametrize("strict", [None, True])
@pytest.mark.parametrize("number", range(3), ids=["class", "class at the root", "tool"])
def test_calls_of_langchain(levels: int, number: int, strict: bool | None) -> None:
    name = ["Tree", "Branch", "grow"][number]
    at_root = number == 1
    arguments = written(levels) if at_root else {"trunk": json.dumps(written(levels))}
    with scripted(calls((name, json.dumps(arguments)))) as server:
        tool = langchain_tools()[number]
        model = ChatZhipuAI(api_key=KEY, base_url=server.base_url)
        bound = model.bind_tools([tool], strict=strict)
        first, *others = bound.stream("Grow.")
        for answer in (bound.invoke("Grow."), first + others, asyncio.run(bound.ainvoke("Grow."))):
            assert answer.tool_calls[0]["args"] == (
                plain(levels) if at_root else {"trunk": plain(levels)}
            )
        parameters = server.requests[0].json["tools"][0]["function"]["parameters"]
    assert parameters["type"] == "object"
    trunk = parameters if at_root else parameters["properties"]["trunk"]
    assert trunk["properties"]["branches"]["items"]["properties"]["leaves"]["type"] == "integer"
    assert (trunk.get("additionalProperties") is False) == bool(strict)


@pytest.mark.parametrize("levels", [1, 2, 3, 6])
def test_calls_of_llama_index(levels: int) -> None:
    arguments = json.dumps({"trunk": json.dumps(written(levels))})
    with scripted(calls(("grow", arguments))) as server:
        llm = ZhipuAI(model="glm-4.7", api_key=KEY, base_url=server.base_url)
        tools = llama_index_tools()
        whole = llm.chat_with_tools(tools, "Grow.")
        *_, last = llm.stream_chat_with_tools(tools, "Grow.")
        for response in (whole, last):
            (call,) = llm.get_tool_calls_from_response(response)
            assert call.tool_kwargs == {"trunk": plain(levels)}


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("levels", [1, 2, 4])
def test_instances(adapter: str, way: Way, levels: int) -> None:
    arguments = json.dumps({"trunk": json.dumps(written(levels))})
    with scripted(calls(("Tree", arguments))) as server:
        ask = Ask("Grow.", schema=Tree, method="function_calling")
        outcome = run(server, adapter, way, ask, {})
    assert outcome.error is None, outcome.exception
    assert outcome.value == Tree(trunk=Branch.model_validate(plain(levels))).model_dump()
    assert len(outcome.requests) == 1
