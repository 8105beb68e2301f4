"""Whether calls are traced, and by what: looked at for each call. Pure."""

from __future__ import annotations

from typing import Any, Protocol

from zhipu_client._attempt_events import AttemptEvent
from zhipu_client.dialects import Dialect

__all__ = ["SessionSpan", "Span", "Tracer", "switch"]


class Span(Protocol):
    """The span of one call. None of its methods raises."""

    def seeing(self, request: Any) -> Any:
        """Return the request so that the span sees what answers it."""

    def begin(self) -> None:
        """Begin, unless it has begun."""

    def enter(self) -> None:
        """Begin, and be the current span until `leave`."""

    def leave(self) -> None:
        """Be current no longer, and end."""

    def attempt(self, event: AttemptEvent) -> None:
        """Note what became of an attempt; end with the last one."""

    def first_chunk(self) -> None:
        """Note that a stream brought its first chunk."""


class SessionSpan(Protocol):
    """The span of a session, and of the answer that is going on. None of its methods raises."""

    def begin(self) -> None:
        """Begin with the opening of the connection."""

    def answering(self) -> None:
        """Begin the span of an answer, unless one is going on."""

    def piece(self) -> None:
        """Note that the first piece of an answer came."""

    def answered(self, answer: Any) -> None:
        """End the span of an answer that is over."""

    def failed(self, error: BaseException) -> None:
        """End the span of an answer that the service refuses."""

    def end(self, error: BaseException | None) -> None:
        """End with the connection."""


class Tracer(Protocol):
    """What makes spans of calls and sessions."""

    def session_of(self, session: Any, base_url: str, dialect: Dialect) -> SessionSpan:
        """Return the span of a session."""

    def span_of(self, request: Any, base_url: str, dialect: Dialect) -> Span | None:
        """Return the span of a call; None where nothing is generated."""


class Switch:
    """Holds the tracer of the process.

    Attributes:
        tracing: What makes spans; None while nobody asked for them.
    """

    tracing: Tracer | None = None


switch = Switch()
