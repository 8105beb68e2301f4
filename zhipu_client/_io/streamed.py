"""A long body as a stream of httpx, for both of its clients, and for several attempts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx

from zhipu_client._io.bodies import LongBody

__all__ = ["Streamed"]


class Streamed(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A stream that can be read again, as one attempt follows another.

    Args:
        body: What is sent.
    """

    def __init__(self, body: LongBody) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._body.__aiter__()
