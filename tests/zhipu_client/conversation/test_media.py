"""Media as bytes, base64 and files, for every adapter."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from zhipu_client import InvalidRequestError
from zhipu_client.conversation import (
    audio_part,
    data_url,
    is_well_formed,
    kind_of,
    most_bytes,
    read_file,
    sniffed,
)

WAV = b"RIFF\x24\0\0\0WAVEfmt "


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"\x89PNG\r\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (WAV, "audio/wav"),
        (b"ID3\x03", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"%PDF-1.4", "application/pdf"),
        (b"\xff\xff\xff\xff", None),
        (b"words", None),
        (b"", None),
    ],
)
def test_bytes_say_what_they_are(data: bytes, mime: str | None) -> None:
    assert sniffed(data) == mime


def test_a_type_comes_from_the_caller_the_bytes_or_the_name() -> None:
    png = b"\x89PNG\r\n\x1a\n"
    assert data_url(png, "image", "image/x").startswith("data:image/x;base64,")
    assert data_url(png, "image", name="a.jpg").startswith("data:image/png;base64,")
    assert data_url(base64.b64encode(png).decode(), "image").startswith("data:image/png;")
    assert data_url(b"?", "image", name="a.jpg").startswith("data:image/jpeg;")
    assert data_url("not base64!", "file").startswith("data:application/pdf;")
    assert data_url("data:a/b;base64,aGk=", "video", "c/d") == "data:a/b;base64,aGk="


def test_sound_has_a_format_that_the_service_takes() -> None:
    part = audio_part(WAV, None, "m")
    assert part["input_audio"] == {"data": base64.b64encode(WAV).decode(), "format": "wav"}
    assert audio_part(b"ID3", None, "m")["input_audio"]["format"] == "mp3"
    assert audio_part(b"?", "MP3", "m")["input_audio"]["format"] == "mp3"
    for content, name in ((b"OggS", None), (WAV, "ogg")):
        with pytest.raises(InvalidRequestError, match="wav and mp3"):
            audio_part(content, name, "m")
    with pytest.raises(InvalidRequestError, match="not in base64"):
        audio_part("data:audio/wav,plain", None, "m")


def test_limits_follow_the_model() -> None:
    assert most_bytes("image", "zai-org/GLM-4.6V-FP8") == 5 * 2**20
    assert most_bytes("image") == most_bytes("image", "mine") == 20 * 2**20
    assert most_bytes("file", "glm-4.7") == most_bytes("file") == 50 * 2**20


def test_files_are_read_once_they_are_known_to_be_small(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_file(path, "image", 5) == b"12345"
    with pytest.raises(InvalidRequestError, match="at most") as caught:
        read_file(path, "image", 4, "messages[3]")
    assert (caught.value.field, caught.value.value) == ("messages[3]", str(path))
    for odd in (tmp_path, tmp_path / "none", Path("a\0b"), Path("~no-such-user/x")):
        with pytest.raises(InvalidRequestError):
            read_file(odd, "image", 5)


@pytest.mark.parametrize(
    ("part", "fine"),
    [
        ({"type": "image_url", "image_url": {"url": "https://x.example/a.png"}}, True),
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}, True),
        ({"type": "image_url", "image_url": {"url": "aGk="}}, True),
        ({"type": "image_url", "image_url": {"url": "photo.png"}}, False),
        ({"type": "image_url", "image_url": {"url": "https://"}}, False),
        ({"type": "image_url", "image_url": "https://x.example/a.png"}, False),
        ({"type": "image_url", "image_url": {"url": 7}}, False),
        ({"type": "file", "file": {"file_id": "f1"}}, True),
        ({"type": "file", "file": {"file_data": "data:a/b;base64,%%%"}}, False),
        ({"type": "file", "file": {"file_url": "https://x.example/a.pdf"}}, True),
        ({"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}, True),
        ({"type": "input_audio", "input_audio": {"data": "aGk=", "format": "ogg"}}, False),
        ({"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}, False),
        ({"type": "new", "new": {"url": "https://x.example"}}, False),
        ({"type": ["image_url"]}, False),
        ("text", False),
    ],
)
def test_a_part_is_a_medium_only_when_a_server_can_get_at_it(part: object, fine: bool) -> None:
    assert is_well_formed(part) is fine
    assert (kind_of(part) is not None) or not fine
