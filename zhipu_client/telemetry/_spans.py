"""The span of a call, and its metrics, by OpenTelemetry's API. Imported where it is switched on."""

from __future__ import annotations

import time
from dataclasses import replace
from importlib import metadata
from typing import Any

from opentelemetry import context, metrics, trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from zhipu_client._attempt_events import AttemptEvent
from zhipu_client._request import Reply, Request
from zhipu_client.dialects import Dialect
from zhipu_client.errors._kinds import named
from zhipu_client.telemetry._content import answer_content, request_content
from zhipu_client.telemetry._conventions import (
    error_type,
    of_answer,
    of_request,
    operation_of,
    server_of,
)
from zhipu_client.telemetry._quiet import quietly
from zhipu_client.telemetry._session_spans import SessionSpan

__all__ = ["CallSpan", "Tracing"]

_SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
_TOKENS = [4**power for power in range(14)]
#: What a metric says of a call.
_OF_A_METRIC = (
    "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model",
    "gen_ai.response.model", "server.address", "server.port", "error.type",
)  # fmt: skip


class Tracing:
    """Makes the spans of calls.

    Args:
        tracer_provider: Makes spans; None: that of the process.
        meter_provider: Makes metrics; None: that of the process.
        content: Whether questions and answers go on the spans.
    """

    def __init__(self, tracer_provider: Any, meter_provider: Any, *, content: bool) -> None:
        self.content = content
        self.failed = False
        self.tracer = trace.get_tracer("zhipu_client", _version(), tracer_provider)
        meter = metrics.get_meter("zhipu_client", _version(), meter_provider)

        def histogram(name: str, unit: str, description: str, bounds: list[Any]) -> Any:
            return meter.create_histogram(
                name, unit, description, explicit_bucket_boundaries_advisory=bounds
            )

        self.duration = histogram(
            "gen_ai.client.operation.duration", "s", "GenAI operation duration.", _SECONDS
        )
        self.first_chunk = histogram(
            "gen_ai.client.operation.time_to_first_chunk",
            "s",
            "Time to receive the first chunk.",
            _SECONDS,
        )
        self.tokens = histogram(
            "gen_ai.client.token.usage",
            "{token}",
            "Number of input and output tokens used.",
            _TOKENS,
        )

    def span_of(self, request: Any, base_url: str, dialect: Dialect) -> CallSpan | None:
        """Return the span of a call, which has not begun; None for what generates nothing."""
        found = operation_of(request.path)
        if found is None:
            return None
        operation, output = found
        facts = {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": dialect.name,
            **server_of(base_url),
        }
        if request.model is not None:
            agent = operation == "invoke_agent"
            facts["gen_ai.agent.id" if agent else "gen_ai.request.model"] = request.model
        if output is not None:
            facts["gen_ai.output.type"] = output
        return CallSpan(self, request, facts)

    def session_of(self, session: Any, base_url: str, dialect: Dialect) -> SessionSpan:
        """Return the span of a session of GLM-Realtime, which has not begun."""
        facts = {
            "gen_ai.provider.name": dialect.name,
            "gen_ai.request.model": session.model,
            **server_of(base_url),
        }
        return SessionSpan(self, session, facts)

    def record(self, facts: dict[str, Any], seconds: float, found: dict[str, Any]) -> None:
        """Record how long an operation took, and its tokens."""
        known = of_a_metric(facts)
        self.duration.record(seconds, known)
        for kind in ("input", "output"):
            count = found.get(f"gen_ai.usage.{kind}_tokens")
            if count is not None:
                self.tokens.record(count, {**known, "gen_ai.token.type": kind})

    def record_first(self, facts: dict[str, Any], seconds: float) -> None:
        """Record when the first piece of an answer came."""
        self.first_chunk.record(seconds, of_a_metric(facts))


def of_a_metric(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what a metric says of an operation."""
    return {name: facts[name] for name in _OF_A_METRIC if name in facts}


def _version() -> str:
    try:
        return metadata.version("zhipu-integrations")
    except metadata.PackageNotFoundError:  # used from its sources
        return ""


class CallSpan:
    """The span of one call, from its first attempt to its end.

    Args:
        tracing: What made it.
        request: What is sent.
        facts: The attributes that it begins with.
    """

    def __init__(self, tracing: Tracing, request: Any, facts: dict[str, Any]) -> None:
        self.tracing = tracing
        self._json = request.json
        self._facts = facts
        self._span: Any = None
        self._token: Any = None
        self._reader: Any = None
        self._answer: Any = None
        self._ended = False
        self._began = 0.0

    def seeing(self, request: Any) -> Any:
        """Return the request so that the span sees what answers it."""
        if isinstance(request, Request):
            parse = request.parse

            def parsed(reply: Reply) -> Any:
                self._answer = reply.data
                return parse(reply)

            return replace(request, parse=parsed)
        make = request.reader

        def reader() -> Any:
            self._reader = made = make()
            return made

        return replace(request, reader=reader)

    @quietly
    def begin(self) -> None:
        """Begin, unless it has begun."""
        if self._span is not None:
            return
        self._began = time.perf_counter()
        facts = self._facts
        model = facts.get("gen_ai.request.model") or facts.get("gen_ai.agent.id")
        name = f"{facts['gen_ai.operation.name']} {model or ''}".strip()
        self._span = span = self.tracing.tracer.start_span(
            name, kind=SpanKind.CLIENT, attributes=facts
        )
        if span.is_recording():
            span.set_attributes(of_request(self._json))
            if self.tracing.content:
                span.set_attributes(request_content(self._json))

    def enter(self) -> None:
        """Begin, and be the current span until `leave`."""
        self.begin()
        if self._span is not None:
            self._token = context.attach(trace.set_span_in_context(self._span))

    def leave(self) -> None:
        """Be current no longer, and end."""
        if self._token is not None:
            context.detach(self._token)
            self._token = None
        self._end(None)

    @quietly
    def attempt(self, event: AttemptEvent) -> None:
        """Note what became of an attempt; end with the last one."""
        facts = {
            "zhipu.attempt.number": event.number,
            "zhipu.attempt.outcome": event.outcome,
            "zhipu.attempt.waited": event.waited,
            "zhipu.attempt.duration": event.seconds,
            "zhipu.attempt.next_in": event.next_in,
            "zhipu.request_id": event.request_id,
            "http.response.status_code": event.status,
            "error.type": None if event.error is None else error_type(event.error),
        }
        if self._span is not None:
            known = {name: value for name, value in facts.items() if value is not None}
            self._span.add_event("zhipu.attempt", known)
        if event.outcome != "opened" and event.next_in is None:
            self._end(event)

    @quietly
    def first_chunk(self) -> None:
        """Note that a stream brought its first chunk."""
        seconds = time.perf_counter() - self._began
        self._span.set_attribute("gen_ai.response.time_to_first_chunk", seconds)
        self.tracing.record_first(self._facts, seconds)

    @quietly
    def _end(self, event: AttemptEvent | None) -> None:
        span = self._span
        if self._ended or span is None:
            return
        self._ended = True
        answer = self._answer if self._reader is None else self._reader.partial()
        found = of_answer(answer)
        if "gen_ai.response.model" in found:
            self._facts["gen_ai.response.model"] = found["gen_ai.response.model"]
        error = None if event is None else event.error
        if error is not None:
            self._facts["error.type"] = found["error.type"] = error_type(error)
            span.set_status(Status(StatusCode.ERROR, named(error)))
        if span.is_recording():
            span.set_attributes(found)
            if self.tracing.content:
                span.set_attributes(answer_content(answer))
        self.tracing.record(self._facts, time.perf_counter() - self._began, found)
        span.end()

    def __del__(self) -> None:
        if self._span is not None and not self._ended:
            self._end(None)
