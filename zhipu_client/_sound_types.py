"""Types of sound files by their first bytes. Pure."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["HEAD", "SoundType", "sound_type"]

#: The bytes at the start of a file that show its type.
HEAD = 16


@dataclass(frozen=True, slots=True)
class SoundType:
    """A type of files with sound.

    Attributes:
        mime: Its MIME type.
        decoder: What the decoding library calls it, which is never left to guess:
            a playlist, which names other files, is not among them.
    """

    mime: str
    decoder: str


_WAV = SoundType("audio/wav", "wav")
_MP3 = SoundType("audio/mpeg", "mp3")
_AAC = SoundType("audio/aac", "aac")
#: (place, bytes) -> type.
_BEGINNINGS = {
    (8, b"WAVE"): _WAV,
    (0, b"ID3"): _MP3,
    (0, b"fLaC"): SoundType("audio/flac", "flac"),
    (0, b"OggS"): SoundType("audio/ogg", "ogg"),
    (4, b"ftyp"): SoundType("audio/mp4", "mov"),
    (0, b"\x1aE\xdf\xa3"): SoundType("audio/webm", "matroska"),
    (8, b"AIFF"): SoundType("audio/aiff", "aiff"),
    (8, b"AIFC"): SoundType("audio/aiff", "aiff"),
    (0, b"#!AMR"): SoundType("audio/amr", "amr"),
    (0, b"0&\xb2u\x8ef\xcf\x11"): SoundType("audio/x-ms-wma", "asf"),
    (0, b".snd"): SoundType("audio/basic", "au"),
    (0, b"caff"): SoundType("audio/x-caf", "caf"),
}
#: What is in front of those that begin at place 8.
_FRAMES = {b"WAVE": b"RIFF", b"AIFF": b"FORM", b"AIFC": b"FORM"}


def sound_type(head: bytes) -> SoundType | None:
    """Return the type of a file by its first 16 bytes; None for any other file.

    Examples:
        >>> from zhipu_client._sound_types import sound_type
        >>> sound_type(b"fLaC" + bytes(12)).mime
        'audio/flac'
    """
    for (place, mark), found in _BEGINNINGS.items():
        if head[place : place + len(mark)] == mark and head.startswith(_FRAMES.get(mark, b"")):
            return found
    if len(head) > 1 and head[0] == 0xFF:
        if head[1] & 0xE6 == 0xE2:
            return _MP3
        if head[1] & 0xF6 == 0xF0:
            return _AAC
    return None
