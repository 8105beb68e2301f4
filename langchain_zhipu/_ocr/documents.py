"""Make LangChain documents of the pages that were read. Pure."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.documents import Document

from langchain_zhipu._ocr.sources import PATHS
from zhipu_client.adapting import document_id, flat, storable
from zhipu_client.ocr import OCRPage, region_markdown, tables_as_markdown

__all__ = ["Mode", "Shape", "Tables", "image_urls", "stable_id"]

Mode = Literal["page", "single", "element"]
Tables = Literal["html", "markdown"]

_PREFIXES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Shape:
    """How pages become documents.

    Attributes:
        mode: A document a page, one for all, or one an element.
        tables: What tables become: HTML, as the service sends them, or Markdown.
        delimiter: The text between pages in mode ``single``.
        boxes: Whether metadata has the place of each element on the page.
        keep_empty: Whether pages without text become documents.
        request_info: Whether metadata has ids and tokens of the requests, which differ at each
            load.
    """

    mode: Mode = "page"
    tables: Tables = "html"
    delimiter: str = "\n\n"
    boxes: bool = False
    keep_empty: bool = False
    request_info: bool = False

    def of_page(self, page: OCRPage, about: Mapping[str, Any]) -> Iterator[Document]:
        """Yield the documents of one page in the modes ``page`` and ``element``.

        Args:
            page: The page.
            about: Metadata of the whole document, such as ``source``.
        """
        common = _page_metadata(page)
        if self.request_info:
            common |= _request_metadata(page)
        if self.mode == "page" or not page.regions:
            if self._left_out(page):
                return
            shown = self.boxes and page.has_layout
            layout: dict[str, Any] = {"boxes": _boxes(page)} if shown else {}
            images = {"images": found} if (found := self._images(page)) else {}
            yield self._document(page.text, about, {**common, **layout, **images}, page.number)
            return
        for position, region in enumerate(page.regions):
            text = _element(region)
            if text.strip():
                place = {"bbox": _box(region)} if self.boxes else {}
                element = {"element_index": position, **_labels(region), **place}
                yield self._document(text, about, {**common, **element}, page.number, position)
                common.pop("token_usage", None)  # on one document only, so that sums are right

    def of_pages(self, pages: list[OCRPage], about: Mapping[str, Any]) -> Iterator[Document]:
        """Yield the one document of all pages in mode ``single``; nothing without pages.

        ``metadata["pages"]`` has for each page where its text begins (``start_index``).
        """
        kept = [page for page in pages if not self._left_out(page)]
        if not kept:
            return
        text = ""
        details: list[dict[str, Any]] = []
        for page in kept:
            text += self.delimiter if details else ""
            details.append(
                {
                    "page": page.number - 1,
                    "start_index": len(text),
                    "page_width": page.width,
                    "page_height": page.height,
                    **({"boxes": _boxes(page)} if self.boxes and page.has_layout else {}),
                    **({"images": found} if (found := self._images(page)) else {}),
                }
            )
            text += self._text(page.text)
        first = _page_metadata(kept[0])
        for name in ("page", "page_label", "page_width", "page_height", "empty"):
            first.pop(name, None)
        metadata = {**first, "pages": details}
        if self.request_info:
            metadata |= _requests_metadata(pages)
        yield self._document(text, about, metadata)

    def _left_out(self, page: OCRPage) -> bool:
        return page.empty and not self.keep_empty

    def _document(
        self,
        text: str,
        about: Mapping[str, Any],
        found: dict[str, Any],
        page: int | None = None,
        element: int | None = None,
    ) -> Document:
        """Return a document; without boxes its metadata is flat, but for the caller's own."""
        metadata = storable({**about, **(found if self.boxes else flat(found))}, but=PATHS)
        text = text if page is None else self._text(text)
        return Document(text, id=_id(about, page, element), metadata=metadata)

    def _images(self, page: OCRPage) -> list[dict[str, Any]]:
        """Return the images of a page; of a saved one the URL, which expires, is of the request."""
        return [
            {
                name: value
                for name, value in image.items()
                if name != "url" or self.request_info or "path" not in image
            }
            for image in _images(page)
        ]

    def _text(self, text: str) -> str:
        return tables_as_markdown(text) if self.tables == "markdown" else text


def _id(about: Mapping[str, Any], page: int | None, element: int | None) -> str | None:
    source = about.get("source")
    return None if source is None else stable_id(document_id(str(source), page, element))


def stable_id(name: str) -> str:
    """Return the id for a name, the same at each load: a UUID, as some stores want (Qdrant)."""
    # Bytes, as the name of a file may have characters that UTF-8 cannot carry.
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))


def _page_metadata(page: OCRPage) -> dict[str, Any]:
    """Return the metadata of a page by LangChain's names; ``page`` counts from 0."""
    found = {
        "total_pages": page.total_pages,
        "page": page.number - 1,
        "page_label": str(page.number),
        "page_width": page.width,
        "page_height": page.height,
        "model": page.model,
        "layout_image": page.layout_image,
        "has_layout": None if page.has_layout else False,
        "empty": page.empty or None,
        "error": None if page.error is None else str(page.error),
    }
    return {name: value for name, value in found.items() if value is not None}


def _request_metadata(page: OCRPage) -> dict[str, Any]:
    found = {"request_id": page.request_id, "token_usage": page.usage}
    return {name: value for name, value in found.items() if value is not None}


def _requests_metadata(pages: list[OCRPage]) -> dict[str, Any]:
    requests = dict.fromkeys(page.request_id for page in pages if page.request_id)
    usage = _sum([page.usage for page in pages if page.usage])
    return {"request_ids": list(requests), **({"token_usage": usage} if usage else {})}


def _labels(region: Mapping[str, Any]) -> dict[str, str]:
    """Return ``label`` (``doc_title``) and the coarser ``category`` (``text``), if present."""
    category = region.get("label")
    label = region.get("native_label") or category
    found = {"label": label, "category": category}
    return {name: str(value) for name, value in found.items() if value}


def _box(region: Mapping[str, Any]) -> list[float] | None:
    box = region.get("bbox_2d")
    return list(box) if isinstance(box, (list, tuple)) else None


def _boxes(page: OCRPage) -> list[dict[str, Any]]:
    return [{**_labels(region), "bbox": _box(region)} for region in page.regions]


def _element(region: Mapping[str, Any]) -> str:
    """Return a region as Markdown; an image saved to a file becomes a link to it."""
    return f"![]({region['content']})" if "url" in region else region_markdown(region)


def _images(page: OCRPage) -> list[dict[str, Any]]:
    """Return the images that a page links to: ``bbox``, ``url``, and ``path`` when saved."""
    found = []
    for region in page.regions:
        content = str(region.get("content") or "")
        if "url" in region:
            found.append({"bbox": _box(region), "url": region["url"], "path": content})
        elif region.get("label") == "image" and content.startswith(_PREFIXES):
            found.append({"bbox": _box(region), "url": content})
    return found


def _sum(usages: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {}
    for usage in usages:
        for name, value in usage.items():
            if isinstance(value, Mapping):
                total[name] = _sum([total.get(name, {}), value])
            elif isinstance(value, (int, float)):
                total[name] = total.get(name, 0) + value
    return total


def image_urls(page: OCRPage) -> list[str]:
    """Return the URLs of all images that a page links to, its layout image last."""
    found = [image["url"] for image in _images(page)]
    return list(dict.fromkeys([*found, *filter(None, [page.layout_image])]))
