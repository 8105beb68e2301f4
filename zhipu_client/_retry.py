"""Decides whether a call is tried again, and when: a pure function of what went wrong.

Too many requests in flight (1302) is not a failure of the call: the service refuses it before any
work, bills nothing, and takes it as soon as another request has ended. So it is not counted
against ``max_retries``; it has a patience in seconds. The patience is for an account that lets
nothing in at all: it begins at the call's first refusal, and anew when a request of the same
account and model has ended that was let in. A call that waits in the gate's queue while others
are served therefore never runs out of it, however long they take. ``max_retries=0`` switches this
off too: it is for callers that repeat, or turn to another model, by themselves.
"""

from __future__ import annotations

from typing import NamedTuple

from zhipu_client._request import Kind
from zhipu_client.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    StreamIncompleteError,
)

__all__ = ["MAX_RETRY_AFTER", "PATIENCE", "RetryState", "delay", "refused"]

#: The longest wait that the service may ask for; above it the error is raised at once.
MAX_RETRY_AFTER = 60.0
FIRST_DELAY = 0.5
MAX_DELAY = 8.0
#: Seconds of nothing but refusals (1302) after which one is raised.
PATIENCE = 60.0


class RetryState(NamedTuple):
    """What is known when an attempt has failed.

    Attributes:
        number: 0 for the first attempt.
        max_retries: How many attempts may follow the first.
        kind: See `zhipu_client._request.Kind`.
        jitter: A random number in [0, 1).
        refusals: How often the call was refused (1302) before, with nothing let in since.
        refused_for: Seconds since the first of these.
    """

    number: int
    max_retries: int
    kind: Kind
    jitter: float
    refusals: int = 0
    refused_for: float = 0.0


def delay(error: Exception, attempt: RetryState) -> float | None:
    """Return the seconds to wait before the next attempt, or None when there must not be one.

    Nothing may have been delivered to the caller yet: a stream is never replayed after its first
    event, which is for the caller of this function to know.
    """
    number, longest = attempt.number, MAX_DELAY
    if refused(error):
        left = PATIENCE - attempt.refused_for
        if attempt.max_retries == 0 or left < FIRST_DELAY:
            return None
        number, longest = attempt.refusals, min(MAX_DELAY, left)
    elif number >= attempt.max_retries or not _may_repeat(error, attempt.kind):
        return None
    asked = error.retry_after if isinstance(error, APIError) else None
    if asked is not None:
        return asked if asked <= MAX_RETRY_AFTER else None
    backoff = min(longest, FIRST_DELAY * 2.0 ** min(number, 10))
    return backoff * (1.0 - 0.5 * attempt.jitter)


def refused(error: Exception) -> bool:
    """Return whether the service refused a request because too many are in flight (1302)."""
    return isinstance(error, APIError) and error.code == "1302"


def _may_repeat(error: Exception, kind: Kind) -> bool:
    if isinstance(error, APITimeoutError):
        # The caller's limit is spent, and the service may still be working on (and charging
        # for) the first attempt: repeating would make both three times as long.
        return not error.sent
    if isinstance(error, APIConnectionError):
        return not error.sent or kind != "paid"
    if isinstance(error, StreamIncompleteError):
        return kind != "paid"
    if not isinstance(error, APIError) or not error.retryable:
        return False
    if kind == "paid":
        # A 5xx may come after the creation was accepted: a retry would be billed twice.
        return error.status in (429, 503)
    return True
