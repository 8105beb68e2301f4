"""GLM-Realtime over a socket: the emulator's sessions, and servers that behave badly."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import pickle
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from websockets.asyncio.server import serve as serve_websocket

import zhipu_emulator
from zhipu_client import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AsyncClient,
    AuthenticationError,
    InvalidRequestError,
    StreamIncompleteError,
    ZhipuError,
    connect_realtime,
)
from zhipu_client._io import realtime as connection
from zhipu_client.realtime import (
    AudioDelta,
    Failure,
    ResponseDone,
    Session,
    SpeechStarted,
    TranscriptDelta,
)
from zhipu_emulator import Server
from zhipu_emulator.content import wav_mp3
from zhipu_emulator.endpoints import realtime as served

SECRET = "id0.thesecretpart"
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Look up the weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}},
                   "required": ["city"]},
}  # fmt: skip


@pytest.fixture(scope="module")
def service() -> Iterator[Server]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def client(service: Server) -> AsyncClient:
    return AsyncClient(api_key=service.api_key, base_url=service.base_url)


async def test_words_and_sound(client: AsyncClient) -> None:
    async with connect_realtime(client, Session(voice="tongtong")) as talk:
        for question, right in (("What is 17 * 19?", "323"), ("And 6 * 7?", "42")):
            await talk.say(question)
            answer = await talk.answer()
            assert right in answer.text
            # The emulator's sound says which characters it has.
            assert right in wav_mp3.spoken_text(wav_mp3.wav(answer.audio))
            assert answer.usage["total_tokens"] > 0


async def test_a_turn_that_the_client_ends(client: AsyncClient) -> None:
    async with connect_realtime(client, Session()) as talk:
        spoken = b"".join(wav_mp3.pcm("What is 2 * 21?"))
        await talk.append_audio(wav_mp3.wav(spoken))
        await talk.commit()
        answer = await talk.answer()
    assert answer.heard == "What is 2 * 21?"
    assert "42" in answer.text


async def test_a_turn_that_the_service_hears_the_end_of(client: AsyncClient) -> None:
    session = Session(turn_detection="server_vad", input_audio_format="pcm24", modalities=["text"])
    async with connect_realtime(client, session) as talk:
        for block in wav_mp3.pcm("What is 2 * 21?"):
            await talk.append_audio(block)
        await talk.append_audio(bytes(20_000))
        kinds = set()
        async for event in talk:
            kinds.add(type(event))
            if isinstance(event, ResponseDone):
                break
    assert {SpeechStarted, ResponseDone} <= kinds
    assert AudioDelta not in kinds
    assert TranscriptDelta not in kinds


async def test_a_function_is_called(client: AsyncClient) -> None:
    async with connect_realtime(client, Session(tools=[WEATHER], modalities=["text"])) as talk:
        await talk.say("What is the weather in Paris?")
        (call,) = (await talk.answer()).calls
        assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": "Paris"})
        await talk.give(call.call_id, "17 degrees and rain")
        assert "17 degrees" in (await talk.answer()).text


async def test_an_interruption_keeps_what_was_said(client: AsyncClient) -> None:
    async with connect_realtime(client, Session()) as talk:
        await talk.say("What is 17 * 19?")
        async for event in talk:
            if isinstance(event, AudioDelta):
                await talk.interrupt()
                break
        answer = await talk.answer()
        assert answer.status in ("cancelled", "completed")
        assert answer.audio
        await talk.say("What is 2 * 3?")
        assert "6" in (await talk.answer()).text


async def test_a_refused_event_is_an_event(client: AsyncClient) -> None:
    async with connect_realtime(client, Session()) as talk:
        await talk.send({"type": "no.such.event"})
        async for event in talk:
            if isinstance(event, Failure):
                assert "no.such.event" in str(event.error)
                break
        await talk.say("What is 2 * 3?")
        assert "6" in (await talk.answer()).text


async def test_a_heartbeat_is_left_out(client: AsyncClient, monkeypatch: Any) -> None:
    monkeypatch.setattr(served, "HEARTBEAT_SECONDS", 0.01)
    async with connect_realtime(client, Session()) as talk:
        await asyncio.sleep(0.05)
        await talk.say("What is 2 * 3?")
        async for event in talk:
            assert event.type != "heartbeat"
            if isinstance(event, ResponseDone):
                return


async def test_a_wrong_key_and_its_traces(
    service: Server, caplog: pytest.LogCaptureFixture
) -> None:
    client = AsyncClient(api_key=SECRET, base_url=service.base_url)
    with caplog.at_level(logging.DEBUG), pytest.raises(AuthenticationError) as caught:
        async with connect_realtime(client, Session()):
            pass
    assert "thesecretpart" not in caplog.text
    assert "thesecretpart" not in repr(caught.value)
    pickle.loads(pickle.dumps(caught.value))


async def test_a_good_key_is_not_logged(
    client: AsyncClient, service: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with connect_realtime(client, Session()) as talk:
            await talk.say("What is 2 * 3?")
            await talk.answer()
    assert service.api_key.partition(".")[2] not in caplog.text
    assert "What is 2 * 3?" not in caplog.text


async def test_a_site_without_it() -> None:
    with pytest.raises(InvalidRequestError, match="not offered on this site"):
        async with connect_realtime(AsyncClient(api_key="a.b", base_url="zai"), Session()):
            pass


# --- Servers that behave badly

Handler = Callable[[Any], Awaitable[None]]


@contextlib.asynccontextmanager
async def served_by(handler: Handler, **limits: Any) -> AsyncIterator[AsyncClient]:
    async with serve_websocket(handler, "127.0.0.1", 0) as server:
        (port,) = {socket.getsockname()[1] for socket in server.sockets}
        yield AsyncClient(api_key="a.b", base_url=f"http://127.0.0.1:{port}/v4", **limits)


def sends(*frames: Any, then: str = "close") -> Handler:
    async def handler(socket: Any) -> None:
        await socket.recv()
        for frame in frames:
            await socket.send(frame if isinstance(frame, str) else json.dumps(frame))
        if then == "abort":
            socket.transport.abort()
        elif then == "stall":
            await socket.wait_closed()

    return handler


BEGUN = {"type": "response.created", "response": {"id": "r1"}}
HALF = {"type": "response.text.delta", "delta": "Half"}


@pytest.mark.parametrize("end", ["close", "abort"])
async def test_a_session_that_dies_in_an_answer(end: str) -> None:
    async with (
        served_by(sends(BEGUN, HALF, then=end)) as client,
        connect_realtime(client, Session()) as talk,
    ):
        with pytest.raises(StreamIncompleteError) as caught:
            await talk.answer()
    assert caught.value.partial.text == "Half"
    assert caught.value.partial.id == "r1"


async def test_a_session_that_ends_between_answers() -> None:
    async with (
        served_by(sends({"type": "session.created"})) as client,
        connect_realtime(client, Session()) as talk,
    ):
        assert [event.type async for event in talk] == ["session.created"]
        with pytest.raises(StreamIncompleteError):
            await talk.say("Still there?")
            await talk.answer()


async def test_a_silence_ends(monkeypatch: Any) -> None:
    monkeypatch.setattr(connection, "SILENCE_SECONDS", 0.05)
    async with (
        served_by(sends(BEGUN, HALF, then="stall")) as client,
        connect_realtime(client, Session()) as talk,
    ):
        with pytest.raises(APITimeoutError) as caught:
            await talk.answer()
    assert caught.value.partial.text == "Half"


async def test_a_failure_in_an_answer_keeps_what_came() -> None:
    failed = {"type": "error", "error": {"code": "1301", "message": "sensitive"}}
    async with (
        served_by(sends(BEGUN, HALF, failed, then="stall")) as client,
        connect_realtime(client, Session()) as talk,
    ):
        with pytest.raises(Exception, match="sensitive") as caught:
            await talk.answer()
    assert caught.value.partial.text == "Half"  # type: ignore[attr-defined]
    assert type(caught.value).__name__ == "ContentFilterError"


async def test_nobody_listens() -> None:
    client = AsyncClient(api_key="a.b", base_url="http://127.0.0.1:9/v4")
    with pytest.raises(APIConnectionError, match=r"127\.0\.0\.1 cannot be reached"):
        async with connect_realtime(client, Session()):
            pass


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("ftp://user:hidden@127.0.0.1:9", "http_proxy must be a URL"),
        ("http://hidden@127.0.0.1:9", r"the proxy http://127\.0\.0\.1:9 .*cannot be used"),
        ("http://user:%ff@127.0.0.1:9", "cannot be (used|reached)"),  # websockets 15 would send it
        ("socks5://user:hidden@127.0.0.1:9", "python-socks"),
    ],
)
async def test_a_proxy_that_cannot_be_used_is_not_quoted(
    proxy: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setitem(sys.modules, "python_socks", None)
    client = AsyncClient(api_key="a.b", base_url="http://nowhere.example/v4")
    kind = ZhipuError if "%ff" in proxy else InvalidRequestError
    with pytest.raises(kind, match=words) as caught:
        await connect_realtime(client, Session()).__aenter__()
    shown = [*traceback.format_exception(caught.value), str(caught.value.__context__)]
    assert "hidden" not in "".join(shown)


async def test_the_proxy_is_that_of_every_call(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readline())
        writer.close()

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
        place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        monkeypatch.setenv("all_proxy", place)  # of which websockets does not know
        client = AsyncClient(api_key="a.b", base_url="http://nowhere.example/v4")
        with pytest.raises(APIConnectionError):
            async with connect_realtime(client, Session()):
                pass
    assert seen == [b"CONNECT nowhere.example:80 HTTP/1.1\r\n"]


async def test_a_second_cancel_while_it_closes_gives_its_place_back(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Socket:
        async def send(self, text: str) -> None:
            """Take it."""

        async def close(self) -> None:
            raise asyncio.CancelledError

    class Slot:
        released = 0

        def release(self) -> None:
            self.released += 1

    slot = Slot()

    async def entered(*_: Any) -> list[Any]:
        return [slot]

    async def opened(*_: Any) -> Any:
        return Socket()

    monkeypatch.setattr(client, "enter", entered)
    monkeypatch.setattr(connection, "opened", opened)
    with pytest.raises(asyncio.CancelledError):
        async with connect_realtime(client, Session()):
            raise asyncio.CancelledError
    assert slot.released == 1


async def test_a_server_without_websockets_is_no_raw_error() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        client = AsyncClient(api_key="a.b", base_url=f"http://127.0.0.1:{port}/v4")
        with pytest.raises(Exception) as caught:
            async with connect_realtime(client, Session()):
                pass
    assert type(caught.value).__module__.startswith("zhipu_client.errors")


async def test_pieces_are_paced() -> None:
    slept: list[float] = []

    class Clock:
        now = 0.0

        def monotonic(self) -> float:
            return self.now

        async def asleep(self, seconds: float) -> None:
            slept.append(seconds)
            self.now += seconds

    async def handler(socket: Any) -> None:
        async for _ in socket:
            pass

    async with served_by(handler) as client:
        session = Session(turn_detection="server_vad", input_audio_format="pcm")
        async with connect_realtime(client, session) as talk:
            talk._clock = Clock()  # type: ignore[assignment]
            for _ in range(101):
                await talk.append_audio(b"ab")
    assert slept == [1.0, 1.0]


async def test_a_cancelled_reader_leaves_no_connection(client: AsyncClient) -> None:
    opened: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def read() -> None:
        async with connect_realtime(client, Session()) as talk:
            opened.set_result(talk._socket)
            async for _ in talk:
                pass

    task = asyncio.create_task(read())
    socket = await opened
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert socket.state.name == "CLOSED"


async def test_sound_of_another_format_is_refused_before(client: AsyncClient) -> None:
    async with connect_realtime(client, Session()) as talk:
        with pytest.raises(InvalidRequestError, match="whole WAV file") as caught:
            await talk.append_audio(b"%PDF-1.4 and more")
        assert caught.value.field == "audio"
        await talk.append_audio(wav_mp3.wav(b"\0\0" * 800))  # the session goes on


async def test_a_voice_that_does_not_exist(client: AsyncClient) -> None:
    async with connect_realtime(client, Session(voice="nobody")) as talk:
        await talk.say("What is 17 * 19?")
        with pytest.raises(APIError, match="unknown voice: 'nobody'"):
            await talk.answer()
