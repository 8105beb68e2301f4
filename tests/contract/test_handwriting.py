"""Handwriting: both adapters read the same lines, by the same settings."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from langchain_core.documents.base import Blob
from llama_index.core import SimpleDirectoryReader

import langchain_zhipu
import llama_index_zhipu
from langchain_zhipu import ZhipuAIHandwritingLoader, ZhipuAIHandwritingParser
from llama_index_zhipu import ZhipuAIHandwritingReader
from tests.support.notes import HEIGHT, WIDTH, note
from zhipu_client import AuthenticationError, InvalidRequestError, ServerError

from .server import Reply, scripted
from .subjects import KEY

adapters = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
ways = pytest.mark.parametrize("way", ["sync", "async"])


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "note.png"
    made.write_bytes(note("Buy milk", "Call Ada"))
    return made


def read(adapter: str, way: str, source: Any, **given: Any) -> list[Any]:
    if adapter == "langchain":
        given = {{"with_regions": "boxes"}.get(name, name): v for name, v in given.items()}
        loader = ZhipuAIHandwritingLoader(source, **given)
        return loader.load() if way == "sync" else asyncio.run(loader.aload())
    reader = ZhipuAIHandwritingReader(**given)
    if way == "sync":
        return reader.load_data(source)
    return asyncio.run(reader.aload_data(source))


def text(document: Any) -> str:
    return document.page_content if hasattr(document, "page_content") else document.text


@adapters
@ways
def test_lines(adapter, way, path, reach):
    (found,) = read(adapter, way, path, **reach)
    assert text(found) == "Buy milk\nCall Ada"
    assert found.metadata["lines"] == 2
    assert not {"confidence", "boxes", "regions", "task_id", "empty"} & found.metadata.keys()
    (again,) = read(adapter, way, path, **reach)
    assert found.metadata == again.metadata


@adapters
@ways
def test_all_that_can_be_asked_for(adapter, way, path, reach, service):
    (found,) = read(
        adapter, way, path, probability=True, with_regions=True, request_info=True,
        language_type="ENG", **reach,
    )  # fmt: skip
    assert found.metadata["confidence"] == 0.99
    assert found.metadata["task_id"]
    (first, _) = found.metadata["boxes" if adapter == "langchain" else "regions"]
    assert first["text" if adapter == "langchain" else "content"] == "Buy milk"
    assert first["confidence"] == 0.99
    box = first["bbox" if adapter == "langchain" else "bbox_2d"]
    assert 0 <= box[0] < box[2] <= WIDTH
    package = langchain_zhipu if adapter == "langchain" else llama_index_zhipu
    assert package.draw_layout(found, file=path).size == (WIDTH, HEIGHT)


@adapters
def test_what_is_sent(adapter, path):
    reply = {"task_id": "t", "status": "succeeded", "words_result": []}
    with scripted(Reply(reply)) as server:
        reach = {"api_key": KEY, "base_url": server.base_url}
        read(adapter, "sync", path, language_type="JAP", probability=True, **reach)
        read(adapter, "sync", path, **reach)
        first, second = (request.body for request in server.requests)
    assert b'name="language_type"\r\n\r\nJAP' in first
    assert b'name="probability"\r\n\r\ntrue' in first
    assert b'filename="note.png"' in first
    assert b"language_type" not in second
    assert b"probability" not in second


@adapters
@ways
def test_an_image_without_handwriting(adapter, way, tmp_path, reach):
    path = tmp_path / "blank.png"
    path.write_bytes(note())
    assert read(adapter, way, path, **reach) == []
    (found,) = read(adapter, way, path, keep_empty=True, **reach)
    assert text(found) == ""
    assert found.metadata["empty"] is True


ODD: list[tuple[Any, str]] = [
    (None, ""),
    ([None, "text", {"words": 7}, {"words": "a"}], "a"),
    ([{"words": "a", "location": "here"}, {"words": "b", "probability": "high"}], "a\nb"),
    ([{"words": "a", "location": {"left": None}, "probability": {"average": 7}}], "a"),
]


@adapters
@pytest.mark.parametrize(("lines", "wanted"), ODD)
def test_odd_lines_cost_only_what_is_odd(adapter, path, lines, wanted):
    reply = {"status": "succeeded", "words_result": lines}
    with scripted(Reply(reply)) as server:
        (found,) = read(
            adapter, "sync", path, keep_empty=True, with_regions=True, api_key=KEY,
            base_url=server.base_url,
        )  # fmt: skip
    assert text(found) == wanted
    assert "confidence" not in found.metadata


@adapters
@ways
def test_failures_name_the_image(adapter, way, tmp_path, path, reach):
    with scripted(Reply({"status": "failed", "message": "too dark"})) as server:
        failing = {"api_key": KEY, "base_url": server.base_url, "max_retries": 0}
        with pytest.raises(ServerError, match=r"too dark.*note\.png"):
            read(adapter, way, path, **failing)
    (tmp_path / "notes.pdf").write_bytes(b"%PDF-1.7")
    with pytest.raises(InvalidRequestError, match=r"PNG or JPEG.*notes\.pdf"):
        read(adapter, way, tmp_path / "notes.pdf", **reach)
    with pytest.raises(InvalidRequestError, match=r"none\.png cannot be read"):
        read(adapter, way, tmp_path / "none.png", **reach)
    with pytest.raises(InvalidRequestError, match=r"language_type"):
        read(adapter, way, path, language_type="XX", **reach)


@adapters
def test_bytes(adapter, reach):
    (found,) = read(adapter, "sync", note("Milk"), **reach)
    assert text(found) == "Milk"


@adapters
def test_addresses_are_refused(adapter, reach, service):
    with pytest.raises(InvalidRequestError, match="download"):
        read(adapter, "sync", "https://example.com/note.png", **reach)
    assert not service.requests


def test_names_and_defaults():
    theirs, ours = ZhipuAIHandwritingReader.model_fields, ZhipuAIHandwritingLoader.model_fields
    for name in ("language_type", "probability", "keep_empty", "request_info", "max_bytes"):
        assert ours[name].default == theirs[name].default
    assert ours["boxes"].default == theirs["with_regions"].default


@ways
def test_many_images_in_order(way, tmp_path, reach):
    for number in range(7):
        (tmp_path / f"{number}.png").write_bytes(note(f"Note {number}"))
    (tmp_path / "left.txt").write_text("left out")
    found = read("langchain", way, tmp_path, max_in_flight=3, **reach)
    assert [text(one) for one in found] == [f"Note {number}" for number in range(7)]
    assert len({one.id for one in found}) == 7


@ways
def test_what_was_paid_for_is_kept(way, tmp_path, reach, caplog):
    for number in range(4):
        (tmp_path / f"{number}.png").write_bytes(note(f"Note {number}"))
    (tmp_path / "2.png").write_bytes(b"no image")
    with pytest.raises(InvalidRequestError, match=r"2\.png") as caught:
        read("langchain", way, tmp_path, max_in_flight=1, **reach)
    assert [text(one) for one in caught.value.documents] == ["Note 0", "Note 1"]
    assert caught.value.source == str(tmp_path / "2.png")
    assert caught.value.later == []
    with caplog.at_level(logging.WARNING):
        found = read("langchain", way, tmp_path, on_error="skip", **reach)
    assert [text(one) for one in found] == ["Note 0", "Note 1", "Note 3"]
    assert "2.png is skipped" in caplog.text
    with pytest.raises(AuthenticationError):
        read("langchain", way, tmp_path, on_error="skip", **{**reach, "api_key": "a.b"})


@ways
def test_blobs(way, path, reach):
    parser = ZhipuAIHandwritingParser(**reach)
    blob = Blob.from_path(path, metadata={"year": 1987})
    (found,) = parser.parse(blob) if way == "sync" else asyncio.run(parser.aparse(blob))
    assert found.page_content == "Buy milk\nCall Ada"
    assert found.metadata["year"] == 1987
    (found,) = ZhipuAIHandwritingLoader(blob, **reach).load()
    assert found.metadata["source"] == str(path)


def test_as_a_file_extractor(path, reach):
    reader = SimpleDirectoryReader(
        input_dir=str(path.parent),
        file_extractor={".png": ZhipuAIHandwritingReader(**reach)},
        raise_on_error=True,
    )
    (found,) = reader.load_data()
    assert found.text == "Buy milk\nCall Ada"
    assert found.metadata["file_name"] == "note.png"
