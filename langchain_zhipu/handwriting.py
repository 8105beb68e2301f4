"""A loader and a parser of images with handwriting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Unpack

from langchain_core.documents.base import Blob
from pydantic import ConfigDict, Field, SkipValidation

from langchain_zhipu._collecting import CollectingLoader, CollectingParser
from langchain_zhipu._handwriting import SUFFIXES, HandwritingSettings
from langchain_zhipu._ocr.sources import FilePath, Origin, blob_origin, origins
from langchain_zhipu._options import HandwritingOptions

__all__ = ["ZhipuAIHandwritingLoader", "ZhipuAIHandwritingParser"]


class ZhipuAIHandwritingLoader(HandwritingSettings, CollectingLoader, defer_build=False):
    """Loads the text of images with handwriting: ``POST /files/ocr`` (open.bigmodel.cn only).

    One document an image, a line of text for each line of handwriting; several images at once, in
    order. For print, tables and whole PDFs, see `ZhipuAIOCRLoader`.

    Metadata has ``source``, ``file_path``, ``lines`` (how many) and, with ``probability``,
    ``confidence``, 0 to 1. It and a document's ``id`` are the same at each load.

    Args:
        file_path: A path, a folder, a pattern (``"notes/*.jpg"``), bytes, an open file, an upload,
            a blob, or several of these. PNG or JPEG, recognised by the content.
        glob: Which files of a folder; None for all PNG and JPEG files in it and below.
        language_type: One of ``zhipu_client.ocr.LANGUAGES`` (``ENG``, ``JAP``, ``AUTO``, ...); None
            for Chinese and English.
        probability: Ask how certain each line is.
        boxes: Keep each line with its place as ``boxes`` in the metadata, which is nested then:
            ``text``, ``label``, ``bbox`` (left, top, right, bottom in pixels) and ``confidence``.
        keep_empty: Make documents of images without handwriting too, marked by ``empty``.
        request_info: Keep ``task_id`` as metadata; it differs at each load.
        max_bytes: The most bytes of an image, checked before it is read (10 MiB).
        max_in_flight: The most requests at once, 1 to 32.
        on_error: ``"raise"``, or ``"skip"``: log a warning and skip that image.
        show_progress: Show a progress bar on standard error.
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``.

    Raises:
        InvalidRequestError: No key was found, or a value is out of its range; while loading: a
            file cannot be read, or is not an image that can be sent.
        ZhipuError: While loading, after the images before the failure were yielded. It has
            ``later``, documents of images behind it that were read; that of `load` and `aload` has
            those before it too, as ``documents``.

    Example:
        ```python
        from langchain_zhipu import ZhipuAIHandwritingLoader

        for note in ZhipuAIHandwritingLoader("note.png", probability=True).lazy_load():
            print(note.metadata.get("confidence"), note.page_content)
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
        **settings: Unpack[HandwritingOptions],
    ) -> None:
        own = {"file_path": file_path, "glob": glob}
        super().__init__(**own, **settings)

    def _origins(self) -> Iterator[Origin]:
        there = self.on_error == "raise"
        yield from origins(self.file_path, self.glob, self.max_bytes, SUFFIXES, all_there=there)


class ZhipuAIHandwritingParser(HandwritingSettings, CollectingParser, defer_build=False):
    """Reads blobs with handwriting: the parser for ``GenericLoader`` and other blob loaders.

    The documents are those of `ZhipuAIHandwritingLoader`, and have the blob's metadata too.

    Args:
        language_type: This and all further arguments are those of `ZhipuAIHandwritingLoader`,
            except for its first two.

    Raises:
        InvalidRequestError: No key was found, or a value is out of its range.

    Example:
        ```python
        from langchain_core.documents.base import Blob
        from langchain_zhipu import ZhipuAIHandwritingParser

        for note in ZhipuAIHandwritingParser().lazy_parse(Blob.from_path("note.png")):
            print(note.page_content)
        ```
    """

    model_config = ConfigDict(extra="forbid")

    def _of(self, blob: Blob) -> Iterator[Origin]:
        yield blob_origin(blob, self.max_bytes)
