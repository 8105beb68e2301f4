"""Which model an agent asks, and whether it thinks: the fallback and the thinking middleware."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage

from langchain_zhipu import ChatZhipuAI, ZhipuAIFallbackMiddleware, ZhipuAIThinkingMiddleware
from tests.contract.server import Reply, broken, calls, failure, said, scripted
from zhipu_client import (
    AuthenticationError,
    InvalidRequestError,
    QuotaExceededError,
    RateLimitError,
    StreamIncompleteError,
    ZhipuError,
)

ways = pytest.mark.parametrize("way", ["sync", "async", "stream"])
BUSY = failure(429, "1305", "busy")
USED_UP = failure(429, "1308", "已达到使用上限，将在 2026-11-27 18:00:00 重置")
RESET = datetime(2026, 11, 27, 18, tzinfo=timezone(timedelta(hours=8))).timestamp()


class Clock:
    now = RESET - 3600

    def __call__(self) -> float:
        return self.now


def ask(agent: Any, way: str, text: str = "Hello") -> Any:
    question = {"messages": [("user", text)]}
    if way == "sync":
        return agent.invoke(question)["messages"][-1].text
    if way == "async":
        return asyncio.run(agent.ainvoke(question))["messages"][-1].text
    parts = [part for part, _ in agent.stream(question, stream_mode="messages")]
    return "".join(part.text for part in parts)


def model(server: Any, name: str = "glm-4.7", **given: Any) -> ChatZhipuAI:
    where: dict[str, Any] = {"api_key": "a.b", "base_url": server.base_url}
    return ChatZhipuAI(model=name, max_retries=0, **where, **given)


def asked(server: Any) -> list[str]:
    return [request.json["model"] for request in server.requests]


@ways
@pytest.mark.parametrize(
    ("first", "moment", "same_again"),
    [
        (BUSY, 59.0, False),
        (BUSY, 61.0, True),
        (USED_UP, 3599.0, False),
        (USED_UP, 3601.0, True),
        (failure(429, "1302"), 1.0, False),
        (failure(500, "500"), 1.0, False),
    ],
)
def test_a_model_at_its_limit_rests_until_the_limit_is_over(way, first, moment, same_again):
    clock = Clock()
    with scripted(first, said("yes")) as server:
        fallback = ZhipuAIFallbackMiddleware(model(server, "glm-4.6"), clock=clock)
        agent = create_agent(model(server), middleware=[fallback])
        assert ask(agent, way) == "yes"
        assert asked(server) == ["glm-4.7", "glm-4.6"]
        clock.now += moment
        assert ask(agent, way) == "yes"
        assert asked(server)[2:] == ["glm-4.7" if same_again else "glm-4.6"]


@ways
def test_when_all_are_at_a_limit_the_error_names_them_all(way):
    with scripted(BUSY, USED_UP, BUSY, USED_UP) as server:
        fallback = ZhipuAIFallbackMiddleware(model(server, "glm-4.6"), clock=Clock())
        agent = create_agent(model(server), middleware=[fallback])
        for _ in range(2):  # the second time, all rest
            with pytest.raises(ZhipuError) as caught:
                ask(agent, way)
            said_of = str(caught.value).partition("All 2 models failed, in this order: ")[2]
            assert said_of.count("glm-4.7: ") == said_of.count("glm-4.6: ") == 1
            for one in ("RateLimitError (429, 1305)", "QuotaExceededError (429, 1308)"):
                assert said_of.count(one) == 1


def test_one_models_error_says_nothing_of_others():
    with scripted(failure(401, "1000")) as server:
        fallback = ZhipuAIFallbackMiddleware(model(server, "glm-4.6"))
        with pytest.raises(AuthenticationError) as caught:
            ask(create_agent(model(server), middleware=[fallback]), "sync")
        assert "models failed" not in str(caught.value)


@ways
@pytest.mark.parametrize(("last", "kind"), [(BUSY, RateLimitError), (USED_UP, QuotaExceededError)])
def test_when_all_are_at_a_limit_the_last_error_is_raised(way, last, kind):
    with scripted(BUSY, BUSY, last) as server:
        others = [model(server, name) for name in ("glm-4.6", "glm-5")]
        agent = create_agent(model(server), middleware=[ZhipuAIFallbackMiddleware(*others)])
        with pytest.raises(kind):
            ask(agent, way)
        assert asked(server) == ["glm-4.7", "glm-4.6", "glm-5"]


@ways
@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (failure(401, "1000"), AuthenticationError),
        (failure(400, "1210"), ZhipuError),
        (failure(400, "1261"), ZhipuError),
        (failure(400, "1301"), ZhipuError),
    ],
)
def test_what_another_model_would_refuse_too_is_raised(way, first, kind):
    with scripted(first, said("yes")) as server:
        fallback = ZhipuAIFallbackMiddleware(model(server, "glm-4.6"))
        with pytest.raises(kind):
            ask(create_agent(model(server), middleware=[fallback]), way)
        assert asked(server) == ["glm-4.7"]


def test_nothing_begins_again_after_a_part_was_streamed():
    with scripted(broken("The answer is long."), said("yes")) as server:
        fallback = ZhipuAIFallbackMiddleware(model(server, "glm-4.6"))
        agent = create_agent(model(server, streaming=True), middleware=[fallback])
        with pytest.raises(StreamIncompleteError) as caught:
            ask(agent, "stream")
        assert caught.value.partial is not None
        assert asked(server) == ["glm-4.7"]


def test_names_of_glm_models_need_no_provider(monkeypatch):
    monkeypatch.setenv("ZHIPUAI_API_KEY", "id.secret")
    others = ZhipuAIFallbackMiddleware("glm-4.6", "zhipu:glm-4.5-air").models
    assert [(type(each), each.model) for each in others] == [
        (ChatZhipuAI, "glm-4.6"),
        (ChatZhipuAI, "glm-4.5-air"),
    ]
    with pytest.raises((ImportError, ValueError), match=r"quux|model_provider"):
        ZhipuAIFallbackMiddleware("quux-1")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (((), {}), "models"),
        (((3,), {}), r"models\[0\]"),
        ((("zhipu:glm-4.6",), {"rest": -1}), "rest"),
        ((("zhipu:glm-4.6",), {"rest": float("nan")}), "rest"),
    ],
)
def test_wrong_settings_of_the_fallback(given, field):
    with pytest.raises(InvalidRequestError, match=field):
        ZhipuAIFallbackMiddleware(*given[0], **given[1])


def multiply(a: int, b: int) -> int:
    """Multiply two whole numbers."""
    return a * b


def thought(reply: Reply, tokens: int) -> Reply:
    details = {"completion_tokens_details": {"reasoning_tokens": tokens}}
    usage = {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}
    return Reply({**reply.body, "usage": {**usage, **details}})


@ways
@pytest.mark.parametrize(
    ("given", "types"),
    [
        ({}, ["enabled", "disabled", "disabled"]),
        ({"when": "always"}, ["enabled", "enabled", "enabled"]),
        ({"when": "never"}, ["disabled", "disabled", "disabled"]),
        ({"when": lambda request: len(request.messages) > 1}, ["disabled", "enabled", "enabled"]),
        ({"when": "always", "question_budget": 70}, ["enabled", "enabled", "disabled"]),
        ({"when": "always", "thread_budget": 40}, ["enabled", "disabled", "disabled"]),
        ({"question_budget": 0}, ["disabled", "disabled", "disabled"]),
    ],
)
def test_when_an_agent_thinks(way, given, types):
    call = thought(calls(("multiply", '{"a": 6, "b": 7}')), 40)
    with scripted(call, call, said("42")) as server:
        thinking = ZhipuAIThinkingMiddleware(**given)
        agent = create_agent(model(server), tools=[multiply], middleware=[thinking])
        assert ask(agent, way).endswith("42")
        assert [request.json["thinking"]["type"] for request in server.requests] == types


def test_a_budget_is_counted_from_the_messages_by_question_and_by_thread():
    used = {
        "input_tokens": 1,
        "output_tokens": 50,
        "total_tokens": 51,
        "output_token_details": {"reasoning": 50},
    }
    old: list[Any] = [HumanMessage("One"), AIMessage("1", usage_metadata=used), HumanMessage("Two")]
    with scripted(said("2")) as server:
        for given in ({"question_budget": 50}, {"thread_budget": 50}):
            thinking = ZhipuAIThinkingMiddleware(reasoning_effort="low", **given)
            create_agent(model(server, "glm-5"), middleware=[thinking]).invoke({"messages": old})
        first, second = [request.json for request in server.requests]
        assert first["thinking"]["type"] == "enabled"
        assert second["thinking"]["type"] == "disabled"
        assert ("reasoning_effort" in first, "reasoning_effort" in second) == (True, False)


@pytest.mark.parametrize(
    "given", [{"when": "later"}, {"question_budget": -1}, {"thread_budget": True}]
)
def test_wrong_settings_of_the_thinking(given):
    with pytest.raises(InvalidRequestError, match=next(iter(given))):
        ZhipuAIThinkingMiddleware(**given)
