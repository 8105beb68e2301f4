"""A span of a stream begins with it and ends with it, however it ends."""

from __future__ import annotations

import gc

import pytest
from opentelemetry.trace import StatusCode

from tests.zhipu_client.telemetry.calls import MESSAGES, client, read, ways
from zhipu_client import StreamIncompleteError, chat


@ways
def test_a_stream_has_one_span_until_it_ends(service, seen, way):
    service.script("error=500/500")
    chunks = read(service, way, chat.stream(model="glm-4.7", messages=MESSAGES))
    span = seen.one()
    assert span.attributes["gen_ai.request.stream"] is True
    assert span.attributes["gen_ai.response.id"] == chunks[0]["id"]
    assert span.attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert span.attributes["gen_ai.usage.output_tokens"] > 0
    assert span.attributes["gen_ai.response.time_to_first_chunk"] > 0
    outcomes = [event.attributes["zhipu.attempt.outcome"] for event in span.events]
    assert outcomes == ["failed", "opened", "ended"]


@ways
def test_a_stream_that_breaks_is_an_error(service, seen, way):
    service.script("cut=3")
    with pytest.raises(StreamIncompleteError):
        read(service, way, chat.stream(model="glm-4.7", messages=MESSAGES))
    span = seen.one()
    assert span.attributes["error.type"] == "StreamIncompleteError"
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["gen_ai.response.model"] == "glm-4.7"


@ways
def test_a_stream_that_is_left_ends_its_span_without_an_error(service, seen, way):
    service.script("stall=3")  # or all of it has come by then
    read(service, way, chat.stream(model="glm-4.7", messages=MESSAGES), most=2)
    span = seen.one()
    assert span.status.status_code is StatusCode.UNSET
    assert span.events[-1].attributes["zhipu.attempt.outcome"] == "left"


def test_a_stream_that_is_dropped_ends_its_span(service, seen):
    service.script("stall=3")
    stream = client(service).stream(chat.stream(model="glm-4.7", messages=MESSAGES))
    next(iter(stream))
    assert not seen.spans
    del stream
    gc.collect()
    assert seen.one().events[-1].attributes["zhipu.attempt.outcome"] == "left"
