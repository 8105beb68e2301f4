"""POST /audio/speech, and /audio/customization, which says a text in the voice of a recording."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from zhipu_emulator.content import wav_mp3
from zhipu_emulator.content.voices import OFFICIAL, voices_of
from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.forms import Form, read_form
from zhipu_emulator.http.params import Params, out_of_range
from zhipu_emulator.http.responses import DONE, api_key, frame, read_json, sse_response

if TYPE_CHECKING:
    from starlette.requests import Request

    from zhipu_emulator.http.state import State

MODELS = ("glm-tts",)
MAX_CHARACTERS = 1024
_FORMATS = ("wav", "pcm")
_BLOCK = 8  # characters spoken in one event


@dataclass(frozen=True)
class Order:
    """A checked request."""

    text: str
    voice: str
    form: str
    stream: bool
    encoding: str
    speed: float
    volume: float

    def samples(self, text: str) -> bytes:
        """Say a part of the text."""
        return b"".join(wav_mp3.pcm(text, speed=self.speed, volume=self.volume, voice=self.voice))


def routes(state: State) -> list[Route]:
    """The endpoint; api.z.ai does not offer it."""
    if state.options.site == "zai":
        return []

    async def create(request: Request) -> Response:
        body = await read_json(request)
        order = read_order(body, state, api_key(request))
        if order.stream:
            return sse_response(_events(order, state))
        return await _spoken(order)

    async def customize(request: Request) -> Response:
        return await _spoken(_read_custom(await read_form(request)))

    return [
        Route("/audio/speech", create, methods=["POST"]),
        Route("/audio/customization", customize, methods=["POST"]),
    ]


async def _spoken(order: Order) -> Response:
    samples = await asyncio.to_thread(order.samples, order.text)
    if order.form == "wav":
        return Response(wav_mp3.wav(samples, order.text), media_type="audio/wav")
    return Response(samples, media_type="audio/pcm")


def read_order(body: dict[str, Any], state: State, owner: str) -> Order:
    """Check a request.

    Raises:
        ServiceError: Everything that the endpoint refuses.
    """
    params = Params(body)
    params.model(MODELS)
    text = params.text("input", max_length=MAX_CHARACTERS)
    voice = params.text("voice", "tongtong")
    if voice not in OFFICIAL and voice not in voices_of(state, owner):
        raise ServiceError("1214", "音色id不存在", "The voice id does not exist")
    stream = params.flag("stream")
    form = _format(params, stream=stream)
    volume = params.number("volume", 1.0, low=0.0, high=10.0)
    if volume == 0:
        raise out_of_range("volume", 0.01, 10)
    params.flag("watermark_enabled", True)
    params.caller_ids()
    return Order(
        text,
        voice,
        form,
        stream,
        params.text("encode_format", "base64", choices=("base64", "hex")),
        params.number("speed", 1.0, low=0.5, high=2.0),
        volume,
    )


def _format(params: Params, *, stream: bool = False) -> str:
    form = params.text("response_format", "pcm")
    if form not in _FORMATS or (stream and form != "pcm"):
        raise ServiceError(
            "1214", "不支持当前response_format值", "This response_format is not supported"
        )
    return form


def _read_custom(form: Form) -> Order:
    """Check a form: no page describes it any more, only the official SDK has its fields."""
    params = form.params
    params.model(MODELS)
    text = params.text("input", max_length=MAX_CHARACTERS)
    params.text("voice_text", "")
    sample = form.file("voice_data").content
    if wav_mp3.kind_of(sample) is None:
        raise ServiceError("1214", "不支持当前音频格式", "The audio format is not supported")
    params.flag("watermark_enabled", True)
    params.caller_ids()
    voice = sha256(sample).hexdigest()
    return Order(text, voice, _format(params), False, "base64", 1.0, 1.0)


async def _events(order: Order, state: State) -> AsyncIterator[bytes]:
    """The first event is empty and the last has no delta; ``index`` counts the events."""
    known = {"id": state.new_id(), "created": state.now(), "model": MODELS[0]}
    blocks = [""]
    blocks += [order.text[i : i + _BLOCK] for i in range(0, len(order.text), _BLOCK)]
    for index, block in enumerate(blocks):
        samples = order.samples(block)
        encoded = samples.hex() if order.encoding == "hex" else base64.b64encode(samples).decode()
        delta = {
            "role": "assistant",
            "content": encoded,
            "return_sample_rate": wav_mp3.RATE,
            "return_format": "pcm",
        }
        yield frame({**known, "choices": [{"index": index, "delta": delta}]})
        await asyncio.sleep(state.options.token_delay)
    yield frame(
        {
            "choices": [{"finish_reason": "stop", "index": len(blocks)}],
            "created": known["created"],
            "id": known["id"],
            "model": known["model"],
        }
    )
    yield DONE
