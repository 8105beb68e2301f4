"""`ZhipuAIFileParserReader`: read documents of nearly any format."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.bridge.pydantic import Field
from llama_index.core.readers.base import BasePydanticReader
from llama_index.core.schema import Document

from zhipu_client import InvalidRequestError, Request, await_for, file_parser, wait_for
from zhipu_client.adapting import TrueOrFalse, naming

from ._documents import Given, given_file
from ._keeping import KeepsAnswers

__all__ = ["ZhipuAIFileParserReader"]


class ZhipuAIFileParserReader(KeepsAnswers, BasePydanticReader, defer_build=False):
    """Reads office documents, PDFs, tables, images and web pages with the service's file parser.

    Sends a document and waits until the service has parsed it (open.bigmodel.cn only). Works as a
    ``file_extractor`` of `SimpleDirectoryReader` too. For the layout of PDFs and images, see
    `ZhipuAIOCRReader`.

    Attributes:
        tool_type: ``lite`` (office, PDF, images, text; up to 50 MiB), ``expert`` (PDF),
            ``prime`` (the most formats), or ``prime-sync``, which answers at once; these up to 100
            MiB.
        interval: Seconds between the first two polls, above 0 to 3600.
        wait: Seconds to wait in all, up to a week.
        request_info: Keep ``task_id`` as metadata; it differs at each load.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or the file cannot be sent.
        zhipu_client.TaskFailedError: The service could not parse the document.
        zhipu_client.TaskTimeoutError: It took longer than ``wait``; the error has the task's id.
        zhipu_client.ZhipuError: A call failed in another way.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIFileParserReader

        (whole,) = ZhipuAIFileParserReader().load_data("report.pdf")
        print(whole.metadata["file_name"], whole.text)
        ```
    """

    is_remote: bool = True
    tool_type: file_parser.ToolType = Field(default="lite")
    interval: float = Field(default=1.0, gt=0, le=3600, description="Seconds between polls.")
    wait: float = Field(default=900.0, gt=0, le=604_800, description="Seconds to wait in all.")
    request_info: TrueOrFalse = Field(default=False, description="Keep ids of tasks.")

    @classmethod
    def class_name(cls) -> str:
        """Return the name of this class in dicts."""
        return "ZhipuAIFileParserReader"

    def lazy_load_data(
        self,
        file: Any,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
        file_type: str | None = None,
    ) -> Iterator[Document]:
        """Read a document when the iterator is read.

        Args:
            file: A path, an open file, an upload of a web framework; or bytes, then ``extra_info``
                must have a ``file_name``.
            extra_info: Metadata for the document.
            fs: A file system of fsspec that the path is on.
            file_type: The format in upper case (``"DOCX"``), where the name does not show it.
        """
        given = given_file(file, extra_info, fs, self._parsing.max_bytes)
        with naming(given.name):
            content = given.content(self._parsing.max_bytes)
            reply = self._client.send(self._request(content, given.info, file_type))
            plan = self._parsing.waiting(reply)
            if plan is not None:
                reply = wait_for(self._client, plan)
        yield self._document(reply, given)

    async def alazy_load_data(
        self,
        file: Any,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
        file_type: str | None = None,
    ) -> Iterable[Document]:
        """Read a document asynchronously; the arguments of `lazy_load_data`."""
        return await self.aload_data(file, extra_info, fs, file_type)

    def load_data(
        self,
        file: Any,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
        file_type: str | None = None,
    ) -> list[Document]:
        """Read a document; the arguments of `lazy_load_data`."""
        return list(self.lazy_load_data(file, extra_info, fs, file_type))

    async def aload_data(
        self,
        file: Any,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
        file_type: str | None = None,
    ) -> list[Document]:
        """Read a document asynchronously; the arguments of `lazy_load_data`."""
        most = self._parsing.max_bytes
        given = await asyncio.to_thread(given_file, file, extra_info, fs, most)
        with naming(given.name):
            content = await asyncio.to_thread(given.content, most)
            reply = await self._aclient.send(self._request(content, given.info, file_type))
            plan = self._parsing.waiting(reply)
            if plan is not None:
                reply = await await_for(self._aclient, plan)
        return [self._document(reply, given)]

    @property
    def _parsing(self) -> file_parser.Parsing:
        return file_parser.Parsing(self.tool_type, self.interval, self.wait)

    def _request(self, content: bytes, info: dict[str, Any], file_type: str | None) -> Request[Any]:
        name = info.get("file_name")
        if not name:
            raise InvalidRequestError(
                'bytes need a file name with an extension: extra_info={"file_name": "a.docx"}',
                field="file_name",
            )
        return self._parsing.request(content, str(name), file_type)

    def _document(self, reply: file_parser.ParserReply, given: Given) -> Document:
        facts = {"task_id": reply.task_id if self.request_info else None}
        return given.document(reply.content or "", facts)
