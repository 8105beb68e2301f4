"""The tool specs, and the reader of recordings."""

from __future__ import annotations

from pathlib import Path

import pytest
from llama_index.core import SimpleDirectoryReader
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import AudioBlock, ImageBlock

from llama_index_zhipu import (
    ZhipuAI,
    ZhipuAIImageGeneratorToolSpec,
    ZhipuAIModerationToolSpec,
    ZhipuAISpeechToolSpec,
    ZhipuAITranscriptionReader,
    ZhipuAIVideoGeneratorToolSpec,
    ZhipuAIWebReaderToolSpec,
    ZhipuAIWebSearchToolSpec,
)
from tests.llama_index_zhipu.conftest import KEY
from tests.llama_index_zhipu.stub import call, reply
from zhipu_client import BadRequestError, DownloadError, InvalidRequestError, ZhipuError, images


@pytest.fixture
def connection(emulator):
    return {"api_key": emulator.api_key, "base_url": emulator.base_url}


async def test_drawing_by_address(connection, emulator):
    spec = ZhipuAIImageGeneratorToolSpec(size="1024x1024", **connection)
    (tool,) = spec.to_tool_list()
    assert tool.metadata.name == "generate_image"
    assert "prompt" in tool.metadata.get_parameters_dict()["properties"]
    assert tool.call(prompt="a red kite").content.startswith("http")
    assert (await tool.acall(prompt="a red kite")).content.startswith("http")
    sent = [request["json"] for request in emulator.requests]
    assert [s["size"] for s in sent] == ["1024x1024"] * 2
    assert sent[0]["prompt"] == "a red kite"


async def test_drawing_to_look_at(connection):
    spec = ZhipuAIImageGeneratorToolSpec(output="image", allow_loopback=True, **connection)
    (tool,) = spec.to_tool_list()
    for made in (tool.call(prompt="a kite"), await tool.acall(prompt="a kite")):
        (image,) = [block for block in made.blocks if isinstance(block, ImageBlock)]
        assert image.image_mimetype == "image/png"
        assert image.resolve_image().read(4) == b"\x89PNG"


def test_images_are_drawn_by_the_model_that_the_client_takes():
    assert ZhipuAIImageGeneratorToolSpec(api_key=KEY).model == images.create(prompt="a").model


async def test_images_come_from_public_addresses_only(stub):
    url = "http://127.0.0.1:1/a.png?Signature=x"
    stub.default = {"data": [{"url": url}]}
    spec = ZhipuAIImageGeneratorToolSpec(output="image", api_key=KEY, base_url=stub.base_url)
    with pytest.raises(DownloadError) as caught:
        spec.generate_image("a kite")
    assert caught.value.partial == url, "what is paid for is not lost"
    with pytest.raises(DownloadError) as caught:
        await spec.agenerate_image("a kite")
    assert caught.value.partial == url


@pytest.mark.parametrize("size", ["1x1", "large"])
def test_impossible_sizes_are_told_at_once(size):
    with pytest.raises(InvalidRequestError, match="size"):
        ZhipuAIImageGeneratorToolSpec(size=size, api_key=KEY)


@pytest.mark.parametrize(
    ("field", "value"), [("output", "file"), ("quality", "ultra"), ("model", "")]
)
def test_an_image_is_not_paid_for_before_its_settings_are_checked(field, value):
    with pytest.raises(InvalidRequestError) as caught:
        ZhipuAIImageGeneratorToolSpec(api_key=KEY, **{field: value})
    assert (caught.value.field, caught.value.value) == (field, value)


async def test_searching(connection, emulator):
    spec = ZhipuAIWebSearchToolSpec(count=2, **connection)
    (tool,) = spec.to_tool_list()
    assert tool.metadata.name == "web_search"
    for text in (tool.call(query="cats").content, (await tool.acall(query="cats")).content):
        assert text.count("](https://") == 2
    found = spec.search("cats")
    assert len(found) == 2
    assert {"url", "title"} <= set(found[0].metadata)
    assert (await spec.asearch("cats"))[0].text == found[0].text
    sent = emulator.requests[0]["json"]
    assert (sent["search_query"], sent["count"]) == ("cats", 2)
    assert sent["search_engine"] == "search_std"


def test_search_without_results(stub):
    stub.default = {"search_result": []}
    spec = ZhipuAIWebSearchToolSpec(api_key=KEY, base_url=stub.base_url)
    assert spec.web_search("x") == "Nothing was found."


def test_the_engine_of_the_site():
    spec = ZhipuAIWebSearchToolSpec(api_key=KEY, base_url="zai")
    assert spec._request("x").json["search_engine"] == "search-prime"


def test_wrong_options_are_told_at_once():
    with pytest.raises(InvalidRequestError, match="count"):
        ZhipuAIWebSearchToolSpec(api_key=KEY, count=99)
    with pytest.raises(InvalidRequestError, match="ZHIPUAI_API_KEY"):
        ZhipuAIWebSearchToolSpec()


def test_the_key_is_not_shown():
    assert KEY not in repr(ZhipuAIWebSearchToolSpec(api_key=KEY))


async def test_an_agent_sees_the_image(connection, stub):
    spec = ZhipuAIImageGeneratorToolSpec(output="image", allow_loopback=True, **connection)
    made = call("generate_image", '{"prompt": "a kite"}')
    stub.put(reply("", tool_calls=[made]), reply("A fine kite."))
    llm = ZhipuAI(model="glm-4.6v", api_key=KEY, base_url=stub.base_url)
    agent = FunctionAgent(tools=spec.to_tool_list(), llm=llm, streaming=False)
    assert str(await agent.run("Draw a kite")) == "A fine kite."
    *_, result, seen = stub.requests[1]["messages"]
    assert result["role"] == "tool"
    assert seen["content"][1]["image_url"]["url"].startswith("data:image/png;base64,")


async def test_videos(connection, emulator):
    spec = ZhipuAIVideoGeneratorToolSpec(interval=0.05, options={"duration": 5}, **connection)
    (tool,) = spec.to_tool_list()
    assert tool.metadata.name == "generate_video"
    assert tool.call(prompt="a kite").content.startswith("http")
    assert (await tool.acall(prompt="a kite")).content.startswith("http")
    sent = emulator.requests[0]["json"]
    assert (sent["model"], sent["prompt"], sent["duration"]) == ("cogvideox-3", "a kite", 5)


@pytest.mark.parametrize(("setting", "field"), [("interval", "interval"), ("wait", "wait")])
def test_a_video_is_not_paid_for_when_it_cannot_be_waited_for(setting, field):
    with pytest.raises(InvalidRequestError) as caught:
        ZhipuAIVideoGeneratorToolSpec(api_key=KEY, **{setting: -1})
    assert (caught.value.field, caught.value.value) == (field, -1)


def test_a_video_that_fails(stub):
    stub.default = {"id": "t1", "task_status": "FAIL"}
    spec = ZhipuAIVideoGeneratorToolSpec(api_key=KEY, base_url=stub.base_url, interval=0.01)
    with pytest.raises(ZhipuError):
        spec.generate_video("a kite")


async def test_speech(connection, tmp_path):
    (tool,) = ZhipuAISpeechToolSpec(speed=1.5, **connection).to_tool_list()
    assert tool.metadata.name == "text_to_speech"
    for made in (tool.call(text="hello"), await tool.acall(text="hello")):
        (sound,) = [block for block in made.blocks if isinstance(block, AudioBlock)]
        assert sound.resolve_audio().read(4) == b"RIFF"
    spec = ZhipuAISpeechToolSpec(save_to=tmp_path / "spoken", **connection)
    path = Path(spec.text_to_speech("hello"))
    assert path.parent == tmp_path / "spoken"
    assert path.read_bytes()[:4] == b"RIFF"  # noqa: ASYNC240
    with pytest.raises(InvalidRequestError, match="speed"):
        ZhipuAISpeechToolSpec(speed=9, **connection)


async def test_recordings(connection, tmp_path):
    sound = ZhipuAISpeechToolSpec(**connection).text_to_speech("hello")[1]
    path = tmp_path / "memo.wav"
    path.write_bytes(sound.resolve_audio().read())
    reader = ZhipuAITranscriptionReader(hotwords=["hello"], **connection)
    for documents in (
        reader.load_data(path, extra_info={"by": "me"}),
        await reader.aload_data(str(path), extra_info={"by": "me"}),
    ):
        (found,) = documents
        assert found.text
        assert found.metadata["file_name"] == "memo.wav"
        assert found.metadata["by"] == "me"
    assert reader.load_data(path.read_bytes())[0].text == found.text
    with pytest.raises(InvalidRequestError):
        reader.load_data(b"no sound at all")
    directory = SimpleDirectoryReader(
        input_dir=str(tmp_path), file_extractor={".wav": reader}, raise_on_error=True
    )
    assert directory.load_data()[0].text == found.text


async def test_moderation(connection, stub):
    (tool,) = ZhipuAIModerationToolSpec(**connection).to_tool_list()
    assert tool.metadata.name == "check_content"
    assert tool.call(text="hello").content == "PASS"
    assert (await tool.acall(text="hello")).content == "PASS"
    row = {"content_type": "text", "risk_level": "REJECT", "risk_type": ["violence"]}
    stub.default = {"result_list": [row, row]}
    spec = ZhipuAIModerationToolSpec(api_key=KEY, base_url=stub.base_url)
    assert spec.check_content("x") == "REJECT: violence"
    assert spec.judge("x").risk_level == "REJECT"
    assert (await spec.ajudge("x")).risk_level == "REJECT"


async def test_reading_a_web_page(connection, stub):
    (tool,) = ZhipuAIWebReaderToolSpec(**connection).to_tool_list()
    assert tool.metadata.name == "read_web_page"
    assert list(tool.metadata.get_parameters_dict()["properties"]) == ["url"]
    page = "https://cities.example/paris"
    for made in (tool.call(url=page), await tool.acall(url=page)):
        assert made.content.startswith("# ")
        assert "Paris" in made.content
    short = ZhipuAIWebReaderToolSpec(max_characters=20, **connection).read_web_page(page)
    assert short.endswith("it was cut here.]")
    assert len(short) < 80
    with pytest.raises(BadRequestError):
        await tool.acall(url="https://nowhere.example/")
    stub.default = {"reader_result": None}
    spec = ZhipuAIWebReaderToolSpec(api_key=KEY, base_url=stub.base_url)
    assert spec.read_web_page(page) == "The page is empty."
    with pytest.raises(InvalidRequestError, match="max_characters"):
        ZhipuAIWebReaderToolSpec(api_key=KEY, max_characters=0)
    with pytest.raises(InvalidRequestError, match="return_format"):
        ZhipuAIWebReaderToolSpec(api_key=KEY, return_format="pdf")
