"""Recordings as samples that can be cut. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from zhipu_client._request import StreamRequest
from zhipu_client._sound_types import SoundType
from zhipu_client._wav import WavFormat

__all__ = ["Recording", "RecordingOpener", "Samples", "StreamedPart", "StreamedParts"]


class Samples(Protocol):
    """The samples of a recording.

    Attributes:
        form: How they are written.
        frames: How many frames there are.
    """

    form: WavFormat
    frames: int

    def read(self, first: int, count: int) -> bytes:
        """Return so many frames from a frame on.

        Raises:
            InvalidRequestError: The file was changed meanwhile.
        """


class Recording(Protocol):
    """An opened recording.

    Attributes:
        name: What errors call it.
        type: Its type, by its content.
        size: The bytes of the file.
    """

    name: str
    type: SoundType
    size: int

    def wav_seconds(self) -> float | None:
        """Return how long a WAV lasts, counted by its samples; None where it is compressed.

        Raises:
            InvalidRequestError: It has no readable header, or no samples.
        """

    def whole(self) -> bytes:
        """Return the file."""

    def samples(self) -> Samples:
        """Return its samples; what is not a plain WAV is decoded first.

        Raises:
            InvalidRequestError: It is damaged, has no sound, lasts too long, or needs the extra
                ``audio``.
        """

    def close(self) -> None:
        """Close the file."""


#: Opens a source: (source, root that it must lie in, most bytes) -> recording.
RecordingOpener = Callable[[str | Path | bytes, Path | None, int], Recording]


class StreamedPart(Protocol):
    """One part of a recording, whose transcript comes as a stream."""

    @property
    def request(self) -> StreamRequest[Any]:
        """The request."""

    def before(self, before: str, after: str) -> str:
        """Return what is between the text of the parts before and the first of this one."""

    def failed(self, error: BaseException) -> None:
        """Name the part in an error."""


class StreamedParts(Protocol):
    """A job whose parts can be asked for one after the other, as streams."""

    def streamed(self, around: Any) -> Iterator[StreamedPart]:
        """Yield the parts; closing the iterator closes the file."""
