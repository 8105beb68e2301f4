"""What a hook for attempts is given, and what may be one. Pure."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from zhipu_client.errors import InvalidRequestError

__all__ = ["AttemptEvent", "AttemptHook", "AttemptOutcome", "attempt_hook"]

#: What became of an attempt, or (``"opened"``) of the head of a stream.
AttemptOutcome = Literal["answered", "failed", "opened", "ended", "cut", "left"]


@dataclass(frozen=True, slots=True)
class AttemptEvent:
    """One attempt of a call, as ``on_attempt`` of a client gets it.

    A call has one event for each attempt; a stream has one more when it begins (``"opened"``). It
    contains neither the key nor anything of what was asked and answered, but for ``error``, whose
    ``body`` is what the service said.

    Attributes:
        number: Which attempt of the call this is, from 1. Attempts that were refused (1302), and
            those at the other site, count here too.
        outcome: ``"answered"``: the whole answer is there. ``"failed"``: it is not, and ``error``
            says why. ``"opened"``: a stream begins. ``"ended"``: a stream is complete. ``"cut"``:
            a stream broke after a part of it was handed out. ``"left"``: the caller stopped
            waiting or reading, by cancelling the call or closing the stream.
        method: The HTTP method.
        endpoint: The path below the base URL, such as ``"/chat/completions"``.
        base_url: The base URL that was asked.
        model: The model code, or None where the request has none.
        streamed: Whether the answer was asked for in pieces.
        status: The HTTP status; None where no answer came.
        code: The service's business code, such as ``"1302"``; None without one.
        request_id: The id that the service knows the request by, or None.
        waited: Seconds spent waiting for a place, before anything was sent.
        seconds: Seconds from then on, up to this event.
        next_in: Seconds until the next attempt; None: that was the last.
        error: What went wrong, or None.

    Examples:
        >>> AttemptEvent(2, "answered", "POST", "/embeddings", "https://example.com/v4").next_in
    """

    number: int
    outcome: AttemptOutcome
    method: str
    endpoint: str
    base_url: str
    model: str | None = None
    streamed: bool = False
    status: int | None = None
    code: str | None = None
    request_id: str | None = None
    waited: float = 0.0
    seconds: float = 0.0
    next_in: float | None = None
    error: BaseException | None = field(default=None, repr=False)


AttemptHook = Callable[[AttemptEvent], Any]


def attempt_hook(given: Any) -> AttemptHook | None:
    """Return the setting ``on_attempt``, checked.

    Raises:
        InvalidRequestError: It cannot be called, or is an async function.
    """
    if given is None:
        return None
    method = getattr(given, "__call__", None)  # noqa: B004 - the method, not whether there is one
    if not callable(given):
        why = f"is {type(given).__name__}, but must be a function"
    elif inspect.iscoroutinefunction(given) or inspect.iscoroutinefunction(method):
        why = "is an async function, but must be a plain one: it is called while a call goes on"
    else:
        return given  # type: ignore[no-any-return]
    raise InvalidRequestError(f"on_attempt {why}", field="on_attempt")
