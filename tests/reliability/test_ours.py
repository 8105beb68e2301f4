"""N01 to N04, N06 to N08: what only this project promises. (N05 is in ``test_cassettes.py``.)"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

import zhipu_client
from zhipu_client import (
    APIConnectionError,
    AsyncClient,
    Client,
    InvalidRequestError,
    Request,
    chat,
    images,
    ocr,
)
from zhipu_client._io.documents import open_document

from . import scenarios as say
from .clocks import FakeClock
from .conftest import Drive
from .drivers import Driver
from .frames import TEXT, call_frames, completion, delta, frame, last, stream_frames
from .server import Exchange, FaultServer, Scenario
from .subjects import KEY, ClientSubject
from .test_connections import settled

MIB = 1 << 20


# --- N01: addresses in a request are the service's to fetch ---------------------------------


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> set[Any]:
    """Every address that this process connects to or looks up."""
    found: set[Any] = set()
    connect, lookup = socket.socket.connect, socket.getaddrinfo

    def spy(self: socket.socket, address: Any) -> None:
        found.add(tuple(address[:2]) if isinstance(address, tuple) else address)
        connect(self, address)

    def spy_lookup(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        found.add((host, port))
        return lookup(host, port, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", spy)
    monkeypatch.setattr(socket, "getaddrinfo", spy_lookup)
    return found


def _parts(trap: str) -> list[dict[str, Any]]:
    return [
        {"type": "image_url", "image_url": {"url": f"{trap}/picture.png"}},
        {"type": "video_url", "video_url": {"url": f"{trap}/film.mp4"}},
        {"type": "file_url", "file_url": {"url": f"{trap}/paper.pdf"}},
        {"type": "image_url", "image_url": {"url": "http://intranet.example/x.png"}},
        {"type": "text", "text": f"what is at {trap}/page.html?"},
    ]


def test_N01_the_client_fetches_no_address(connected: set[Any]) -> None:
    with FaultServer(say.healthy()) as trap, FaultServer(say.healthy()) as server:
        client = Client(api_key=KEY, base_url=server.base_url)
        for part in _parts(trap.url):
            messages = [{"role": "user", "content": [part, {"type": "text", "text": "?"}]}]
            client.send(chat.create(model="glm-4.6v", messages=messages))
            with client.stream(chat.stream(model="glm-4.6v", messages=messages)) as chunks:
                assert list(chunks)
        client.send(ocr.create(file=f"{trap.url}/scan.pdf").as_dict())
        assert (trap.accepted, len(server.requests)) == (0, 11)
        assert {address[1] for address in connected} == {server.port}


def test_N01_nor_does_the_chat_model(connected: set[Any]) -> None:
    pytest.importorskip("langchain_core")
    from langchain_core.messages import HumanMessage

    langchain_zhipu = pytest.importorskip("langchain_zhipu")
    with FaultServer(say.healthy()) as trap, FaultServer(say.healthy()) as server:
        model = langchain_zhipu.ChatZhipuAI(model="glm-4.6v", api_key=KEY, base_url=server.base_url)
        blocks = [
            {"type": "image_url", "image_url": {"url": f"{trap.url}/picture.png"}},
            {"type": "image", "url": f"{trap.url}/picture.png"},
            {"type": "video", "url": f"{trap.url}/film.mp4"},
            {"type": "file", "url": f"{trap.url}/paper.pdf"},
        ]
        for block in blocks:
            message = HumanMessage([block, {"type": "text", "text": "what is this?"}])
            model.invoke([message])
            list(model.stream([message]))
            asyncio.run(model.ainvoke([message]))
        assert (trap.accepted, len(server.requests)) == (0, 12)
        assert {address[1] for address in connected if isinstance(address, tuple)} == {server.port}


# --- N02, N03: local files ------------------------------------------------------------------


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    """A root, and twelve paths that nobody may read through it."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "sub").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret.pdf").write_bytes(b"%PDF-1.7 secret")
    (root / "good.pdf").write_bytes(b"%PDF-1.7 fine")
    (root / "empty.pdf").write_bytes(b"")
    (root / "link.pdf").symlink_to(outside / "secret.pdf")
    (root / "chain.pdf").symlink_to(root / "link.pdf")
    (root / "folder").symlink_to(outside)
    (root / "dangling.pdf").symlink_to(root / "missing.pdf")
    (root / "loop.pdf").symlink_to(root / "loop.pdf")
    os.mkfifo(root / "pipe.pdf")
    (root / "null.pdf").symlink_to("/dev/null")
    return {
        "root": root,
        "outside": outside / "secret.pdf",
        "dots": root / ".." / "outside" / "secret.pdf",
        "dots from a folder": root / "sub" / ".." / ".." / "outside" / "secret.pdf",
        "a link out": root / "link.pdf",
        "a chain of links": root / "chain.pdf",
        "a linked folder": root / "folder" / "secret.pdf",
        "a device": Path("/dev/zero"),
        "a link to a device": root / "null.pdf",
        "a pipe": root / "pipe.pdf",
        "a folder": root / "sub",
        "a dangling link": root / "dangling.pdf",
        "a link to itself": root / "loop.pdf",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_N02_nothing_outside_of_the_root_is_read(places: dict[str, Path]) -> None:
    root = places.pop("root")
    assert len(places) == 12
    for name, path in places.items():
        with pytest.raises(InvalidRequestError):
            open_document(path, root, MIB)
            pytest.fail(f"{name} was opened")
    document = open_document(root / "good.pdf", root, MIB)
    document.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_N02_devices_and_pipes_are_refused_without_a_root_too(places: dict[str, Path]) -> None:
    for name in ("a device", "a link to a device", "a pipe", "a folder", "a dangling link"):
        with pytest.raises(InvalidRequestError):
            open_document(places[name], None, MIB)


def test_N03_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.pdf"
    with huge.open("wb") as file:
        file.write(b"%PDF-1.7")
        file.truncate(1 << 30)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidRequestError, match="MiB") as caught:
            open_document(huge, None, 50 * MIB)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5 * MIB
    assert "huge.pdf" in str(caught.value)
    assert "50" in str(caught.value)


# --- N04: what is billed once it is accepted ------------------------------------------------


def _paid(path: str) -> Request[Any]:
    return Request("POST", path, lambda reply: reply.data, json={"model": "x"}, kind="paid")


PAID: dict[str, Any] = {
    "image": lambda: images.create(model="cogview-4", prompt="a cat").as_dict(),
    "image task": lambda: images.create_async(prompt="a cat").as_dict(),
    "video": lambda: _paid("/videos/generations"),
    "batch": lambda: _paid("/batches"),
    "voice": lambda: _paid("/voice/clone"),
}


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("name", PAID)
def test_N04_paid_creations_are_not_repeated(name: str, mode: str, clock: FakeClock) -> None:
    def send(server: FaultServer) -> Any:
        if mode == "sync":
            return Client(api_key=KEY, base_url=server.base_url, clock=clock).send(PAID[name]())
        client = AsyncClient(api_key=KEY, base_url=server.base_url, clock=clock)
        return asyncio.run(client.send(PAID[name]()))

    done = say.answer({"id": "1", "created": 1, "data": [{"url": "https://x.example/1.png"}]})
    for broken in (say.reset_early(), say.close_early(), say.short_body(b"x" * 100, 50)):
        with FaultServer(broken, done) as server:
            with pytest.raises(APIConnectionError):
                send(server)
            assert len(server.requests) == 1
    with FaultServer(say.error(500, "500"), done) as server:
        with pytest.raises(zhipu_client.ServerError):
            send(server)
        assert len(server.requests) == 1
    for refused in (say.error(429, "1302"), say.error(503)):
        with FaultServer(refused, done) as server:
            assert send(server)["id"] == "1"
            assert len(server.requests) == 2
            ids = {request.json.get("request_id") for request in server.requests}
            assert len(ids) == 1


# --- N06: the errors of the frameworks ------------------------------------------------------

MODEL_ERRORS: dict[str, tuple[Scenario, str]] = {
    "401": (say.error(401, "1001"), "ModelAuthenticationError"),
    "403": (say.error(403, "1220"), "ModelPermissionDeniedError"),
    "400": (say.error(400, "1214"), "ModelInvalidRequestError"),
    "404": (say.error(404, "1211"), "ModelNotFoundError"),
    "429": (say.error(429, "1302"), "ModelRateLimitError"),
    "500": (say.error(500, "500"), "ModelAPIError"),
    "reset": (say.reset_early(), "ModelConnectionError"),
    "stall": (say.stalled(), "ModelTimeoutError"),
    "1261": (say.error(400, "1261"), "ContextOverflowError"),
}


@pytest.mark.parametrize("name", MODEL_ERRORS)
def test_N06_langchain_knows_the_errors(drive_langchain: Drive, name: str) -> None:
    core = pytest.importorskip("langchain_core.exceptions")
    scenario, kind = MODEL_ERRORS[name]
    with FaultServer(scenario) as server:
        for outcome in drive_langchain(server, max_retries=0, timeout=0.2).both():
            error = outcome.failed(getattr(core, kind))
            assert isinstance(error, zhipu_client.ZhipuError)
            assert error.is_retryable is (name in {"429", "500", "reset", "stall"})


# --- N07: what a later version of the service may send --------------------------------------

CHUNK = {"index": 0, "delta": {"role": "assistant", "content": "x"}}
CALL = {
    "id": "call_1",
    "index": 0,
    "type": "function",
    "function": {"name": "look", "arguments": '{"at": "me"}'},
}


def _chunk(**fields: Any) -> bytes:
    return frame({"id": "1", "created": 1, "model": "glm-9", "choices": [CHUNK], **fields})


#: Fifteen streams and fifteen bodies that differ from today's in one thing.
STREAM_MUTATIONS: dict[str, list[bytes]] = {
    "an event type": [b"event: heartbeat\n" + delta("x"), *stream_frames()],
    "a field of the stream": [b"retry: 10\nid: 9\n" + delta("x"), *stream_frames()],
    "a chunk of another kind": [frame({"type": "progress", "percent": 5}), *stream_frames()],
    "a field of a chunk": [_chunk(service_tier="gold", nested={"a": [1]}), last()],
    "an object name": [_chunk(object="chat.completion.piece.v9"), last()],
    "no id, no model": [frame({"choices": [CHUNK]}), last()],
    "numbers for texts": [_chunk(id=17, model=4.7), last()],
    "texts for numbers": [_chunk(created="today"), last()],
    "a finish reason": [delta("x"), last("tired")],
    "a role": [delta("x", role="narrator"), last()],
    "a field of a delta": [delta("x", emotion={"joy": 0.5}), last()],
    "a kind of call": [call_frames("{}").replace(b'"function",', b'"wizardry",'), last()],
    "odd usage": [delta("x"), last(usage={"prompt_tokens": 1, "water": {"litres": 2}})],
    "parts for a text": [delta([{"type": "text", "text": "x"}]), last()],
    "two choices": [_chunk(choices=[CHUNK, {**CHUNK, "index": 1}]), last()],
}
BODY_MUTATIONS: dict[str, dict[str, Any]] = {
    "a field": {"service_tier": "gold"},
    "a nested field": {"safety": {"level": [1, {"deep": None}]}},
    "an object name": {"object": "chat.completion.v9"},
    "a number as id": {"id": 17},
    "a text as time": {"created": "today"},
    "no usage": {"usage": None},
    "odd usage": {"usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "o": 1}},
    "usage details": {
        "usage": {
            "prompt_tokens": 1,
            "completion_tokens": 2,
            "total_tokens": 3,
            "prompt_tokens_details": {"cached_tokens": None, "video_tokens": 9},
            "completion_tokens_details": None,
        }
    },
    "another model": {"model": "glm-9-quantum"},
    "web search": {"web_search": [{"title": "t", "rank": 1, "icon": None}]},
}
MESSAGE_MUTATIONS: dict[str, dict[str, Any]] = {
    "a finish reason": {"finish": "tired"},
    "a role": {"role": "narrator"},
    "a field of a message": {"emotion": {"joy": 0.5}},
    "a kind of call": {"tool_calls": [{**CALL, "type": "wizardry", "extra": 1}]},
    "a call without an index": {"tool_calls": [{k: CALL[k] for k in ("id", "function")}]},
}


def test_N07_there_are_thirty() -> None:
    assert len(STREAM_MUTATIONS) + len(BODY_MUTATIONS) + len(MESSAGE_MUTATIONS) == 30


@pytest.mark.parametrize("name", STREAM_MUTATIONS)
def test_N07_unknown_things_in_a_stream_do_not_raise(drive: Drive, name: str) -> None:
    with FaultServer(say.stream(*STREAM_MUTATIONS[name], b"data: [DONE]\n\n")) as server:
        outcome = drive(server, max_retries=0).stream().ok()
    assert outcome.finish == ("tired" if name == "a finish reason" else "stop")
    assert "x" in outcome.text or TEXT in outcome.text or outcome.calls


@pytest.mark.parametrize("name", [*BODY_MUTATIONS, *MESSAGE_MUTATIONS])
def test_N07_unknown_things_in_a_body_do_not_raise(drive: Drive, name: str) -> None:
    if name in BODY_MUTATIONS:
        body = {**completion("x"), **BODY_MUTATIONS[name]}
    else:
        body = completion("x", **MESSAGE_MUTATIONS[name])
    assert json.dumps(body)
    with FaultServer(say.answer(body)) as server:
        outcome = drive(server, max_retries=0).complete().ok()
    assert outcome.text == "x"


# --- N08: everything at once ----------------------------------------------------------------


def _torn(seed: int) -> Scenario:
    """One stream of hundreds: most are broken somewhere, some are slow, some are whole."""
    rng = random.Random(seed)
    body = b"".join(stream_frames())
    kind = rng.random()
    if kind < 0.3:
        return say.stream(*stream_frames())
    if kind < 0.5:
        return say.stream(*stream_frames(), pause=0.02)
    cut = body[: rng.randrange(len(body))]
    ends: tuple[say.Ending, ...] = ("whole", "fin", "rst")
    return say.stream(cut, end=rng.choice(ends), framing=rng.choice(("chunked", "close")))


def test_N08_hundreds_of_streams_with_cuts_and_cancels(drive_async: Drive) -> None:
    found: dict[str, list[Any]] = {"silent": [], "hung": [], "untyped": []}
    rng = random.Random(8)

    async def one(driver: Driver, seed: int) -> None:
        task = asyncio.create_task(driver.astream(str(seed)))
        if rng.random() < 0.3:
            await asyncio.sleep(rng.random() * 0.02)
            task.cancel()
        try:
            outcome = await task
        except asyncio.CancelledError:
            return
        if outcome.error is None and (outcome.text, outcome.finish) != (TEXT, "stop"):
            found["silent"].append((seed, outcome.text))
        if outcome.error is not None and not isinstance(outcome.error, zhipu_client.ZhipuError):
            found["untyped"].append((seed, outcome.error))
        if outcome.seconds > 8:
            found["hung"].append(seed)

    async def all_of_them(driver: Driver) -> None:
        count = 400 if isinstance(driver.subject, ClientSubject) else 100
        places = asyncio.Semaphore(50)

        async def placed(seed: int) -> None:
            async with places:
                await one(driver, seed)

        await asyncio.gather(*(placed(seed) for seed in range(count)))

    def pick(exchange: Exchange) -> Scenario:
        prompt = exchange.request.prompt
        return _torn(int(prompt)) if prompt.isdigit() else say.healthy()

    with FaultServer(say.chosen(pick)) as server:
        driver = drive_async(server, max_retries=0, timeout=10)
        driver.complete("warm up").ok()
        before = settled(0, 0.05)
        driver.run(all_of_them(driver))
        assert found == {"silent": [], "hung": [], "untyped": []}
        # What is kept is idle and ready: at most one connection for each that was at work.
        assert server.wait_for(lambda s: s.in_flight == 0)
        assert settled(before + 2 * 50) <= before + 2 * 50
        for outcome in driver.many(["are you well?"] * 10):
            assert outcome.ok().text == TEXT
        driver.close()
        assert server.wait_for(lambda s: s.open == 0)
        assert settled(before) <= before
