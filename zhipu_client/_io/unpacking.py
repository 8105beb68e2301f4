"""A body's bytes, unpacked in bounded pieces.

httpx unpacks whatever came at once and in as many layers as the header names: three kilobytes of
gzip in gzip are two gigabytes before anybody can count them. So the raw bytes are read, one coding
at most is taken (of those that were asked for), and each piece is counted before the next is made.

httpx's own ``iter_raw`` closes the response at its end; then the connection may serve another call
before anybody has looked at the answer. Here closing is left to who reads.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from zhipu_client.errors import ServerError
from zhipu_client.errors._root import shorten

__all__ = ["CODINGS", "aunpacked", "unpacked"]

#: The most bytes of one piece.
PIECE = 65536
#: What may be packed how, and how zlib is to read it (its ``wbits``).
CODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
#: "deflate" without the header that it should have: some servers send that.
BARE = -15


def unpacked(response: Any, request_id: str | None) -> Iterator[bytes]:
    """Return the body of a blocking response of httpx in pieces of at most `PIECE` bytes.

    Raises:
        ServerError: It is packed twice, in a way that nobody asked for, or (while it is read)
            wrongly.
    """
    if _unreadable(response):
        return iter(())
    # A transport that plays recordings back gives whole bodies, which httpx has unpacked by now.
    if response.is_stream_consumed:
        read: Iterator[bytes] = response.iter_bytes()
        return read
    from zhipu_client._io.body_pieces import pieces  # now that httpx is there

    unpacker = _unpacker(response, request_id)
    packed = pieces(response)
    if unpacker is None:
        return packed
    return (piece for data in packed for piece in unpacker.feed(data))


def aunpacked(
    response: Any, request_id: str | None, *, within: float | None = None
) -> AsyncIterator[bytes]:
    """Return the same for an asynchronous response.

    Args:
        response: Of httpx.
        request_id: For errors.
        within: Seconds after which who waits for a piece ends that; None where nobody does.
    """
    if _unreadable(response):
        return _nothing()
    if response.is_stream_consumed:
        read: AsyncIterator[bytes] = response.aiter_bytes()
        return read
    from zhipu_client._io.body_pieces import apieces

    unpacker = _unpacker(response, request_id)
    packed = apieces(response, within=within)
    return packed if unpacker is None else _aunpacked(packed, unpacker)


async def _aunpacked(packed: AsyncIterator[bytes], unpacker: _Unpacker) -> AsyncIterator[bytes]:
    async for data in packed:
        for piece in unpacker.feed(data):
            yield piece


async def _nothing() -> AsyncIterator[bytes]:
    pieces: list[bytes] = []
    for piece in pieces:
        yield piece


class _Unpacker:
    """Takes one coding off."""

    def __init__(self, coding: str, request_id: str | None) -> None:
        self._request_id = request_id
        self._first = coding == "deflate"
        self._zlib = zlib.decompressobj(CODINGS[coding])

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what ``data`` adds, in pieces."""
        while True:
            piece = self._next(data)
            if piece:
                yield piece
            # Behind the end of the packed bytes there may be padding, which is not read.
            data = self._zlib.unconsumed_tail
            if not data and len(piece) < PIECE:
                return

    def _next(self, data: bytes) -> bytes:
        try:
            piece = self._zlib.decompress(data, PIECE)
        except zlib.error:
            if not self._first:
                raise ServerError(
                    "the answer's compression is broken", request_id=self._request_id
                ) from None
            self._first = False
            self._zlib = zlib.decompressobj(BARE)
            return self._next(data)
        self._first = False
        return piece


def _codings(response: Any) -> list[str]:
    names = response.headers.get_list("content-encoding", split_commas=True)
    codings = (name.strip().lower() for name in names)
    return [name for name in codings if name not in ("", "identity")]


def _refused(codings: list[str]) -> bool:
    return len(codings) > 1 or any(name not in CODINGS for name in codings)


def _unreadable(response: Any) -> bool:
    """Return whether this is an error whose words are lost: its status says enough."""
    return response.status_code >= 300 and _refused(_codings(response))


def _unpacker(response: Any, request_id: str | None) -> _Unpacker | None:
    """Return what unpacks a response; None if nothing is packed."""
    codings = _codings(response)
    if not codings:
        return None
    if _refused(codings):
        how = "more than once" if len(codings) > 1 else "in a way that was not asked for"
        raise ServerError(
            f"the answer is packed {how} (Content-Encoding: {shorten(', '.join(codings))}); "
            "something between here and the service does that: it must send gzip, or nothing",
            status=response.status_code,
            request_id=request_id,
        )
    return _Unpacker(codings[0], request_id)
