"""`ZhipuAIFileParserReader`: read documents of nearly any format."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.bridge.pydantic import Field
from llama_index.core.readers.base import BasePydanticReader
from llama_index.core.schema import Document

from zhipu_client import InvalidRequestError, Request, await_for, file_parser, wait_for
from zhipu_client.adapting import naming

from ._connection import ZhipuComponent
from ._documents import document, file_metadata, name_of, read_source

__all__ = ["ZhipuAIFileParserReader"]


class ZhipuAIFileParserReader(ZhipuComponent, BasePydanticReader):
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
    tool_type: Literal["lite", "expert", "prime", "prime-sync"] = Field(default="lite")
    interval: float = Field(default=1.0, gt=0, le=3600, description="Seconds between polls.")
    wait: float = Field(default=900.0, gt=0, le=604_800, description="Seconds to wait in all.")

    @classmethod
    def class_name(cls) -> str:
        """Return the name of this class in dicts."""
        return "ZhipuAIFileParserReader"

    def lazy_load_data(
        self,
        file: str | Path | bytes,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
        file_type: str | None = None,
    ) -> Iterator[Document]:
        """Read a document when the iterator is read.

        Args:
            file: A path; or bytes, then ``extra_info`` must have a ``file_name``.
            extra_info: Metadata for the document.
            fs: A file system of fsspec that the path is on.
            file_type: The format in upper case (``"DOCX"``), where the name does not show it.
        """
        info = file_metadata(file, extra_info)
        with naming(name_of(file, info)):
            given = self._given(read_source(file, fs, self._most), info, file_type)
            if self.tool_type == "prime-sync":
                reply = self._client.send(file_parser.create_sync(**given))
            else:
                task = self._client.send(self._request(given))
                reply = wait_for(self._client, self._plan(task))
        yield self._document(reply, info)

    async def alazy_load_data(
        self,
        file: str | Path | bytes,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
        file_type: str | None = None,
    ) -> Iterable[Document]:
        """Read a document asynchronously; the arguments of `lazy_load_data`."""
        return await self.aload_data(file, extra_info, fs, file_type)

    def load_data(
        self,
        file: str | Path | bytes,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
        file_type: str | None = None,
    ) -> list[Document]:
        """Read a document; the arguments of `lazy_load_data`."""
        return list(self.lazy_load_data(file, extra_info, fs, file_type))

    async def aload_data(
        self,
        file: str | Path | bytes,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
        file_type: str | None = None,
    ) -> list[Document]:
        """Read a document asynchronously; the arguments of `lazy_load_data`."""
        info = file_metadata(file, extra_info)
        with naming(name_of(file, info)):
            content = await asyncio.to_thread(read_source, file, fs, self._most)
            given = self._given(content, info, file_type)
            if self.tool_type == "prime-sync":
                reply = await self._aclient.send(file_parser.create_sync(**given))
            else:
                task = await self._aclient.send(self._request(given))
                reply = await await_for(self._aclient, self._plan(task))
        return [self._document(reply, info)]

    @property
    def _most(self) -> int:
        return file_parser.TOOLS[self.tool_type][1]

    def _given(self, content: bytes, info: dict[str, Any], file_type: str | None) -> dict[str, Any]:
        name = info.get("file_name")
        if not name:
            raise InvalidRequestError(
                'bytes need a file name with an extension: extra_info={"file_name": "a.docx"}',
                field="file_name",
            )
        return {"file": content, "filename": str(name), "file_type": file_type}

    def _request(self, given: dict[str, Any]) -> Request[file_parser.ParserTask]:
        # "prime-sync" never comes here.
        return file_parser.create(tool_type=self.tool_type, **given)  # type: ignore[arg-type]

    def _plan(self, task: file_parser.ParserTask) -> file_parser.Waiting:
        return file_parser.waiting(task, interval=self.interval, timeout=self.wait)

    def _document(self, reply: file_parser.ParserReply, info: dict[str, Any]) -> Document:
        return document(reply.content or "", info, {"task_id": reply.task_id})
