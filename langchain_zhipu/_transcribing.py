"""Transcribe recordings, several parts at once: what the loader and the parser share."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterable, Iterator
from pathlib import Path, PurePath
from typing import Literal

from langchain_core.documents import Document
from pydantic import ConfigDict, Field

from langchain_zhipu._errors import raised_as_model_errors
from langchain_zhipu._keeping import SeveralRequests
from langchain_zhipu._ocr.documents import stable_id
from langchain_zhipu._ocr.sources import PATHS, Origin
from langchain_zhipu._progress import ProgressBar
from zhipu_client import aiterate, audio, iterate
from zhipu_client.adapting import (
    FATAL,
    GivenPath,
    TrueOrFalse,
    aleave,
    attach,
    document_id,
    flat,
    leave,
    name_source,
    shown_name,
    storable,
)
from zhipu_client.work import Chain

__all__ = ["SUFFIXES", "TranscriptionSettings"]

_log = logging.getLogger(__name__)

#: The files of a folder that are transcribed without a pattern.
_ENDINGS = "wav mp3 m4a mp4 aac flac ogg oga opus webm mka aif aiff amr wma au caf"
SUFFIXES = frozenset(f".{ending}" for ending in _ENDINGS.split())


class TranscriptionSettings(SeveralRequests):
    """The settings of transcribing recordings, see `ZhipuAITranscriptionLoader`."""

    model_config = ConfigDict(extra="forbid")

    model: str = "glm-asr-2512"
    prompt: str | None = None
    hotwords: list[str] | None = None
    segments: TrueOrFalse = False
    request_info: TrueOrFalse = False
    root: GivenPath | None = None
    max_bytes: int = Field(default=512 * 1024 * 1024, ge=1)
    max_in_flight: int = Field(default=4, ge=1, le=32)
    on_error: Literal["raise", "skip"] = "raise"
    show_progress: TrueOrFalse = False

    def _check_values(self) -> None:
        super()._check_values()
        self._job(Origin(b"", ""))  # looks at the values

    def _read(self, origins: Iterable[Origin]) -> Iterator[Document]:
        run = _Run(self)
        with raised_as_model_errors(), ProgressBar("seconds", shown=self.show_progress) as bar:
            pieces = iterate(self._sync_client(), run.chain(origins))
            try:
                for origin, segment in pieces:
                    yield from run.take(origin, segment, bar)
            except BaseException as error:
                leave(pieces, error)
                run.attach(error)
                raise

    async def _aread(self, origins: Iterable[Origin]) -> AsyncGenerator[Document]:
        run = _Run(self)
        with raised_as_model_errors(), ProgressBar("seconds", shown=self.show_progress) as bar:
            pieces = aiterate(self._async_client(), run.chain(origins))
            try:
                async for origin, segment in pieces:
                    for document in run.take(origin, segment, bar):
                        yield document
            except BaseException as error:
                await aleave(pieces, error)
                run.attach(error)
                raise

    def _job(self, origin: Origin) -> audio.Segments:
        named = isinstance(origin.value, Path) or "." in origin.name
        return audio.segments(
            origin.value,
            model=self.model,
            prompt=self.prompt,
            hotwords=self.hotwords,
            filename=PurePath(origin.name).name if named else None,
            in_flight=self.max_in_flight,
            root=self.root,
            max_bytes=self.max_bytes,
            on_error=self.on_error,
        )

    def _document(self, origin: Origin, found: audio.Transcript) -> Document:
        for part in found.refused:
            _log.warning("%s: a part is left out: %s", shown_name(origin.label), part.error)
        facts = found.metadata(times=self.segments, request_info=self.request_info)
        named = {"source": origin.name}
        return Document(
            found.text,
            id=stable_id(document_id(origin.name)),
            metadata=storable(
                {
                    **named,
                    **origin.metadata,
                    **named,
                    **(facts if self.segments else flat(facts)),
                },
                but=PATHS,
            ),
        )


class _Run:
    """One run over recordings, and the parts of the present one. Pure."""

    def __init__(self, settings: TranscriptionSettings) -> None:
        self._settings = settings
        self._parts: list[audio.Segment] = []

    def chain(self, origins: Iterable[Origin]) -> Chain[Origin, audio.Segment]:
        """Return all recordings as one job."""
        settings = self._settings
        jobs = ((origin, settings._job(origin)) for origin in origins)
        skip = self._skip if settings.on_error == "skip" else None
        return Chain(jobs, settings.max_in_flight, skip)

    def take(
        self, origin: Origin, segment: audio.Segment | None, bar: ProgressBar
    ) -> Iterator[Document]:
        """Return the document that is ready with the end of a recording (None)."""
        if segment is not None:
            self._parts.append(segment)
            total = None if segment.total is None else round(segment.total)
            bar.at(round(segment.end), total, origin.name)
            return
        if self._parts:
            document = self._settings._document(origin, audio.Transcript(self._parts))
            if self._settings.on_result is not None:
                self._settings.on_result(document)
            self._parts = []
            yield document

    def _skip(self, origin: Origin, error: Exception) -> bool:
        if isinstance(error, FATAL):
            return False
        self._parts = []
        _log.warning("%s is skipped: %s", shown_name(origin.label), error)
        return True

    def attach(self, error: BaseException) -> None:
        """Put what was transcribed and is in no document on the error, and name the recording."""
        facts = error.__dict__
        origin, later = facts.pop("source", None), facts.pop("later", {})
        if isinstance(origin, Origin):
            name_source(error, origin.label)
            facts["source"] = origin.name
        partial = getattr(error, "partial", None)
        behind = partial.segments if isinstance(partial, audio.Transcript) else []
        if found := [*self._parts, *behind]:
            attach(error, partial=audio.Transcript(found))
        if isinstance(later, dict):
            kept = {one.name: _transcript(*come) for one, come in later.items()}
            attach(error, later={name: come for name, come in kept.items() if come.segments})


def _transcript(segments: list[audio.Segment], error: BaseException | None) -> audio.Transcript:
    partial = getattr(error, "partial", None)
    behind = partial.segments if isinstance(partial, audio.Transcript) else []
    return audio.Transcript([*segments, *behind])
