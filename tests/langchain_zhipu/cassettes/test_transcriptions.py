"""Transcriptions from cassettes: whole, in parts, streamed, refused."""

from __future__ import annotations

import io
import wave
from typing import Any

import pytest
from langchain_core.documents.base import Blob

from langchain_zhipu import ZhipuAITranscriptionLoader, ZhipuAITranscriptionParser
from tests.cassette_support.plugin import Mode, Service
from zhipu_client import NotFoundError

pytestmark = pytest.mark.vcr


def wav(*stretches: int) -> bytes:
    """A WAV that is loud and silent in turn, for so many seconds each; small enough to keep."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 1, 400, 0, "NONE", ""))
        for number, seconds in enumerate(stretches):
            sound.writeframes((b"\x80\x80" if number % 2 else b"\x10\xf0") * 200 * seconds)
    return out.getvalue()


async def loaded(service: Service, mode: Mode, content: bytes, **given: Any) -> Any:
    loader = ZhipuAITranscriptionLoader(content, max_in_flight=1, **service.settings, **given)
    return loader.load() if mode == "sync" else await loader.aload()


async def test_a_recording(service: Service, mode: Mode) -> None:
    (found,) = await loaded(service, mode, wav(2))
    assert found.page_content
    assert found.metadata["duration"] == 2


async def test_a_long_recording(service: Service, mode: Mode) -> None:
    (found,) = await loaded(service, mode, wav(20, 2, 20), segments=True)
    first, second = found.metadata["segments"]
    assert first["end"] == second["start"]
    assert second["end"] == 42


async def test_a_stream(service: Service, mode: Mode) -> None:
    parser = ZhipuAITranscriptionParser(**service.settings)
    blob = Blob.from_data(wav(2))
    if mode == "sync":
        pieces = list(parser.stream_text(blob))
    else:
        pieces = [piece async for piece in parser.astream_text(blob)]
    assert len(pieces) > 1


async def test_an_unknown_model(service: Service, mode: Mode) -> None:
    with pytest.raises(NotFoundError):
        await loaded(service, mode, wav(1), model="no-such-model")
