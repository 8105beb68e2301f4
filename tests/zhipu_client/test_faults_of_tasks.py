"""Ids of another account, and waits that never end: whatever can be waited for or named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import zhipu_emulator
from tests.reliability.clocks import FakeClock
from zhipu_client import (
    APIError,
    AsyncClient,
    Client,
    NotFoundError,
    TaskTimeoutError,
    agents,
    audio,
    await_for,
    batches,
    chat,
    file_parser,
    files,
    images,
    tasks,
    videos,
    voices,
    wait_for,
)

MINE, OTHER = "one.key1", "two.key2"
ways = pytest.mark.parametrize("way", ["sync", "async"])
HELLO = [{"role": "user", "content": "Hello"}]
CAT = {"type": "image_url", "image_url": "https://example.com/cat.png"}
SAMPLE = b"ID3" + b"\0" * 64
ROW = {"model": "glm-4-flash", "messages": HELLO}

Send = Callable[[Any], Any]


def _batch(send: Send) -> Any:
    lines = batches.lines([batches.line("request-1", ROW)])
    stored = send(files.create(file=lines, filename="in.jsonl", purpose="batch"))
    return send(batches.create(input_file_id=stored.id))


def _agent(send: Send) -> Any:
    said = [{"role": "user", "content": ["A cat dances", CAT]}]
    return send(agents.create(agent_id="vidu_template_agent", messages=said))


#: What can be waited for: how it is made, and the plan of the wait.
WAITS: dict[str, tuple[Callable[[Send], Any], Callable[..., Any]]] = {
    "video": (lambda send: send(videos.create(prompt="a kite")), tasks.waiting),
    "image": (lambda send: send(images.create_async(prompt="a kite")), tasks.waiting),
    "chat": (lambda send: send(chat.submit(model="glm-4.7", messages=HELLO)), tasks.waiting),
    "agent": (_agent, agents.waiting),
    "parsed file": (
        lambda send: send(file_parser.create(file=b"# A", filename="a.md")),
        file_parser.waiting,
    ),
    "batch": (_batch, batches.waiting),
}


@pytest.fixture(scope="module")
def server() -> Iterator[zhipu_emulator.Server]:
    with zhipu_emulator.serve(api_keys=(MINE, OTHER)) as server:
        yield server


def sender(server: zhipu_emulator.Server, key: str) -> Send:
    return Client(api_key=key, base_url=server.base_url, max_retries=0).send


def waited(server: zhipu_emulator.Server, key: str, way: str, plan: Any) -> Any:
    given: dict[str, Any] = {"api_key": key, "base_url": server.base_url, "max_retries": 0}
    if way == "sync":
        return wait_for(Client(**given), plan, clock=FakeClock())
    return asyncio.run(await_for(AsyncClient(**given), plan, clock=FakeClock()))


@ways
@pytest.mark.parametrize("name", WAITS)
def test_a_task_of_another_account(server: zhipu_emulator.Server, way: str, name: str) -> None:
    make, plan = WAITS[name]
    wait = plan(make(sender(server, MINE)))
    with pytest.raises(NotFoundError) as caught:
        waited(server, OTHER, way, wait)
    assert wait.task_id in str(caught.value)
    assert caught.value.task_id == wait.task_id


@ways
@pytest.mark.parametrize("name", WAITS)
def test_a_wait_that_never_ends(server: zhipu_emulator.Server, way: str, name: str) -> None:
    make, plan = WAITS[name]
    server.configure(polls=-1)
    try:
        wait = plan(make(sender(server, server.api_key)), interval=1.0, timeout=20.0)
        with pytest.raises(TaskTimeoutError) as caught:
            waited(server, server.api_key, way, wait)
    finally:
        server.configure(polls=1)
    assert caught.value.task_id == wait.task_id
    assert f"{wait.task_id} was still running after 20 seconds" in str(caught.value)


def test_files_and_voices_of_another_account(server: zhipu_emulator.Server) -> None:
    mine, other = sender(server, MINE), sender(server, OTHER)
    sample = mine(files.create(file=SAMPLE, filename="me.mp3", purpose="voice-clone-input"))
    voice = mine(voices.clone(voice_name="Mine", input="Hello", file_id=sample.id)).voice
    batch = _batch(mine)
    for request in (
        files.content(sample.id),
        files.delete(sample.id),
        voices.clone(voice_name="Yours", input="Hello", file_id=sample.id),
        voices.delete(voice),
        audio.speech(input="Hello", voice=voice),
        batches.cancel(batch.id),
        batches.create(input_file_id=batch.input_file_id),
    ):
        with pytest.raises(APIError) as caught:
            other(request)
        assert caught.value.code == "1214"
    assert voice not in [one.voice for one in other(voices.list()).voice_list]
    assert voice in [one.voice for one in mine(voices.list(voice_type="PRIVATE")).voice_list]
    assert mine(voices.delete(voice)).voice == voice


@ways
def test_a_voice_that_does_not_exist(server: zhipu_emulator.Server, way: str) -> None:
    client = Client(api_key=MINE, base_url=server.base_url, max_retries=0)
    request = audio.speech_stream(input="Hello", voice="nobody")

    async def heard() -> None:
        async with client.as_async().stream(request) as pieces:
            async for _ in pieces:
                pass

    with pytest.raises(APIError) as caught:
        asyncio.run(heard()) if way == "async" else list(client.stream(request))
    assert caught.value.code == "1214"
    with pytest.raises(APIError, match="音色"):
        client.send(audio.speech(input="Hello", voice="nobody"))
