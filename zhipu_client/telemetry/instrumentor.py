"""What the command ``opentelemetry-instrument`` finds: `ZhipuInstrumentor`.

It is loaded by that command, by its entry point, or by who imports it; it needs
``opentelemetry-instrumentation``, which brings the command.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

# That module tells type checkers to ignore all that is in it.
from opentelemetry.instrumentation.instrumentor import (  # type: ignore[attr-defined]
    BaseInstrumentor,
)

from zhipu_client.telemetry import instrument, uninstrument

__all__ = ["ZhipuInstrumentor"]


class ZhipuInstrumentor(BaseInstrumentor):  # type: ignore[misc]
    """`telemetry.instrument` as OpenTelemetry's own tools call it.

    ``opentelemetry-instrument python program.py`` finds it by itself; to leave it out, put
    ``zhipu`` into ``OTEL_PYTHON_DISABLED_INSTRUMENTATIONS``. There is one of it in a process.

    Example:
        ```python
        from zhipu_client.telemetry.instrumentor import ZhipuInstrumentor

        ZhipuInstrumentor().instrument(tracer_provider=None)  # None: that of the process
        ```
    """

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return nothing: what is instrumented is this very package."""
        return ()

    def _instrument(self, **kwargs: Any) -> None:
        instrument(
            tracer_provider=kwargs.get("tracer_provider"),
            meter_provider=kwargs.get("meter_provider"),
            capture_content=kwargs.get("capture_content"),
        )

    def _uninstrument(self, **kwargs: Any) -> None:
        uninstrument()
