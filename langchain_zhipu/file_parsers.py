"""A loader of office documents and nearly any other file: the service's file parser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Unpack

from pydantic import ConfigDict, Field, SkipValidation

from langchain_zhipu._collecting import CollectingLoader
from langchain_zhipu._ocr.sources import FilePath, Origin, origins
from langchain_zhipu._options import ParserOptions
from langchain_zhipu._parsing import ParserSettings

__all__ = ["ZhipuAIFileParserLoader"]


class ZhipuAIFileParserLoader(ParserSettings, CollectingLoader, defer_build=False):
    """Loads office documents, PDFs, tables, images and web pages with the service's file parser.

    Sends files, several at once, and waits until the service has parsed them (open.bigmodel.cn
    only); one document a file, in order. For the layout of PDFs and images, see
    `ZhipuAIOCRLoader`.

    Metadata has ``source`` and ``file_path``; it and a document's ``id`` are the same at each load.

    Args:
        file_path: A path, a folder, a pattern (``"reports/*.docx"``), bytes, an open file, an
            upload, a blob, or several of these.
        glob: Which files of a folder; None for all in it and below that the tool reads.
        tool_type: ``lite`` (office, PDF, images, text; up to 50 MiB), ``expert`` (PDF), ``prime``
            (the most formats), or ``prime-sync``, which answers at once; these up to 100 MiB.
        file_type: The format in upper case (``"DOCX"``), where the name does not show it.
        file_name: The name that the service sees; bytes need one, with an extension.
        interval: Seconds between the first two polls of a file, above 0 to 3600.
        wait: Seconds to wait for a file in all, up to a week.
        max_in_flight: The most files at once, 1 to 32.
        on_error: ``"raise"``, or ``"skip"``: log a warning and skip that file.
        show_progress: Show a progress bar on standard error.
        request_info: Keep ``task_id`` as metadata; it differs at each load.
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``.

    Raises:
        InvalidRequestError: No key was found, or a value is out of its range; while loading: a
            file cannot be read or sent.
        TaskFailedError: While loading: the service could not parse a file.
        TaskTimeoutError: While loading: it took longer than ``wait``; ``task_id`` is the task's.
        ZhipuError: While loading: a call failed in another way. Each of these errors has
            ``later``, documents of files behind the failure that were parsed, and ``tasks``, the
            ids of those that were sent (for ``zhipu_client.file_parser.retrieve``) by file. That
            of `load` and `aload` has the documents before the failure as ``documents``.

    Example:
        ```python
        from langchain_zhipu import ZhipuAIFileParserLoader

        for document in ZhipuAIFileParserLoader("report.pdf").lazy_load():
            print(document.metadata["source"], document.page_content[:80])
        ```
    """

    model_config = ConfigDict(extra="forbid")

    file_path: SkipValidation[Any] = Field(repr=False)
    glob: str | None = None

    def __init__(
        self, file_path: FilePath, *, glob: str | None = None, **settings: Unpack[ParserOptions]
    ) -> None:
        own = {"file_path": file_path, "glob": glob}
        super().__init__(**own, **settings)

    def _origins(self) -> Iterator[Origin]:
        parsing = self._parsing
        there = self.on_error == "raise"
        yield from origins(
            self.file_path, self.glob, parsing.max_bytes, parsing.suffixes, all_there=there
        )
