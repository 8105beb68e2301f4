"""Bodies over HTTP/1.1: what came at once is one piece, and what httpcore reads is read."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

import anyio
import httpcore
import httpx
import pytest

from zhipu_client._io.body_pieces import apieces, pieces

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
CHUNKS = b"3\r\nabc\r\n2\r\nde\r\n1\r\nf\r\n"
END = b"0\r\n\r\n"


def read(came: Sequence[bytes]) -> list[bytes]:
    """Return the pieces of an answer that came so over a blocking connection."""
    transport = httpx.HTTPTransport()
    with httpcore.ConnectionPool(network_backend=httpcore.MockBackend(list(came))) as pool:
        transport._pool = pool
        response = sent(transport.handle_request(asked()))
        found = gathered(pieces(response))
        response.close()
        assert [one.is_idle() for one in pool.connections] == [True] * len(pool.connections)
        return found


def gathered(stream: Iterator[bytes]) -> list[bytes]:
    return [bytes(piece) for piece in stream]


async def aread(came: Sequence[bytes]) -> list[bytes]:
    """Return the same over an asynchronous connection."""
    transport = httpx.AsyncHTTPTransport()
    backend = httpcore.AsyncMockBackend(list(came))
    async with httpcore.AsyncConnectionPool(network_backend=backend) as pool:
        transport._pool = pool
        response = sent(await transport.handle_async_request(asked()))
        found = [bytes(piece) async for piece in apieces(response)]
        await response.aclose()
        return found


def asked() -> httpx.Request:
    return httpx.Request("GET", "http://service.test/")


def sent(response: httpx.Response) -> httpx.Response:
    response.request = asked()
    return response


@pytest.mark.parametrize(
    ("came", "found"),
    [
        ([CHUNKED + CHUNKS + END], [b"abcdef"]),
        ([CHUNKED, CHUNKS, END], [b"abcdef"]),
        ([CHUNKED + CHUNKS[:9], CHUNKS[9:] + END], [b"abc", b"def"]),
        ([WHOLE + b"ab", b"cd", b"ef"], [b"ab", b"cd", b"ef"]),
        ([UNTIL_CLOSED + b"ab", b"cdef", b""], [b"ab", b"cdef"]),
        ([CHUNKED, END], []),
    ],
)
def test_what_came_at_once_is_one_piece(came: list[bytes], found: list[bytes]) -> None:
    assert read(came) == found
    assert anyio.run(aread, came) == found


@pytest.mark.parametrize("behind", [b"no chunk\r\n", b""])
def test_what_came_before_a_fault_is_read_first(behind: bytes) -> None:
    found: list[bytes] = []
    transport = httpx.HTTPTransport()
    backend = httpcore.MockBackend([CHUNKED + CHUNKS + behind])
    with httpcore.ConnectionPool(network_backend=backend) as pool:
        transport._pool = pool
        response = sent(transport.handle_request(asked()))
        with pytest.raises(httpx.RemoteProtocolError):
            found.extend(pieces(response))
        response.close()
        assert pool.connections == []
    assert b"".join(found) == b"abcdef"


def test_who_listens_to_httpcore_hears_it_read(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "httpcore.http11"):
        assert read([CHUNKED + CHUNKS + END]) == [b"abc", b"de", b"f"]
    assert "receive_response_body.complete" in caplog.text
