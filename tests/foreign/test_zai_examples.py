"""Calls of the official SDK that its examples and tests make and other files here do not."""

from __future__ import annotations

import base64
import io
import json
import time
import wave

import pytest
from zai import ZaiClient, ZhipuAiClient

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def sound(seconds=4):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(b"\1\0" * 16_000 * seconds)
    return out.getvalue()


@pytest.fixture
def client(server):
    with ZhipuAiClient(api_key=server.api_key, base_url=server.base_url) as client:
        yield client


@pytest.fixture
def abroad(server):
    """The client for z.ai, which its examples use."""
    with ZaiClient(api_key=server.api_key, base_url=server.base_url) as client:
        yield client


def test_an_image_that_is_fetched_later(abroad):
    made = abroad.images.async_generations(
        model="glm-image", prompt="a sunset", size=None, quality=None
    )
    for _ in range(20):
        found = abroad.images.retrieve_images_result(id=made.id)
        assert found.task_status in ("PROCESSING", "SUCCESS")
        if found.task_status == "SUCCESS":
            break
    assert found.image_result[0].url


@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_speech_in_other_encodings(abroad, encoding, tmp_path):
    spoken = abroad.audio.speech(
        model="glm-tts", input="Hello", voice="tongtong", response_format="pcm",
        encode_format=encoding, stream=False, speed=1.0, volume=1.0,
    )  # fmt: skip
    spoken.stream_to_file(tmp_path / "a.pcm")
    assert (tmp_path / "a.pcm").stat().st_size > 1000


def test_a_search_with_all_its_filters(abroad):
    found = abroad.web_search.web_search(
        search_engine="search_pro", search_query="financial news", count=15,
        search_domain_filter="www.sohu.com", search_recency_filter="noLimit", content_size="high",
    )  # fmt: skip
    assert found.search_result is not None


def test_a_page_s_layout_in_detail(abroad):
    data = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    found = abroad.layout_parsing.create(
        model="glm-ocr", file=data, return_crop_images=True, need_layout_visualization=True
    )
    assert found.data_info.pages[0].width
    assert found.layout_visualization


def test_a_parsed_file_as_an_archive(abroad):
    made = abroad.file_parser.create(file=("a.txt", b"Tea."), file_type="txt", tool_type="lite")
    for _ in range(20):
        found = abroad.file_parser.content(task_id=made.task_id, format_type="download_link").json()
        if found["status"] != "processing":
            break
    assert found["parsing_result_url"]


def test_a_file_parsed_at_once(abroad):
    found = abroad.file_parser.create_sync(
        file=("a.txt", b"Tea at four."), file_type="txt", tool_type="prime-sync"
    )
    assert "Tea at four." in found.content


def test_voices_by_name(client):
    stored = client.files.create(file=("a.wav", sound()), purpose="voice-clone-input")
    made = client.voice.clone(
        voice_name="My Test Voice!", text="sample", input="preview", file_id=stored.id,
        request_id=f"voice_clone_{int(time.time() * 1000)}", model="glm-tts-clone",
    )  # fmt: skip
    found = client.voice.list(
        voice_type="PRIVATE", voice_name="My Test Voice!", request_id="list-request"
    )
    assert made.voice in [one.voice for one in found.voice_list]


@pytest.mark.parametrize("stream", [False, True])
def test_agents_with_a_number_as_request_id(abroad, stream):
    answer = abroad.agents.invoke(
        request_id=time.time(), agent_id="general_translation", user_id="12345678", stream=stream,
        messages=[{"role": "user", "content": "tell me a joke"}],
    )  # fmt: skip
    assert list(answer) if stream else answer.choices


def test_batches_page_by_page(client):
    body = {"model": "glm-4-flash", "messages": [{"role": "user", "content": "Hello?"}]}
    line = {"custom_id": "request-1", "method": "POST", "url": "/v4/chat/completions", "body": body}
    for _ in range(3):
        stored = client.files.create(file=("a.jsonl", json.dumps(line).encode()), purpose="batch")
        client.batches.create(
            input_file_id=stored.id, endpoint="/v4/chat/completions", completion_window="24h"
        )
    listed = client.batches.list(limit=2)
    assert (len(listed.data), listed.has_more) == (2, True)
    assert len(client.batches.list(limit=2, after=listed.data[-1].id).data) == 1
    for _ in range(20):
        batch = client.batches.retrieve(listed.data[0].id)
        if batch.status == "completed":
            break
    content = client.files.content(batch.output_file_id)
    assert json.loads(content.content.splitlines()[0])["custom_id"] == "request-1"


def test_files_are_listed(client):
    stored = client.files.create(file=("a.txt", b"Tea."), purpose="agent")
    assert stored.id in [one.id for one in client.files.list(purpose="agent").data]
    assert client.files.delete(file_id=stored.id).deleted


def test_assistants(client):
    """Of a former product, and still in the SDK."""
    one = {"assistant_id": "65940acff94777010aa6b796", "user_id": "12345678"}
    text = [{"role": "user", "content": [{"type": "text", "text": "What is 17 * 19?"}]}]
    events = list(client.assistant.conversation(messages=text, stream=True, **one))
    assert "323" in "".join(event.choices[0].delta.content for event in events)
    assert (events[-1].status, events[-1].choices[0].finish_reason) == ("completed", "stop")
    assert len(client.assistant.query_support(assistant_id_list=[]).data) == 12
    (talk,) = client.assistant.query_conversation_usage(**one).data.conversation_list
    assert talk.id == events[0].conversation_id
    assert talk.usage.total_tokens == events[-1].usage.total_tokens


def test_speech_in_the_voice_of_a_recording(client):
    spoken = client.audio.customization(
        model="glm-tts", input="Hello", voice_text="a", voice_data=("a.wav", sound()),
        response_format="wav",
    )  # fmt: skip
    assert spoken.content[:4] == b"RIFF"
