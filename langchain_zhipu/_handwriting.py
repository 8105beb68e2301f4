"""Read images with handwriting, several at once: the part that the loader and the parser share."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, ClassVar, Literal

from langchain_core.documents import Document
from pydantic import ConfigDict, Field

from langchain_zhipu._errors import raised_as_model_errors
from langchain_zhipu._keeping import SeveralRequests
from langchain_zhipu._ocr.documents import stable_id
from langchain_zhipu._ocr.sources import PATHS, Origin
from langchain_zhipu._progress import ProgressBar
from zhipu_client import InvalidRequestError, Request, ZhipuError, aiterate, iterate, ocr
from zhipu_client.adapting import (
    FATAL,
    TrueOrFalse,
    document_id,
    flat,
    name_source,
    read_path,
    shown_name,
    storable,
)
from zhipu_client.work import Chain, Once

__all__ = ["SUFFIXES", "HandwritingSettings"]

_log = logging.getLogger(__name__)

#: The files of a folder that are read without a pattern.
SUFFIXES = frozenset({".png", ".jpg", ".jpeg"})
Piece = tuple[Origin, ocr.HandwritingReply | None]


class HandwritingSettings(SeveralRequests):
    """The settings of reading handwriting, see `ZhipuAIHandwritingLoader`."""

    model_config = ConfigDict(extra="forbid")

    language_type: str | None = None
    probability: TrueOrFalse = False
    boxes: TrueOrFalse = False
    keep_empty: TrueOrFalse = False
    request_info: TrueOrFalse = False
    max_bytes: int = Field(default=10 * 1024 * 1024, ge=1)
    max_in_flight: int = Field(default=4, ge=1, le=32)
    on_error: Literal["raise", "skip"] = "raise"
    show_progress: TrueOrFalse = False

    _aliases: ClassVar[Mapping[str, str]] = {**SeveralRequests._aliases, "with_regions": "boxes"}

    def _read(self, origins: Iterable[Origin]) -> Iterator[Document]:
        with (
            raised_as_model_errors(),
            self._kept(),
            ProgressBar("images", shown=self.show_progress) as bar,
            closing(iterate(self._sync_client(), self._chain(origins))) as pieces,
        ):
            for done, (origin, reply) in enumerate(_whole(pieces), 1):
                bar.at(done, None, origin.name)
                yield from self._documents(origin, reply)

    async def _aread(self, origins: Iterable[Origin]) -> AsyncGenerator[Document]:
        done = 0
        with (
            raised_as_model_errors(),
            self._kept(),
            ProgressBar("images", shown=self.show_progress) as bar,
        ):
            chain = self._chain(origins)
            async with aclosing(aiterate(self._async_client(), chain)) as pieces:
                async for origin, reply in pieces:
                    if reply is not None:
                        done += 1
                        bar.at(done, None, origin.name)
                        for document in self._documents(origin, reply):
                            yield document

    def _chain(self, origins: Iterable[Origin]) -> Chain[Origin, ocr.HandwritingReply]:
        jobs = ((origin, _Reading(self, origin)) for origin in origins)
        return Chain(jobs, self.max_in_flight, _skip if self.on_error == "skip" else None)

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Name the image in an error, which has what was read behind it as ``later``."""
        try:
            yield
        except ZhipuError as error:
            facts = error.__dict__
            origin = facts.pop("source", None)
            behind = facts.pop("later", {})
            if isinstance(origin, Origin):
                name_source(error, origin.label)
                facts["source"] = origin.name
            facts["later"] = [
                document
                for key, (replies, _) in behind.items()
                for reply in replies
                for document in self._documents(key, reply)
            ]
            raise

    def _request(self, origin: Origin) -> Request[ocr.HandwritingReply]:
        """Return the request that sends an image, which is read here."""
        value = origin.value
        if isinstance(value, str):
            raise InvalidRequestError(
                "handwriting is read in files, and not at addresses or in data URLs: download the "
                "image first, or give its bytes",
                field="file_path",
                value=origin.name,
            )
        named = isinstance(value, Path) or "." in origin.name
        return ocr.handwriting(
            file=read_path(value, self.max_bytes) if isinstance(value, Path) else value,
            filename=PurePath(origin.name).name if named else None,
            language_type=self.language_type,
            probability=self.probability or None,
        )

    def _documents(self, origin: Origin, reply: ocr.HandwritingReply) -> Iterator[Document]:
        found = ocr.handwritten(reply)
        if not found.text and not self.keep_empty:
            return
        known = found.metadata(task_id=reply.task_id if self.request_info else None)
        metadata = storable({"source": origin.name, **origin.metadata, **flat(known)}, but=PATHS)
        if self.boxes:
            metadata["boxes"] = [_box(region) for region in found.regions]
        yield Document(found.text, id=stable_id(document_id(origin.name)), metadata=metadata)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A job of one image, whose file is read when its turn comes."""

    settings: HandwritingSettings
    origin: Origin

    def begin(self, around: Any) -> Any:
        return Once(self.settings._request(self.origin)).begin(around)


def _box(region: dict[str, Any]) -> dict[str, Any]:
    """Return a line by the names that boxes of OCR have."""
    names = {"label": "label", "bbox_2d": "bbox", "content": "text", "confidence": "confidence"}
    return {ours: region[theirs] for theirs, ours in names.items() if theirs in region}


def _skip(origin: Origin, error: Exception) -> bool:
    if isinstance(error, FATAL):
        return False
    _log.warning("%s is skipped: %s", shown_name(origin.label), error)
    return True


def _whole(pieces: Iterable[Piece]) -> Iterator[tuple[Origin, ocr.HandwritingReply]]:
    for origin, reply in pieces:
        if reply is not None:
            yield origin, reply
