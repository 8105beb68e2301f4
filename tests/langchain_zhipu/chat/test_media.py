from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool

from langchain_zhipu._chat.media import result_part, result_parts, to_part
from langchain_zhipu._chat.messages import to_wire
from zhipu_client import InvalidRequestError
from zhipu_client.conversation import prepared

DATA = "data:image/png;base64,aGk="
PDF_URL = "https://x/y.pdf"


@pytest.mark.parametrize(
    ("block", "part"),
    [
        ("hi", {"type": "text", "text": "hi"}),
        (
            {"type": "image", "base64": "aGk=", "mime_type": "image/png"},
            {"type": "image_url", "image_url": {"url": DATA}},
        ),
        (
            {"type": "image", "url": "https://x/y.png"},
            {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
        ),
        (
            {"type": "image", "source_type": "base64", "data": "aGk=", "mime_type": "image/png"},
            {"type": "image_url", "image_url": {"url": DATA}},
        ),
        (
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "aGk="},
            },
            {"type": "image_url", "image_url": {"url": DATA}},
        ),
        (
            {"type": "image_url", "image_url": {"url": DATA, "detail": "low"}},
            {"type": "image_url", "image_url": {"url": DATA}},
        ),
        (
            {"type": "image_url", "image_url": DATA},
            {"type": "image_url", "image_url": {"url": DATA}},
        ),
        (
            {"type": "video", "url": "https://x/y.mp4"},
            {"type": "video_url", "video_url": {"url": "https://x/y.mp4"}},
        ),
        (
            {"type": "video_url", "video_url": {"url": "https://x/y.mp4"}},
            {"type": "video_url", "video_url": {"url": "https://x/y.mp4"}},
        ),
        (
            {"type": "video", "base64": "aGk="},
            {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,aGk="}},
        ),
        (
            {"type": "file", "url": "https://x/y.pdf"},
            {"type": "file", "file": {"file_url": "https://x/y.pdf"}},
        ),
        (
            {"type": "file_url", "file_url": {"url": "https://x/y.pdf"}},
            {"type": "file_url", "file_url": {"url": "https://x/y.pdf"}},
        ),
        (
            {"type": "file", "base64": "aGk=", "mime_type": "application/pdf"},
            {
                "type": "file",
                "file": {"file_data": "data:application/pdf;base64,aGk=", "filename": "file.pdf"},
            },
        ),
        (
            {
                "type": "file",
                "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="},
            },
            {
                "type": "file",
                "file": {"file_data": "data:application/pdf;base64,aGk=", "filename": "a.pdf"},
            },
        ),
        ({"type": "file", "file_id": "f1"}, {"type": "file", "file": {"file_id": "f1"}}),
        (
            {"type": "file", "source_type": "id", "id": "f1"},
            {"type": "file", "file": {"file_id": "f1"}},
        ),
        (
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "aGk="},
            },
            {
                "type": "file",
                "file": {"file_data": "data:application/pdf;base64,aGk=", "filename": "file.pdf"},
            },
        ),
        ({"type": "text-plain", "text": "body", "title": "T"}, {"type": "text", "text": "T\nbody"}),
        (
            {"type": "audio", "base64": "aGk=", "mime_type": "audio/mpeg"},
            {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
            {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
        ),
        (
            {"type": "non_standard", "value": {"type": "new_part", "x": 1}},
            {"type": "new_part", "x": 1},
        ),
    ],
)
def test_every_style_of_block(block: Any, part: Any) -> None:
    assert to_part(block, "m", files=True) == part


@pytest.mark.parametrize(
    ("block", "field", "words"),
    [
        ({"type": "hologram"}, "m", "hologram"),
        ({"no": "type"}, "m", "no such content block"),
        ({"type": "image"}, "m", "needs url, base64 or path"),
        ({"type": "image_url", "image_url": {}}, "m.image_url", "URL or base64"),
        ({"type": "image", "url": "file:///etc/passwd"}, "m.url", "path"),
        ({"type": "image", "path": Path("/no/such/file.png")}, "m.path", "No such file"),
        ({"type": "image", "path": 7}, "m.path", "pathlib"),
        ({"type": "image", "path": "a.png"}, "m.path", r"pathlib\.Path\('a\.png'\)"),
        ({"type": "image", "path": "a" * 81}, "m.path", r"pathlib\.Path\(\.\.\.\)"),
        ({"type": "image", "path": Path("/")}, "m.path", "not a regular file"),
        ({"type": "audio", "url": "https://x/y.wav"}, "m", "cannot be passed as a URL"),
        (
            {"type": "audio", "base64": "aGk=", "mime_type": "audio/ogg"},
            "m.mime_type",
            "wav and mp3",
        ),
        ({"type": "text", "text": None}, "m.text", "string"),
        ({"type": "file", "file": {}}, "m.file", "file_data"),
        ({"type": "file", "file": {"file_url": "file:///x"}}, "m.file.file_url", "pathlib"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_name(block: Any, field: str, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words) as caught:
        to_part(block, "m", files=True)
    assert caught.value.field == field


def test_a_local_file_is_read_and_its_type_told(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"hi")
    part = to_part({"type": "image", "path": file}, "m", files=True)
    assert part is not None
    assert part.pop("_name") == str(file)  # for errors
    assert part == {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,aGk="}}
    named = to_part({"type": "file", "path": file}, "m", files=True)
    assert named is not None
    assert named["file"]["filename"] == "a.jpg"


def test_50_mb_where_5_are_allowed_is_refused_without_reading(tmp_path: Path) -> None:
    file = tmp_path / "big.png"
    with file.open("wb") as out:
        out.truncate(50 * 2**20)
    with pytest.raises(InvalidRequestError, match=r"50\.0 MB, and at most 5 MB"):
        to_part({"type": "image", "path": file}, "m", files=True, model="glm-4.6v")


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "path": "a.png"},
        {"type": "image", "url": "file:///a.png"},
        {"type": "audio", "url": "https://x/y.wav"},
        {"type": "image"},
        {"type": ["image"]},
        {"type": "text", "text": None},
    ],
)
def test_a_block_of_a_tool_that_cannot_be_sent_goes_as_json(block: dict[str, Any]) -> None:
    assert result_part(block, "m") == {"type": "text", "text": json.dumps(block)}


def test_long_data_of_a_tool_that_cannot_be_sent_is_left_out() -> None:
    block = {"type": "audio", "base64": "A" * 5000, "mime_type": "audio/ogg"}
    part = result_part(block, "m")
    assert part is not None
    assert json.loads(part["text"]) == {**block, "base64": "(5,000 characters)"}
    nested = {"type": "input_audio", "input_audio": 7, "source": {"data": b"A" * 1001}}
    part = result_part(nested, "m")
    assert part is not None
    assert json.loads(part["text"])["source"] == {"data": "(1,001 characters)"}


@pytest.mark.parametrize(
    ("record", "kinds"),
    [
        ({"type": "text", "text": "hi", "author": "A"}, ["text"]),
        ({"type": "image", "url": "https://x/y.png", "price": 10}, ["text", "image_url"]),
        ({"type": "image", "url": "https://x/y.png", "title": "A shoe"}, ["text", "image_url"]),
        ({"type": "file", "url": "https://x/y.pdf", "size": 3}, ["text", "file"]),
    ],
)
def test_nothing_of_a_record_that_is_a_block_too_is_lost(record: Any, kinds: list[str]) -> None:
    parts = result_parts(record, "m")
    assert [part["type"] for part in parts] == kinds
    assert json.loads(parts[0]["text"]) == record


def test_what_belongs_to_a_block_makes_no_record_of_it() -> None:
    for block in (
        {"type": "text", "text": "hi", "id": "lc_1", "annotations": [], "extras": {"n": 1}},
        {"type": "image", "url": "https://x/y.png", "mime_type": "image/png", "index": 0},
        {"type": "file", "url": "https://x/y.pdf", "title": "y.pdf", "extras": {"name": "y"}},
    ):
        assert result_parts(block, "m") == [result_part(block, "m")]
    url = f"data:image/png;base64,{'A' * 4000}"
    (record, _) = result_parts({"type": "image_url", "image_url": {"url": url}, "n": 1}, "m")
    assert json.loads(record["text"])["image_url"] == {"url": "(4,022 characters)"}


@pytest.mark.parametrize("kind", ["image", "file", "text-plain", "document", "text"])
def test_a_path_of_a_tool_is_not_read_whatever_is_beside_it(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"secret")
    part = result_part({"type": kind, "path": file, "text": "t", "url": "https://x/y"}, "m")
    assert part is not None
    assert part["type"] == "text"
    assert "c2VjcmV0" not in str(part)


SPOKEN = {"type": "audio", "base64": "UklGRiQAAABXQVZF", "mime_type": "audio/wav"}


@pytest.mark.parametrize(
    ("returned", "sent"),
    [
        ([SPOKEN], "(the tool returned a sound; this model reads text only)"),
        (
            [{"type": "text", "text": "Said."}, SPOKEN],
            "Said.\n(the tool returned a sound; this model reads text only)",
        ),
        (
            {"type": "image", "base64": "aGk=", "mime_type": "image/png"},
            "(the tool returned an image; this model reads text only)",
        ),
        ([{"type": "video", "name": "Waves"}], '[{"type": "video", "name": "Waves"}]'),
        ('{"base64": 5}', '{"base64": 5}'),
        ('["base64"', '["base64"'),
    ],
)
def test_media_that_langchain_writes_as_text_are_media(returned: Any, sent: str) -> None:
    @tool
    def say() -> Any:
        """Say it."""
        return returned

    result = say.invoke({"type": "tool_call", "id": "c1", "name": "say", "args": {}})
    asked = AIMessage("", tool_calls=[{"name": "say", "args": {}, "id": "c1"}])
    (_, _, wire) = prepared(to_wire([HumanMessage("Say."), asked, result]), model="glm-4.7")
    assert wire["content"] == sent


@pytest.mark.parametrize(
    ("model", "part"),
    [
        ("glm-5.3-flash", {"type": "file", "file": {"file_url": "https://x/y.pdf"}}),
        ("glm-4.6v", {"type": "file_url", "file_url": {"url": "https://x/y.pdf"}}),
    ],
)
def test_a_document_by_url_goes_in_the_part_that_the_model_reads(
    make: Any, sent: Any, say: Any, model: str, part: dict[str, Any]
) -> None:
    say("Read.")
    make(model=model).invoke(
        [HumanMessage([{"type": "text", "text": "Sum up"}, {"type": "file", "url": PDF_URL}])]
    )
    assert sent()[0]["messages"][0]["content"][1] == part
