"""`ZhipuAITranscriptionReader`: transcribe recordings."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from typing import Annotated, Any, Literal

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.bridge.pydantic import Field, PlainSerializer
from llama_index.core.schema import Document

from zhipu_client import (
    InvalidRequestError,
    arun,
    astream_transcript,
    audio,
    run,
    stream_transcript,
)
from zhipu_client.adapting import GivenPath, TrueOrFalse, keeping, naming, shown_name

from ._documents import Given, given_file
from ._failures import NotesFailures
from ._keeping import SeveralRequests

__all__ = ["ZhipuAITranscriptionReader"]

logger = logging.getLogger(__name__)


class ZhipuAITranscriptionReader(SeveralRequests, NotesFailures, defer_build=False):
    """Transcribes recordings of any length (GLM-ASR); one document a recording.

    A WAV or MP3 of up to 30 seconds and 25 MiB is sent as it is; all else is cut at pauses into
    parts below that, several at once, and put together: no sample is lost, none is sent twice.
    Other formats and longer MP3s need the extra ``audio``. Works as a ``file_extractor`` of
    `SimpleDirectoryReader` too.

    Metadata has ``file_name`` and ``duration`` in seconds. It is flat, and the same at each load.

    Attributes:
        model: ``glm-asr-2512``.
        prompt: What was said before, below 8,000 characters; sent with each part.
        hotwords: Up to 100 words that are likely to occur.
        segments: Keep what was said when as ``segments`` in the metadata, which is nested then:
            ``start`` and ``end`` in seconds of the recording, ``text``.
        request_info: Keep ``request_id`` (of several parts: ``request_ids``) as metadata; it
            differs at each load.
        root: A folder that all paths must be in, links followed.
        max_bytes: The most bytes of a file, checked before it is read (512 MiB).
        max_in_flight: Requests at once, 1 to 32.
        on_error: What a part is that the service refuses: ``"raise"`` names it; ``"skip"`` logs a
            warning and leaves it out, its times are in the metadata as ``refused``.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or the file is missing, empty, damaged,
            too large, longer than 12 hours, or not a file with sound. Nothing of it was sent.
        zhipu_client.ZhipuError: A call failed; the subclasses say how. The error names the
            recording and the part, and has what was transcribed as ``partial``, a
            `zhipu_client.audio.Transcript`; an interrupt has it too. With ``checkpoint`` the next
            run pays only for what is missing.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAITranscriptionReader

        reader = ZhipuAITranscriptionReader(segments=True)
        (memo,) = reader.load_data("memo.wav")
        print(memo.text)
        for said in memo.metadata["segments"]:
            print(said["start"], said["end"], said["text"])

        for text in reader.stream_text("memo.wav"):
            print(text, end="", flush=True)
        ```
    """

    is_remote: bool = True
    model: str = Field(default="glm-asr-2512", description="The model code.")
    prompt: str | None = Field(default=None, description="The text before the recording.")
    hotwords: list[str] | None = Field(default=None, description="Words likely to occur.")
    segments: TrueOrFalse = Field(default=False, description="Keep what was said when.")
    request_info: TrueOrFalse = Field(default=False, description="Keep ids of requests.")
    root: Annotated[GivenPath, PlainSerializer(str)] | None = Field(
        default=None, description="A folder that all paths must be in."
    )
    max_bytes: int = Field(default=512 * 1024 * 1024, gt=0)
    max_in_flight: int = Field(default=4, ge=1, le=32)
    on_error: Literal["raise", "skip"] = Field(default="raise", description="Of a refused part.")

    @classmethod
    def class_name(cls) -> str:
        """Return the name of this class in dicts."""
        return "ZhipuAITranscriptionReader"

    def _check_values(self) -> None:
        super()._check_values()
        self._job(Given(b"", None, {}))  # looks at the values

    def load_data(
        self,
        file: Any,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
    ) -> list[Document]:
        """Transcribe a recording.

        Args:
            file: A path, a data URL, bytes, an open file or ``io.BytesIO``, an upload of a web
                framework: WAV, MP3, M4A, AAC, FLAC, OGG, WebM, AIFF, AMR or WMA, recognised by the
                content.
            extra_info: Metadata for the document.
            fs: A file system of fsspec that the path is on.
        """
        given = given_file(file, extra_info, fs, self.max_bytes)
        with self._noting(given.name), _naming(given.name):
            return self._documents(run(self._client, self._job(given)), given)

    async def aload_data(
        self,
        file: Any,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
    ) -> list[Document]:
        """Transcribe a recording, asynchronously; the arguments of `load_data`."""
        given = await asyncio.to_thread(given_file, file, extra_info, fs, self.max_bytes)
        with self._noting(given.name), _naming(given.name):
            return self._documents(await arun(self._aclient, self._job(given)), given)

    def stream_text(self, file: Any, fs: Any = None) -> Iterator[str]:
        """Yield the text of a recording as it comes; parts come one after the other.

        Args:
            file: As for `load_data`.
            fs: As for `load_data`.

        Raises:
            zhipu_client.StreamIncompleteError: The stream broke. This and all that ends it, an
                interrupt too, has the text so far as ``partial``.
        """
        given = given_file(file, None, fs, self.max_bytes)
        with _naming(given.name):
            yield from stream_transcript(self._client, self._job(given))

    async def astream_text(self, file: Any, fs: Any = None) -> AsyncIterator[str]:
        """Yield the text of a recording as it comes, asynchronously; see `stream_text`."""
        given = await asyncio.to_thread(given_file, file, None, fs, self.max_bytes)
        with _naming(given.name):
            job = self._job(given)
            async with aclosing(astream_transcript(self._aclient, job)) as pieces:
                async for text in pieces:
                    yield text

    def _job(self, given: Given) -> audio.Segments:
        name = given.info.get("file_name")
        return audio.segments(
            given.source,
            model=self.model,
            prompt=self.prompt,
            hotwords=self.hotwords,
            filename=None if name is None else str(name),
            in_flight=self.max_in_flight,
            root=self.root,
            max_bytes=self.max_bytes,
            on_error=self.on_error,
        )

    def _documents(self, found: audio.Transcript, given: Given) -> list[Document]:
        for part in found.refused:
            logger.warning(
                "%s: a part is left out: %s", shown_name(given.name or "file"), part.error
            )
        facts = found.metadata(times=self.segments, request_info=self.request_info)
        document = given.document(found.text, facts, nested=self.segments)
        if self.on_result is not None:
            with keeping(partial=found):
                self.on_result(document)
        return [document]


@contextmanager
def _naming(name: str | None) -> Iterator[None]:
    """Name the recording in an error, and the argument as it is called here."""
    try:
        with naming(name):
            yield
    except InvalidRequestError as error:
        if error.field == "source":
            error.field = "file"
        raise
