"""What contains itself, in every form in which tools and schemas are given to the adapters."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest
from langchain_core.tools import StructuredTool, tool
from pydantic import BaseModel
from typing_extensions import TypedDict

from langchain_zhipu import ChatZhipuAI

from .server import calls, said, scripted
from .subjects import KEY


class Node(BaseModel):
    """A node of a tree."""

    size: int
    children: list[Node] = []


class Knot(TypedDict, total=False):
    """A knot of a net.

    Args:
        size: How large.
    """

    size: Annotated[int, ..., "How large."]
    children: list[Knot]


@dataclass
class Leaf:
    """A leaf."""

    size: int
    children: list[Leaf] = field(default_factory=list)


SEEN: list[Any] = []


def plant(tree: Node, deep: int = 1) -> str:
    """Plant a tree.

    Args:
        tree: What to plant.
        deep: How deep.
    """
    SEEN.append(tree)
    return "planted"


def tie(tree: Knot) -> str:
    """Tie a net."""
    SEEN.append(tree)
    return "tied"


def many(tree: list[Node], by: dict[str, Node] | None = None, one: Node | None = None) -> str:
    """Plant many."""
    return "planted"


async def drop(tree: Leaf) -> str:
    """Drop a leaf."""
    return "dropped"


def plain(levels: int) -> dict[str, Any]:
    return {"size": levels, "children": [plain(levels - 1)] if levels else []}


def written(levels: int) -> dict[str, Any]:
    inner = json.dumps([written(levels - 1)] if levels else [])
    return {"size": str(levels), "children": inner}


def wrapped(value: Any) -> dict[str, Any]:
    return {"tree": value if isinstance(value, list) else json.dumps(value)}


TOOLS = {
    "function": (plant, wrapped(written(3)), {"tree": plain(3)}),
    "function-of-a-typed-dict": (tie, wrapped(written(3)), {"tree": plain(3)}),
    "function-of-a-dataclass": (drop, wrapped(written(3)), {"tree": plain(3)}),
    "function-of-a-list": (many, wrapped([written(2)]), {"tree": [plain(2)]}),
    "tool": (tool(tie), wrapped(written(3)), {"tree": plain(3)}),
    "coroutine-tool": (
        StructuredTool.from_function(coroutine=drop), wrapped(written(3)), {"tree": plain(3)},
    ),
    "typed-dict": (Knot, written(3), plain(3)),
    "dataclass": (Leaf, written(3), plain(3)),
    "class": (Node, written(3), plain(3)),
    "dict": (
        {"title": "Node", "description": "n", **Node.model_json_schema()["$defs"]["Node"],
         "$defs": Node.model_json_schema()["$defs"]},
        written(3), plain(3),
    ),
}  # fmt: skip


def name_of(made: Any) -> str:
    if isinstance(made, dict):
        return str(made["title"])
    return str(getattr(made, "name", None) or made.__name__)


def refers(value: Any) -> bool:
    if isinstance(value, dict):
        return "$ref" in value or any(map(refers, value.values()))
    return isinstance(value, list) and any(map(refers, value))


@pytest.mark.parametrize("way", ["invoke", "stream", "ainvoke"])
@pytest.mark.parametrize("title", TOOLS)
async def test_a_tool_is_offered_whole_and_its_call_is_decoded(title: str, way: str) -> None:
    made, arguments, expected = TOOLS[title]
    with scripted(calls((name_of(made), json.dumps(arguments)))) as server:
        bound = ChatZhipuAI(api_key=KEY, base_url=server.base_url).bind_tools([made])
        if way == "invoke":
            message: Any = bound.invoke("hi")
        elif way == "ainvoke":
            message = await bound.ainvoke("hi")
        else:
            first, *others = bound.stream("hi")
            message = first + others
    assert [call["args"] for call in message.tool_calls] == [expected]
    sent = server.requests[0].json["tools"][0]["function"]["parameters"]
    assert not refers(sent)
    at = sent if "size" in sent["properties"] else sent["properties"]["tree"]
    at = at.get("items", at)
    for _ in range(2):
        assert at["properties"]["size"]["type"] == "integer"
        at = at["properties"]["children"]["items"]


def test_what_is_said_of_the_parts_is_sent() -> None:
    with scripted(said("ok")) as server:
        ChatZhipuAI(api_key=KEY, base_url=server.base_url).bind_tools([plant, Knot]).invoke("hi")
    function, class_ = (one["function"] for one in server.requests[0].json["tools"])
    assert function["description"].startswith("Plant a tree.")
    assert function["parameters"]["properties"]["deep"]["description"] == "How deep."
    assert class_["description"] == "A knot of a net."
    inner = class_["parameters"]["properties"]["children"]["items"]
    assert inner["properties"]["size"]["description"] == "How large."


@pytest.mark.parametrize("method", ["function_calling", "json_mode", "json_schema"])
@pytest.mark.parametrize("kind", [Node, Knot, Leaf])
@pytest.mark.parametrize("streamed", [False, True])
def test_structured_output(kind: Any, method: Any, streamed: bool) -> None:
    text = json.dumps(written(3))
    reply = calls((kind.__name__, text)) if method == "function_calling" else said(text)
    with scripted(reply) as server:
        model = ChatZhipuAI(api_key=KEY, base_url=server.base_url)
        structured = model.with_structured_output(kind, method=method)
        found = list(structured.stream("hi"))[-1] if streamed else structured.invoke("hi")
    assert (found.model_dump() if isinstance(found, Node) else found) == plain(3)
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", [Node, Knot])
def test_response_format(kind: Any) -> None:
    with scripted(said(json.dumps(written(2)))) as server:
        model = ChatZhipuAI(api_key=KEY, base_url=server.base_url)
        message = model.invoke("hi", response_format=kind)
    assert json.loads(message.text) == plain(2)


@pytest.mark.parametrize("made", [plant, tie])
async def test_an_agent_runs_it_with_what_was_meant(made: Any) -> None:
    from langchain.agents import create_agent

    SEEN.clear()
    arguments = json.dumps(wrapped(written(3)))
    with scripted(calls((made.__name__, arguments)), said("done")) as server:
        model = ChatZhipuAI(api_key=KEY, base_url=server.base_url)
        agent: Any = create_agent(model, [made])
        state = await agent.ainvoke({"messages": [("user", "hi")]})
    assert state["messages"][-1].text == "done"
    (seen,) = SEEN
    assert (seen.model_dump() if isinstance(seen, BaseModel) else seen) == plain(3)


@pytest.mark.parametrize("strategy", ["auto", "tool", "provider"])
@pytest.mark.parametrize("kind", [Node, Knot, Leaf])
def test_an_agents_answer(kind: Any, strategy: str) -> None:
    from langchain.agents import create_agent
    from langchain.agents.structured_output import ProviderStrategy, ToolStrategy

    wanted = {"auto": lambda k: k, "tool": ToolStrategy, "provider": ProviderStrategy}[strategy]
    by_call = calls((kind.__name__, json.dumps(written(3))))
    by_text = said(json.dumps(written(3)))

    def reply(request: Any) -> Any:
        return (by_call if request.get("tools") else by_text).body

    from .server import Reply

    with scripted(Reply(reply)) as server:
        model = ChatZhipuAI(api_key=KEY, base_url=server.base_url)
        agent: Any = create_agent(model, [], response_format=wanted(kind))
        state = agent.invoke({"messages": [("user", "hi")]}, {"recursion_limit": 6})
    found = state["structured_response"]
    if isinstance(found, BaseModel):
        found = found.model_dump()
    elif not isinstance(found, dict):
        from dataclasses import asdict

        found = asdict(found)
    assert found == plain(3)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("strategy", ["json", "tool", "prompt"])
def test_llama_index_structured_output(strategy: Any, streamed: bool) -> None:
    from llama_index.core.prompts import PromptTemplate

    from llama_index_zhipu import ZhipuAI

    text = json.dumps(written(4))
    with scripted(calls(("Node", text)) if strategy == "tool" else said(text)) as server:
        llm = ZhipuAI(
            model="glm-4.7", api_key=KEY, api_base=server.base_url, structured_output=strategy
        )
        if streamed:
            *_, found = llm.stream_structured_predict(Node, PromptTemplate("hi"))
        else:
            found = llm.structured_predict(Node, PromptTemplate("hi"))
    assert found == Node(**plain(4))
    assert len(server.requests) == 1
