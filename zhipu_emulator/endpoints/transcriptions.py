"""POST /audio/transcriptions."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.routing import Route

from zhipu_emulator.content import wav_mp3
from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.forms import Form, read_form
from zhipu_emulator.http.params import illegal, missing, out_of_range
from zhipu_emulator.http.responses import DONE, frame, json_response, sse_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

MODELS = ("glm-asr-2512", "glm-asr")
MAX_BYTES = 25 * 1024 * 1024
MAX_SECONDS = 30.0
MAX_PROMPT = 8000
MAX_HOTWORDS = 100
_PIECES = re.compile(r"\s*(?:[\u2e80-\uffef]{1,2}|[^\s\u2e80-\uffef]+)")


def routes(state: State) -> list[Route]:
    """The endpoint."""

    async def create(request: Request) -> Response:
        form = await read_form(request)
        params = form.params
        model = params.model(MODELS)
        params.text("prompt", "", max_length=MAX_PROMPT)
        _check_hotwords(form)
        request_id = params.caller_ids()
        text = _transcribe(_sound(form))
        if params.flag("stream"):
            return sse_response(_events(text, model, state))
        made_id = state.new_id()
        return json_response(
            {
                "created": state.now(),
                "id": made_id,
                "model": model,
                "request_id": request_id or made_id,
                "text": text,
            }
        )

    return [Route("/audio/transcriptions", create, methods=["POST"])]


def _sound(form: Form) -> bytes:
    """The sound: ``file`` wins over ``file_base64``."""
    if "file" in form.files:
        return form.files["file"].content
    encoded = form.params.get("file_base64")
    if encoded is None:
        raise missing("file")
    try:
        return base64.b64decode(encoded.rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise illegal("file_base64") from None


def _transcribe(content: bytes) -> str:
    """What a sound of ours says; for another one, how long it is.

    Raises:
        ServiceError: Wrong format, too large, too long.
    """
    if wav_mp3.kind_of(content) is None:
        raise ServiceError(
            "1214", "transcriptions不支持当前文件格式", "This file format is not supported"
        )
    if len(content) > MAX_BYTES:
        raise ServiceError("1210", "文件大小超过限制，最大25MB", "The file is larger than 25MB")
    seconds = wav_mp3.duration(content)
    if seconds is None:
        raise ServiceError("1210", "文件解析失败，请检查文件可访问性和格式")
    if seconds > MAX_SECONDS:
        raise ServiceError(
            "1214", "音频时长超过限制，最长30秒", "The audio is longer than 30 seconds"
        )
    return wav_mp3.spoken_text(content) or f"[{seconds:.1f} s of audio without a text known here]"


def _check_hotwords(form: Form) -> None:
    # The docs have one field with a list in it, the official SDK one field a word.
    words = form.lists.get("hotwords[]") or form.lists.get("hotwords") or []
    if len(words) > MAX_HOTWORDS:
        raise out_of_range("hotwords.length", 0, MAX_HOTWORDS)


async def _events(text: str, model: str, state: State) -> AsyncIterator[bytes]:
    known = {"id": state.new_id(), "created": state.now(), "model": model}
    for piece in _PIECES.findall(text):
        yield frame({**known, "delta": piece, "type": "transcript.text.delta"})
        await asyncio.sleep(state.options.token_delay)
    yield frame({**known, "text": text, "type": "transcript.text.done"})
    yield DONE
