"""A loader and a parser of recordings: GLM-ASR."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any, Unpack

from langchain_core.documents.base import Blob
from pydantic import ConfigDict, Field, SkipValidation

from langchain_zhipu._collecting import CollectingLoader, CollectingParser
from langchain_zhipu._errors import raised_as_model_errors
from langchain_zhipu._ocr.sources import FilePath, Origin, blob_origin, origins
from langchain_zhipu._options import TranscriptionOptions
from langchain_zhipu._transcribing import SUFFIXES, TranscriptionSettings
from zhipu_client import astream_transcript, stream_transcript
from zhipu_client.adapting import naming

__all__ = ["ZhipuAITranscriptionLoader", "ZhipuAITranscriptionParser"]


class ZhipuAITranscriptionLoader(TranscriptionSettings, CollectingLoader, defer_build=False):
    """Transcribes recordings of any length with GLM-ASR: ``POST /audio/transcriptions``.

    One document a recording, in order. A WAV or MP3 of up to 30 seconds and 25 MiB is sent as it
    is; all else is cut at pauses into parts below that, several at once, and put together: no
    sample is lost, none is sent twice. Other formats and longer MP3s need the extra ``audio``.

    Metadata has ``source``, ``file_path`` and ``duration`` in seconds. It is flat, and the same at
    each load, as is a document's ``id``.

    Args:
        file_path: A path, a folder, a pattern (``"calls/*.mp3"``), a data URL, bytes, an open file
            or ``io.BytesIO``, an upload of a web framework, a blob, or several of these. WAV, MP3,
            M4A, AAC, FLAC, OGG, WebM, AIFF, AMR or WMA, recognised by the content. Addresses are
            refused: the service fetches none.
        glob: Which files of a folder; None for all with sound in it and below.
        model: ``glm-asr-2512``.
        prompt: What was said before, below 8,000 characters; sent with each part.
        hotwords: Up to 100 words that are likely to occur.
        segments: Keep what was said when as ``segments`` in the metadata, which is nested then:
            ``start`` and ``end`` in seconds of the recording, ``text``.
        request_info: Keep the ids of the requests as metadata; they differ at each load.
        root: A folder that all files must lie in, links followed.
        max_bytes: The most bytes of a file, checked before it is read (512 MiB).
        max_in_flight: The most requests at once, 1 to 32.
        on_error: ``"raise"``, or ``"skip"``: log a warning, and leave out a part that the service
            refuses (its times are in the metadata, as ``refused``), and a recording that cannot be
            transcribed.
        show_progress: Show a progress bar on standard error, in seconds of the recordings.
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``.

    Raises:
        InvalidRequestError: No key was found, or a value is out of its range; while loading: a
            file is missing, empty, damaged, too large, longer than 12 hours, or not a file with
            sound. Nothing of it was sent.
        ZhipuError: While loading, after the recordings before the failure were yielded. It names
            the recording and the part, and has ``partial``, what was transcribed of it, and
            ``later``, the same of those behind it by ``source``: each a
            `zhipu_client.audio.Transcript`. That of `load` and `aload` has the documents before
            the failure too, as ``documents``. An interrupt has the same. With ``checkpoint`` the
            next run pays only for what is missing.

    Example:
        ```python
        from langchain_zhipu import ZhipuAITranscriptionLoader

        for memo in ZhipuAITranscriptionLoader("memo.wav", segments=True).lazy_load():
            print(memo.page_content)
            for said in memo.metadata["segments"]:
                print(said["start"], said["end"], said["text"])
        ```
    """

    model_config = ConfigDict(extra="forbid")

    file_path: SkipValidation[Any] = Field(repr=False)
    glob: str | None = None

    def __init__(
        self,
        file_path: FilePath,
        *,
        glob: str | None = None,
        **settings: Unpack[TranscriptionOptions],
    ) -> None:
        own = {"file_path": file_path, "glob": glob}
        super().__init__(**own, **settings)

    def _origins(self) -> Iterator[Origin]:
        there = self.on_error == "raise"
        yield from origins(self.file_path, self.glob, self.max_bytes, SUFFIXES, all_there=there)


class ZhipuAITranscriptionParser(TranscriptionSettings, CollectingParser, defer_build=False):
    """Transcribes blobs with GLM-ASR: the parser for ``GenericLoader`` and other blob loaders.

    The documents are those of `ZhipuAITranscriptionLoader`, and have the blob's metadata too.
    `stream_text` and `astream_text` yield the text of a recording as it is written down.

    Args:
        model: This and all further arguments are those of `ZhipuAITranscriptionLoader`, except for
            its first two.

    Raises:
        InvalidRequestError: No key was found, or a value is out of its range.

    Example:
        ```python
        from langchain_core.documents.base import Blob
        from langchain_zhipu import ZhipuAITranscriptionParser

        parser = ZhipuAITranscriptionParser(hotwords=["hydrophone"])
        memo = Blob.from_path("memo.wav")
        print(parser.parse(memo)[0].page_content)

        for text in parser.stream_text(memo):
            print(text, end="", flush=True)
        ```
    """

    model_config = ConfigDict(extra="forbid")

    def stream_text(self, blob: Blob) -> Iterator[str]:
        """Yield the text of one blob as it comes; parts come one after the other.

        Raises:
            StreamIncompleteError: The stream broke. This and all that ends it, an interrupt too,
                has the text so far as ``partial``.
        """
        with raised_as_model_errors():
            (origin,) = self._of(blob)
            with naming(origin.name):
                yield from stream_transcript(self._sync_client(), self._job(origin))

    async def astream_text(self, blob: Blob) -> AsyncGenerator[str]:
        """Yield the text of one blob as it comes, asynchronously; see `stream_text`."""
        with raised_as_model_errors():
            (origin,) = self._of(blob)
            with naming(origin.name):
                pieces = astream_transcript(self._async_client(), self._job(origin))
                async with aclosing(pieces):
                    async for text in pieces:
                        yield text

    def _of(self, blob: Blob) -> Iterator[Origin]:
        yield blob_origin(blob, self.max_bytes)
