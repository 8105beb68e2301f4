"""Spans and metrics of sessions of GLM-Realtime and of their answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import StatusCode
from websockets.asyncio.server import serve as serve_websocket

import zhipu_emulator
from tests.zhipu_client.telemetry import calls as telemetry_calls
from zhipu_client import (
    AsyncClient,
    AuthenticationError,
    StreamIncompleteError,
    connect_realtime,
    telemetry,
)
from zhipu_client.realtime import Session

ANSWER = "generate_content glm-realtime-flash"
SESSION = "realtime glm-realtime-flash"


class Seen(telemetry_calls.Seen):
    """What was exported, by names."""

    def named(self, name: str) -> list[Any]:
        return [span for span in self.spans if span.name == name]

    def points(self, name: str) -> list[Any]:
        return self.metrics().get(name, [])


@pytest.fixture
def seen() -> Iterator[Seen]:
    made = Seen()
    made.switch_on()
    yield made
    telemetry.uninstrument()


@pytest.fixture(scope="module")
def service() -> Iterator[zhipu_emulator.Server]:
    with zhipu_emulator.serve() as server:
        yield server


def client_of(service: zhipu_emulator.Server, key: str | None = None) -> AsyncClient:
    return AsyncClient(api_key=key or service.api_key, base_url=service.base_url, max_retries=0)


async def test_a_session_and_its_answers(service: zhipu_emulator.Server, seen: Seen) -> None:
    async with connect_realtime(client_of(service), Session(temperature=0.5)) as talk:
        for question in ("What is 17 * 19?", "And 6 * 7?"):
            await talk.say(question)
            answer = await talk.answer()
    (session,) = seen.named(SESSION)
    answers = seen.named(ANSWER)
    assert len(answers) == 2
    assert {span.parent.span_id for span in answers} == {session.context.span_id}
    facts = dict(session.attributes)
    assert facts.pop("server.port") > 0
    assert facts == {
        "gen_ai.operation.name": "realtime",
        "gen_ai.provider.name": "zhipu",
        "gen_ai.request.model": "glm-realtime-flash",
        "gen_ai.request.temperature": 0.5,
        "server.address": "127.0.0.1",
        "zhipu.realtime.chat_mode": "audio",
        "zhipu.realtime.turn_detection": "client_vad",
    }
    last = answers[-1].attributes
    assert last["gen_ai.output.type"] == "speech"
    assert last["gen_ai.response.id"] == answer.id
    assert last["gen_ai.response.finish_reasons"] == ("completed",)
    assert last["gen_ai.usage.input_tokens"] == answer.usage["input_tokens"]
    assert last["gen_ai.usage.output_tokens"] == answer.usage["output_tokens"]
    assert last["gen_ai.response.time_to_first_chunk"] >= 0
    assert "gen_ai.output.messages" not in last
    assert session.status.status_code is StatusCode.UNSET
    kinds = {point.attributes["gen_ai.token.type"] for point in seen.points(TOKENS)}
    assert kinds == {"input", "output"}
    counts = {
        point.attributes["gen_ai.operation.name"]: point.count for point in seen.points(DURATION)
    }
    assert counts == {"realtime": 1, "generate_content": 2}


TOKENS = "gen_ai.client.token.usage"
DURATION = "gen_ai.client.operation.duration"


async def test_words_only_where_they_are_asked_for(
    service: zhipu_emulator.Server, seen: Seen
) -> None:
    seen.switch_on(capture_content=True)
    async with connect_realtime(client_of(service), Session(modalities=["text"])) as talk:
        await talk.say("What is 17 * 19?")
        await talk.answer()
    (span,) = seen.named(ANSWER)
    assert span.attributes["gen_ai.output.type"] == "text"
    (said,) = json.loads(span.attributes["gen_ai.output.messages"])
    assert "323" in said["parts"][0]["content"]


async def test_a_key_that_is_refused(service: zhipu_emulator.Server, seen: Seen) -> None:
    with pytest.raises(AuthenticationError):
        async with connect_realtime(client_of(service, "wrong.key"), Session()):
            pass
    (session,) = seen.named(SESSION)
    assert session.status.status_code is StatusCode.ERROR
    assert session.attributes["error.type"] == "1000"
    assert "wrong.key" not in str(session.to_json())


@pytest.mark.parametrize("refused", [False, True], ids=["cut", "refused"])
async def test_what_goes_wrong_in_an_answer(seen: Seen, refused: bool) -> None:
    async def behave(socket: Any) -> None:
        async for frame in socket:
            if json.loads(frame)["type"] != "response.create":
                continue
            await socket.send(json.dumps({"type": "response.created", "response": {"id": "r1"}}))
            await socket.send(json.dumps({"type": "response.text.delta", "delta": "Half"}))
            if refused:
                error = {"type": "error", "error": {"code": "1302", "message": "too many"}}
                await socket.send(json.dumps(error))
            else:
                socket.transport.abort()

    async with serve_websocket(behave, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = AsyncClient(api_key="a.b", base_url=f"http://127.0.0.1:{port}/api/paas/v4")
        with pytest.raises(Exception) as caught:
            async with connect_realtime(client, Session()) as talk:
                await talk.say("Hello?")
                await talk.answer()
    assert caught.value.partial.text == "Half"
    (answer,) = seen.named(ANSWER)
    (session,) = seen.named(SESSION)
    wanted = "1302" if refused else "StreamIncompleteError"
    assert answer.attributes["error.type"] == session.attributes["error.type"] == wanted
    assert refused or isinstance(caught.value, StreamIncompleteError)


async def test_a_session_that_is_left(service: zhipu_emulator.Server, seen: Seen) -> None:
    asked = asyncio.Event()

    async def talking() -> None:
        async with connect_realtime(client_of(service), Session()) as talk:
            await talk.say("What is 17 * 19?")
            asked.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(talking())
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for name in (SESSION, ANSWER):
        (span,) = seen.named(name)
        assert span.status.status_code is StatusCode.UNSET


async def test_a_broken_exporter_harms_no_session(
    service: zhipu_emulator.Server, seen: Seen, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise RuntimeError("made-up")

    monkeypatch.setattr(TracerProvider, "get_tracer", lambda *_, **__: Tracer())

    class Tracer:
        start_span = fails

    seen.switch_on()
    async with connect_realtime(client_of(service), Session()) as talk:
        await talk.say("What is 17 * 19?")
        assert "323" in (await talk.answer()).text
    assert caplog.text.count("a span could not be made") == 1
