"""Speech: both adapters say the same, save it alike, and lose nothing that was paid for."""

from __future__ import annotations

import asyncio
import base64
import errno
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.request import url2pathname

import pytest
from langchain_tests.unit_tests import ToolsUnitTests

from langchain_zhipu import ZhipuAITextToSpeechTool
from llama_index_zhipu import ZhipuAISpeechToolSpec
from tests.reliability import scenarios as say
from tests.reliability.frames import frame
from tests.reliability.server import FaultServer
from zhipu_client import Client, InvalidRequestError, StreamIncompleteError, ZhipuError, audio

from .subjects import KEY

#: Long enough for several pieces.
LONG = "The two hydrophones cost 4,100 euros together. " * 5
ways = pytest.mark.parametrize("way", ["sync", "async"])


class TestToolUnit(ToolsUnitTests):
    @property
    def tool_constructor(self) -> type[ZhipuAITextToSpeechTool]:
        return ZhipuAITextToSpeechTool

    @property
    def tool_constructor_params(self) -> dict[str, Any]:
        return {"api_key": KEY, "base_url": "bigmodel"}

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {"text": "hello"}


def called(tool: Any, way: str, name: str, *values: Any) -> Any:
    found = getattr(tool, name if way == "sync" else f"a{name}")(*values)
    return asyncio.run(found) if way == "async" else found


def streamed(tool: Any, way: str, given: Any) -> list[bytes]:
    async def collected() -> list[bytes]:
        return [piece async for piece in tool.astream(given)]

    return list(tool.stream(given)) if way == "sync" else asyncio.run(collected())


@ways
def test_both_say_the_same(way, reach):
    tool, spec = ZhipuAITextToSpeechTool(**reach), ZhipuAISpeechToolSpec(**reach)
    spoken = called(tool, way, "speak", "hello")
    assert spoken[:4] == b"RIFF"
    assert called(spec, way, "text_to_speech", "hello")[1].audio == base64.b64encode(spoken)
    call = {"name": "text_to_speech", "args": {"text": "hello"}, "id": "1", "type": "tool_call"}
    message = called(tool, way, "invoke", call)
    assert base64.b64decode(message.artifact["base64"]) == spoken


@ways
@pytest.mark.parametrize("given", [LONG, {"text": LONG}])
def test_a_stream(way, given, reach):
    pieces = streamed(ZhipuAITextToSpeechTool(**reach), way, given)
    assert len(pieces) > 1
    assert all(len(piece) % 2 == 0 for piece in pieces)
    assert b"".join(pieces)[:4] != b"RIFF"


@ways
def test_a_broken_stream_has_what_was_heard(way):
    delta = {"content": base64.b64encode(b"\1\0" * 50).decode()}
    one = frame({"choices": [{"index": 0, "delta": delta}]})
    with FaultServer(say.stream(one, one)) as server:
        tool = ZhipuAITextToSpeechTool(api_key=KEY, base_url=server.base_url, max_retries=0)
        with pytest.raises(StreamIncompleteError) as caught:
            streamed(tool, way, "hello")
    assert caught.value.partial == b"\1\0" * 100


@ways
@pytest.mark.parametrize("end", ["rst", "fin"])
def test_the_client_s_broken_stream_has_it_too(way, end):
    delta = {"content": base64.b64encode(b"\1\0" * 50).decode()}
    one = frame({"choices": [{"index": 0, "delta": delta}]})
    with FaultServer(say.stream(one, one, end=end)) as server:
        client = Client(api_key=KEY, base_url=server.base_url, max_retries=0)
        request = audio.speech_stream(input="hello")

        async def heard() -> None:
            async with client.as_async().stream(request) as pieces:
                async for _ in pieces:
                    pass

        with pytest.raises(StreamIncompleteError) as caught:
            if way == "async":
                asyncio.run(heard())
            else:
                list(client.stream(request))
    assert caught.value.partial == b"\1\0" * 100


@ways
def test_a_stream_that_is_left_gives_its_place_back(way, reach):
    tool = ZhipuAITextToSpeechTool(max_concurrency=1, timeout=5, **reach)

    async def left() -> None:
        pieces = tool.astream(LONG)
        await anext(pieces)
        await pieces.aclose()

    if way == "async":
        asyncio.run(left())
    else:
        pieces = tool.stream(LONG)
        next(pieces)
        pieces.close()
    assert called(tool, way, "speak", "hello")[:4] == b"RIFF"


@ways
def test_saved(way, reach, tmp_path):
    tool = ZhipuAITextToSpeechTool(save_to=tmp_path, **reach)
    call = {"name": "text_to_speech", "args": {"text": "hello"}, "id": "1", "type": "tool_call"}
    message = called(tool, way, "invoke", call)
    (path,) = tmp_path.iterdir()
    assert url2pathname(message.artifact["url"].removeprefix("file://")) == str(path)
    assert path.read_bytes()[:4] == b"RIFF"


@ways
def test_a_folder_that_cannot_be_written_costs_nothing(way, reach, running, tmp_path):
    (tmp_path / "file").write_text("")
    tool = ZhipuAITextToSpeechTool(
        save_to=tmp_path / "file" / "inner", handle_tool_error=False, **reach
    )
    with pytest.raises(InvalidRequestError, match="save_to"):
        called(tool, way, "invoke", "hello")
    assert not running.requests


@ways
def test_a_full_disk_loses_nothing(way, reach, tmp_path):
    tool = ZhipuAITextToSpeechTool(save_to=tmp_path, handle_tool_error=False, **reach)
    full = OSError(errno.ENOSPC, "No space left on device")
    with (
        mock.patch.object(Path, "replace", side_effect=full),
        pytest.raises(ZhipuError, match="No space") as caught,
    ):
        called(tool, way, "invoke", "hello")
    assert caught.value.partial[:4] == b"RIFF"


@ways
@pytest.mark.parametrize(("text", "named"), [("x" * 1025, "input"), (" ", "input")])
def test_a_text_that_cannot_be_said_is_refused_before(way, text, named, reach, running):
    tool = ZhipuAITextToSpeechTool(**reach)
    with pytest.raises(InvalidRequestError, match=named):
        called(tool, way, "speak", text)
    with pytest.raises(InvalidRequestError, match=named):
        streamed(tool, way, text)
    assert not running.requests


def test_names_and_defaults():
    tool, spec = ZhipuAITextToSpeechTool(api_key=KEY), ZhipuAISpeechToolSpec(api_key=KEY)
    for name in ("model", "voice", "speed", "volume"):
        assert getattr(tool, name) == getattr(spec, name)
    with pytest.raises(InvalidRequestError, match="speed"):
        ZhipuAITextToSpeechTool(api_key=KEY, speed=9)
