"""Names that the wire cannot carry: of tools, handoffs and schemas, there and back."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from zhipu_client.conversation.tools import encoded_tools

from . import subjects
from .rows import Row, check, table
from .server import Reply, call, chunk, last, reply, scripted
from .subjects import ADAPTERS, KEY, Ask
from .test_ocr import PNG

PLAIN = re.compile("[a-zA-Z0-9_-]{1,64}")
NAMES = ["transfer_to_规划", "查天气", "Page[int]", "Trip Report", "server.tool", "a" * 70]
SCHEMA = {
    "title": "Trip Report",
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}


def tool(name: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    function = {"name": name, "description": "Goes on.", "parameters": parameters}
    return {"type": "function", "function": function}


def _calls_the_last(body: Any) -> Any:
    name = body["tools"][-1]["function"]["name"]
    return reply("", tool_calls=[call(name, '{"city": "Paris"}', "c1")])


def _value(body: Any) -> Any:
    return _calls_the_last(body) if body.get("tools") else reply('{"city": "Paris"}')


def history(name: str) -> list[tuple[Any, ...]]:
    made = ("assistant", "", {"calls": [("c0", name, {"city": "Rome"})]})
    return [("user", "Go."), made, ("tool", "c0", "Gone.")]


@table(
    [
        Row(
            f"tool-{number}",
            Reply(_calls_the_last),
            {"calls": [(name, {"city": "Paris"})], "tries": 1},
            Ask(history(name), tools=[tool("other"), tool(name)]),
        )
        for number, name in enumerate(NAMES)
    ]
)
def test_tools(row, adapter, way):
    (body,) = check(row, adapter, way).requests
    names = [each["function"]["name"] for each in body["tools"]]
    (said,) = [
        made["function"]["name"] for m in body["messages"] for made in m.get("tool_calls", ())
    ]
    assert all(PLAIN.fullmatch(name) for name in names)
    assert said == names[1]
    assert len(set(names)) == 2


def _in_pieces(body: Any) -> Any:
    name = body["tools"][-1]["function"]["name"]
    pieces = [name[:4], name[4:], ""]
    return [
        chunk({"tool_calls": [call(piece, text, "c1")]})
        for piece, text in zip(pieces, ["", "", '{"city": "Paris"}'], strict=True)
    ]


@table(
    [
        Row(
            f"pieces-{name}",
            Reply(
                reply(""), [*_in_pieces({"tools": encoded_tools([tool(name)])}), last("tool_calls")]
            ),
            {"calls": [(name, {"city": "Paris"})], "invalid": []},
            Ask(tools=[tool("other"), tool(name)]),
            ways=("stream", "astream"),
        )
        for name in ("get_weather", "查天气")
    ]
)
def test_a_name_that_comes_in_pieces(row, adapter, way):
    check(row, adapter, way)


@pytest.mark.parametrize("method", ["function_calling", "json_mode", "json_schema"])
def test_titles_of_schemas(method: Any) -> None:
    from langchain_zhipu import ChatZhipuAI

    with scripted(Reply(_value)) as server:
        model = ChatZhipuAI(api_key=KEY, base_url=server.base_url)
        asked = model.with_structured_output(SCHEMA, method=method)
        assert asked.invoke("Where?") == {"city": "Paris"}
        assert list(asked.stream("Where?"))[-1] == {"city": "Paris"}


SITES = ["bigmodel", "zai", "bigmodel-coding", "zai-coding"]


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("site", SITES)
def test_titles_of_what_is_read_off_a_page(
    adapter: str, site: str, service: Any, reach: Any, tmp_path: Path
) -> None:
    """A coding base has no OCR: there the page is read by a parser with a base of its own."""
    import langchain_zhipu
    import llama_index_zhipu

    (tmp_path / "a.png").write_bytes(PNG)
    own = subjects._at(service, site)
    asyncio.run(own.pop("http_async_client").aclose())
    model = ADAPTERS[adapter](api_key=service.api_key, **own).thing  # type: ignore[attr-defined]
    made: Any = langchain_zhipu if adapter == "langchain" else llama_index_zhipu
    parser = made.ZhipuAIOCRParser if adapter == "langchain" else made.ZhipuAIOCRReader
    word = "parser" if adapter == "langchain" else "reader"
    elsewhere = {word: parser(**reach)} if "coding" in site else {}
    with own["http_client"]:
        for schema in (SCHEMA, {"city": ""}, {**SCHEMA, "title": "报告"}):
            extractor = made.create_ocr_extractor(model, schema, **elsewhere)
            run = extractor.invoke if adapter == "langchain" else extractor
            assert "city" in str(run(tmp_path / "a.png"))
    tools = [tool for request in service.requests for tool in request["json"].get("tools", ())]
    assert bool(tools) == (adapter == "langchain")  # the other asks for JSON by its schema
    assert all(PLAIN.fullmatch(tool["function"]["name"]) for tool in tools)


@pytest.mark.parametrize("streamed", [False, True])
def test_an_agent_hands_over(streamed: bool) -> None:
    """As LangGraph's supervisors do: a tool for each agent, which answers with a command."""
    from langchain.agents import create_agent
    from langchain_core.tools import tool as made_tool
    from langgraph.graph import MessagesState, StateGraph

    import zhipu_emulator
    from langchain_zhipu import ChatZhipuAI

    ran = []

    @made_tool("transfer_to_规划")
    def transfer() -> str:
        """Hand over to the planner."""
        ran.append("transfer")
        return "Handed over to 规划."

    with zhipu_emulator.serve() as server:
        model = ChatZhipuAI(api_key=server.api_key, base_url=server.base_url)
        graph = StateGraph(MessagesState)
        graph.add_node("接待", create_agent(model, [transfer], name="接待"))
        graph.add_node("规划", create_agent(model, [], name="规划"))
        graph.add_edge("__start__", "接待")
        graph.add_edge("接待", "规划")
        graph.set_finish_point("规划")
        asked = {"messages": [("user", "Call transfer_to_规划.")]}
        made = _called("transfer_to_规划")
        server.script(zhipu_emulator.Answer(message={"content": "", "tool_calls": [made]}))
        app = graph.compile()
        if streamed:
            list(app.stream(asked, stream_mode="messages"))
        else:
            app.invoke(asked)
        bodies = [request["json"] for request in server.requests]
    assert ran == ["transfer"]
    assert "Handed over to 规划." in json.dumps(bodies[-1], ensure_ascii=False)


def _called(name: str) -> dict[str, Any]:
    """A call by the name that the wire has for a tool."""
    from zhipu_client.conversation.tools import encode_name

    function = {"name": encode_name(name), "arguments": "{}"}
    return {"id": "c1", "type": "function", "function": function}
