"""Save the images that an answer links to, since their URLs expire."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from langchain_core.runnables import run_in_executor

from langchain_zhipu._ocr.documents import image_urls
from zhipu_client import AsyncClient, Client, ZhipuError, adownload, download
from zhipu_client.adapting import write_whole
from zhipu_client.ocr import OCRPage

__all__ = ["ImageSaver"]

_log = logging.getLogger(__name__)

_SUFFIXES: Mapping[str, str] = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
_MOST = 32 * 1024 * 1024


class ImageSaver:
    """Saves the images of pages to a folder, and makes the pages link to the files.

    An image that cannot be fetched or saved, or must not be fetched (see
    ``zhipu_client.download``), keeps its URL, and a warning is logged: the text of the page is
    paid for, and is not lost.

    Args:
        folder: The folder; None saves nothing.
    """

    def __init__(self, folder: str | Path | None) -> None:
        self._folder = None if folder is None else Path(folder)

    def save(self, client: Client, source: str, page: OCRPage) -> OCRPage:
        """Return the page, with files in place of URLs."""
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

    async def asave(self, client: AsyncClient, source: str, page: OCRPage) -> OCRPage:
        """`save` without blocking the event loop."""
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
    _log.warning("an image of page %d was not saved: %s", page.number, error)


def _name(source: str, page: OCRPage, number: int, mime_type: str | None) -> str:
    """Return a name unique for each document, page and image, and the same in each run."""
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
    image = files.get(page.layout_image or "", page.layout_image)
    return replace(page, text=text, regions=regions, layout_image=image)
