"""The two clients: what they send, with which key, headers and attempts."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import zhipu_client
from tests.reliability import scenarios as say
from tests.reliability.clocks import FakeClock
from tests.reliability.frames import TEXT
from tests.reliability.server import FaultServer
from tests.zhipu_client.clients.asking import CLIENTS, KEY, MESSAGES, ask, ask_stream
from zhipu_client import AsyncClient, Client, InvalidRequestError, Timeout, chat, embeddings, files
from zhipu_client._io.call import Call

# --- what is sent ------------------------------------------------------------------------------


def test_a_request_carries_what_it_should(server: FaultServer) -> None:
    client = Client(api_key=KEY, base_url=server.base_url, default_headers={"X-Team": "blue"})
    client.send(ask(temperature=0.3), headers={"X-Once": "1"})
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/api/paas/v4/chat/completions")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"].startswith("application/json")
    assert (request.headers["x-team"], request.headers["x-once"]) == ("blue", "1")
    assert "zhipu-integrations" in request.headers["user-agent"]
    body = request.json
    assert len(body.pop("request_id")) == 32
    assert body == {"model": "glm-4.7", "messages": MESSAGES, "temperature": 0.3}


def test_a_header_is_sent_once_however_it_is_spelt() -> None:
    client = Client(api_key=KEY, default_headers={"user-agent": "mine", "X-Team": "blue"})
    call = Call.of(client._core, ask(), None, None, {"x-team": "red", "CONTENT-TYPE": "text/plain"})
    names = [name.lower() for name in call.headers]
    assert len(names) == len(set(names))
    found = {name.lower(): value for name, value in call.headers.items()}
    assert (found["user-agent"], found["x-team"]) == ("mine", "red")
    assert found["content-type"] == "text/plain"


def test_an_upload_says_its_own_type() -> None:
    """Many have JSON as a default header; with it the parts of a file could not be told apart."""
    headers = {"content-type": "application/json"}
    with FaultServer(say.answer({"id": "file-1"})) as server:
        client = Client(api_key=KEY, base_url=server.base_url, default_headers=headers)
        client.send(files.create(file=b"{}", purpose="agent", filename="a.txt").as_dict())
        (request,) = server.requests
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize(
    "headers",
    [
        "X-Team: blue",
        5,
        {"X-Team": None},
        {"X-Team": 5},
        {"X-Team": "hunter2\n"},
        {"X-Team": " hunter2"},
        {"X-Team": "hunter2é"},
        {"X Team": "hunter2"},
        {"": "hunter2"},
        {5: "hunter2"},
    ],
)
def test_headers_that_are_none_are_refused_at_once_and_not_shown(kind: Any, headers: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        kind(api_key=KEY, default_headers=headers)
    assert caught.value.field == "default_headers"
    assert "hunter2" not in str(caught.value)
    client = kind(api_key=KEY)
    with pytest.raises(InvalidRequestError) as caught:
        client.stream(ask_stream(), headers=headers)
    assert caught.value.field == "headers"


@pytest.mark.parametrize("headers", [None, {}, [("X-Team", "blue")], {"X-Empty": ""}])
def test_headers_that_are_some_are_taken(headers: Any) -> None:
    client = Client(api_key=KEY, default_headers=headers)
    call = Call.of(client._core, ask(), None, None, None)
    assert dict(headers or {}).items() <= dict(call.headers).items()


@pytest.mark.parametrize("host", ["exa\u0301mple.test", "[v1.x]", "xn--i-7iq.test"])
def test_a_host_that_httpx_does_not_take_is_a_typed_error(host: str) -> None:
    client = Client(api_key=KEY, base_url=f"http://{host}/v4", max_retries=0)
    with pytest.raises(InvalidRequestError, match="base_url") as caught:
        client.send(ask())
    assert caught.value.field == "base_url"


def test_a_callers_request_id_is_kept(server: FaultServer) -> None:
    Client(api_key=KEY, base_url=server.base_url).send(ask(request_id="my-own-id-17"))
    assert server.requests[0].json["request_id"] == "my-own-id-17"


def test_one_id_for_all_tries_and_another_for_the_next_call(clock: FakeClock) -> None:
    with FaultServer(say.error(503), say.error(503), say.healthy()) as server:
        client = Client(api_key=KEY, base_url=server.base_url, clock=clock)
        client.send(ask())
        client.send(ask())
        ids = [request.json["request_id"] for request in server.requests]
    assert ids[0] == ids[1] == ids[2] != ids[3]


def test_a_signed_token_in_place_of_the_key(server: FaultServer) -> None:
    Client(api_key=KEY, base_url=server.base_url, auth="jwt").send(ask())
    header = server.requests[0].headers["authorization"]
    assert KEY.partition(".")[2] not in header
    assert len(header.removeprefix("Bearer ").split(".")) == 3


def test_a_key_function_is_asked_each_time(server: FaultServer) -> None:
    keys = iter(["first.key", "second.key", "third.key"])
    client = Client(api_key=lambda: next(keys), base_url=server.base_url)
    client.send(ask())
    with client.stream(ask_stream()) as chunks:
        list(chunks)
    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer first.key", "Bearer second.key"]


async def test_an_async_key_function_is_for_async_calls(server: FaultServer) -> None:
    async def key() -> str:
        await asyncio.sleep(0)
        return "async.key"

    client = Client(api_key=key, base_url=server.base_url)
    await client.as_async().send(ask())
    assert server.requests[0].headers["authorization"] == "Bearer async.key"
    with pytest.raises(InvalidRequestError, match="async"):
        client.send(ask())


async def test_a_key_function_that_hangs_is_left_in_time(server: FaultServer) -> None:
    go = threading.Event()
    answered = threading.Event()

    def vault() -> str:
        go.wait(5)
        answered.set()
        return KEY

    client = AsyncClient(api_key=vault, base_url=server.base_url, max_retries=0)
    try:
        with pytest.raises(zhipu_client.APITimeoutError, match="no whole answer"):
            await client.send(ask(), timeout=0.2)
        assert not answered.is_set()
    finally:
        go.set()
    assert server.requests == []


@pytest.mark.parametrize("kind", CLIENTS)
def test_what_a_key_function_raises_is_its_own(kind: Any, server: FaultServer) -> None:
    def vault() -> str:
        raise TimeoutError("the vault is slow")

    client = kind(api_key=vault, base_url=server.base_url)
    with pytest.raises(TimeoutError, match="the vault is slow") as caught:
        client.send(ask()) if kind is Client else asyncio.run(client.send(ask()))
    assert not isinstance(caught.value, zhipu_client.ZhipuError)


def test_a_key_that_comes_later_is_for_async_calls(server: FaultServer) -> None:
    class Later:
        def __await__(self) -> Iterator[Any]:
            return iter(())

    client = Client(api_key=lambda: Later(), base_url=server.base_url)  # type: ignore[arg-type,return-value]
    with pytest.raises(InvalidRequestError, match="async"):
        client.send(ask())


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_the_limit_that_has_passed_is_the_one_that_is_named(mode: str) -> None:
    with FaultServer(say.stalled()) as server:
        client = Client(api_key=KEY, base_url=server.base_url, max_retries=0)
        for limits, told in (
            (Timeout(total=0.2), "no whole answer within timeout=0.2 s"),
            (Timeout(read=0.2), "no byte from .* for timeout=0.2 s"),
        ):
            with pytest.raises(zhipu_client.APITimeoutError, match=told):
                if mode == "sync":
                    client.send(ask(), timeout=limits)
                else:
                    asyncio.run(client.as_async().send(ask(), timeout=limits))


def test_what_json_cannot_carry_is_refused_before_sending(server: FaultServer) -> None:
    client = Client(api_key=KEY, base_url=server.base_url)
    for extra in ({"x": float("nan")}, {"x": object()}, {"x": "\ud800"}):
        with pytest.raises(InvalidRequestError, match="JSON"):
            client.send(ask(extra_body=extra))
    assert server.requests == []


def test_a_header_that_cannot_be_sent_is_refused(server: FaultServer) -> None:
    client = Client(api_key=KEY, base_url=server.base_url, max_retries=0)
    for value in ("a\nb", "a\r\nX-Evil: 1"):
        with pytest.raises(InvalidRequestError) as caught:
            client.send(ask(), headers={"X-Odd": value})
        assert "Evil" not in str(caught.value)
    assert server.requests == []


def test_an_endpoint_that_the_site_lacks_is_refused() -> None:
    client = Client(api_key=KEY, base_url="zai")
    with pytest.raises(InvalidRequestError, match="not offered on this site"):
        client.send(embeddings.create(model="embedding-3", input=["text"]))


@pytest.mark.parametrize("site", ["bigmodel", "zai"])
def test_a_refused_key_names_the_site(site: str) -> None:
    with FaultServer(say.error(401, "1000")) as server:
        client = Client(api_key=KEY, base_url=server.base_url)
        with pytest.raises(zhipu_client.AuthenticationError) as caught:
            client.send(ask())
    assert f'"{site}"' in str(caught.value)
    assert server.base_url in str(caught.value)


# --- settings of one call ----------------------------------------------------------------------


def test_retries_and_timeout_of_one_call(clock: FakeClock) -> None:
    with FaultServer(say.error(503)) as server:
        client = Client(api_key=KEY, base_url=server.base_url, clock=clock, max_retries=0)
        with pytest.raises(zhipu_client.ServerError):
            client.send(ask(), max_retries=3)
        assert len(server.requests) == 4
    with FaultServer(say.stalled()) as server:
        client = Client(api_key=KEY, base_url=server.base_url, timeout=60, max_retries=0)
        with pytest.raises(zhipu_client.APITimeoutError):
            client.send(ask(), timeout=0.2)
        with pytest.raises(zhipu_client.APITimeoutError):
            client.send(ask(), timeout=Timeout(total=0.2))
        with (
            pytest.raises(zhipu_client.APITimeoutError),
            client.stream(ask_stream(), timeout=Timeout(read=0.2)) as chunks,
        ):
            list(chunks)


def test_a_ceiling_is_shared_with_the_async_half(server: FaultServer) -> None:
    server.script = [say.healthy(after=0.05)]
    client = Client(api_key=KEY, base_url=server.base_url, max_concurrency=2)

    async def both() -> None:
        twin = client.as_async()
        loop = asyncio.get_running_loop()
        threads = [loop.run_in_executor(None, client.send, ask()) for _ in range(4)]
        await asyncio.gather(*threads, *(twin.send(ask()) for _ in range(6)))

    asyncio.run(both())
    assert len(server.requests) == 10
    assert server.most_in_flight == 2


def test_a_typed_reply(server: FaultServer) -> None:
    client = Client(api_key=KEY, base_url=server.base_url)
    reply = client.send(chat.create(model="glm-4.7", messages=MESSAGES))
    assert reply.choices[0].message.content == TEXT
    assert reply.usage is not None
    assert reply.usage.total_tokens == 18
    assert json.loads(reply.model_dump_json())["id"] == reply.id
