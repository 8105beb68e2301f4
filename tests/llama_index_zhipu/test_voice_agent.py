"""`ZhipuAIVoiceAgent`: LlamaIndex's contract for voice agents, against the emulator's sessions."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import wave
from collections.abc import Callable
from typing import Any

import pytest
from llama_index.core.tools import FunctionTool
from llama_index.core.voice_agents import BaseVoiceAgent, BaseVoiceAgentInterface

from llama_index_zhipu import ZhipuAIVoiceAgent
from tests.zhipu_client.realtime.test_connection import sends, served_by
from zhipu_client import AuthenticationError, InvalidRequestError, StreamIncompleteError
from zhipu_client.realtime import Session
from zhipu_emulator.content import wav_mp3

IN_WORDS = Session(modalities=["text"])


class Speaker(BaseVoiceAgentInterface):
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.sound = b""

    def start(self, *args: Any, **kwargs: Any) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")

    def interrupt(self) -> None:
        self.calls.append("interrupt")

    def receive(self, data: Any, *args: Any, **kwargs: Any) -> None:
        self.sound += data

    def output(self, *args: Any, **kwargs: Any) -> None: ...

    def _speaker_callback(self, *args: Any, **kwargs: Any) -> None: ...

    def _microphone_callback(self, *args: Any, **kwargs: Any) -> None: ...


@pytest.fixture
def agent(emulator: Any) -> Callable[..., ZhipuAIVoiceAgent]:
    def made(session: Session | None = None, **given: Any) -> ZhipuAIVoiceAgent:
        where = {"api_key": emulator.api_key, "base_url": emulator.base_url}
        return ZhipuAIVoiceAgent(session, **{**where, **given})

    return made


async def test_words_and_sound(agent):
    speaker = Speaker()
    async with agent(interface=speaker) as talk:
        assert isinstance(talk, BaseVoiceAgent)
        await talk.say("What is 17 * 19?")
        answer = await talk.answer()
    assert "323" in answer.content
    sound = answer.blocks[1].audio
    with wave.open(io.BytesIO(answer.blocks[1].resolve_audio().read())) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24000, 1, 2)
        assert file.readframes(file.getnframes()) == speaker.sound
    assert sound
    assert answer.additional_kwargs["usage"]["total_tokens"] > 0
    assert speaker.calls == ["start", "stop"]
    assert [str(m.role.value) for m in talk.export_messages()] == ["user", "assistant"]
    assert "response.done" in [event.type_t for event in talk.export_events()]
    assert len(json.dumps([event.data for event in talk.export_events()])) < len(speaker.sound)


async def test_a_turn_by_voice(agent):
    async with agent() as talk:
        await talk.send(wav_mp3.wav(b"".join(wav_mp3.pcm("What is 2 * 21?"))))
        await talk.commit()
        assert "42" in (await talk.answer()).content
    assert "What is 2 * 21?" in [message.content for message in talk.export_messages()]


async def test_a_turn_that_the_service_hears(agent):
    speaker = Speaker()
    session = Session(turn_detection="server_vad", input_audio_format="pcm24")
    async with agent(session, interface=speaker) as talk:
        for block in [*wav_mp3.pcm("What is 2 * 21?"), bytes(20_000)]:
            await talk.send(block)
        assert "42" in (await talk.answer()).content
    assert speaker.calls == ["start", "interrupt", "stop"]


def get_weather(city: str) -> str:
    """Look up the weather of a city."""
    if city == "Paris":
        return "17 degrees and rain"
    raise LookupError(f"no station in {city}")


@pytest.mark.parametrize(
    ("city", "result"), [("Paris", "17 degrees"), ("Rome", "no station in Rome")]
)
async def test_tools_run_and_failures_are_told(agent, city, result):
    tool = FunctionTool.from_defaults(get_weather)
    async with agent(IN_WORDS, tools=[tool]) as talk:
        await talk.say(f"What is the weather in {city}?")
        assert result in (await talk.answer()).content
    roles = [str(message.role.value) for message in talk.export_messages()]
    assert roles == ["user", "tool", "assistant"]
    assert talk.session.tools[0]["function"]["name"] == "get_weather"


CALL = {"type": "response.function_call_arguments.done", "call_id": "c1"}
DONE = {"type": "response.done", "response": {"status": "completed"}}


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ({"name": "get_weather", "arguments": '{"city": "Par'}, "cannot be used"),
        ({"name": "get_wether", "arguments": "{}"}, "There is no tool 'get_wether'"),
    ],
)
async def test_what_cannot_run_does_not(call, told):
    ran = []

    def get_weather(city: str = "") -> None:
        """Look up the weather of a city."""
        ran.append(city)

    given: asyncio.Queue[Any] = asyncio.Queue()

    async def handler(socket: Any) -> None:
        await socket.recv()
        await socket.send(json.dumps({**CALL, **call}))
        await socket.send(json.dumps(DONE))
        given.put_nowait(json.loads(await socket.recv()))

    async with served_by(handler) as client:
        where = {"api_key": "a.b", "base_url": client.base_url}
        tool = FunctionTool.from_defaults(get_weather)
        async with ZhipuAIVoiceAgent(IN_WORDS, tools=[tool], **where):
            item = (await given.get())["item"]
    assert told in item["output"]
    assert item["call_id"] == "c1"
    assert not ran


async def test_an_interruption_cancels_tools(agent):
    begun, ended = asyncio.Event(), asyncio.Event()

    async def get_weather(city: str) -> str:
        """Look up the weather of a city."""
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return city

    tool = FunctionTool.from_defaults(async_fn=get_weather)
    speaker = Speaker()
    async with agent(IN_WORDS, tools=[tool], interface=speaker) as talk:
        await talk.say("What is the weather in Paris?")
        await begun.wait()
        await talk.interrupt()
        await ended.wait()
        await talk.say("What is 2 * 3?")
        assert "6" in (await talk.answer()).content
    assert speaker.calls == ["start", "interrupt", "stop"]


async def test_a_session_that_breaks_is_raised_with_what_came():
    begun = {"type": "response.created", "response": {"id": "r1"}}
    half = {"type": "response.text.delta", "delta": "Half"}
    async with (
        served_by(sends(begun, half, then="abort")) as client,
        ZhipuAIVoiceAgent(api_key="a.b", base_url=client.base_url) as talk,
    ):
        for _ in range(2):
            with pytest.raises(StreamIncompleteError) as caught:
                await talk.answer()
            assert caught.value.partial.text == "Half"
    async with (
        served_by(sends()) as client,
        ZhipuAIVoiceAgent(api_key="a.b", base_url=client.base_url) as talk,
    ):
        with pytest.raises(EOFError):
            await talk.answer()


async def test_what_is_used_wrongly(agent):
    with pytest.raises(InvalidRequestError, match="start"):
        await agent().say("Hello")
    async with agent() as talk:
        with pytest.raises(InvalidRequestError, match="before"):
            await talk.start()
    with pytest.raises(AuthenticationError):
        await agent(api_key="id0.thesecretpart").start()
    shown = agent(api_key="id0.thesecretpart")
    assert "thesecretpart" not in f"{shown!r}{vars(shown)}"
    await shown.stop()


async def test_a_session_is_closed_whose_interface_does_not_start():
    class Broken(Speaker):
        def start(self, *args: Any, **kwargs: Any) -> None:
            raise OSError("no microphone")

    closed = asyncio.Event()

    async def handler(socket: Any) -> None:
        await socket.wait_closed()
        closed.set()

    async with served_by(handler) as client:
        talk = ZhipuAIVoiceAgent(interface=Broken(), api_key="a.b", base_url=client.base_url)
        with pytest.raises(OSError, match="microphone"):
            await talk.start()
        await asyncio.wait_for(closed.wait(), 5)


async def test_nothing_is_left_behind(agent, recwarn):
    async with agent(IN_WORDS) as talk:
        await talk.say("What is 17 * 19?")
    del talk
    gc.collect()
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert not [w for w in recwarn if issubclass(w.category, ResourceWarning)]
