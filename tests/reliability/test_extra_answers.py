"""An answer that nobody asked for is never handed to the next caller."""

from __future__ import annotations

import asyncio
import json

import pytest

from zhipu_client import ServerError

from . import scenarios as say
from .conftest import Drive
from .frames import TEXT, completion, stream_frames
from .server import Exchange, FaultServer, Scenario

FOREIGN = "for somebody else"


def _one(streamed: bool, text: str, size: int = 0) -> bytes:
    """One answer as it is on the wire, padded to ``size`` bytes."""
    if streamed:
        frames = stream_frames(text)
        body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in frames) + b"0\r\n\r\n"
        kind, framing = say.SSE["Content-Type"], "Transfer-Encoding: chunked"
    else:
        body = json.dumps(completion(text)).encode()
        kind, framing = say.JSON["Content-Type"], f"Content-Length: {len(body)}"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{framing}\r\n"
    pad = size - len(head) - len(body) - len("X-Pad: \r\n\r\n")
    fields = f"X-Pad: {'x' * pad}\r\n" if pad > 0 else ""
    return f"{head}{fields}\r\n".encode() + body


def twice(*, size: int = 0, after: float = 0.0, whole: bool = True) -> Scenario:
    """The answer, and another: at once in the same bytes, or a little later; or a part of one."""

    async def run(exchange: Exchange) -> None:
        streamed = exchange.request.streamed
        first, extra = _one(streamed, TEXT, size), _one(streamed, FOREIGN)
        extra = extra if whole else b"\r\nHTTP/1.1 2"
        if not after:
            await exchange.raw(first + extra)
            return
        await exchange.raw(first)
        await asyncio.sleep(after)
        await exchange.raw(extra)

    return run


KINDS = {
    "in the same bytes": twice(),
    "a part of one": twice(whole=False),
    # As many bytes as one read takes: the extra ones stay below the parser.
    "behind a full read": twice(size=65536),
    "a little later": twice(after=0.02),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_next_caller_gets_its_own_answer(drive: Drive, kind: str, streamed: bool) -> None:
    with FaultServer(KINDS[kind], say.echo()) as server:
        driver = drive(server, max_retries=0)
        first = driver.stream() if streamed else driver.complete()
        assert first.ok().text == TEXT
        if kind == "a little later":
            assert server.wait_for(lambda s: s.in_flight == 0)
        for outcome in driver.both("my own question"):
            assert outcome.ok().text == "my own question"
        assert server.accepted == 2  # and the second connection is kept


def _with_id(request_id: str, text: str) -> Scenario:
    """An answer whose body and chunks say which request they belong to."""
    frames = stream_frames(text)
    first = frames[0].replace(b"data: {", b'data: {"request_id": "%b", ' % request_id.encode(), 1)
    plain = say.answer({**completion(text), "request_id": request_id})
    return say.by_mode(plain, say.stream(first, *frames[1:]))


def _of_the_call_before(exchange: Exchange) -> Scenario:
    requests = exchange.server.requests
    asked = requests[max(0, exchange.number - 1)]
    return _with_id(asked.json["request_id"], asked.prompt)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_an_answer_to_another_call_is_an_error(drive: Drive, streamed: bool) -> None:
    with FaultServer(say.chosen(_of_the_call_before)) as server:
        driver = drive(server)
        ask = driver.stream if streamed else driver.complete
        assert ask("of Alice").ok().text == "of Alice"
        outcome = ask("of Bob")
        asked = [request.json["request_id"] for request in server.requests]
        error = outcome.failed(ServerError, retryable=False, request_id=asked[1])
        assert asked[0] in str(error)
        assert outcome.text == ""
        assert len(server.requests) == 2  # it was paid for: not sent again


NOT_ITS_OWN = {
    "of another call": (False, say.chosen(_of_the_call_before)),
    "one piece for a stream": (True, say.answer(completion(FOREIGN))),
    "a stream for one piece": (False, say.stream(*stream_frames(FOREIGN))),
}


@pytest.mark.parametrize("kind", NOT_ITS_OWN)
def test_where_a_strange_answer_came_from_nobody_is_answered_again(drive: Drive, kind: str) -> None:
    # Its own answer is still to come there, and would be the next caller's.
    streamed, strange = NOT_ITS_OWN[kind]
    with FaultServer(say.echo(), strange, say.echo()) as server:
        driver = drive(server, max_retries=0)
        assert driver.complete("of Alice").ok().text == "of Alice"
        (driver.stream if streamed else driver.complete)("of Bob").failed(ServerError)
        assert driver.complete("of Carol").ok().text == "of Carol"
        assert [request.connection for request in server.requests] == [0, 0, 1]


def test_the_stored_answer_to_the_same_question_is_taken(drive: Drive) -> None:
    with FaultServer(say.chosen(_of_the_call_before)) as server:
        driver = drive(server)
        for _ in range(3):
            assert driver.complete("the same").ok().text == "the same"


def test_ids_that_the_server_made_are_believed(drive: Drive) -> None:
    with FaultServer(_with_id("made-there", TEXT)) as server:
        for outcome in drive(server).both():
            assert outcome.ok().text == TEXT
