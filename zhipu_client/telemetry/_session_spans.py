"""The spans of a session of GLM-Realtime: one of the session, below it one of each answer.

The conventions have no name for a session; an answer is ``generate_content``.
"""

from __future__ import annotations

import json
import time
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from zhipu_client.errors._kinds import named
from zhipu_client.telemetry._conventions import error_type, of_session
from zhipu_client.telemetry._quiet import quietly

__all__ = ["SessionSpan"]

_NO_ERROR = ("completed", "cancelled", "incomplete", "in_progress")


class SessionSpan:
    """The span of one session, and of the answer that is going on in it.

    Args:
        tracing: What made it.
        session: What the session is set to.
        facts: The attributes that both kinds of span begin with.
    """

    def __init__(self, tracing: Any, session: Any, facts: dict[str, Any]) -> None:
        self.tracing = tracing
        self._set = session
        self._facts = facts
        self._span: Any = None
        self._began = 0.0
        self._answer: Any = None
        self._asked = 0.0
        self._has_piece = False

    @quietly
    def begin(self) -> None:
        """Begin with the opening of the connection."""
        self._began = time.perf_counter()
        self._span = self._started("realtime", {**self._facts, **of_session(self._set)}, None)

    def _started(self, operation: str, facts: dict[str, Any], parent: Any) -> Any:
        model = facts.get("gen_ai.request.model") or ""
        return self.tracing.tracer.start_span(
            f"{operation} {model}".strip(),
            context=None if parent is None else trace.set_span_in_context(parent),
            kind=SpanKind.CLIENT,
            attributes={"gen_ai.operation.name": operation, **facts},
        )

    @quietly
    def answering(self) -> None:
        """Begin the span of an answer, unless one is going on."""
        if self._answer is not None or self._span is None:
            return
        kind = "speech" if "audio" in self._set.modalities else "text"
        self._asked, self._has_piece = time.perf_counter(), False
        facts = {**self._facts, "gen_ai.output.type": kind}
        self._answer = self._started("generate_content", facts, self._span)

    @quietly
    def piece(self) -> None:
        """Note that the first piece of an answer came."""
        if self._answer is None or self._has_piece:
            return
        self._has_piece = True
        seconds = time.perf_counter() - self._asked
        self._answer.set_attribute("gen_ai.response.time_to_first_chunk", seconds)
        self.tracing.record_first(self._of_an_answer(), seconds)

    @quietly
    def answered(self, answer: Any) -> None:
        """End the span of an answer that is over."""
        self.answering()  # where nothing said before that it had begun
        usage = answer.usage
        details = usage.get("input_token_details")
        given = {
            "gen_ai.response.id": answer.id,
            "gen_ai.usage.input_tokens": usage.get("input_tokens"),
            "gen_ai.usage.output_tokens": usage.get("output_tokens"),
            "gen_ai.usage.cache_read.input_tokens": details.get("cached_tokens")
            if isinstance(details, dict)
            else None,
        }
        found: dict[str, Any] = {
            name: value
            for name, value in given.items()
            if isinstance(value, int | str) and not isinstance(value, bool)
        }
        found["gen_ai.response.finish_reasons"] = [answer.status]
        if self.tracing.content:
            found |= _content(answer)
        self._end_answer(found, None if answer.status in _NO_ERROR else answer.status)

    @quietly
    def failed(self, error: BaseException) -> None:
        """End the span of an answer that the service refuses; the session may go on."""
        self._end_answer({}, error_type(error))

    def _end_answer(self, found: dict[str, Any], problem: str | None) -> None:
        span, self._answer = self._answer, None
        if span is None:
            return
        facts = self._of_an_answer()
        if problem is not None:
            facts["error.type"] = found["error.type"] = problem
            span.set_status(Status(StatusCode.ERROR))
        if span.is_recording():
            span.set_attributes(found)
        self.tracing.record(facts, time.perf_counter() - self._asked, found)
        span.end()

    def _of_an_answer(self) -> dict[str, Any]:
        return {**self._facts, "gen_ai.operation.name": "generate_content"}

    @quietly
    def end(self, error: BaseException | None) -> None:
        """End with the connection; an answer that is going on ends with it.

        Args:
            error: What broke it; None: it was closed.
        """
        self._end_answer({}, None if error is None else error_type(error))
        span, self._span = self._span, None
        if span is None:
            return
        facts = {**self._facts, "gen_ai.operation.name": "realtime"}
        if error is not None:
            facts["error.type"] = error_type(error)
            span.set_attribute("error.type", facts["error.type"])
            span.set_status(Status(StatusCode.ERROR, named(error)))
        self.tracing.record(facts, time.perf_counter() - self._began, {})
        span.end()


def _content(answer: Any) -> dict[str, str]:
    """The words of an answer and of what was heard before; no sound."""
    said: list[dict[str, Any]] = [{"type": "text", "content": answer.text}] if answer.text else []
    said += [
        {"type": "tool_call", "id": call.call_id, "name": call.name, "arguments": call.arguments}
        for call in answer.calls
    ]
    whole = {"role": "assistant", "parts": said, "finish_reason": answer.status}
    found = {"gen_ai.output.messages": json.dumps([whole], ensure_ascii=False, default=str)}
    if answer.heard:
        heard = {"role": "user", "parts": [{"type": "text", "content": answer.heard}]}
        found["gen_ai.input.messages"] = json.dumps([heard], ensure_ascii=False)
    return found
