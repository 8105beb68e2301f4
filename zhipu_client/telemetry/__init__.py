"""Spans and metrics of OpenTelemetry, after its conventions for generative AI.

Off, and nothing of OpenTelemetry imported, until `instrument` is called. It needs the extra
``otel``: ``pip install "zhipu-integrations[otel]"``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from zhipu_client._check import booleans
from zhipu_client._extras import install
from zhipu_client.telemetry._switch import switch

__all__ = ["CAPTURE", "instrument", "uninstrument"]

#: The variable that says whether questions and answers go on the spans.
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
#: Its values that say so; spans are all there is here, so that events alone mean no.
_YES = frozenset({"true", "1", "span_only", "span_and_event"})


def instrument(
    *,
    tracer_provider: Any = None,
    meter_provider: Any = None,
    capture_content: bool | None = None,
) -> None:
    """Make a span of each call of this process from now on, and record its time and tokens.

    For all clients and adapters, blocking, asynchronous and streamed: ``chat glm-4.7``,
    ``embeddings embedding-3`` and so on, of the kind CLIENT, below whatever span is current where
    the call begins. A call is one request with its retries; each attempt is an event of its span.
    A stream's span ends with the stream: when it is complete, breaks, or is closed or dropped. A
    model that is asked once more (a repair) makes two.

    Keys are never on a span, nor the words of an error. Questions and answers are only there where
    ``capture_content`` asks for them.

    Args:
        tracer_provider: Makes the spans; None: the one that is set for the process.
        meter_provider: The same for metrics.
        capture_content: Whether questions, answers and offered functions of the chat go on the
            spans (``gen_ai.input.messages``, ``gen_ai.output.messages``,
            ``gen_ai.tool.definitions``). Media are left out. None: where the environment variable
            ``OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`` is ``true``, ``SPAN_ONLY`` or
            ``SPAN_AND_EVENT``.

    Raises:
        ImportError: OpenTelemetry is not installed.

    Examples:
        >>> from zhipu_client import telemetry
        >>> telemetry.instrument()
        >>> telemetry.uninstrument()
    """
    booleans(capture_content=capture_content)
    try:
        from zhipu_client.telemetry._spans import Tracing
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "opentelemetry":
            raise
        raise ImportError(f"spans need OpenTelemetry: {install('otel')}") from error
    content = _asks(os.environ) if capture_content is None else capture_content
    switch.tracing = Tracing(tracer_provider, meter_provider, content=content)


def uninstrument() -> None:
    """Make no more spans. Those of calls that go on end with them.

    Examples:
        >>> from zhipu_client import telemetry
        >>> telemetry.instrument()
        >>> telemetry.uninstrument()
    """
    switch.tracing = None


def _asks(environ: Mapping[str, str]) -> bool:
    return environ.get(CAPTURE, "").strip().lower() in _YES
