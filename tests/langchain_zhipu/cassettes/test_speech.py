"""`ZhipuAITextToSpeechTool` from cassettes: whole, streamed, refused."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import ToolMessage

from langchain_zhipu import ZhipuAITextToSpeechTool
from tests.cassette_support.plugin import Mode, Service
from zhipu_client import BadRequestError

pytestmark = pytest.mark.vcr

TEXT = "Hello."


def make(service: Service, **given: Any) -> ZhipuAITextToSpeechTool:
    return ZhipuAITextToSpeechTool(**service.settings, **given)


async def test_a_file(service: Service, mode: Mode) -> None:
    tool = make(service)
    spoken = tool.speak(TEXT) if mode == "sync" else await tool.aspeak(TEXT)
    assert spoken.startswith(b"RIFF")


async def test_a_stream(service: Service, mode: Mode) -> None:
    tool = make(service)
    if mode == "sync":
        pieces = list(tool.stream(TEXT))
    else:
        pieces = [piece async for piece in tool.astream(TEXT)]
    assert sum(map(len, pieces)) > 1000


async def test_a_tool_call(service: Service, mode: Mode) -> None:
    call = {"type": "tool_call", "name": "text_to_speech", "id": "a", "args": {"text": TEXT}}
    tool = make(service)
    message = tool.invoke(call) if mode == "sync" else await tool.ainvoke(call)
    assert isinstance(message, ToolMessage)
    assert message.artifact["mime_type"] == "audio/wav"


async def test_an_unknown_voice(service: Service, mode: Mode) -> None:
    tool = make(service, voice="no-such-voice")
    with pytest.raises(BadRequestError):
        _ = tool.speak(TEXT) if mode == "sync" else await tool.aspeak(TEXT)
