"""The pieces of a body: who ends a wait for the next one."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import h11
import httpx
import pytest

from zhipu_client._io import body_pieces


class Network:
    """A connection that notes the limits that it is read with."""

    def __init__(self) -> None:
        self.limits: list[float | None] = []

    async def read(self, _size: int, limit: float | None) -> bytes:
        self.limits.append(limit)
        return b"abc"


def _parser() -> h11.Connection:
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="GET", target="/", headers=[("host", "a")]))
    parser.send(h11.EndOfMessage())
    parser.receive_data(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n")
    parser.next_event()
    return parser


@pytest.mark.parametrize(
    ("own", "within", "expected"),
    [
        (300.0, None, 300.0),
        (300.0, 300.0, None),  # who waits ends it no later
        (600.0, 300.0, None),
        (5.0, 300.0, 5.0),  # of a caller's own client, or a shorter time between two bytes
        (None, 300.0, None),
    ],
)
def test_a_read_has_a_limit_of_its_own_only_where_it_is_the_shorter_one(
    own: float | None, within: float | None, expected: float | None
) -> None:
    async def main() -> None:
        network: Any = Network()
        connection = SimpleNamespace(
            _h11_state=_parser(), _network_stream=network, READ_NUM_BYTES=64
        )
        request = httpx.Request("GET", "http://a", extensions={"timeout": {"read": own}})
        response = httpx.Response(200, request=request)
        read = body_pieces._AsyncPieces(response, connection, within)
        assert [piece async for piece in read] == [b"abc"]
        assert network.limits == [expected]

    asyncio.run(main())
