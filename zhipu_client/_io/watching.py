"""One call, watched: each of its attempts is reported to whoever asked for that. No I/O.

A call that nobody watches has no `Watch`, and costs one look at None at each step.
"""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Any, Protocol

from zhipu_client._attempt_events import AttemptEvent, AttemptHook, AttemptOutcome
from zhipu_client._io.client_base import Core
from zhipu_client._io.gc_safety import inside
from zhipu_client._request import StreamRequest
from zhipu_client.errors import ZhipuError
from zhipu_client.telemetry._switch import Span, switch

__all__ = ["Watch", "watch_of"]

logger = logging.getLogger("zhipu_client")


class Watched(Protocol):
    """What is known of a call."""

    @property
    def core(self) -> Core: ...
    @property
    def request(self) -> Any: ...
    @property
    def request_id(self) -> str | None: ...


def watch_of(call: Watched) -> Watch | None:
    """Return what reports on a call; None where nobody asked for it."""
    core, tracing = call.core, switch.tracing
    if core.on_attempt is None and tracing is None:
        return None
    span = None
    if tracing is not None:
        span = tracing.span_of(call.request, core.base_url, core.dialect)
    return None if core.on_attempt is None and span is None else Watch(call, core.on_attempt, span)


class Watch:
    """Reports the attempts of one call; around a whole one also a context manager.

    Attributes:
        status: The HTTP status that the attempt under way was answered with.
    """

    def __init__(self, call: Watched, hook: AttemptHook | None, span: Span | None) -> None:
        self._call = call
        self._hook = hook
        self._span = span
        self._time = call.core.clock.monotonic
        self._number = 0
        self._waits = self._goes = 0.0
        self._placed = False
        #: Whether an attempt is under way, and has not been reported.
        self._open = False
        self._shown = False
        self.status: int | None = None

    def seeing(self, request: Any) -> Any:
        """Return the request as it is to be sent: what traces calls wants to see the answer."""
        return request if self._span is None else self._span.seeing(request)

    def __enter__(self) -> None:
        """Begin a whole call."""
        if self._span is not None:
            self._span.enter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Report a whole call that was answered, or that ended by what is not ours."""
        if error is None:
            self.over("answered")
        elif isinstance(error, Exception):
            self.failed(error, None)
        else:
            self.over("left")
        if self._span is not None:
            self._span.leave()

    def waits(self) -> None:
        """Note that an attempt begins: it waits for its place."""
        if self._span is not None:
            self._span.begin()
        self._number += 1
        self._open, self._placed, self.status = True, False, None
        self._waits = self._goes = self._time()

    def goes(self) -> None:
        """Note that it has its place."""
        self._placed, self._goes = True, self._time()

    def opened(self) -> None:
        """Report that a stream begins."""
        self._report("opened")

    def first_chunk(self) -> None:
        """Note that a stream brought its first chunk."""
        if self._span is not None and not self._shown:
            with inside():
                self._span.first_chunk()
        self._shown = True

    def failed(self, error: BaseException, wait: float | None, *, cut: bool = False) -> None:
        """Report that an attempt failed, and how long it is until the next one."""
        self.over("cut" if cut else "failed", error, wait)

    def over(
        self,
        outcome: AttemptOutcome,
        error: BaseException | None = None,
        wait: float | None = None,
    ) -> None:
        """Report what became of the attempt, unless that was reported."""
        if self._open:
            self._open = False
            self._report(outcome, error, wait)

    def _report(
        self,
        outcome: AttemptOutcome,
        error: BaseException | None = None,
        wait: float | None = None,
    ) -> None:
        now, call, request = self._time(), self._call, self._call.request
        placed = self._goes if self._placed else now
        known = error if isinstance(error, ZhipuError) else None
        event = AttemptEvent(
            number=self._number,
            outcome=outcome,
            method=request.method,
            endpoint=request.path,
            base_url=call.core.base_url,
            model=request.model,
            streamed=isinstance(request, StreamRequest),
            status=getattr(known, "status", None) or self.status,
            code=getattr(known, "code", None),
            request_id=getattr(known, "request_id", None) or call.request_id,
            waited=placed - self._waits,
            seconds=now - placed,
            next_in=wait,
            error=error,
        )
        # What is called here may have a lock of its own: a stream that the garbage collector drops
        # in the middle of it reports itself in another thread.
        with inside():
            if self._span is not None:
                self._span.attempt(event)
            if self._hook is not None:
                self._call_hook(self._hook, event)

    def _call_hook(self, hook: AttemptHook, event: AttemptEvent) -> None:
        try:
            hook(event)
        except Exception:
            if not self._call.core.hook_failed:
                self._call.core.hook_failed = True
                logger.exception(
                    "on_attempt raised; the call goes on, and further errors of it are not logged"
                )
