"""The catalogue and the emulator have each their own facts; asked over HTTP, they agree."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from zhipu_client import models
from zhipu_client.models import ModelInfo
from zhipu_emulator import serve

CHAT_KINDS = {"chat", "vision", "voice", "character", "code"}
#: Codes that are known but that the chat endpoint never had: bases to tune, other endpoints.
NOT_AT_THE_CHAT_ENDPOINT = {"glm-4-9b", "chatglm3-6b", "glm-4-alltools", "glm-4-assistant"}
#: Nothing about them is documented, so the emulator treats them like their successors.
UNDOCUMENTED = {"glm-z1-air", "glm-z1-airx", "glm-z1-flash", "glm-z1-flashx", "cogvideox"}
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)
LINK = "https://example.com/a"
PARTS: dict[str, dict[str, Any]] = {
    "image": {"type": "image_url", "image_url": {"url": LINK}},
    "video": {"type": "video_url", "video_url": {"url": LINK}},
    "file": {"type": "file_url", "file_url": {"url": LINK}},
    "audio": {
        "type": "input_audio",
        "input_audio": {"data": base64.b64encode(b"RIFF\x04\0\0\0WAVE").decode(), "format": "wav"},
    },
}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "The name of a city."}},
            "required": ["city"],
        },
    },
}


class Asking:
    """Asks the emulator about one model after the other."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self._http.post(path, json=body)

    def listed(self) -> set[str]:
        return {row["id"] for row in self._http.get("models").json()["data"]}

    def takes(self, path: str, **body: Any) -> bool:
        """True for an answer, False for a refusal; nothing else may come."""
        answer = self.post(path, **body)
        assert answer.status_code in (200, 400), answer.text
        if answer.status_code == 400:
            assert answer.json()["error"]["code"] in {
                "1210",
                "1211",
                "1212",
                "1213",
                "1214",
                "1261",
            }
        return answer.status_code == 200

    def chats(self, info: ModelInfo, content: Any = "Hello", **fields: Any) -> bool:
        messages = [{"role": "user", "content": content}]
        return self.takes("chat/completions", model=info.id, messages=messages, **fields)


@pytest.fixture(scope="module")
def ask() -> Iterator[Asking]:
    with serve() as running:
        headers = {"Authorization": f"Bearer {running.api_key}"}
        with httpx.Client(base_url=running.base_url, headers=headers, timeout=60) as http:
            yield Asking(http)


def of_kinds(*kinds: str) -> list[Any]:
    left_out = NOT_AT_THE_CHAT_ENDPOINT | UNDOCUMENTED
    found = [info for info in models.MODELS.values() if info.kind in kinds]
    return [pytest.param(info, id=info.id) for info in found if info.id not in left_out]


def of_short_contexts() -> list[Any]:
    """Of longer ones the texts are megabytes."""
    found = of_kinds(*CHAT_KINDS)
    return [one for one in found if (one.values[0].context or 50_000) < 50_000]


def text_of(ask: Asking, tokens: int) -> str:
    """A text that the emulator counts as so many tokens at least."""
    counted = ask.post("embeddings", model="embedding-3", input="word " * 100)
    each = counted.json()["usage"]["prompt_tokens"] / 100
    return "word " * int(tokens / each + 1)


@pytest.mark.parametrize("info", of_kinds(*CHAT_KINDS))
def test_max_tokens(ask: Asking, info: ModelInfo) -> None:
    assert ask.chats(info)
    if info.max_output is not None:
        assert ask.chats(info, max_tokens=info.max_output)
        assert not ask.chats(info, max_tokens=info.max_output + 1)


@pytest.mark.parametrize("info", of_short_contexts())
def test_context(ask: Asking, info: ModelInfo) -> None:
    assert info.context is not None
    assert ask.chats(info, text_of(ask, info.context * 3 // 4))
    assert not ask.chats(info, text_of(ask, info.context * 5 // 4) + "a" * 10)


@pytest.mark.parametrize("info", of_kinds(*CHAT_KINDS))
def test_thinking(ask: Asking, info: ModelInfo) -> None:
    off = {"thinking": {"type": "disabled"}}
    assert ask.chats(info, **off) == (info.thinking != "always")
    message = ask.post(
        "chat/completions",
        model=info.id,
        messages=[{"role": "user", "content": "17 * 19?"}],
        thinking={"type": "enabled"},
    ).json()["choices"][0]["message"]
    assert bool(message.get("reasoning_content")) == (info.thinking in {"hybrid", "always"})
    assert message["content"].lstrip().startswith("<think>") == (info.thinking == "inline")


@pytest.mark.parametrize("info", of_kinds(*CHAT_KINDS))
def test_efforts(ask: Asking, info: ModelInfo) -> None:
    for effort in EFFORTS:
        taken = ask.chats(info, reasoning_effort=effort)
        assert taken == (info.thinking != "always" or effort in info.effort_levels)
        assert ask.chats(info, reasoning_effort=info.nearest_effort(effort))


@pytest.mark.parametrize("info", of_kinds(*CHAT_KINDS))
def test_what_a_model_takes_in(ask: Asking, info: ModelInfo) -> None:
    text = {"type": "text", "text": "What is this?"}
    taken = {kind for kind, part in PARTS.items() if ask.chats(info, [part, text])}
    assert taken == info.inputs - {"text"}
    if "image" not in info.inputs:
        return
    inline = {"type": "image_url", "image_url": {"url": PIXEL}}
    assert ask.chats(info, [inline, text]) == info.base64_images
    if info.max_images is not None:
        assert ask.chats(info, [PARTS["image"]] * info.max_images + [text])
        assert not ask.chats(info, [PARTS["image"]] * (info.max_images + 1) + [text])


@pytest.mark.parametrize("info", of_kinds(*CHAT_KINDS))
def test_tools(ask: Asking, info: ModelInfo) -> None:
    answer = ask.post(
        "chat/completions",
        model=info.id,
        messages=[{"role": "user", "content": "What is the weather in Paris?"}],
        tools=[WEATHER],
    )
    called = answer.json()["choices"][0]["message"].get("tool_calls")
    assert bool(called) == info.tools


def test_models_that_one_of_them_lacks(ask: Asking) -> None:
    chat = [info for info in models.MODELS.values() if info.kind in CHAT_KINDS | {"assistant"}]
    assert {info.id for info in chat if not ask.chats(info)} == NOT_AT_THE_CHAT_ENDPOINT
    assert ask.listed()
    assert ask.listed() <= models.MODELS.keys()
    answer = ask.post("chat/completions", model="glm-9", messages=[])
    assert answer.json()["error"]["code"] == "1211"


@pytest.mark.parametrize("info", of_kinds(*CHAT_KINDS))
def test_counting_tokens(ask: Asking, info: ModelInfo) -> None:
    messages = [{"role": "user", "content": "Hello"}]
    taken = ask.takes("tokenizer", model=info.id, messages=messages)
    assert taken == info.counts_tokens


@pytest.mark.parametrize("info", of_kinds("image"))
def test_images(ask: Asking, info: ModelInfo) -> None:
    def draws(path: str = "images/generations", **fields: Any) -> bool:
        return ask.takes(path, **{"model": info.id, "prompt": "a kite", **fields})

    assert draws()
    if not info.sizes:
        return
    assert all(draws(size=size) for size in info.sizes)
    least, most, step = info.size_min or 0, info.size_max or 0, info.size_step or 0
    side = (info.max_pixels or 0) // most // step * step
    assert draws(size=f"{least}x{least}")
    assert draws(size=f"{most}x{side}")
    for size in (
        f"{least - step}x{most // 2}",
        f"{most + step}x{least}",
        f"{least + 1}x{least}",
        f"{most}x{side + step}",
    ):
        assert not draws(size=size), size
    qualities = {quality for quality in ("hd", "standard", "4k") if draws(quality=quality)}
    assert qualities == set(info.qualities)
    assert draws("async/images/generations") == info.asynchronous
    if info.max_chars is not None:
        assert draws(prompt="p" * info.max_chars)
        assert not draws(prompt="p" * (info.max_chars + 1))


@pytest.mark.parametrize("info", of_kinds("video"))
def test_videos(ask: Asking, info: ModelInfo) -> None:
    least, most = info.min_images, info.max_images or 0

    def films(images: int = least, **fields: Any) -> bool:
        wanted = {"prompt": "a kite", "image_url": [LINK] * images or None, **fields}
        return ask.takes("videos/generations", model=info.id, **wanted)

    assert all(films(size=size) for size in info.sizes)
    assert not films(size="9x9")
    assert all(films(duration=seconds) for seconds in info.durations)
    assert not films(duration=60)
    assert [n for n in range(5) if films(n)] == list(range(least, most + 1))
    assert films(max(least, min(most, 1)), prompt="") == (most > 0 and not info.prompt_required)
    assert all(films(quality=quality) for quality in info.qualities)
    assert all(films(fps=fps) for fps in info.fps)
    assert films(prompt="p" * (info.max_chars or 0))
    assert not films(prompt="p" * ((info.max_chars or 0) + 1))


@pytest.mark.parametrize("info", of_kinds("embedding"))
def test_embeddings(ask: Asking, info: ModelInfo) -> None:
    def length(**fields: Any) -> int:
        answer = ask.post("embeddings", model=info.id, input="a", **fields)
        return len(answer.json()["data"][0]["embedding"]) if answer.status_code == 200 else 0

    assert length() == info.dimensions[0]
    taken = {size for size in (128, 256, 512, 1024, 2048, 4096) if length(dimensions=size) == size}
    assert taken == set(info.dimensions)
    items, each = info.max_items or 0, info.max_item_tokens or 0
    assert ask.takes("embeddings", model=info.id, input=["a"] * items)
    assert not ask.takes("embeddings", model=info.id, input=["a"] * (items + 1))
    text = text_of(ask, each * 9 // 10)
    assert ask.takes("embeddings", model=info.id, input=text)
    assert not ask.takes("embeddings", model=info.id, input=text_of(ask, each * 11 // 10))
    fit = items if info.max_total_tokens is None else info.max_total_tokens // each
    assert ask.takes("embeddings", model=info.id, input=[text] * fit)
    assert (fit == items) or not ask.takes("embeddings", model=info.id, input=[text] * items)


@pytest.mark.parametrize("info", of_kinds("rerank"))
def test_rerank(ask: Asking, info: ModelInfo) -> None:
    def ranks(documents: list[str], query: str = "q") -> bool:
        return ask.takes("rerank", model=info.id, query=query, documents=documents)

    items, longest = info.max_items or 0, info.max_chars or 0
    assert ranks(["a"] * items)
    assert not ranks(["a"] * (items + 1))
    assert ranks(["a" * longest], "a" * longest)
    assert not ranks(["a" * (longest + 1)])
    assert not ranks(["a"], "a" * (longest + 1))


@pytest.mark.parametrize(
    ("path", "fields", "info"),
    [
        ("audio/speech", {"voice": "tongtong"}, models.MODELS["glm-tts"]),
        ("moderations", {}, models.MODELS["moderation"]),
    ],
)
def test_texts_of_other_endpoints(
    ask: Asking, path: str, fields: dict[str, Any], info: ModelInfo
) -> None:
    longest = info.max_chars or 0
    assert ask.takes(path, model=info.id, input="a " * (longest // 2), **fields)
    assert not ask.takes(path, model=info.id, input="a" * (longest + 1), **fields)
