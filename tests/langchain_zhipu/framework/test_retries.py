"""`rate_limiter`, `with_fallbacks` and `with_retry`: what stands between a user and failures."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import pytest
from langchain_core import exceptions as core
from langchain_core.exceptions import OutputParserException
from langchain_core.rate_limiters import BaseRateLimiter, InMemoryRateLimiter
from langchain_core.runnables import RunnableLambda
from pydantic import BaseModel

from langchain_zhipu import ChatZhipuAI

Make = Callable[..., ChatZhipuAI]
Say = Callable[..., None]

AT_ONCE = {"wait_exponential_jitter": False}


class Turnstile(BaseRateLimiter):
    """Lets everyone through and counts."""

    def __init__(self) -> None:
        self.passed: list[str] = []

    def acquire(self, *, blocking: bool = True) -> bool:
        self.passed.append("sync")
        return True

    async def aacquire(self, *, blocking: bool = True) -> bool:
        self.passed.append("async")
        return True


async def test_a_rate_limiter_is_asked_once_a_call_in_all_four_ways(make: Make) -> None:
    turnstile = Turnstile()
    model = make(rate_limiter=turnstile)
    model.invoke("hi")
    list(model.stream("hi"))
    await model.ainvoke("hi")
    async for _ in model.astream("hi"):
        pass
    assert turnstile.passed == ["sync", "sync", "async", "async"]


def test_a_rate_limiter_of_langchain_lets_calls_pass(make: Make, server: Any) -> None:
    limiter = InMemoryRateLimiter(
        requests_per_second=1000, check_every_n_seconds=0.001, max_bucket_size=2
    )
    assert len(make(rate_limiter=limiter).batch(["a", "b", "c"])) == 3
    assert len(server.requests) == 3


@pytest.mark.parametrize("fault", ["error=1302/429", "error=1113/429", "error=1000/401"])
async def test_a_fallback_answers_in_place_of_a_failing_model(
    make: Make, server: Any, fault: str
) -> None:
    # A connection that was kept would not count: what breaks on it goes out again.
    fresh: Any = {"default_headers": {"Connection": "close"}}
    model = make(max_retries=0, **fresh).with_fallbacks([make(model="glm-4.6", **fresh)])
    server.script(fault)
    assert model.invoke("hi").response_metadata["model_name"] == "glm-4.6"
    server.script(fault)
    assert (await model.ainvoke("hi")).response_metadata["model_name"] == "glm-4.6"
    server.script(fault)
    assert "".join(chunk.text for chunk in model.stream("hi"))
    assert [request["json"]["model"] for request in server.requests] == ["glm-4.7", "glm-4.6"] * 3


def test_fallbacks_can_be_kept_to_kinds_of_errors(make: Make, server: Any) -> None:
    only_long = make().with_fallbacks(
        [make(model="glm-5.2")], exceptions_to_handle=(core.ContextOverflowError,)
    )
    server.script("error=1261/400")
    assert only_long.invoke("hi").response_metadata["model_name"] == "glm-5.2"
    server.script("error=1000/401")
    with pytest.raises(core.ModelAuthenticationError):
        only_long.invoke("hi")


def test_a_fallback_keeps_the_tools(make: Make, server: Any) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    model = make(max_retries=0).with_fallbacks([make(model="glm-4.6")])
    server.script("error=1302/429")
    model.bind_tools([tool]).invoke("hi")  # type: ignore[attr-defined]
    assert [request["json"]["tools"][0]["function"]["name"] for request in server.requests] == [
        "f",
        "f",
    ]


def test_a_fallback_keeps_the_schema(make: Make, server: Any) -> None:
    schema = {"title": "Sum", "type": "object", "properties": {"sum": {"type": "integer"}}}
    model = make(max_retries=0).with_fallbacks([make(model="glm-4.6")])
    reader: Any = model.with_structured_output(schema)  # type: ignore[attr-defined]
    server.script("error=1302/429")
    reader.invoke("What is the sum of 1 and 2?")
    names = [request["json"]["tools"][0]["function"]["name"] for request in server.requests]
    assert names[:2] == ["Sum", "Sum"]


def test_the_hints_of_all_methods_can_be_evaluated() -> None:
    """A fallback does so, to see what is to be called for each of its models."""
    found = [inspect.getattr_static(ChatZhipuAI, name) for name in dir(ChatZhipuAI)]
    methods = [one for one in found if inspect.isfunction(one) and one.__name__[0] != "_"]
    ours = [one for one in methods if one.__module__.startswith("langchain_zhipu")]
    assert len(ours) > 8
    assert ["return" in get_type_hints(method) for method in ours] == [True] * len(ours)


async def test_with_retry_makes_as_many_requests_as_it_says(make: Make, server: Any) -> None:
    model = make(max_retries=2).with_retry(stop_after_attempt=3, **AT_ONCE)
    for call in (model.invoke, lambda text: model.batch([text])):
        server.reset()
        server.script(*["error=1302/429"] * 9)
        with pytest.raises(core.ModelRateLimitError):
            call("hi")
        assert len(server.requests) == 3
    for acall in (model.ainvoke, lambda text: model.abatch([text])):
        server.reset()
        server.script(*["error=1302/429"] * 9)
        with pytest.raises(core.ModelRateLimitError):
            await acall("hi")
        assert len(server.requests) == 3


def test_with_retry_goes_on_until_it_works(make: Make, server: Any) -> None:
    server.script("error=1302/429", "error=1234/500")
    assert make().with_retry(**AT_ONCE).invoke("hi").text
    assert len(server.requests) == 3


def test_with_retry_reaches_models_with_tools_bound(make: Make, server: Any) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    server.script(*["error=1302/429"] * 9)
    with pytest.raises(core.ModelRateLimitError):
        make().bind_tools([tool]).with_retry(stop_after_attempt=2, **AT_ONCE).invoke("hi")
    assert len(server.requests) == 2
    assert server.requests[1]["json"]["tools"]


@pytest.mark.parametrize("fault", ["error=1000/401", "error=1113/429", "error=1214/400"])
def test_with_retry_does_not_repeat_what_fails_again(make: Make, server: Any, fault: str) -> None:
    server.script(*[fault] * 3)
    with pytest.raises(core.ModelError):
        make().with_retry(**AT_ONCE).invoke("hi")
    assert len(server.requests) == 1


def test_with_retry_takes_a_callers_own_choice_of_errors(make: Make, server: Any) -> None:
    server.script("error=1000/401")
    chosen = (core.ModelAuthenticationError,)
    assert make().with_retry(retry_if_exception_type=chosen, **AT_ONCE).invoke("hi").text
    assert len(server.requests) == 2


def test_streams_under_with_retry_keep_the_models_own_retries(make: Make, server: Any) -> None:
    server.script("error=1302/429; retry-after=0")
    model = make().with_retry(**AT_ONCE)
    assert "".join(chunk.text for chunk in model.stream("hi"))
    assert len(server.requests) == 2


def test_other_errors_of_a_chain_are_still_retried(make: Make, say: Say, server: Any) -> None:
    class Person(BaseModel):
        name: str

    say("no", "still no", "no", '{"name": "Ann"}')
    model = make().with_structured_output(Person, method="json_mode")
    # A chain's own with_retry is LangChain's: the parser's errors count too.
    assert model.with_retry(retry_if_exception_type=(OutputParserException,), **AT_ONCE).invoke(
        "who?"
    ) == Person(name="Ann")
    assert len(server.requests) == 4


def test_a_runnable_around_the_model_sees_retryable_errors(make: Make, server: Any) -> None:
    seen: list[core.ModelError] = []

    def ask(text: str) -> Any:
        try:
            return make(max_retries=0).invoke(text)
        except core.ModelError as error:
            seen.append(error)
            raise

    server.script("error=1302/429")
    with pytest.raises(core.ModelRateLimitError):
        RunnableLambda(ask).invoke("hi")
    assert seen[0].is_retryable
