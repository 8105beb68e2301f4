"""Images, videos, audio and documents of messages to the wire: pure."""

from __future__ import annotations

import base64
import json
from io import BytesIO

import pytest
from llama_index.core.base.llms.types import (
    AudioBlock,
    ChatMessage,
    CitableBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    VideoBlock,
)

from tests.llama_index_zhipu.messages import PNG, ask, calls, one, user
from tests.llama_index_zhipu.wire import to_wire
from zhipu_client import InvalidRequestError


def test_image_by_url_is_passed_on():
    sent = one(user(TextBlock(text="see"), ImageBlock(url="https://x.example/a.png")))
    assert sent["content"] == [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}},
    ]


@pytest.mark.parametrize("how", ["bytes", "stream", "path"])
def test_image_of_ours_goes_inline_with_its_type(how, tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(PNG)
    image = {
        "bytes": lambda: ImageBlock(image=PNG),
        "stream": lambda: ImageBlock(image=BytesIO(PNG)),
        "path": lambda: ImageBlock(path=path),
    }[how]()
    url = one(user(image))["content"][0]["image_url"]["url"]
    assert url == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


def test_image_of_unknown_bytes_has_a_type_all_the_same():
    url = one(user(ImageBlock(image=b"nothing known")))["content"][0]["image_url"]["url"]
    assert url.startswith("data:image/png;base64,")


def test_data_urls_survive():
    url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert one(user(ImageBlock(url=url)))["content"][0]["image_url"]["url"] == url


def test_video():
    part = one(user(VideoBlock(url="https://x.example/a.mp4")))["content"][0]
    assert part == {"type": "video_url", "video_url": {"url": "https://x.example/a.mp4"}}
    inline = one(user(VideoBlock(video=b"\0\0\0\x18ftypmp42")))["content"][0]["video_url"]["url"]
    assert inline.startswith("data:video/mp4;base64,")


def test_audio_goes_inline():
    wav = b"RIFF\x24\0\0\0WAVEfmt "
    part = one(user(AudioBlock(audio=wav)))["content"][0]
    assert part["type"] == "input_audio"
    assert part["input_audio"] == {"data": base64.b64encode(wav).decode(), "format": "wav"}
    mp3 = one(user(AudioBlock(audio=b"ID3\x03abc")))["content"][0]["input_audio"]
    assert mp3["format"] == "mp3"


def test_audio_by_url_is_refused_not_fetched():
    with pytest.raises(InvalidRequestError, match="inline"):
        to_wire([user(AudioBlock(url="https://x.example/a.wav"))])


def test_documents_by_url_and_inline():
    url = "https://x.example/a.pdf"
    assert one(user(DocumentBlock(url=url)))["content"] == [
        {"type": "file", "file": {"file_url": url}}
    ]
    (part,) = one(user(DocumentBlock(data=b"%PDF-1.4 x", title="a.pdf")))["content"]
    assert part["file"]["filename"] == "a.pdf"
    assert part["file"]["file_data"].startswith("data:application/pdf;base64,")
    with pytest.raises(InvalidRequestError, match="URL only"):
        to_wire([user(DocumentBlock(data=b"%PDF-1.4 x"))], model="glm-4.6v")


def test_large_and_odd_files_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "big.png"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(InvalidRequestError, match="at most"):
        to_wire([user(ImageBlock(path=path))])
    with pytest.raises(InvalidRequestError, match="not a regular file"):
        to_wire([user(DocumentBlock(path="/dev/null"))])


def test_an_empty_image_says_so():
    with pytest.raises(InvalidRequestError, match="empty"):
        to_wire([user(ImageBlock())])


@pytest.mark.parametrize(
    "block",
    [
        ImageBlock(),
        AudioBlock(url="https://x.example/a.wav"),
        AudioBlock(audio=PNG, format="ogg"),
        DocumentBlock(path="/etc/hostname"),
    ],
)
def test_a_block_of_a_tool_that_cannot_be_sent_goes_as_text_without_its_content(block):
    result = ChatMessage(role="tool", blocks=[block], additional_kwargs={"tool_call_id": "c1"})
    text = to_wire([ask(), calls("c1"), result])[2]["content"]
    assert json.loads(text)["block_type"] == block.block_type
    assert base64.b64encode(PNG).decode() not in text


def test_images_inside_of_citable_blocks_of_tools_are_sent():
    block = CitableBlock(title="T", source="s", content=[ImageBlock(image=PNG)])
    result = ChatMessage(role="tool", blocks=[block], additional_kwargs={"tool_call_id": "c1"})
    sent = to_wire([ask(), calls("c1"), result])
    assert sent[2]["content"].startswith("[T](s)")
    assert sent[3]["content"][1]["type"] == "image_url"


def test_images_in_tool_results_follow_the_results():
    results = [
        ChatMessage(
            role="tool",
            blocks=[TextBlock(text="chart"), ImageBlock(url="https://x.example/1.png")],
            additional_kwargs={"tool_call_id": "c1"},
        ),
        ChatMessage(role="tool", content="two", additional_kwargs={"tool_call_id": "c2"}),
    ]
    history = [ask(), calls("c1", "c2"), *results]
    sent = to_wire(history)
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool", "user"]
    assert sent[4]["content"][0]["text"] == "Result of the tool call c1:"
    assert sent[4]["content"][1]["type"] == "image_url"
    blind = to_wire(history, model="glm-4.7")
    assert [message["role"] for message in blind] == ["user", "assistant", "tool", "tool"]
    note = "chart\n(the tool returned an image; this model reads text only)"
    assert blind[2]["content"] == note


@pytest.mark.parametrize("url", ["data:audio/wav;base64,abcde", "data:audio/wav,plain!"])
def test_sound_in_a_data_url_must_be_base64(url):
    with pytest.raises(InvalidRequestError, match="base64"):
        to_wire([user(AudioBlock(url=url))])


def test_a_document_that_is_not_there(tmp_path):
    path = tmp_path / "none.pdf"
    with pytest.raises(InvalidRequestError, match="cannot be read") as caught:
        to_wire([user(DocumentBlock(path=str(path)))])
    assert (caught.value.field, caught.value.value) == ("messages[0].blocks[0]", str(path))
