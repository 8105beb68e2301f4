"""MCP servers that the service calls: sent in either form, called, read back as blocks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from langchain_core.messages import HumanMessage
from llama_index.core.base.llms.types import CitableBlock, ToolCallBlock
from llama_index.core.llms import ChatMessage as LlamaMessage
from mcp.server.fastmcp import FastMCP

import zhipu_emulator
from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from zhipu_client import InvalidRequestError

QUESTION = "What is the water level in Cuxhaven?"
SAID = "Cuxhaven: 4.1 metres, falling"
WAYS = ["invoke", "ainvoke", "stream", "astream"]
adapters = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
ways = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(scope="module")
def tides() -> Iterator[str]:
    """The address of a small MCP server; what it was sent as a token is in its answer."""
    made = FastMCP("tides", log_level="WARNING", stateless_http=True)

    @made.tool()
    def water_level(harbour: str) -> str:
        """Look up the water level of a harbour."""
        return f"{harbour}: 4.1 metres, falling"

    @made.tool()
    def open_lock(name: str) -> str:
        """Open the gates of a lock."""
        raise ValueError(f"the lock {name} is frozen")

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(made.streamable_http_app(), log_level="warning", lifespan="on")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def service() -> Iterator[zhipu_emulator.Server]:
    with zhipu_emulator.serve(fetch_loopback=True) as server:
        yield server


def answered(
    adapter: str, way: str, service: Any, tool: dict[str, Any], asked: Any = QUESTION
) -> Any:
    """The whole message, or LlamaIndex's whole response."""
    reach = {"api_key": service.api_key, "base_url": service.base_url, "max_retries": 0}
    if adapter == "langchain":
        model = ChatZhipuAI(model="glm-4.7", **reach).bind_tools([tool])
        messages = [HumanMessage(asked)] if isinstance(asked, str) else asked
        if way == "invoke":
            return model.invoke(messages)
        if way == "ainvoke":
            return asyncio.run(model.ainvoke(messages))
        if way == "stream":
            chunks = list(model.stream(messages))
        else:

            async def read() -> Any:
                return [chunk async for chunk in model.astream(messages)]

            chunks = asyncio.run(read())
        whole = chunks[0]
        for chunk in chunks[1:]:
            whole += chunk
        return whole
    llm = ZhipuAI(model="glm-4.7", server_tools=[tool], **reach)
    said = [LlamaMessage(asked)] if isinstance(asked, str) else asked
    if way == "invoke":
        return llm.chat(said)
    if way == "ainvoke":
        return asyncio.run(llm.achat(said))
    if way == "stream":
        return list(llm.stream_chat(said))[-1]

    async def parts() -> Any:
        return [part async for part in await llm.astream_chat(said)][-1]

    return asyncio.run(parts())


def flat(url: str, **more: Any) -> dict[str, Any]:
    return {"type": "mcp", "server_label": "tides", "server_url": url, **more}


def shown(adapter: str, message: Any) -> list[str]:
    """What tools of the service said, in the framework's blocks."""
    if adapter == "langchain":
        blocks = [b for b in message.content_blocks if b["type"] == "server_tool_result"]
        return [json.dumps(block["output"]) for block in blocks]
    assert not any(isinstance(block, ToolCallBlock) for block in message.blocks)
    return [b.content[0].text for b in message.blocks if isinstance(b, CitableBlock)]


@adapters
@ways
def test_a_server_is_asked_and_what_it_said_is_in_blocks(
    adapter: str, way: str, service: Any, tides: str
) -> None:
    found = answered(adapter, way, service, flat(tides, require_approval="never"))
    message = found if adapter == "langchain" else found.message
    assert "4.1 metres" in (message.text if adapter == "langchain" else message.content)
    assert SAID in " ".join(shown(adapter, message))
    sent = service.requests[-1]["json"]["tools"]
    assert sent == [{"type": "mcp", "mcp": {"server_label": "tides", "server_url": tides}}]
    if adapter == "langchain":
        calls = [b for b in message.content_blocks if b["type"] == "server_tool_call"]
        assert [call["name"] for call in calls] == ["mcp_list_tools", "water_level"]
        assert calls[1]["args"] == {"harbour": "Cuxhaven"}
        assert message.tool_calls == []
        asked = [HumanMessage(QUESTION), message, HumanMessage("Thank you.")]
    else:
        asked = [LlamaMessage(QUESTION), message, LlamaMessage("Thank you.")]
    # The other way: a conversation with such an answer in it goes on, calls and all left out.
    answered(adapter, way, service, flat(tides), asked)
    roles = [m["role"] for m in service.requests[-1]["json"]["messages"]]
    assert roles == ["user", "assistant", "user"]
    assert "tool_calls" not in service.requests[-1]["json"]["messages"][1]


@adapters
@pytest.mark.parametrize("way", ["invoke", "astream"])
def test_what_goes_wrong_is_said(adapter: str, way: str, service: Any, tides: str) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as unused:
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}/mcp"
    wrong = [
        (flat(tides), "Open the lock called Hansa, please: open its gates.", "frozen"),
        (flat(nowhere), QUESTION, ""),
        (flat("https://tides.example/mcp"), QUESTION, "this machine"),
        ({"type": "mcp", "server_label": "sogou-baike"}, QUESTION, "label"),
        ({**flat(tides), "transport_type": "carrier-pigeon"}, QUESTION, "transport_type"),
        ({**flat(tides), "allowed_tools": ["open_lock"]}, QUESTION, None),
    ]
    for tool, question, words in wrong:
        found = answered(adapter, way, service, tool, question)
        about = found.response_metadata if adapter == "langchain" else found.additional_kwargs
        calls = about["server_tool_calls"]
        errors = [call["mcp"]["error"] for call in calls if "error" in call["mcp"]]
        assert len(errors) == (0 if words is None else 1), (tool, calls)
        assert all((words or "") in error for error in errors)


FORMS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"server_url": "https://a.example"}, {"server_url": "https://a.example"}),
    (
        {"allowed_tools": ["a"], "headers": {"X": "1"}},
        {"allowed_tools": ["a"], "headers": {"X": "1"}},
    ),
    ({"allowed_tools": {"tool_names": ["a"]}}, {"allowed_tools": ["a"]}),
    ({"allowed_tools": {}}, {}),
    ({"authorization": "t"}, {"headers": {"Authorization": "Bearer t"}}),
    ({"require_approval": "never", "server_description": "Tides"}, {}),
    ({"transport_type": "sse"}, {"transport_type": "sse"}),
]


@adapters
@pytest.mark.parametrize(("given", "sent"), FORMS)
def test_the_flat_form_is_sent_as_the_service_has_it(
    adapter: str, service: Any, given: dict[str, Any], sent: dict[str, Any]
) -> None:
    answered(adapter, "invoke", service, {"type": "mcp", "server_label": "x", **given}, "Hello")
    wanted = [{"type": "mcp", "mcp": {"server_label": "x", **sent}}]
    assert service.requests[-1]["json"]["tools"] == wanted


@adapters
@pytest.mark.parametrize(
    "given",
    [
        {"require_approval": "always"},
        {"require_approval": {"never": {}}},
        {"connector_id": "c"},
        {"allowed_tools": {"read_only": True}},
        {"headers": "Bearer t"},
    ],
)
def test_what_the_service_cannot_do_is_refused(
    adapter: str, service: Any, given: dict[str, Any]
) -> None:
    before = len(service.requests)
    with pytest.raises(InvalidRequestError, match=next(iter(given))):
        answered(adapter, "invoke", service, flat("https://a.example", **given))
    assert len(service.requests) == before
