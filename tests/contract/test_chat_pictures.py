"""Pictures of a chat in other formats: sent as PNG or JPEG, whatever their label and form."""

from __future__ import annotations

import base64
import io
import itertools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
from PIL import Image

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from tests.support.asking import HOWS, ask
from zhipu_client import InvalidRequestError
from zhipu_client._io import chat_pictures
from zhipu_client._io.converted import Converted
from zhipu_client._io.pictures import pictures

from .server import said, scripted
from .subjects import KEY
from .test_other_images import KINDS, drawn


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


#: Forms of a picture, each with a label that is wrong.
LANGCHAIN: dict[str, Callable[[bytes, Path], dict[str, Any]]] = {
    "base64": lambda c, _: {"type": "image", "base64": b64(c), "mime_type": "image/jpeg"},
    "bytes": lambda c, _: {"type": "image", "data": c, "mime_type": "image/png"},
    "no label": lambda c, _: {"type": "image", "base64": b64(c), "mime_type": "image/*"},
    "v0": lambda c, _: {
        "type": "image", "source_type": "base64", "data": b64(c), "mime_type": "image/png"
    },
    "anthropic": lambda c, _: {
        "type": "image", "source": {"type": "base64", "data": b64(c), "media_type": "image/png"}
    },
    "data url": lambda c, _: {
        "type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64(c)}"}
    },
    "data url as text": lambda c, _: {
        "type": "image_url", "image_url": f"data:image/webp;base64,{b64(c)}"
    },
    "bare": lambda c, _: {"type": "image_url", "image_url": {"url": b64(c)}},
    "path": lambda _, path: {"type": "image", "path": path},
    "path with a label": lambda _, path: {"type": "image", "path": path, "mime_type": "image/png"},
}  # fmt: skip
LLAMA_INDEX: dict[str, Callable[[bytes, Path], ImageBlock]] = {
    "bytes": lambda c, _: ImageBlock(image=c),
    "base64": lambda c, _: ImageBlock(image=b64(c).encode(), image_mimetype="image/png"),
    "file": lambda c, _: ImageBlock(image=io.BytesIO(c)),
    "data url": lambda c, _: ImageBlock(url=f"data:image/jpeg;base64,{b64(c)}"),
    "path": lambda _, path: ImageBlock(path=path),
}
FORMS = [*(("langchain", form) for form in LANGCHAIN), *(("llama_index", f) for f in LLAMA_INDEX)]


def block(adapter: str, form: str, content: bytes, folder: Path) -> Any:
    path = folder / "picture.png"
    path.write_bytes(content)
    return (LANGCHAIN if adapter == "langchain" else LLAMA_INDEX)[form](content, path)


def model(adapter: str, base_url: str, name: str = "glm-4.6v") -> Any:
    of: Any = ChatZhipuAI if adapter == "langchain" else ZhipuAI
    return of(model=name, api_key=KEY, base_url=base_url, dialect="zhipu")


def user(adapter: str, made: Any) -> list[Any]:
    if adapter == "langchain":
        return [HumanMessage([{"type": "text", "text": "Look"}, made])]
    return [ChatMessage(role="user", blocks=[TextBlock(text="Look"), made])]


def old(adapter: str, made: Any) -> list[Any]:
    if adapter == "langchain":
        return [*user(adapter, made), AIMessage("A cat."), HumanMessage("Sure?")]
    answer = [ChatMessage("A cat.", role="assistant"), ChatMessage("Sure?", role="user")]
    return [*user(adapter, made), *answer]


def by_tool(adapter: str, made: Any) -> list[Any]:
    if adapter == "langchain":
        call = {"name": "look", "args": {}, "id": "c1", "type": "tool_call"}
        return [
            HumanMessage("Look"),
            AIMessage("", tool_calls=[call]),
            ToolMessage([made], tool_call_id="c1"),
        ]
    calls = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
    return [
        ChatMessage("Look", role="user"),
        ChatMessage("", role="assistant", additional_kwargs={"tool_calls": calls}),
        ChatMessage(role="tool", blocks=[made], additional_kwargs={"tool_call_id": "c1"}),
    ]


TURNS = {"user": user, "old": old, "tool": by_tool}


def sent(messages: list[Any]) -> list[Image.Image]:
    found = []
    for message in messages:
        for part in message["content"] if isinstance(message["content"], list) else ():
            if part["type"] == "image_url":
                assert set(part) == {"type", "image_url"}
                head, _, data = part["image_url"]["url"].partition(",")
                image = Image.open(io.BytesIO(base64.b64decode(data)))
                assert head == f"data:image/{image.format.lower()};base64"
                found.append(image)
    return found


def asked(adapter: str, how: str, messages: list[Any], name: str = "glm-4.6v") -> list[Any]:
    with scripted(said()) as server:
        ask(model(adapter, server.base_url, name), messages, how)
        return server.requests[0].json["messages"]


def in_turn() -> list[Any]:
    ways = itertools.cycle([(how, turn) for turn in TURNS for how in HOWS])
    kinds = itertools.cycle(KINDS)
    rows = []
    for adapter, form in [*FORMS, *FORMS]:
        how, turn = next(ways)
        # No path is read for a tool.
        turn = "user" if "path" in form and turn == "tool" else turn
        rows.append((adapter, form, next(kinds), how, turn))
    return rows


@pytest.mark.parametrize(("adapter", "form", "kind", "how", "turn"), in_turn())
def test_a_picture_of_any_kind_goes_as_a_png(
    adapter: str, form: str, kind: str, how: str, turn: str, tmp_path: Path
) -> None:
    made = block(adapter, form, drawn(kind), tmp_path)
    (image,) = sent(asked(adapter, how, TURNS[turn](adapter, made)))
    assert image.format == "PNG"
    assert image.size == (40, 30)


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_pages_of_a_tiff_are_pictures_and_of_an_animation_the_first_frame(
    adapter: str, tmp_path: Path
) -> None:
    for kind, frames in (("tiff", 3), ("tiff of a fax", 3), ("gif", 1), ("webp", 1)):
        form = "data url" if kind == "tiff" else "path"
        made = block(adapter, form, drawn(kind, 3), tmp_path)
        images = sent(asked(adapter, "call", user(adapter, made)))
        assert len(images) == frames, kind
        if kind == "tiff":
            assert [image.getpixel((3, 3))[0] for image in images] == [0, 50, 100]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_a_picture_of_earlier_turns_is_converted_once(adapter, how, tmp_path, monkeypatch):
    made: list[str] = []

    def counted(file: Any, name: str, kind: str, **bounds: Any) -> Any:
        made.append(name)
        return pictures(file, name, kind, **bounds)

    monkeypatch.setattr(chat_pictures, "pictures", counted)
    monkeypatch.setattr(chat_pictures, "_CONVERTED", Converted(10**6))
    first = user(adapter, block(adapter, "base64", drawn("tiff", 2), tmp_path))
    later = user(adapter, block(adapter, "base64", drawn("bmp"), tmp_path))
    pages = [len(sent(asked(adapter, how, turn))) for turn in (first, first + later)]
    assert pages == [2, 3]
    assert len(made) == 2


def test_what_is_kept_of_pictures_is_bounded():
    kept = Converted(100)
    made: list[str] = []

    def get(name: str, size: int = 30) -> None:
        def make() -> list[str]:
            made.append(name)
            return ["x" * size]

        kept.get(name, (), make)

    for name in ("a", "b", "c", "a", "d", "a", "b"):  # d drives out b, the oldest
        get(name)
    assert made == ["a", "b", "c", "d", "b"]
    get("large", 51)
    get("large", 51)
    assert made[5:] == ["large", "large"]
    with kept._lock:  # as one that was forked in between finds it
        get("b")
    assert made[7:] == ["b"]


def noise(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.frombytes("RGB", (width, height), os.urandom(width * height * 3)).save(out, "BMP")
    return out.getvalue()


@pytest.mark.parametrize(("adapter", "form"), [("langchain", "path"), ("llama_index", "file")])
def test_what_is_too_large_becomes_smaller_as_it_is_converted(
    adapter: str, form: str, tmp_path: Path
) -> None:
    content = noise(2200, 1900)
    assert len(content) > 5 * 2**20
    made = block(adapter, form, content, tmp_path)
    (message,) = asked(adapter, "call", user(adapter, made))
    (image,) = sent([message])
    assert (image.format, image.size) == ("JPEG", (2200, 1900))
    assert len(message["content"][1]["image_url"]["url"]) * 3 / 4 < 5 * 2**20
    wide = io.BytesIO()
    Image.new("1", (9000, 30)).save(wide, "TIFF", compression="group4")
    made = block(adapter, form, wide.getvalue(), tmp_path)
    (image,) = sent(asked(adapter, "call", user(adapter, made)))
    assert image.size == (6000, 20)


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
@pytest.mark.parametrize("how", HOWS)
def test_what_cannot_be_converted_is_an_error_where_it_is_new(
    adapter: str,
    how: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    cases = [
        (b"II*\0" + bytes(30), "image/tiff and cannot be converted"),
        (drawn("heic")[:200], "image/heic and cannot be converted"),
        (drawn("tiff", 51), "51 pages, and at most 50 pictures"),
        (b"GIF89a" + b"\xff" * 20, "image/gif"),
    ]
    asked(adapter, how, user(adapter, block(adapter, "path", b"<svg/>" + bytes(9), tmp_path)))
    assert "picture.png) is not an image of a kind that is known here" in caplog.text
    for content, why in cases[:: 1 if how == "call" else 3]:
        made = block(adapter, "path", content, tmp_path)
        with scripted() as server, pytest.raises(InvalidRequestError) as caught:
            ask(model(adapter, server.base_url), user(adapter, made), how)
        place = "content" if adapter == "langchain" else "blocks"
        shown = str(caught.value)
        assert why in shown
        assert "picture.png" in shown
        assert f"messages[0].{place}[1]" in shown
        assert not server.requests
        for turn in (old, by_tool):
            made = block(adapter, "data url", content, tmp_path)
            messages = asked(adapter, how, turn(adapter, made))
            assert not sent(messages)
            assert "an image" in str(messages)
            assert "cannot be sent" in str(messages)
    made = block(adapter, "path", drawn("bmp"), tmp_path)
    monkeypatch.setattr(chat_pictures, "_CONVERTED", Converted(0))
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(InvalidRequestError, match=r"zhipu-integrations\[ocr\]"):
        asked(adapter, how, user(adapter, made))
    # A server of one's own may take it.
    url = asked(adapter, how, user(adapter, made), "my-own-model")[0]["content"][1]["image_url"]
    assert base64.b64decode(url["url"].partition(",")[2]) == (tmp_path / "picture.png").read_bytes()
