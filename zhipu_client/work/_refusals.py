"""Refusals that are about one of many items: the others are asked for without it. Pure."""

from __future__ import annotations

from typing import Literal

from zhipu_client.errors import BadRequestError, ContentFilterError

__all__ = ["OnError", "is_about_an_item"]

#: What a refused item is: the end of the job, or left out.
OnError = Literal["raise", "skip"]


def is_about_an_item(error: Exception) -> bool:
    """Return whether a request was refused for what is in it, and a part of it may be accepted.

    Such a refusal is not billed.
    """
    return isinstance(error, (BadRequestError, ContentFilterError))
