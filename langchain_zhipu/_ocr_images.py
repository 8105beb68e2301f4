"""The pictures that an answer points to: their addresses expire, so they can be kept as files."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from langchain_core.runnables import run_in_executor

from langchain_zhipu._ocr_documents import image_urls
from zhipu_client import AsyncClient, Client, ZhipuError, adownload, download
from zhipu_client.adapting import write_whole
from zhipu_client.ocr import OCRPage

__all__ = ["Pictures"]

_log = logging.getLogger(__name__)

_SUFFIXES: Mapping[str, str] = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
_MOST = 32 * 1024 * 1024


class Pictures:
    """Keeps the pictures of pages in a folder, and makes the pages point to the files.

    A picture that cannot be fetched or saved, or must not be fetched (see
    ``zhipu_client.download``), keeps its address, and a warning is logged: the text of the page,
    which is paid for, is there all the same.

    Args:
        folder: Where to; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def kept(self, client: Client, source: str, page: OCRPage) -> OCRPage:
        """The page, with files in the place of addresses."""
        if self._folder is None:
            return page
        files = {}
        for number, url in enumerate(image_urls(page)):
            try:
                found = download(client, url, kind="image/", max_bytes=_MOST)
                name = _name(source, page, number, found.mime_type)
                files[url] = _write(self._folder, name, found.content)
            except (ZhipuError, OSError) as error:
                _warn(page, error)
        return _pointed(page, files)

    async def akept(self, client: AsyncClient, source: str, page: OCRPage) -> OCRPage:
        """`kept` without blocking the event loop."""
        if self._folder is None:
            return page
        files = {}
        for number, url in enumerate(image_urls(page)):
            try:
                found = await adownload(client, url, kind="image/", max_bytes=_MOST)
                name = _name(source, page, number, found.mime_type)
                files[url] = await run_in_executor(None, _write, self._folder, name, found.content)
            except (ZhipuError, OSError) as error:
                _warn(page, error)
        return _pointed(page, files)


def _warn(page: OCRPage, error: Exception) -> None:
    _log.warning("a picture of page %d is not kept: %s", page.number, error)


def _name(source: str, page: OCRPage, number: int, mime_type: str | None) -> str:
    """Unique for each document, page and picture, and the same in each run."""
    digest = hashlib.sha256(source.encode(errors="surrogateescape")).hexdigest()[:12]
    return f"{digest}-{page.number:04}-{number}{_SUFFIXES.get(mime_type or '', '')}"


def _write(folder: Path, name: str, content: bytes) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    write_whole(path, content)
    return str(path)


def _pointed(page: OCRPage, files: Mapping[str, str]) -> OCRPage:
    if not files:
        return page
    text = page.text
    for url, path in files.items():
        text = text.replace(url, path)
    regions: list[dict[str, Any]] = [
        {**region, "content": files[region["content"]], "url": region["content"]}
        if region.get("content") in files
        else region
        for region in page.regions
    ]
    picture = files.get(page.layout_image or "", page.layout_image)
    return replace(page, text=text, regions=regions, layout_image=picture)
