"""What reads the events of a stream other than a chat's: decoding, failures, the end. Pure."""

from __future__ import annotations

import json
from typing import Any

from zhipu_client.errors import StreamIncompleteError, error_in
from zhipu_client.errors._failures import error_from

__all__ = ["EventReader"]


class EventReader:
    """The base of readers of streams that end with ``[DONE]``; see `StreamReader`.

    Attributes:
        whole: Whether a mark of the end has come.
    """

    def __init__(self) -> None:
        self.done = False
        self.contents = 0
        self.whole = False

    def decode(self, data: bytes, event: str) -> dict[str, Any] | None:
        """Return an event's object, or None for the closing sentinel; raise for a failure."""
        if data.strip() == b"[DONE]":
            self.done = self.whole = True
            return None
        try:
            frame = json.loads(data)
        except ValueError as error:
            message = f"the stream has an event of {len(data)} bytes that is not JSON"
            raise StreamIncompleteError(message, partial=self.partial()) from error
        if not isinstance(frame, dict) or event == "error" or error_in(frame):
            raise error_from(None, {}, frame)
        return frame

    def partial(self) -> Any:
        """Return what has come so far, where that can be put together."""
        return None

    def finish(self) -> None:
        """Raise when the stream ended without an end mark."""
        if not self.whole or not self.contents:
            raise StreamIncompleteError("the stream ended too early", partial=self.partial())
