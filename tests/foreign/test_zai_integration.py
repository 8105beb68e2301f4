"""The calls of the official SDK's own integration tests, by the kinds of their arguments.

Its tests print what they get, errors too, and so pass whatever happens. Here each call says whether
the service takes it. The texts are our own.
"""

from __future__ import annotations

import base64
import io
import json
import time
import wave

import pytest
from zai import ZhipuAiClient
from zai.core import APIRequestFailedError, APIStatusError

import zhipu_emulator

SEARCH = {"search_query": "admissions", "search_result": True}
ROLES = {"user_info": "a", "bot_info": "b", "bot_name": "Ada", "user_name": "Lin"}
TALK = [("user", "Write a slogan."), ("assistant", "For what?"), ("user", "For a harbour.")]
GREETED = [("assistant", "Good evening."), ("user", "I walked by the sea.")]
EXTRA = {
    "target": {"path": "1", "language": "Python", "code_prefix": "a", "code_suffix": "b"},
    "contexts": [{"path": "/1/2", "code": "c"}],
}
PAGE = "https://www.example.com/"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
LINK = {"type": "image_url", "image_url": {"url": "https://pictures.example/a?fmt=auto&sec=1"}}
DATA = {
    "type": "image_url",
    "image_url": {"url": f"data:image/jpeg;base64,{base64.b64encode(PNG).decode()}"},
}
ASKED = {"type": "text", "text": "What is in this image?"}


@pytest.fixture
def client(server):
    with ZhipuAiClient(api_key=server.api_key, base_url=server.base_url) as client:
        yield client


def tool(**more):
    return [{"type": "web_search", "web_search": {**SEARCH, **more}}]


def sound(seconds=4):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(b"\1\0" * 16_000 * seconds)
    return out.getvalue()


CHATS = {
    "temperature 0": {"model": "glm-4", "temperature": 0, "top_p": 0.7, "max_tokens": 2000},
    "temperature 1": {"model": "glm-4", "temperature": 1, "top_p": 0.7, "max_tokens": 2000},
    "top_p 0": {"model": "glm-4", "temperature": 0.9, "top_p": 0, "max_tokens": 2000},
    "top_p 1": {"model": "glm-4", "temperature": 0.9, "top_p": 1, "max_tokens": 2000},
    "further fields": {"model": "glm-4", "extra_body": {"temperature": 0.5, "max_tokens": 50}},
    "a search": {"model": "glm-4", "tools": tool()},
    "a search switched off": {"model": "glm-4", "tools": tool(enable=False)},
    "a search switched on": {"model": "glm-4", "tools": tool(enable=True)},
    "a search for a vision model": {"model": "glm-4.6v", "tools": tool()},
    "words that are not checked": {
        "model": "glm-4",
        "sensitive_word_check": {"type": "ALL", "status": "DISABLE"},
    },
    "an image by its link": {"model": "glm-4.6v", "said": [("user", [ASKED, LINK])]},
    "an image for a former model": {
        "model": "glm-4v",
        "said": [("user", [ASKED, DATA])],
        "max_tokens": 2000,
    },
    "an image with another label": {"model": "glm-4.6v", "said": [("user", [ASKED, DATA])]},
    "a model that thinks in its text": {
        "model": "glm-4.1v-thinking-flash",
        "said": [("user", [ASKED, LINK])],
        "temperature": 0.5,
        "max_tokens": 1024,
    },
    "a character": {"model": "charglm-3", "said": [("user", "What do you do?")], "meta": ROLES},
    "a character that speaks first and last": {
        "model": "emohaa",
        "said": [*GREETED, ("assistant", "That sounds calm.")],
        "meta": ROLES,
    },
    "code": {
        "model": "codegeex-4",
        "said": [("system", "You write code."), ("user", "Sort a list.")],
        "temperature": 0.9,
        "top_p": 0.7,
        "max_tokens": 2000,
        "stop": ["<|endoftext|>", "<|user|>", "<|assistant|>", "<|observation|>"],
        "extra": EXTRA,
    },
    "thinking": {"model": "glm-4.7", "temperature": 0.9, "top_p": 0.7},
    "no thinking": {"model": "glm-4.7", "thinking": {"type": "disabled"}, "top_p": 0.7},
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", CHATS)
def test_chats(client, name, stream):
    given = dict(CHATS[name])
    messages = [{"role": r, "content": c} for r, c in given.pop("said", TALK)]
    reply = client.chat.completions.create(
        messages=messages, request_id=time.time(), user_id="12345678", stream=stream, **given
    )
    if stream:
        chunks = [chunk for chunk in reply if chunk.choices]
        assert chunks[-1].choices[0].finish_reason in ("stop", "length")
    else:
        assert reply.choices[0].message.content


@pytest.mark.parametrize("name", ["a character", "code"])
def test_chats_that_are_fetched_later(client, name):
    given = dict(CHATS[name])
    messages = [{"role": r, "content": c} for r, c in given.pop("said")]
    task = client.chat.asyncCompletions.create(messages=messages, request_id=time.time(), **given)
    for _ in range(20):
        found = client.chat.asyncCompletions.retrieve_completion_result(id=task.id)
        if found.task_status == "SUCCESS":
            break
    assert found.choices[0].message.content


def test_a_task_that_is_not_there(client):
    with pytest.raises(APIStatusError):
        client.chat.asyncCompletions.retrieve_completion_result(id="1014908592669352541651237")
    with pytest.raises(APIStatusError):
        client.videos.retrieve_videos_result(id="1014908869548405238276203")


def test_embeddings(client):
    further = {"model_version": "v1"}
    client.embeddings.create(model="embedding-2", input="你好", extra_body=further)
    found = client.embeddings.create(
        model="embedding-3", input="你好", dimensions=512, extra_body=further
    )
    assert len(found.data[0].embedding) == 512


@pytest.mark.parametrize("check", [{}, {"sensitive_word_check": {"type": "ALL"}}])
def test_images(client, check):
    made = client.images.generations(
        model="cogview-3",
        prompt="a cat",
        extra_body={"user_id": "1222212"},
        user_id="12345678",
        **check,
    )
    assert made.data[0].url


@pytest.mark.parametrize(
    "given",
    [
        {"prompt": "a boat", "user_id": "1212222"},
        {"prompt": "a boat", "sensitive_word_check": {"type": "ALL", "status": "DISABLE"}},
        {"image_url": "https://pictures.example/a.png", "prompt": "it moves"},
    ],
)
def test_videos(client, given):
    made = client.videos.generations(model="cogvideox-2", **given)
    assert made.id
    assert made.task_status == "PROCESSING"


def test_moderation(client):
    found = client.moderations.create(
        model="moderation", input={"type": "text", "text": "hello world "}
    )
    assert found.result_list


def test_web_search(client):
    found = client.web_search.web_search(
        search_engine="search_std",
        search_query="tariffs of 2025",
        count=50,
        search_domain_filter="finance.sina.com.cn",
        search_recency_filter="oneYear",
        content_size="high",
        search_intent=True,
    )
    assert found.search_intent


def test_web_search_as_a_tool(client):
    asked = {"model": "web-search-pro", "messages": [{"role": "user", "content": "你好"}]}
    whole = client.tools.web_search(**asked, stream=False).choices[0].message
    assert whole.tool_calls[0].type == "search_intent"
    asked["messages"][0]["content"] = "How many people live in Beijing?"
    chunks = list(client.tools.web_search(**asked, stream=True))
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert [call.type for call in calls] == ["search_intent", "search_result"]
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_speech_and_transcripts(client):
    spoken = client.audio.speech(
        model="glm-tts", input="Hello", voice="tongtong", response_format="wav",
        speed=1.0, volume=1.0,
    )  # fmt: skip
    assert spoken.content[:4] == b"RIFF"
    whole = client.audio.transcriptions.create(
        model="glm-asr-2512", file=("a.wav", sound()), stream=False
    )
    assert whole.text
    assert list(
        client.audio.transcriptions.create(
            model="glm-asr-2512", file=("a.wav", sound()), stream=True
        )
    )


def test_voices(client):
    stored = client.files.create(file=("a.wav", sound()), purpose="voice-clone-input")
    made = client.voice.clone(
        voice_name="Ours", text="what is said", input="what to say", file_id=stored.id,
        request_id="voice_clone_test_1", model="glm-tts-clone",
    )  # fmt: skip
    listed = client.voice.list(voice_type="PRIVATE", request_id="voice_list_test_1")
    assert [one.voice for one in listed.voice_list] == [made.voice]
    assert client.voice.delete(voice=made.voice, request_id="voice_delete_test_1").voice
    with pytest.raises(APIRequestFailedError):
        client.voice.delete(voice="test_voice_placeholder", request_id="voice_delete_test_2")


def test_files_and_batches(client):
    body = {"model": "glm-4-flash", "messages": [{"role": "user", "content": "Hello?"}]}
    line = {"custom_id": "request-1", "method": "POST", "url": "/v4/chat/completions", "body": body}
    stored = client.files.create(file=("input.jsonl", json.dumps(line).encode()), purpose="batch")
    made = client.batches.create(
        input_file_id=stored.id,
        endpoint="/v4/chat/completions",
        completion_window="24h",
        metadata={"description": "job test"},
        auto_delete_input_file=True,
    )
    assert client.batches.retrieve(made.id).id == made.id
    assert client.batches.list(limit=10).data
    assert client.batches.cancel(made.id).status in ("cancelling", "cancelled", "completed")


def test_files_of_other_purposes(client):
    stored = client.files.create(file=("demo.jsonl", b'{"messages": []}'), purpose="fine-tune")
    assert client.files.delete(file_id=stored.id).deleted
    with pytest.raises(APIStatusError):
        client.files.content("file-QDpVyDIhxj8mcFiduUydNqQN")


def test_web_reader():
    asked = {"return_format": "markdown", "retain_images": True, "with_links_summary": True}
    with zhipu_emulator.serve(web={PAGE: b"<h1>Example</h1>"}) as server:
        client = ZhipuAiClient(api_key=server.api_key, base_url=server.base_url)
        assert client.web_reader.web_reader(url=PAGE, **asked).reader_result.url == PAGE


# --- What the SDK's examples send

A, B = "https://pictures.example/a.png", "https://pictures.example/b.png"
COG = {"quality": "quality", "with_audio": True, "size": "1920x1080", "fps": 30}
VIDU = {"movement_amplitude": "auto", "quality": None}
Q1, V2 = {"duration": 5, "size": "1920x1080"}, {"duration": 4, "size": "1280x720"}
FILMS = {
    "cogvideox-3": COG,
    "cogvideox-3 from an image": {**COG, "image_url": A},
    "cogvideox-3 between images": {**COG, "image_url": [A, B]},
    "cogvideox-2": {"quality": "speed", "with_audio": True},
    "viduq1-text": {**VIDU, **Q1, "style": "general", "aspect_ratio": "16:9", "with_audio": None},
    "viduq1-image": {**VIDU, **Q1, "image_url": A, "with_audio": None},
    "viduq1-start-end": {**VIDU, **Q1, "image_url": [A, B], "with_audio": None},
    "vidu2-image": {**VIDU, **V2, "image_url": A, "with_audio": True},
    "vidu2-start-end": {**VIDU, **V2, "image_url": [A, B], "with_audio": True},
    "vidu2-reference": {
        **VIDU,
        **V2,
        "image_url": [A, B],
        "aspect_ratio": "16:9",
        "with_audio": True,
    },
}


@pytest.mark.parametrize("name", FILMS)
def test_films(client, name):
    made = client.videos.generations(model=name.split()[0], prompt="a boat", **FILMS[name])
    for _ in range(20):
        found = client.videos.retrieve_videos_result(id=made.id)
        if found.task_status == "SUCCESS":
            break
    assert found.video_result[0].url


def test_a_file_is_parsed(client):
    made = client.file_parser.create(
        file=("a.txt", b"Tea at four."), file_type="txt", tool_type="lite"
    )
    for _ in range(20):
        found = client.file_parser.content(task_id=made.task_id, format_type="text").json()
        if found["status"] != "processing":
            break
    assert "Tea at four." in found["content"]


def test_handwriting(client):
    found = client.ocr.handwriting_ocr(
        file=("a.png", PNG), tool_type="hand_write", probability=True
    )
    assert found.words_result is not None


def test_a_layout(client):
    data = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    found = client.layout_parsing.create(model="glm-ocr", file=data)
    assert found.data_info.num_pages == 1


def test_speech_in_pieces(client):
    pieces = client.audio.speech(
        model="glm-tts", input="Hello", voice="tongtong", stream=True,
        response_format="pcm", encode_format="base64", speed=1.0, volume=1.0,
    )  # fmt: skip
    assert list(pieces)
