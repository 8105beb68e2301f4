"""POST /voice/clone, GET /voice/list, POST /voice/delete."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.content import wav_mp3
from zhipu_emulator.content.published import publish
from zhipu_emulator.content.stored_files import stored_file
from zhipu_emulator.content.voices import OFFICIAL, voices_of
from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.params import Params
from zhipu_emulator.http.responses import api_key, json_response, read_json
from zhipu_emulator.http.state import BEIJING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

MODELS = ("glm-tts-clone",)
_OFFICIAL_SINCE = "2025-10-31 12:31:26"
_SAMPLE_WORDS = "你好，hello"


def routes(state: State) -> list[Route]:
    """The three endpoints; api.z.ai does not offer them."""
    if state.options.site == "zai":
        return []

    async def clone(request: Request) -> Response:
        return json_response(_clone(request, state, Params(await read_json(request))))

    async def listing(request: Request) -> Response:
        query = Params({name: value for name, value in request.query_params.items() if value})
        kind = query.text("voiceType", "", choices=("PRIVATE", "OFFICIAL"))
        name = query.text("voiceName", "")
        voices = [*_official(request, state), *voices_of(state, api_key(request)).values()]
        found = [
            voice
            for voice in voices
            if kind in ("", voice["voice_type"]) and name in ("", voice["voice_name"])
        ]
        return json_response({"voice_list": found})

    async def delete(request: Request) -> Response:
        voice = Params(await read_json(request)).text("voice")
        if voices_of(state, api_key(request)).pop(voice, None) is None:
            raise ServiceError("1214", "音色id不存在", "The voice id does not exist")
        return json_response({"voice": voice, "update_time": _stamp(state)})

    return [
        Route("/voice/clone", clone, methods=["POST"]),
        Route("/voice/list", listing, methods=["GET"]),
        Route("/voice/delete", delete, methods=["POST"]),
    ]


def _clone(request: Request, state: State, params: Params) -> dict[str, Any]:
    params.model(MODELS)
    name = params.text("voice_name")
    preview = params.text("input")
    params.text("text", "")
    request_id = params.caller_ids() or state.new_id()
    file_id = params.text("file_id")
    file = stored_file(state, file_id)
    mine = file is not None and file["owner"] == api_key(request)
    if file is None or not mine or file["purpose"] != "voice-clone-input":
        raise ServiceError("1214", "文件不存在", "The file does not exist")
    if wav_mp3.kind_of(file["content"]) is None:
        raise ServiceError("1214", "不支持当前音频格式", "The audio format is not supported")
    if any(voice["voice_name"] == name for voice in voices_of(state, api_key(request)).values()):
        raise ServiceError("1214", "音色名称已存在", "The voice name exists already")
    voice = f"voice_clone_{state.new_hex(20)}"
    voices_of(state, api_key(request))[voice] = _entry(
        request, state, voice, name, "PRIVATE", preview
    )
    return {
        "voice": voice,
        "file_id": f"{state.now()}_{state.new_hex(32)}",
        "file_purpose": "voice-clone-output",
        "request_id": request_id,
    }


def _official(request: Request, state: State) -> list[dict[str, Any]]:
    return [
        {
            **_entry(request, state, voice, name, "OFFICIAL", _SAMPLE_WORDS),
            "create_time": _OFFICIAL_SINCE,
        }
        for voice, name in OFFICIAL.items()
    ]


def _entry(
    request: Request, state: State, voice: str, name: str, kind: str, words: str
) -> dict[str, Any]:
    make = partial(_sample, words, voice)
    return {
        "voice": voice,
        "voice_name": name,
        "voice_type": kind,
        "download_url": publish(request, state, f"{voice}.wav", make, "audio/wav"),
        "create_time": _stamp(state),
    }


def _sample(words: str, voice: str) -> bytes:
    return wav_mp3.wav(b"".join(wav_mp3.pcm(words, voice=voice)), words)


def _stamp(state: State) -> str:
    return datetime.fromtimestamp(state.now(), BEIJING).strftime("%Y-%m-%d %H:%M:%S")
