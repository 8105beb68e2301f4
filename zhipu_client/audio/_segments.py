"""Recordings of any length: cut, transcribed part by part, and put together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from zhipu_client import _check
from zhipu_client._replies import rows
from zhipu_client._request import Request, StreamRequest
from zhipu_client._wav import seconds_of
from zhipu_client.audio._cuts import Part, parts_of
from zhipu_client.audio._mp3 import mp3_seconds
from zhipu_client.audio._streams import TranscriptionChunk
from zhipu_client.audio._transcribing import (
    MOST_SECONDS,
    Transcription,
    check_words,
    most_bytes,
    transcribe,
    transcribe_stream,
)
from zhipu_client.errors import InvalidRequestError, ZhipuError
from zhipu_client.errors._naming import name_source
from zhipu_client.work._job import Around, Source, Work, attach
from zhipu_client.work._recordings import Recording
from zhipu_client.work._refusals import OnError, is_about_an_item

__all__ = ["Segment", "Segments", "Transcript", "segments"]

_MOST_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Segment:
    """What was said in one part of a recording.

    Attributes:
        number: The number of the part, from 1.
        start: Where it begins, in seconds from the beginning of the recording.
        end: Where it ends.
        text: What was said; empty where nothing was.
        total: Seconds of the whole recording; None where that is unknown.
        times: ``[{"start", "end", "text"}]`` in seconds of the recording: finer than the part
            where the model reports it, else the part itself.
        model: The model that answered.
        request_id: The id of the request.
        error: Why the service refused the part, with ``on_error="skip"``; else None.
    """

    number: int
    start: float
    end: float
    text: str
    total: float | None = None
    times: list[dict[str, Any]] = field(default_factory=list, repr=False)
    model: str | None = None
    request_id: str | None = None
    error: ZhipuError | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """A recording, written down.

    Attributes:
        segments: Its parts, in order.
    """

    segments: list[Segment] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that was said."""
        found = ""
        for segment in self.segments:
            found += between(found, segment.text) + segment.text
        return found

    @property
    def times(self) -> list[dict[str, Any]]:
        """What was said when: ``[{"start", "end", "text"}]`` in seconds; without silent parts."""
        return [time for segment in self.segments for time in segment.times if time["text"]]

    @property
    def seconds(self) -> float | None:
        """How long the recording lasts; None where that is unknown."""
        return next((one.total for one in self.segments if one.total is not None), None)

    @property
    def refused(self) -> list[Segment]:
        """The parts that the service refused, with ``on_error="skip"``."""
        return [segment for segment in self.segments if segment.error is not None]

    def metadata(self, *, times: bool = False, request_info: bool = False) -> dict[str, Any]:
        """Return what a document of a recording says about it, without what is unknown.

        Args:
            times: Whether `times` is in it, as ``segments``.
            request_info: Whether the ids of the requests are in it, which differ at each run.

        Returns:
            ``duration`` in seconds, ``segments``, ``refused`` (the times of parts that the service
            refused), ``request_id`` of a single request or ``request_ids``.
        """
        ids = list(dict.fromkeys(one.request_id for one in self.segments if one.request_id))
        ids = ids if request_info else []
        found = {
            "duration": self.seconds,
            "segments": self.times if times else None,
            "refused": [{"start": one.start, "end": one.end} for one in self.refused] or None,
            "request_id": ids[0] if len(ids) == 1 else None,
            "request_ids": ids if len(ids) > 1 else None,
        }
        return {name: value for name, value in found.items() if value is not None}


def segments(
    source: Source,
    *,
    model: str = "glm-asr-2512",
    prompt: str | None = None,
    hotwords: Sequence[str] | None = None,
    filename: str | None = None,
    in_flight: int = 4,
    root: str | Path | None = None,
    max_bytes: int = _MOST_BYTES,
    on_error: OnError = "raise",
    progress: Callable[[float, float | None], None] | None = None,
) -> Segments:
    """Transcribe a recording of any length: a job for `zhipu_client.run`, `iterate` and others.

    A WAV or MP3 of up to 30 seconds and 25 MiB is sent as it is. All else is cut into such parts:
    in the middle of the longest pause of a part's second half, without one at its quietest place.
    No sample is lost, none is sent twice. Plain WAV files are cut as they are; other files are
    decoded first, which needs the extra ``audio``.

    Its pieces are `Segment`s, in order; its result is a `Transcript`.

    Args:
        source: A path, a data URL or bytes: WAV, MP3, M4A, AAC, FLAC, OGG, WebM, AIFF, AMR or WMA,
            recognised by the content. Addresses are refused: the service fetches none.
        model: ``glm-asr-2512``.
        prompt: What was said before, below 8,000 characters; sent with each part.
        hotwords: Up to 100 words that are likely to occur.
        filename: The name that the service sees; None for the file's own.
        in_flight: The most requests at once, 1 to 32.
        root: A folder that the file must lie in, links followed.
        max_bytes: The most bytes of the file, checked before it is read (512 MiB).
        on_error: ``"raise"``, or ``"skip"``: a part that the service refuses for what is in it has
            no text, and its ``error``.
        progress: Called with the seconds that are done, and with all of them.

    Raises:
        InvalidRequestError: A value is outside of its limits. When the job is run, before
            anything is sent: the file is missing, empty, too large, damaged, of another type, or
            longer than 12 hours.

    Example:
        ```python
        from zhipu_client import Client, audio, run

        found = run(Client(), audio.segments("speech.wav"))
        print(found.text)
        for time in found.times:
            print(time["start"], time["end"], time["text"])
        ```
    """
    words = check_words(prompt, hotwords)
    _check.within("in_flight", in_flight, 1, 32, whole=True)
    _check.choice("on_error", on_error, ("raise", "skip"))
    options = {"model": model, "prompt": prompt, "hotwords": words or None}
    where = None if root is None else Path(root)
    return Segments(source, options, filename, in_flight, where, max_bytes, on_error, progress)


@dataclass(frozen=True, slots=True)
class Segments:
    """The job that `segments` makes."""

    source: Source = field(repr=False)
    options: dict[str, Any]
    filename: str | None
    in_flight: int
    root: Path | None
    max_bytes: int
    on_error: OnError
    progress: Callable[[float, float | None], None] | None

    def begin(self, around: Around) -> Work[Segment, Transcript]:
        """Start a run; opens the file, and decodes it where that is necessary."""
        return _SegmentsWork(self, self._open(around))

    def streamed(self, around: Around) -> Iterator[_StreamedPart]:
        """Yield the parts, whose transcripts come as streams."""
        opened = self._open(around)
        try:
            for part in opened.parts:
                yield _StreamedPart(self, opened.name, part)
        finally:
            opened.recording.close()

    def _open(self, around: Around) -> _Opened:
        if around.open_recording is None:
            raise InvalidRequestError("recordings cannot be opened here", field="source")
        recording = around.open_recording(self.source, self.root, self.max_bytes)
        try:
            named = PurePath(recording.name).name if _has_name(self.source) else None
            found = _parts(recording, most_bytes(self.options["model"]))
            return _Opened(recording, self.filename or named, found)
        except BaseException as error:
            recording.close()
            if _has_name(self.source):
                name_source(error, recording.name)
            raise

    def request(self, part: Part, name: str | None) -> Request[Transcription]:
        """Return the request for a part."""
        return transcribe(file=part.content, filename=_filename(part, name), **self.options)

    def stream_request(self, part: Part, name: str | None) -> StreamRequest[TranscriptionChunk]:
        """Return the request for a part whose transcript comes as a stream."""
        return transcribe_stream(file=part.content, filename=_filename(part, name), **self.options)


@dataclass(frozen=True, slots=True)
class _Opened:
    recording: Recording
    name: str | None
    parts: Iterator[Part]


def _parts(recording: Recording, most: int) -> Iterator[Part]:
    """Return a file's parts: all of it, if it may be sent as it is."""
    seconds: float | None = None
    if recording.type.mime in ("audio/wav", "audio/mpeg") and recording.size <= most:
        content = recording.whole()
        if recording.type.mime == "audio/mpeg":
            seconds = mp3_seconds(content, MOST_SECONDS)
            if seconds is None:
                raise InvalidRequestError("the MP3 is damaged: it has no sound", field="source")
        else:
            seconds = max(recording.wav_seconds() or 0.0, seconds_of(content))
        if seconds <= MOST_SECONDS:
            total = round(seconds, 3)
            return iter([Part(1, 0.0, total, content, total, whole=True)])
        del content
    return parts_of(recording.samples(), most)


def _has_name(source: Source) -> bool:
    return not isinstance(source, bytes) and not str(source).startswith("data:")


def _filename(part: Part, name: str | None) -> str | None:
    if part.whole or name is None:
        return name
    return f"{PurePath(name).stem}-{part.number}.wav"


def between(before: str, after: str) -> str:
    """Return what is between two texts: a space, but none in Chinese and Japanese."""
    if not before or not after or before[-1].isspace() or after[0].isspace():
        return ""
    # The scripts that are written without spaces.
    wide = "\u2e80" <= before[-1] <= "\uffef" or "\u2e80" <= after[0] <= "\uffef"
    return "" if wide else " "


def _place(error: BaseException, part: Part, name: str | None) -> None:
    """Name the file in an error, and the part unless it is the whole recording."""
    whole = part.whole or (part.number == 1 and part.end == part.total)
    if not isinstance(error, ZhipuError):
        return
    if not whole:
        of = f" of {name}" if name else ""
        error.explain(
            f"It was about part {part.number}{of}, {part.start:.1f} to {part.end:.1f} seconds"
        )
    else:
        name_source(error, name)


@dataclass(frozen=True, slots=True)
class _StreamedPart:
    """See `zhipu_client.work._recordings.StreamedPart`."""

    job: Segments
    name: str | None
    part: Part

    @property
    def request(self) -> StreamRequest[TranscriptionChunk]:
        return self.job.stream_request(self.part, self.name)

    def before(self, before: str, after: str) -> str:
        return between(before, after)

    def failed(self, error: BaseException) -> None:
        _place(error, self.part, self.name)


class _SegmentsWork:
    blocking = True

    def __init__(self, job: Segments, opened: _Opened) -> None:
        self.in_flight = job.in_flight
        self._job = job
        self._opened = opened
        self._open: dict[int, Part] = {}
        self._done: dict[int, Segment] = {}
        self._next = 1
        self._seconds = 0.0
        self._failure: tuple[int, Exception] | None = None

    def take(self) -> tuple[int, Request[Any]] | None:
        if self._failure is not None or len(self._open) + len(self._done) >= 2 * self.in_flight:
            return None
        number = self._next + len(self._open) + len(self._done)
        try:
            part = next(self._opened.parts, None)
            if part is None:
                return None
            request = self._job.request(part, self._opened.name)
        except Exception as error:  # noqa: BLE001 - what came before it is handed over first
            self._fail(number, error)
            return None
        # Its bytes are in the request: they need not be kept for the whole run.
        self._open[part.number] = part.without_content()
        return part.number, request

    def done(self, number: int, value: Transcription) -> None:
        part = self._open[number]
        self._finish(part, _segment(part, value))

    def failed(self, number: int, error: Exception) -> None:
        part = self._open.get(number)
        if part is None:  # it was the caller's `progress` that failed
            self._fail(number, error)
            return
        _place(error, part, self._opened.name)
        skips = self._job.on_error == "skip" and is_about_an_item(error)
        if skips and isinstance(error, ZhipuError):
            self._finish(part, Segment(number, part.start, part.end, "", part.total, error=error))
            return
        self._fail(number, error)

    def _finish(self, part: Part, segment: Segment) -> None:
        del self._open[part.number]
        self._done[part.number] = segment
        self._seconds += part.end - part.start
        if self._job.progress is not None:
            self._job.progress(round(self._seconds, 3), part.total)

    def _fail(self, number: int, error: Exception) -> None:
        self._open.pop(number, None)
        if self._failure is None or number < self._failure[0]:
            self._failure = (number, error)

    def ready(self) -> Iterable[Segment]:
        while self._next in self._done:
            self._next += 1
            yield self._done.pop(self._next - 1)

    def result(self, pieces: list[Any]) -> Transcript:
        if self._failure is not None:
            error = self._failure[1]
            self.report(error, pieces)
            raise error
        return Transcript(pieces)

    def report(self, error: BaseException, pieces: list[Any]) -> None:
        behind = [self._done[number] for number in sorted(self._done)]
        if pieces or behind:
            attach(error, partial=Transcript([*pieces, *behind]))

    def close(self) -> None:
        self._opened.recording.close()


def _segment(part: Part, found: Transcription) -> Segment:
    text = found.text if isinstance(found.text, str) else str(found.text or "")
    own = {"start": part.start, "end": part.end, "text": text}
    times = [time for row in rows(found.segments) if (time := _time(part, row)) is not None]
    known = (found.model, found.request_id or found.id)
    return Segment(part.number, part.start, part.end, text, part.total, times or [own], *known)


def _time(part: Part, row: dict[str, Any]) -> dict[str, Any] | None:
    """Return one of the model's own segments in seconds of the recording; None for an odd one."""
    start, end, text = row.get("start"), row.get("end"), row.get("text")
    if not isinstance(start, int | float) or not isinstance(end, int | float):
        return None
    return {
        "start": round(part.start + start, 3),
        "end": round(part.start + end, 3),
        "text": text if isinstance(text, str) else str(text or ""),
    }
