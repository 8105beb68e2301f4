"""ZhipuAIWebSearchTool: what the model reads, what it may choose, what it is told of failures."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from langchain_core.exceptions import ModelAuthenticationError
from langchain_core.messages import ToolMessage

import zhipu_emulator
from langchain_zhipu import ZhipuAIWebSearchTool
from zhipu_client import AuthenticationError, InvalidRequestError
from zhipu_client.web_search import shorten


@pytest.fixture
def tool(access) -> ZhipuAIWebSearchTool:
    return ZhipuAIWebSearchTool(**access)


def call(**arguments: Any) -> dict[str, Any]:
    return {"name": "web_search", "args": arguments, "id": "call_1", "type": "tool_call"}


def answer(*results: dict[str, str]) -> dict[str, Any]:
    return {"id": "1", "request_id": "1", "search_intent": [], "search_result": list(results)}


def failure(code: str, status: int = 400) -> zhipu_emulator.Answer:
    return zhipu_emulator.Answer(json={"error": {"code": code, "message": "no"}}, status=status)


PAGE = {
    "title": "The Great Wall",
    "link": "https://walls.example/great",
    "content": "Open from 8 to 17.",
    "media": "Walls",
    "icon": "",
    "publish_date": "2026-09-30",
    "refer": "ref_1",
}


def test_the_model_reads_numbered_results_with_links(tool, server):
    bare = {"title": "", "link": "", "content": "No title, no link.", "media": ""}
    server.script(answer(PAGE, bare, {"link": "https://walls.example/only"}))
    message = tool.invoke(call(query="Great Wall"))
    assert isinstance(message, ToolMessage)
    assert message.status == "success"
    assert message.content == (
        "[1] The Great Wall (Walls, 2026-09-30)\n"
        "https://walls.example/great\n"
        "Open from 8 to 17.\n\n"
        "[2] Without a title\n"
        "No title, no link.\n\n"
        "[3] https://walls.example/only\n"
        "https://walls.example/only"
    )
    assert message.artifact["search_result"][0] == PAGE


async def test_async_gives_the_same(tool, server):
    server.script(answer(PAGE), answer(PAGE))
    sync = tool.invoke(call(query="Great Wall"))
    found = await tool.ainvoke(call(query="Great Wall"))
    assert (found.content, found.artifact) == (sync.content, sync.artifact)


def test_invoked_with_plain_arguments_it_gives_the_text(tool, server):
    server.script(answer(PAGE))
    assert tool.invoke({"query": "Great Wall"}).startswith("[1] The Great Wall")


def test_what_is_sent(access, server):
    tool = ZhipuAIWebSearchTool(
        count=3, search_engine="search_pro", content_size="high", search_intent=True, **access
    )
    tool.invoke({"query": "news", "recency": "oneDay"})
    sent = server.requests[0]["json"]
    assert sent.pop("request_id")
    assert sent == {
        "search_query": "news",
        "search_engine": "search_pro",
        "search_intent": True,
        "count": 3,
        "search_recency_filter": "oneDay",
        "content_size": "high",
    }


def test_an_engine_with_steps_gives_no_more_than_asked_for(access, server):
    server.script(answer(*[PAGE] * 10))
    tool = ZhipuAIWebSearchTool(count=3, search_engine="search_pro_sogou", **access)
    content = tool.invoke({"query": "walls"})
    assert server.requests[0]["json"]["count"] == 10
    assert "[3]" in content
    assert "[4]" not in content


def test_the_sites_own_engine_is_the_default(monkeypatch):
    tool = ZhipuAIWebSearchTool(api_key="a.b", base_url="zai")
    assert tool._search("walls", 10).json["search_engine"] == "search-prime"
    tool = ZhipuAIWebSearchTool(api_key="a.b", base_url="bigmodel")
    assert tool._search("walls", 10).json["search_engine"] == "search_std"


def test_what_is_fixed_is_not_the_models_to_choose(access, server):
    assert set(ZhipuAIWebSearchTool(**access).args) == {
        "query",
        "domain",
        "recency",
    }
    fixed = ZhipuAIWebSearchTool(search_domain_filter="cities.example", **access)
    assert set(fixed.args) == {"query", "recency"}
    all_fixed = ZhipuAIWebSearchTool(
        search_domain_filter="cities.example", search_recency_filter="oneYear", **access
    )
    assert set(all_fixed.args) == {"query"}
    all_fixed.invoke({"query": "walls"})
    assert server.requests[0]["json"]["search_domain_filter"] == "cities.example"


def test_long_queries_are_cut_at_a_word(access, server):
    query = "how do sperm whales sleep " * 5
    ZhipuAIWebSearchTool(**access).invoke({"query": query})
    sent = server.requests[0]["json"]["search_query"]
    assert len(sent) <= 70
    assert query.startswith(sent + " ")
    assert shorten("鲸" * 80, 70) == "鲸" * 70
    assert shorten(" two  words ", None) == "two words"
    assert shorten("exactly ten", 11) == "exactly ten"
    assert shorten("seven eleven", 5) == "seven"


def test_nothing_found_is_said(tool, server):
    server.script(answer(), failure("1703"))
    for _ in range(2):
        message = tool.invoke(call(query="xyzzy"))
        assert message.content.startswith("Nothing was found for 'xyzzy'.")
        assert message.status == "success"
        assert message.artifact is not None


def test_failures_are_told_to_the_model(tool, server):
    server.script(failure("1113", 429))
    message = tool.invoke(call(query="walls"))
    assert message.status == "error"
    assert message.content.startswith("The web search failed: ")
    assert "1113" in message.content


async def test_or_raised(access, server):
    tool = ZhipuAIWebSearchTool(**{**access, "api_key": "wrong.key"}, handle_tool_error=False)
    with pytest.raises(AuthenticationError) as caught:
        tool.invoke({"query": "walls"})
    assert isinstance(caught.value, ModelAuthenticationError)
    with pytest.raises(AuthenticationError):
        await tool.ainvoke({"query": "walls"})


def test_a_call_that_does_not_fit_the_schema_is_told_to_the_model(tool, server):
    for arguments in ({}, {"query": ""}, {"query": "walls", "recency": "ever"}):
        assert tool.invoke(call(**arguments)).status == "error"
    assert not server.requests


def test_wrong_settings_are_refused(access):
    for wrong in ({"count": 0}, {"count": 51}, {"content_size": "huge"}, {"counts": 3}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            ZhipuAIWebSearchTool(**{**access, **wrong})
    with pytest.raises(InvalidRequestError, match="API key"):
        ZhipuAIWebSearchTool()


def test_copies_and_pickles(tool, access, server, monkeypatch):
    assert access["api_key"] not in repr(tool)
    server.script(answer(PAGE), answer(PAGE))
    assert copy.deepcopy(tool).invoke({"query": "walls"}).startswith("[1]")
    data = pickle.dumps(tool)
    assert access["api_key"].encode() not in data
    monkeypatch.setenv("ZHIPUAI_API_KEY", access["api_key"])
    assert pickle.loads(data).invoke({"query": "walls"}).startswith("[1]")


def test_a_chat_model_can_be_given_it(tool, access, server):
    from langchain_zhipu import ChatZhipuAI

    ChatZhipuAI(model="glm-4.7", **access).bind_tools([tool]).invoke("Search for walls.")
    (wire,) = server.requests[-1]["json"]["tools"]
    assert wire["function"]["name"] == "web_search"
    assert "query" in wire["function"]["parameters"]["properties"]
