"""Spans and metrics of OpenTelemetry, looked at by its own in-memory exporters."""

from __future__ import annotations

import asyncio
import logging
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.distro import DefaultDistro
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import SpanKind, StatusCode

from tests.reliability.clocks import FakeClock
from tests.zhipu_client.telemetry.calls import MESSAGES, QUESTION, Seen, client, read, send, ways
from zhipu_client import (
    AsyncClient,
    RateLimitError,
    agents,
    chat,
    embeddings,
    images,
    rerank,
    served_models,
    telemetry,
)
from zhipu_client.telemetry.instrumentor import ZhipuInstrumentor

PROJECT = Path(__file__).parents[3] / "pyproject.toml"


@ways
def test_a_chat_is_one_client_span_with_the_facts_of_question_and_answer(service, seen, way):
    params: Any = {
        "temperature": 0.5,
        "top_p": 0.7,
        "max_tokens": 4000,
        "stop": ["###"],
        "response_format": {"type": "json_object"},
    }
    reply = send(service, way, chat.create(model="glm-4.7", messages=MESSAGES, **params))
    span = seen.one()
    assert (span.name, span.kind) == ("chat glm-4.7", SpanKind.CLIENT)
    assert span.status.status_code is StatusCode.UNSET
    facts = dict(span.attributes)
    usage = reply.usage
    assert facts.pop("server.port") > 0
    assert facts == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "zhipu",
        "gen_ai.request.model": "glm-4.7",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_p": 0.7,
        "gen_ai.request.max_tokens": 4000,
        "gen_ai.request.stop_sequences": ("###",),
        "gen_ai.output.type": "json",
        "gen_ai.response.id": reply.id,
        "gen_ai.response.model": "glm-4.7",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.prompt_tokens_details["cached_tokens"],
        "gen_ai.usage.reasoning.output_tokens": usage.completion_tokens_details["reasoning_tokens"],
        "server.address": "127.0.0.1",
    }


REQUESTS: dict[str, Any] = {
    "embeddings embedding-3": embeddings.create(model="embedding-3", input=["a"], dimensions=256),
    "generate_content cogview-3-flash": images.create(model="cogview-3-flash", prompt="a kite"),
    "rerank rerank": rerank.create(model="rerank", query="a", documents=["a", "b"]),
    "invoke_agent general_translation": agents.create(
        agent_id="general_translation", messages="Hello", custom_variables={"target_lang": "zh-CN"}
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_each_kind_of_generation_has_its_name(service, seen, name):
    send(service, "sync", REQUESTS[name])
    span = seen.one()
    assert span.name == name
    assert span.attributes["gen_ai.operation.name"] == name.split()[0]
    if name.startswith("embeddings"):
        assert span.attributes["gen_ai.embeddings.dimension.count"] == 256
        assert span.attributes["gen_ai.usage.input_tokens"] > 0
        assert "gen_ai.usage.output_tokens" not in span.attributes
    if name.startswith("invoke_agent"):
        assert span.attributes["gen_ai.agent.id"] == "general_translation"


def test_what_only_looks_something_up_is_no_span(service, seen):
    send(service, "sync", served_models.list())
    assert not seen.spans


@ways
def test_attempts_are_events_of_the_span(service, seen, way):
    service.script("error=1302/429", "status=503; retry-after=7")
    send(service, way, chat.create(model="glm-4.7", messages=MESSAGES))
    events = [dict(event.attributes) for event in seen.one().events]
    assert [event["zhipu.attempt.outcome"] for event in events] == ["failed", "failed", "answered"]
    assert [event["zhipu.attempt.number"] for event in events] == [1, 2, 3]
    assert events[0]["error.type"] == "1302"
    assert events[1]["http.response.status_code"] == 503
    assert events[1]["zhipu.attempt.next_in"] == 7.0
    assert events[2]["zhipu.request_id"]
    assert seen.one().status.status_code is StatusCode.UNSET


@ways
def test_an_error_is_on_the_span_without_its_words(service, seen, way):
    service.script(f"error=1302/429; message={QUESTION}")
    with pytest.raises(RateLimitError):
        send(service, way, chat.create(model="glm-4.7", messages=MESSAGES), max_retries=0)
    span = seen.one()
    assert span.attributes["error.type"] == "1302"
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description == "RateLimitError (429, 1302)"
    assert QUESTION not in span.to_json()
    assert service.api_key not in span.to_json()


def test_a_call_that_is_cancelled_while_it_waits_to_try_again_ends_its_span(service, seen):
    service.script("error=500/500")

    class Stuck(FakeClock):
        async def asleep(self, seconds: float) -> None:
            raise asyncio.CancelledError

    made = AsyncClient(api_key=service.api_key, base_url=service.base_url, clock=Stuck())
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(made.send(chat.create(model="glm-4.7", messages=MESSAGES)))
    assert [event.attributes["zhipu.attempt.number"] for event in seen.one().events] == [1]


@ways
def test_the_parent_is_the_span_of_the_caller(service, seen, way):
    tracer = seen.provider.get_tracer("test")
    with tracer.start_as_current_span("outer") as outer:
        send(service, way, chat.create(model="glm-4.7", messages=MESSAGES))
        read(service, way, chat.stream(model="glm-4.7", messages=MESSAGES))
        assert trace.get_current_span() is outer
    made = [span for span in seen.spans if span.name != "outer"]
    assert [span.parent.span_id for span in made] == [outer.get_span_context().span_id] * 2


def test_each_of_several_tasks_has_its_own_parent(service, seen):
    tracer = seen.provider.get_tracer("test")
    made = client(service, AsyncClient)

    async def one(name: str) -> None:
        with tracer.start_as_current_span(name):
            await asyncio.sleep(0)
            await made.send(chat.create(model="glm-4.7", messages=MESSAGES))
            async with made.stream(chat.stream(model="glm-4.7", messages=MESSAGES)) as chunks:
                async for _ in chunks:
                    await asyncio.sleep(0)

    async def several() -> None:
        await asyncio.gather(*(one(f"task {number}") for number in range(5)))

    asyncio.run(several())
    parents = {span.context.span_id: span.name for span in seen.spans if span.parent is None}
    found = [parents[span.parent.span_id] for span in seen.spans if span.parent is not None]
    assert sorted(found) == sorted([f"task {number}" for number in range(5)] * 2)


def test_time_and_tokens_are_metrics(service, seen):
    reply = send(service, "sync", chat.create(model="glm-4.7", messages=MESSAGES))
    service.script("error=1302/429")
    with pytest.raises(RateLimitError):
        send(service, "sync", chat.create(model="glm-4.7", messages=MESSAGES), max_retries=0)
    read(service, "sync", chat.stream(model="glm-4.7", messages=MESSAGES))
    found = seen.metrics()
    durations = found["gen_ai.client.operation.duration"]
    assert sum(point.count for point in durations) == 3
    assert [p.attributes["error.type"] for p in durations if "error.type" in p.attributes] == [
        "1302"
    ]
    tokens = {p.attributes["gen_ai.token.type"]: p for p in found["gen_ai.client.token.usage"]}
    assert tokens["input"].sum == 2 * reply.usage.prompt_tokens
    assert tokens["output"].count == 2
    assert tokens["input"].attributes["gen_ai.request.model"] == "glm-4.7"
    (first,) = found["gen_ai.client.operation.time_to_first_chunk"]
    assert first.count == 1


def test_a_processor_that_fails_harms_no_call(service, seen, caplog):
    class Broken(SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            raise LookupError("full")

    seen.provider.add_span_processor(Broken())
    with caplog.at_level(logging.ERROR, "zhipu_client"):
        for way in ("sync", "async"):
            assert send(service, way, chat.create(model="glm-4.7", messages=MESSAGES)).text
            assert read(service, way, chat.stream(model="glm-4.7", messages=MESSAGES))
    assert len([record for record in caplog.records if record.name == "zhipu_client"]) == 1


def test_switched_off_there_are_no_spans(service, seen):
    telemetry.uninstrument()
    send(service, "sync", chat.create(model="glm-4.7", messages=MESSAGES))
    assert not seen.spans


def test_without_opentelemetry_the_error_names_the_extra(monkeypatch):
    monkeypatch.delitem(sys.modules, "zhipu_client.telemetry._spans", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ImportError, match=r"zhipu-integrations\[otel\]"):
        telemetry.instrument()


def test_opentelemetry_s_own_command_finds_it(service: Any) -> None:
    """By its entry point, as ``opentelemetry-instrument`` loads it; without its providers."""
    group = "opentelemetry_instrumentor"
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    ((name, value),) = project["entry-points"][group].items()
    seen = Seen()
    try:
        DefaultDistro().load_instrumentor(
            EntryPoint(name, value, group),
            tracer_provider=seen.provider,
            meter_provider=seen.meters,
        )
        send(service, "sync", chat.create(model="glm-4.7", messages=MESSAGES))
        assert seen.one().name == "chat glm-4.7"
        ZhipuInstrumentor().uninstrument()
        send(service, "sync", chat.create(model="glm-4.7", messages=MESSAGES))
        assert len(seen.spans) == 1
    finally:
        telemetry.uninstrument()
