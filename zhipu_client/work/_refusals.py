"""Refusals that are about one of many items: the others are asked for without it. Pure."""

from __future__ import annotations

from typing import Any, Literal

from zhipu_client.errors import (
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    PermissionDeniedError,
    QuotaExceededError,
    ZhipuError,
)

__all__ = ["FATAL", "MOST_LOST", "Nothing", "OnError", "is_about_an_item", "may_be_skipped"]

#: What a refused item is: the end of the job, or left out.
OnError = Literal["raise", "skip"]
#: Errors that everything else would meet, too: never skipped.
FATAL = (AuthenticationError, PermissionDeniedError, QuotaExceededError)
#: After so many failures one after the other, what is left of a document is not asked for.
MOST_LOST = 3


def is_about_an_item(error: Exception) -> bool:
    """Return whether a request was refused for what is in it, and a part of it may be accepted.

    Such a refusal is not billed.
    """
    return isinstance(error, (BadRequestError, ContentFilterError))


def may_be_skipped(error: Exception, on_error: OnError) -> bool:
    """Return whether what failed is left out: an error of this package that is not `FATAL`."""
    return on_error == "skip" and isinstance(error, ZhipuError) and not isinstance(error, FATAL)


class Nothing:
    """A run without a piece: of what was left out before it began."""

    in_flight = 1
    blocking = False

    def take(self) -> None:
        """Return no request."""

    def done(self, number: int, value: Any) -> None:
        """Is not called: nothing was asked for."""

    def failed(self, number: int, error: Exception) -> None:
        """Is not called, either."""

    def ready(self) -> tuple[()]:
        """Return no piece."""
        return ()

    def result(self, pieces: list[Any]) -> list[Any]:
        """Return what was handed over."""
        return pieces

    def report(self, error: BaseException, pieces: list[Any]) -> None:
        """Leave the error as it is."""

    def close(self) -> None:
        """Close nothing."""
