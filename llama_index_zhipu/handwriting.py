"""`ZhipuAIHandwritingReader`: read images with handwriting."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.bridge.pydantic import Field
from llama_index.core.readers.base import BasePydanticReader
from llama_index.core.schema import Document

from zhipu_client import InvalidRequestError, Request, ocr
from zhipu_client.adapting import TrueOrFalse, naming

from ._documents import Given, given_file
from ._keeping import KeepsAnswers

__all__ = ["ZhipuAIHandwritingReader"]

_NO_FILES = ("http://", "https://", "data:")


class ZhipuAIHandwritingReader(KeepsAnswers, BasePydanticReader, defer_build=False):
    """Reads images with handwriting (open.bigmodel.cn only): a line of text for each of theirs.

    One document an image; works as a ``file_extractor`` of `SimpleDirectoryReader` too. For print,
    tables and whole PDFs, see `ZhipuAIOCRReader`.

    Metadata has ``file_name``, ``lines`` (how many) and, with ``probability``, ``confidence``, 0 to
    1.

    Attributes:
        language_type: One of ``zhipu_client.ocr.LANGUAGES`` (``ENG``, ``JAP``, ``AUTO``, ...); None
            for Chinese and English.
        probability: Ask how certain each line is.
        with_regions: Keep each line with its place as ``regions`` in the metadata, which is nested
            then: ``content``, ``label``, ``bbox_2d`` (left, top, right, bottom in pixels) and
            ``confidence``.
        keep_empty: Make documents of images without handwriting too, marked by ``empty``.
        request_info: Keep ``task_id`` as metadata; it differs at each load.
        max_bytes: The most bytes of an image, checked before it is read (10 MiB).
        checkpoint: A file that keeps what was read: the same images are paid for once.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or the image cannot be sent.
        zhipu_client.ZhipuError: A call failed; the subclasses say how.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIHandwritingReader

        (note,) = ZhipuAIHandwritingReader(probability=True).load_data("note.png")
        print(note.metadata["confidence"], note.text)
        ```
    """

    is_remote: bool = True
    language_type: str | None = Field(default=None, description="The language that is written.")
    probability: TrueOrFalse = Field(default=False, description="Ask how certain each line is.")
    with_regions: TrueOrFalse = Field(default=False, description="Keep lines with their places.")
    keep_empty: TrueOrFalse = Field(default=False, description="Keep images without handwriting.")
    request_info: TrueOrFalse = Field(default=False, description="Keep ids of tasks.")
    max_bytes: int = Field(default=10 * 1024 * 1024, gt=0)

    _aliases: ClassVar[Mapping[str, str]] = {**KeepsAnswers._aliases, "boxes": "with_regions"}

    @classmethod
    def class_name(cls) -> str:
        """Return the name of this class in dicts."""
        return "ZhipuAIHandwritingReader"

    def lazy_load_data(
        self, file: Any, extra_info: dict[str, Any] | None = None, fs: Any = None
    ) -> Iterator[Document]:
        """Read an image when the iterator is read.

        Args:
            file: A path, bytes, an open file, an upload of a web framework. PNG or JPEG.
            extra_info: Metadata for the document.
            fs: A file system of fsspec that the path is on.
        """
        given = given_file(file, extra_info, fs, self.max_bytes)
        with naming(given.name):
            reply = self._client.send(self._request(given))
        yield from self._documents(reply, given)

    async def alazy_load_data(
        self, file: Any, extra_info: dict[str, Any] | None = None, fs: Any = None
    ) -> Iterable[Document]:
        """Read an image asynchronously; the arguments of `lazy_load_data`."""
        return await self.aload_data(file, extra_info, fs)

    def load_data(
        self, file: Any, extra_info: dict[str, Any] | None = None, fs: Any = None
    ) -> list[Document]:
        """Read an image; the arguments of `lazy_load_data`. Without handwriting: no document."""
        return list(self.lazy_load_data(file, extra_info, fs))

    async def aload_data(
        self, file: Any, extra_info: dict[str, Any] | None = None, fs: Any = None
    ) -> list[Document]:
        """Read an image asynchronously; see `load_data`."""
        given = await asyncio.to_thread(given_file, file, extra_info, fs, self.max_bytes)
        with naming(given.name):
            request = await asyncio.to_thread(self._request, given)
            reply = await self._aclient.send(request)
        return list(self._documents(reply, given))

    def _request(self, given: Given) -> Request[ocr.HandwritingReply]:
        """Return the request that sends an image, which is read here."""
        if isinstance(given.source, str) and given.source.lower().startswith(_NO_FILES):
            raise InvalidRequestError(
                "handwriting is read in files, and not at addresses or in data URLs: download the "
                "image first, or give its bytes",
                field="file",
            )
        name = given.info.get("file_name")
        return ocr.handwriting(
            file=given.content(self.max_bytes),
            filename=None if name is None else str(name),
            language_type=self.language_type,
            probability=self.probability or None,
        )

    def _documents(self, reply: ocr.HandwritingReply, given: Given) -> Iterator[Document]:
        found = ocr.handwritten(reply)
        if not found.text and not self.keep_empty:
            return
        about = found.metadata(task_id=reply.task_id if self.request_info else None)
        if self.with_regions:
            about["regions"] = found.regions
        yield given.document(found.text, about, nested=self.with_regions)
