"""A kept connection that the server closes while the next request is on its way."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest

from zhipu_client import (
    APIConnectionError,
    APITimeoutError,
    AsyncClient,
    Client,
    ServerError,
    chat,
)
from zhipu_client._request import Kind, Request

KEY = "id.secret"
EVENT = {"id": "a", "choices": [{"index": 0, "delta": {"content": "ok"}, "finish_reason": "stop"}]}
WHOLE = {"id": "a", "choices": [{"index": 0, "message": {"content": "ok"}}]}
#: How the second request on a connection ends: it is read and never answered, not even read, or
#: crosses the server's last word, that the connection was idle for too long.
How = Literal["read", "unread", "timed out"]
IDLE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 4\r\n\r\nidle"
MESSAGES = [{"role": "user", "content": "hi"}]


class Closing:
    """Answers the first request of each connection, and closes it at the second.

    Args:
        how: What happens to the second request.
    """

    def __init__(self, how: How) -> None:
        self._how = how
        self.answered = 0
        self.refused = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def close(self) -> None:
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            body = _request(connection)
            self.answered += 1
            connection.sendall(_answer(body))
            try:
                # Nothing is closed before the next request is here, or the client would see it.
                if not connection.recv(1, socket.MSG_PEEK):
                    return
                self.refused += 1
                if self._how == "timed out":
                    connection.sendall(IDLE)
                if self._how != "unread":
                    _request(connection)
            except OSError:
                return


def _request(connection: socket.socket) -> dict[str, Any]:
    """Read one request to its end."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    ]
    whole = bytearray(body)  # of bytes, each piece would copy all that came before it
    while len(whole) < lengths[0]:
        whole += connection.recv(1 << 20)
    return dict(json.loads(whole))


def _answer(body: dict[str, Any]) -> bytes:
    if body.get("stream"):
        content, kind = f"data: {json.dumps(EVENT)}\n\ndata: [DONE]\n\n", "text/event-stream"
    else:
        content, kind = json.dumps(WHOLE), "application/json"
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(content)}\r\n\r\n"
    return (head + content).encode()


@pytest.fixture(params=["read", "unread", "timed out"])
def how(request: pytest.FixtureRequest) -> How:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def server(how: How) -> Iterator[Closing]:
    made = Closing(how)
    yield made
    made.close()


def _created(kind: Kind, size: int = 2) -> Request[Any]:
    body = {"model": "m", "messages": MESSAGES, "padding": "x" * size}
    return Request("POST", "/chat/completions", lambda reply: reply.data, json=body, kind=kind)


def test_a_request_goes_out_again_at_once(server: Closing) -> None:
    client = Client(api_key=KEY, base_url=server.url, max_retries=0)
    for _ in range(6):
        assert client.send(chat.create(model="m", messages=MESSAGES)).text == "ok"
    assert (server.answered, server.refused) == (6, 5)


def test_a_stream_goes_out_again_at_once(server: Closing) -> None:
    client = Client(api_key=KEY, base_url=server.url, max_retries=0)
    for _ in range(6):
        with client.stream(chat.stream(model="m", messages=MESSAGES)) as chunks:
            assert [chunk["id"] for chunk in chunks] == ["a"]
    assert (server.answered, server.refused) == (6, 5)


def test_the_same_without_blocking(server: Closing) -> None:
    async def main() -> None:
        client = AsyncClient(api_key=KEY, base_url=server.url, max_retries=0)
        for _ in range(3):
            answer = await client.send(chat.create(model="m", messages=MESSAGES))
            assert answer.text == "ok"
            async with client.stream(chat.stream(model="m", messages=MESSAGES)) as chunks:
                assert [chunk["id"] async for chunk in chunks] == ["a"]

    asyncio.run(main())
    assert (server.answered, server.refused) == (6, 5)


def _send(client: Client, request: Request[Any]) -> Any:
    return client.send(request)


def _asend(client: Client, request: Request[Any]) -> Any:
    return asyncio.run(client.as_async().send(request))


@pytest.mark.parametrize("how", ["read", "timed out"], indirect=True)
def test_what_is_paid_for_is_not_sent_twice(server: Closing) -> None:
    client = Client(api_key=KEY, base_url=server.url, max_retries=0)
    client.send(_created("paid"))
    with pytest.raises((APIConnectionError, ServerError)):  # it may have been taken
        client.send(_created("paid"))
    assert server.answered == 1


@pytest.mark.parametrize("send", [_send, _asend], ids=["sync", "async"])
def test_an_answer_of_408_on_a_new_connection_is_an_attempt(send: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        seen: list[int] = []

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                _request(connection)
                seen.append(1)
                connection.sendall(IDLE)

        threading.Thread(target=serve, daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        client = Client(api_key=KEY, base_url=url, max_retries=0)
        with pytest.raises(ServerError, match="408"):
            send(client, _created("generate"))
        assert seen == [1]


@pytest.mark.parametrize("how", ["unread"], indirect=True)
def test_what_is_paid_for_goes_out_again_where_it_was_never_taken(server: Closing) -> None:
    client = Client(api_key=KEY, base_url=server.url, max_retries=0)
    client.send(_created("generate"))
    # More than fits on the way: the connection breaks before all of it is sent.
    assert client.send(_created("paid", 20_000_000))["id"] == "a"
    assert (server.answered, server.refused) == (2, 1)


@pytest.mark.parametrize("send", [_send, _asend], ids=["sync", "async"])
def test_a_new_connection_that_breaks_is_an_attempt(send: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        seen: list[int] = []

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                _request(connection)
                seen.append(1)

        threading.Thread(target=serve, daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        client = Client(api_key=KEY, base_url=url, max_retries=0)
        with pytest.raises(APIConnectionError):
            send(client, _created("generate"))
        assert seen == [1]


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_the_connection_in_place_of_a_closed_one_has_limits_too(mode: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()
        taken: list[int] = []

        def serve() -> None:
            first, _ = listening.accept()
            with first:
                first.sendall(_answer(_request(first)))
                first.recv(1, socket.MSG_PEEK)
            second, _ = listening.accept()
            with second:
                _request(second)
                taken.append(2)
                second.sendall(b"HTTP/1.1 200 OK\r\n")
                while not over.wait(0.05):
                    second.sendall(b"x: y\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        client = Client(api_key=KEY, base_url=url, max_retries=0)

        async def twice() -> None:
            twin = client.as_async()
            await twin.send(_created("generate"))
            await twin.send(_created("generate"), timeout=1.0)

        try:
            with pytest.raises(APITimeoutError):
                if mode == "async":
                    asyncio.run(twice())
                else:
                    client.send(_created("generate"))
                    client.send(_created("generate"), timeout=1.0)
        finally:
            over.set()
            thread.join(10)
        assert taken == [2]


def test_what_another_thread_closes_does_not_go_out_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        here, requests = threading.Event(), []

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(_answer(_request(connection)))
                requests.append(_request(connection))
                here.set()
                assert connection.recv(1) == b""  # the client has closed it
            listening.settimeout(1.0)
            try:
                requests.append(_request(listening.accept()[0]))
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        client = Client(api_key=KEY, base_url=url, max_retries=0)
        client.send(chat.create(model="m", messages=MESSAGES))
        stream = client.stream(chat.stream(model="m", messages=MESSAGES))
        reader = threading.Thread(target=list, args=(stream,), daemon=True)
        reader.start()
        assert here.wait(10)
        stream.close()
        reader.join(10)
        assert not reader.is_alive()
        thread.join(10)
        assert len(requests) == 1
