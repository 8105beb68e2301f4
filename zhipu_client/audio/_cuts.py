"""Where a recording is cut: at pauses, and nothing is lost. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from zhipu_client._wav import STEPS, levels, wav_file
from zhipu_client.errors import InvalidRequestError
from zhipu_client.work._recordings import Samples

__all__ = ["MOST_SECONDS", "Part", "cut_of", "parts_of"]

#: A part lasts at most so long: the service takes 30 seconds, and measures in its own way.
MOST_SECONDS = 29.5
#: The last part has at least so much, as a word needs it.
_LEAST_SECONDS = 1.0
#: What a header takes at most beside the samples.
_HEADER = 2048
#: A step is silent below this part of the loudest one (30 dB).
_SILENT = 1 / 32
#: How many silent steps are a pause between words: 0.2 seconds.
_PAUSE = STEPS // 5
#: Without a pause: the quietest so many steps, 0.1 seconds.
_QUIETEST = STEPS // 10


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a recording.

    Attributes:
        number: Its number, from 1.
        start: Where it begins, in seconds.
        end: Where it ends.
        content: A file of it.
        total: Seconds of the whole recording; None where that is unknown.
        whole: Whether it is the caller's own file.
    """

    number: int
    start: float
    end: float
    content: bytes = field(repr=False)
    total: float | None = None
    whole: bool = False

    def without_content(self) -> Part:
        """Return the same without its file."""
        return replace(self, content=b"")


def parts_of(samples: Samples, max_bytes: int) -> Iterator[Part]:
    """Yield the parts of a recording, each below 30 seconds and ``max_bytes``.

    A part ends in the middle of the longest pause of its second half, or at its quietest place.

    Raises:
        InvalidRequestError: A single frame is larger than a part may be.
    """
    form = samples.form
    most = min(int(MOST_SECONDS * form.rate), (max_bytes - _HEADER) // form.frame_bytes)
    if most < 1:
        raise InvalidRequestError(
            f"the sound has {form.channels} channels and {form.rate:,} frames a second, more than "
            "a request can carry",
            field="source",
        )
    least = min(int(_LEAST_SECONDS * form.rate), most // 4)
    first = 0
    number = 1
    total = round(samples.frames / form.rate, 3)
    while first < samples.frames:
        left = samples.frames - first
        data = samples.read(first, min(most, left))
        count = left
        if left > most:
            latest = min(most, left - least)
            earliest = latest // 2
            size = form.frame_bytes
            loud, step = levels(form, data[earliest * size : latest * size])
            count = earliest + step * cut_of(loud) if loud else latest
            count = max(1, count)
            data = data[: count * size]
        end = first + count
        yield Part(
            number,
            round(first / form.rate, 3),
            round(end / form.rate, 3),
            wav_file(form, data),
            total,
        )
        first, number = end, number + 1


def cut_of(loud: Sequence[float]) -> int:
    """Return the step at whose beginning to cut.

    Examples:
        >>> from zhipu_client.audio._cuts import cut_of
        >>> cut_of([9] * 50 + [0] * 20 + [9] * 50)
        60
    """
    silent = max(loud) * _SILENT
    best, length = 0, 0
    place = 0
    for quiet, steps in groupby(loud, lambda level: level <= silent):
        count = sum(1 for _ in steps)
        if quiet and count >= max(length, _PAUSE):
            best, length = place, count
        place += count
    if length:
        return best + length // 2
    width = min(_QUIETEST, len(loud))
    sums = [sum(loud[start : start + width]) for start in range(len(loud) - width + 1)]
    quietest = min(sums)
    last = max(place for place, found in enumerate(sums) if found == quietest)
    return last + width // 2
