"""Each call as a span of OpenTelemetry, below those of the program: model, tokens, attempts.

    pip install "zhipu-integrations[otel]" opentelemetry-sdk
    python cookbook/llama_index/tracing.py ["a question"]

Spans are printed here. To send them somewhere, put an ``OTLPSpanExporter`` in the place of
`Printer`. Without a key the emulator answers.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.tools import FunctionTool

from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding
from zhipu_client import AttemptEvent, ZhipuError, telemetry
from zhipu_emulator import stand_in

try:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
except ImportError as error:
    command = 'pip install "zhipu-integrations[otel]" opentelemetry-sdk'
    raise SystemExit(f"{error}. This recipe needs: {command}") from None

QUESTION = "What is 17 * 19?"


def multiply(a: int, b: int) -> int:
    """Multiply two whole numbers."""
    return a * b


class Printer(SpanExporter):
    """Prints each span in a line, when it ends."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Print spans."""
        for span in spans:
            facts = span.attributes or {}
            tokens = [facts.get(f"gen_ai.usage.{kind}_tokens") for kind in ("input", "output")]
            below = "  " if span.parent is not None else ""
            print(f"{below}{span.name}: tokens {tokens}, {len(span.events)} attempts")
        return SpanExportResult.SUCCESS


def note(event: AttemptEvent) -> None:
    """Say what became of an attempt: for logs and counters of your own, without OpenTelemetry."""
    if event.outcome == "failed":
        print(f"attempt {event.number} failed: {event.status}; next in {event.next_in} s")


def main(arguments: list[str] | None = None) -> int:
    """Trace a question that needs a tool, and an embedding."""
    given = sys.argv[1:] if arguments is None else arguments
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Printer()))
    telemetry.instrument(tracer_provider=provider)
    try:
        with stand_in():
            llm = ZhipuAI(model="glm-4.7", on_attempt=note)
            tool = FunctionTool.from_defaults(multiply)
            asked = ChatMessage(content=given[0] if given else QUESTION)
            with provider.get_tracer("recipe").start_as_current_span("a question"):
                found = llm.predict_and_call([tool], user_msg=asked)
                answer = llm.chat([asked]).message.content or ""
                ZhipuAIEmbedding(model="embedding-3").get_text_embedding(answer)
            print(f"the tool: {found}\nanswer: {answer}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    finally:
        telemetry.uninstrument()
    return 0


if __name__ == "__main__":
    sys.exit(main())
