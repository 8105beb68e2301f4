"""May this be tried again, and when? A pure function of what went wrong."""

from __future__ import annotations

from dataclasses import dataclass

from zhipu_client._errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    InvalidRequestError,
    StreamIncompleteError,
)
from zhipu_client._request import Kind

__all__ = ["MAX_RETRY_AFTER", "Attempt", "delay", "retries"]

#: The longest wait that the service may ask for; above it the error is raised at once.
MAX_RETRY_AFTER = 60.0
FIRST_DELAY = 0.5
MAX_DELAY = 8.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is known when a try has failed.

    Attributes:
        number: 0 for the first try.
        max_retries: How many tries may follow the first.
        kind: See `zhipu_client._request.Kind`.
        jitter: A random number in [0, 1).
    """

    number: int
    max_retries: int
    kind: Kind
    jitter: float


def retries(value: object) -> int:
    """The setting ``max_retries``, once it is seen to be a number of tries."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidRequestError(
            f"max_retries is {value!r}, but must be a whole number of at least 0",
            field="max_retries",
            value=value,
        )
    return value


def delay(error: Exception, attempt: Attempt) -> float | None:
    """Seconds to wait before the next try, or None when there must not be one.

    Nothing may have been delivered to the caller yet: a stream is never replayed after its first
    event, which is for the caller of this function to know.
    """
    if attempt.number >= attempt.max_retries or not _may_repeat(error, attempt.kind):
        return None
    asked = error.retry_after if isinstance(error, APIError) else None
    if asked is not None:
        return asked if asked <= MAX_RETRY_AFTER else None
    backoff = min(MAX_DELAY, FIRST_DELAY * 2.0**attempt.number)
    return backoff * (1.0 - 0.5 * attempt.jitter)


def _may_repeat(error: Exception, kind: Kind) -> bool:
    if isinstance(error, APITimeoutError):
        # The caller's limit is spent, and the service may still be working on (and charging
        # for) the first try: repeating would make both three times as long.
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
