"""An adapter's calls from outside: attempts and spans, in both frameworks alike."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.load import dumps
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from langchain_zhipu import ChatZhipuAI
from zhipu_client import AttemptEvent, telemetry

from .subjects import ADAPTERS, WAYS, Ask, Way

WHOLE = [(1, "failed"), (2, "answered")]
STREAMED = [(1, "failed"), (2, "opened"), (2, "ended")]


def call(subject: Any, way: Way) -> None:
    ask = Ask("What is 17 * 19?")

    async def acall() -> None:
        if way == "awhole":
            await subject.awhole(ask)
        else:
            _ = [piece async for piece in subject.astream(ask)]

    if way.startswith("a"):
        asyncio.run(acall())
    elif way == "whole":
        subject.whole(ask)
    else:
        list(subject.stream(ask))


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("way", WAYS)
def test_each_attempt_is_reported(adapter: str, way: Way, service: Any) -> None:
    seen: list[AttemptEvent] = []
    service.script("error=500/500; retry-after=0")
    where = {"api_key": service.api_key, "base_url": service.base_url}
    call(ADAPTERS[adapter](model="glm-4.7", on_attempt=seen.append, **where), way)
    found = [(event.number, event.outcome) for event in seen]
    assert found == (STREAMED if "stream" in way else WHOLE)


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("way", WAYS)
def test_each_call_is_a_span_below_that_of_the_caller(adapter: str, way: Way, service: Any) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry.instrument(tracer_provider=provider)
    try:
        where = {"api_key": service.api_key, "base_url": service.base_url}
        subject = ADAPTERS[adapter](model="glm-4.7", **where)
        with provider.get_tracer("test").start_as_current_span("outer"):
            call(subject, way)
    finally:
        telemetry.uninstrument()
    inner, outer = exporter.get_finished_spans()
    assert (inner.name, outer.name) == ("chat glm-4.7", "outer")
    assert inner.parent is not None
    assert inner.parent.span_id == outer.get_span_context().span_id
    assert (inner.attributes or {})["gen_ai.response.finish_reasons"] == ("stop",)
    assert [event.name for event in inner.events] == ["zhipu.attempt"] * (1 + ("stream" in way))


def test_it_is_no_part_of_what_is_written_down() -> None:
    """Nor of the key of LangChain's cache: it changes no answer."""
    plain, watched = ChatZhipuAI(api_key="a.b"), ChatZhipuAI(api_key="a.b", on_attempt=print)
    assert dumps(watched) == dumps(plain)
    assert watched._get_llm_string() == plain._get_llm_string()
