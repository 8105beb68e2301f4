"""Headers of MCP servers and of calls do not go into a pickle, and are missed before a request."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.load import dumps

import zhipu_emulator
from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from zhipu_client import InvalidRequestError

SECRET = "sesame-4711"
NESTED = {"type": "mcp", "mcp": {"server_label": "tides", "server_url": "http://127.0.0.1:9/mcp",
                                 "headers": {"X-Tenant": "acme", "X-Token": SECRET}}}  # fmt: skip
FLAT = {"type": "mcp", "server_label": "tides", "server_url": "http://127.0.0.1:9/mcp",
        "authorization": SECRET}  # fmt: skip

ASKED = {"type": "mcp", "mcp": {"server_label": "tides",
         "server_url": f"http://127.0.0.1:9/mcp?tavilyApiKey={SECRET}"}}  # fmt: skip
NAMED = {"type": "mcp", "server_label": "tides",
         "server_url": f"http://me:{SECRET}@127.0.0.1:9/mcp"}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[zhipu_emulator.Server]:
    with zhipu_emulator.serve() as running:
        yield running


def bound(server: Any, tool: Any) -> Any:
    return ChatZhipuAI(base_url=server.base_url, api_key=server.api_key).bind_tools([tool])


def called(server: Any, _: Any) -> Any:
    model = ChatZhipuAI(base_url=server.base_url, api_key=server.api_key)
    return model.bind(extra_headers={"X-Tenant": "acme", "X-Token": SECRET})


def further(server: Any, tool: Any) -> Any:
    given = {"base_url": server.base_url, "api_key": server.api_key}
    return ChatZhipuAI(**given, model_kwargs={"extra_headers": {"X-Token": SECRET}})


def offered(server: Any, tool: Any) -> Any:
    return ZhipuAI(api_base=server.base_url, api_key=server.api_key, server_tools=[tool])


def additional(server: Any, _: Any) -> Any:
    more = {"extra_headers": {"X-Token": SECRET}}
    return ZhipuAI(api_base=server.base_url, api_key=server.api_key, additional_kwargs=more)


def nested(server: Any, tool: Any) -> Any:
    given = {"base_url": server.base_url, "api_key": server.api_key}
    return ChatZhipuAI(**given, extra_body={"tools": [tool]})


def keyed(server: Any, _: Any) -> Any:
    model = ChatZhipuAI(base_url=server.base_url, api_key=server.api_key)
    return model.bind(extra_headers={"X-Token": SECRET, "X-Up": server.api_key})


#: What is to be given again.
WHERE: dict[Callable[..., Any], str] = {
    bound: "tools[0]", called: "extra_headers", further: "extra_headers",
    offered: "server_tools[0]", additional: "extra_headers", nested: "extra_body",
    keyed: "extra_headers",
}  # fmt: skip


def ask(model: Any, way: str) -> Any:
    if isinstance(model, ZhipuAI):
        ways: dict[str, Callable[[], Any]] = {
            "sync": lambda: model.complete("hi"),
            "async": lambda: asyncio.run(model.acomplete("hi")),
            "stream": lambda: list(model.stream_complete("hi")),
        }
    else:
        ways = {
            "sync": lambda: model.invoke("hi"),
            "async": lambda: asyncio.run(model.ainvoke("hi")),
            "stream": lambda: list(model.stream("hi")),
        }
    return ways[way]()


@pytest.mark.parametrize(
    ("make", "tool"),
    [
        (bound, NESTED), (bound, FLAT), (called, None), (further, None),
        (offered, NESTED), (offered, FLAT), (additional, None), (nested, NESTED), (keyed, None),
        (bound, ASKED), (bound, NAMED), (offered, ASKED), (offered, NAMED), (nested, ASKED),
    ],
)  # fmt: skip
def test_a_pickle_has_no_headers_and_says_which(
    server: Any, make: Callable[..., Any], tool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIPUAI_API_KEY", server.api_key)
    written = pickle.dumps(make(server, tool))
    there = pickle.loads(written)
    assert SECRET.encode() not in written + pickle.dumps(there)
    assert server.api_key.encode() not in written
    before = len(server.requests)
    for way in ("sync", "async", "stream"):
        with pytest.raises(
            InvalidRequestError, match=r"X-Token|authorization|server_url"
        ) as caught:
            ask(there, way)
        assert caught.value.field == WHERE[make]
        assert f"give {WHERE[make]} again" in str(caught.value)
    assert len(server.requests) == before


@pytest.mark.parametrize("make", [bound, called, offered])
def test_a_copy_has_them(server: Any, make: Callable[..., Any]) -> None:
    model = copy.deepcopy(make(server, NESTED))
    assert SECRET in str(model.server_tools if isinstance(model, ZhipuAI) else model.kwargs)


def test_headers_that_are_no_secrets_stay(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIPUAI_API_KEY", server.api_key)
    model = ChatZhipuAI(base_url=server.base_url, api_key=server.api_key)
    there = pickle.loads(pickle.dumps(model.bind(extra_headers={"X-Tenant": "acme"})))
    there.invoke("hi")
    assert server.requests[-1]["headers"]["x-tenant"] == "acme"


@pytest.mark.parametrize("make", [bound, offered])
def test_an_address_without_secrets_stays(
    server: Any, make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIPUAI_API_KEY", server.api_key)
    address = "http://127.0.0.1:9/mcp?version=2"
    tool = {"type": "mcp", "mcp": {"server_label": "tides", "server_url": address}}
    model = pickle.loads(pickle.dumps(make(server, tool)))
    assert address in str(model.server_tools if isinstance(model, ZhipuAI) else model.kwargs)


@pytest.mark.parametrize("tool", [ASKED, NAMED, FLAT])
def test_nothing_that_is_written_down_has_them(server: Any, tool: Any) -> None:
    model = bound(server, tool)
    given = {"base_url": server.base_url, "api_key": server.api_key}
    more = ChatZhipuAI(**given, model_kwargs={"tools": [tool]}, extra_body={"tools": [tool]})
    llm = ZhipuAI(**given, server_tools=[tool], additional_kwargs={"tools": [tool]})
    shown = [
        repr(model), dumps(model), repr(more), dumps(more), more.model_dump_json(),
        str(more._get_llm_string()), str(more._identifying_params), repr(llm), str(llm),
        llm.to_json(), llm.model_dump_json(), str(more._get_ls_params(tools=[tool])),
        str(more._get_invocation_params(tools=[tool])),
    ]  # fmt: skip
    assert not [text for text in shown if SECRET in text]
