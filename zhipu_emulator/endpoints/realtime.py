"""The websocket /realtime: sessions of voice, text and video, with synthetic sound."""

from __future__ import annotations

import array
import asyncio
import base64
import binascii
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from zhipu_emulator.brain.reply import reply_to
from zhipu_emulator.chat.checks import check_chat
from zhipu_emulator.content import wav_mp3
from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.json_depth import decoded

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from zhipu_emulator.http.state import State

MODELS = ("glm-realtime-flash", "glm-realtime-air")
HEARTBEAT_SECONDS = 30.0
VOICES = (
    "tongtong", "female-tianmei", "male-qn-daxuesheng", "male-qn-jingying", "lovely_girl",
    "female-shaonv",
)  # fmt: skip
_BRAIN = "glm-4.7"  # whose rules answer
_LOUD = 500  # a sample above this is speech
_PAUSE = 14_400  # bytes of silence that end a turn: 0.3 seconds
_WORDS_AT_ONCE = 2
_MOST_SOUND = 8 * 1024 * 1024
_DEFAULTS = {
    "object": "realtime.session", "model": MODELS[0], "modalities": ["text", "audio"],
    "voice": "tongtong", "input_audio_format": "wav", "output_audio_format": "pcm",
    "turn_detection": {"type": "client_vad"},
    "beta_fields": {"chat_mode": "audio", "tts_source": "e2e"},
}  # fmt: skip


class EventError(Exception):
    """An event is refused."""


def routes(state: State) -> list[WebSocketRoute]:
    """The endpoint; api.z.ai does not offer it."""
    if state.options.site == "zai":
        return []

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        session = _Session(websocket, state)
        beat = asyncio.create_task(session.beat())
        try:
            await session.begin()
            while True:
                await session.take(await websocket.receive_text())
        except (WebSocketDisconnect, KeyError):  # KeyError: a frame of bytes
            return
        finally:
            beat.cancel()
            await session.stop()

    return [WebSocketRoute("/realtime", talk)]


class _Session:
    """One connection."""

    def __init__(self, websocket: WebSocket, state: State) -> None:
        self._socket = websocket
        self._state = state
        self._settings: dict[str, Any] = dict(_DEFAULTS)
        self._messages: list[dict[str, Any]] = []
        self._sound = bytearray()
        self._frames = 0
        self._speaking = False
        self._silent = 0
        self._answering: asyncio.Task[None] | None = None

    async def send(self, kind: str, **fields: Any) -> None:
        event = {"type": kind, "event_id": self._state.new_hex(), **fields}
        await self._socket.send_json(event)

    async def begin(self) -> None:
        await self.send("session.created", session=self._settings)
        await self.send("conversation.created", conversation={"id": self._state.new_hex()})

    async def beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self.send("heartbeat")

    async def stop(self) -> None:
        """Stop the answer that is going on."""
        task, self._answering = self._answering, None
        if task is not None and not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await task

    async def take(self, frame: str) -> None:
        """Do what an event of the client says."""
        try:
            event = decoded(frame.encode())
            kind = event.get("type") if isinstance(event, dict) else None
            handle = _HANDLERS.get(str(kind))
            if handle is None:
                raise EventError(f"unknown event type: {kind!r}"[:200])
            await handle(self, event)
        except EventError as error:
            await self._refuse("invalid_event", str(error))
        except ServiceError as error:
            await self._refuse(error.code, error.en)
        except (ValueError, TypeError, AttributeError, LookupError):
            await self._refuse("invalid_event", "the event cannot be read")

    async def _refuse(self, code: str, message: str) -> None:
        error = {"type": "invalid_request_error", "code": code, "message": message}
        await self.send("error", error=error)

    # --- What the client's events do

    async def update(self, event: dict[str, Any]) -> None:
        given = event["session"]
        if given.get("model", MODELS[0]) not in MODELS:
            raise EventError(f"unknown model: {given['model']!r}"[:200])
        if given.get("voice", VOICES[0]) not in VOICES:
            raise EventError(f"unknown voice: {given['voice']!r}"[:200])
        if "input_audio_format" not in given:
            raise EventError("session.input_audio_format is needed")
        self._settings = {**self._settings, **given}
        await self.send("session.updated", session=self._settings)

    async def append(self, event: dict[str, Any]) -> None:
        try:
            piece = base64.b64decode(event["audio"], validate=True)
        except binascii.Error:
            raise EventError("audio is not base64") from None
        if len(self._sound) + len(piece) > _MOST_SOUND:
            raise EventError("too much audio")
        self._sound += piece
        if self._settings["turn_detection"].get("type") == "server_vad":
            await self._listen(piece)

    async def _listen(self, piece: bytes) -> None:
        """Notice when the user begins to speak, and end the turn after a pause."""
        samples = array.array("h", piece[len(piece) % 2 :])
        loud = max(map(abs, samples), default=0) > _LOUD
        self._silent = 0 if loud else self._silent + len(piece)
        if loud and not self._speaking:
            self._speaking = True
            await self.stop()
            await self.send("input_audio_buffer.speech_started")
        elif self._speaking and self._silent >= _PAUSE:
            self._speaking = False
            await self.send("input_audio_buffer.speech_stopped")
            await self.commit({})
            await self.respond({})

    async def frame(self, event: dict[str, Any]) -> None:
        base64.b64decode(event["video_frame"], validate=True)
        self._frames += 1

    async def clear(self, event: dict[str, Any]) -> None:
        self._sound.clear()
        await self.send("input_audio_buffer.cleared")

    async def commit(self, event: dict[str, Any]) -> None:
        if not self._sound:
            raise EventError("the audio buffer is empty")
        heard, item = self._heard(), self._state.new_hex()
        self._sound.clear()
        await self.send("input_audio_buffer.committed", item_id=item)
        await self._add({"role": "user", "content": heard}, item)
        await self.send(
            "conversation.item.input_audio_transcription.completed",
            item_id=item, content_index=0, transcript=heard,
        )  # fmt: skip

    def _heard(self) -> str:
        content = bytes(self._sound)
        text = wav_mp3.spoken_text(content if content[:4] == b"RIFF" else wav_mp3.wav(content))
        return text or f"({len(content)} bytes of sound)"

    async def create(self, event: dict[str, Any]) -> None:
        item = event["item"]
        if item.get("type") == "function_call_output":
            message = {"role": "tool", "tool_call_id": self._last_call(), "content": item["output"]}
        else:
            words = [part.get("text") or "" for part in item["content"]]
            message = {"role": item["role"], "content": "".join(words)}
        await self._add(message, item.get("id") or self._state.new_hex())

    def _last_call(self) -> str:
        calls = [call["id"] for m in self._messages for call in m.get("tool_calls") or ()]
        if not calls:
            raise EventError("no function was called")
        return str(calls[-1])

    async def _add(self, message: dict[str, Any], item_id: str) -> None:
        self._messages.append(message)
        item = {"id": item_id, "object": "realtime.item", "role": message["role"]}
        await self.send("conversation.item.created", item=item)

    async def respond(self, event: dict[str, Any]) -> None:
        if self._settings["beta_fields"].get("chat_mode") == "video_passive" and not self._frames:
            await self._refuse("video_model_query_error", "no video frame was sent")
            return
        self._frames = 0
        await self.stop()
        self._answering = asyncio.create_task(self._respond_unless_gone())

    async def cancel(self, event: dict[str, Any]) -> None:
        await self.stop()

    # --- Answers

    async def _respond_unless_gone(self) -> None:
        with suppress(WebSocketDisconnect):
            await self._respond()

    async def _respond(self) -> None:
        made = {"id": self._state.new_hex(), "object": "realtime.response"}
        place = {"response_id": made["id"], "item_id": self._state.new_hex(), "output_index": 0}
        await self.send("response.created", response={**made, "status": "in_progress"})
        try:
            usage = await self._say(place)
        except asyncio.CancelledError:
            response = {**made, "status": "cancelled", "usage": self._usage("", 0)}
            await self.send("response.cancelled", response=response)
            raise
        except ServiceError as error:
            await self._refuse(error.code, error.en)
            response = {**made, "status": "failed", "usage": self._usage("", 0)}
            await self.send("response.done", response=response)
            return
        response = {**made, "status": "completed", "usage": usage}
        await self.send("response.done", response=response)

    async def _say(self, place: dict[str, Any]) -> dict[str, Any]:
        """Send the parts of an answer; return what it costs."""
        tools = [{"type": "function", "function": t} for t in self._settings.get("tools") or ()]
        said = self._settings.get("instructions")
        head = [{"role": "system", "content": said}] if said else []
        messages = [*head, *self._messages] or [{"role": "user", "content": "Hello!"}]
        body: dict[str, Any] = {"model": _BRAIN, "messages": messages}
        asked = check_chat({**body, "tools": tools} if tools else body, self._state, coding=False)
        reply = reply_to(asked, self._state)
        if reply.calls:
            return await self._call(place, reply.calls[0])
        self._messages.append({"role": "assistant", "content": reply.content})
        item = {"id": place["item_id"], "type": "message", "role": "assistant"}
        await self.send("response.output_item.added", **place, item=item)
        spoken = "audio" in self._settings["modalities"]
        part = {**place, "content_index": 0}
        words, size = reply.content.split(" "), 0
        for start in range(0, len(words), _WORDS_AT_ONCE):
            piece = (" " if start else "") + " ".join(words[start : start + _WORDS_AT_ONCE])
            kind = "response.audio_transcript.delta" if spoken else "response.text.delta"
            await self.send(kind, **part, delta=piece)
            if spoken:
                sound = b"".join(wav_mp3.pcm(piece, voice=str(self._settings.get("voice"))))
                size += len(sound)
                encoded = base64.b64encode(sound).decode()
                await self.send("response.audio.delta", **part, delta=encoded)
            await asyncio.sleep(0)  # an interruption may have come
        if spoken:
            await self.send("response.audio.done", **part)
            await self.send("response.audio_transcript.done", **part, transcript=reply.content)
        else:
            await self.send("response.text.done", **part, text=reply.content)
        await self.send("response.output_item.done", **place, item=item)
        return self._usage(reply.content, size)

    async def _call(self, place: dict[str, Any], call: Any) -> dict[str, Any]:
        call_id = f"call_{self._state.new_hex()}"
        function = {"name": call.name, "arguments": call.arguments}
        made = {"id": call_id, "type": "function", "function": function}
        self._messages.append({"role": "assistant", "content": "", "tool_calls": [made]})
        kind = "response.function_call_arguments.done"
        await self.send(kind, **place, call_id=call_id, **function)
        return self._usage(call.arguments, 0)

    def _usage(self, text: str, size: int) -> dict[str, Any]:
        told = sum(len(str(message["content"])) for message in self._messages) // 4 + 1
        written, sound = len(text) // 4 + 1, size // 4800
        return {
            "total_tokens": told + written + sound,
            "input_tokens": told,
            "output_tokens": written + sound,
            "input_token_details": {"cached_tokens": 0, "text_tokens": told, "audio_tokens": 0},
            "output_token_details": {"text_tokens": written, "audio_tokens": sound},
        }


async def _ignored(session: _Session, event: dict[str, Any]) -> None:
    """Items are numbered, not kept: what concerns one of them changes nothing here."""
    kinds = {"delete": "deleted", "truncate": "truncated", "retrieve": "retrieved"}
    done = kinds[str(event["type"]).rpartition(".")[2]]
    await session.send(f"conversation.item.{done}", item_id=event["item_id"])


_HANDLERS: dict[str, Any] = {
    "session.update": _Session.update,
    "transcription_session.update": _Session.update,
    "input_audio_buffer.append": _Session.append,
    "input_audio_buffer.append_video_frame": _Session.frame,
    "input_audio_buffer.commit": _Session.commit,
    "input_audio_buffer.clear": _Session.clear,
    "conversation.item.create": _Session.create,
    "conversation.item.delete": _ignored,
    "conversation.item.truncate": _ignored,
    "conversation.item.retrieve": _ignored,
    "response.create": _Session.respond,
    "response.cancel": _Session.cancel,
}
