"""Make LangChain documents of the pages that were read. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.documents import Document

from zhipu_client.ocr import OCRPage, region_markdown, tables_as_markdown

__all__ = ["Mode", "Shape", "Tables", "image_urls"]

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
    """

    mode: Mode = "page"
    tables: Tables = "html"
    delimiter: str = "\n\n"
    boxes: bool = True

    def of_page(self, page: OCRPage, about: Mapping[str, Any]) -> Iterator[Document]:
        """Yield the documents of one page in the modes ``page`` and ``element``.

        Args:
            page: The page.
            about: Metadata of the whole document, such as ``source``.
        """
        common = {**about, **_page_metadata(page)}
        if self.mode == "page" or not page.regions:
            layout = {"boxes": _boxes(page)} if self.boxes and page.has_layout else {}
            images = {"images": found} if (found := _images(page)) else {}
            metadata = self._metadata({**common, **layout, **images}, about)
            yield Document(self._text(page.text), metadata=metadata)
            return
        for position, region in enumerate(page.regions):
            text = self._text(_element(region))
            if text.strip():
                place = {"bbox": _box(region)} if self.boxes else {}
                element = {"element_index": position, **_labels(region), **place}
                yield Document(text, metadata=self._metadata({**common, **element}, about))
                common.pop("token_usage", None)  # on one document only, so that sums are right

    def of_pages(self, pages: list[OCRPage], about: Mapping[str, Any]) -> Iterator[Document]:
        """Yield the one document of all pages in mode ``single``; nothing without pages.

        ``metadata["pages"]`` has for each page where its text begins (``start_index``).
        """
        if not pages:
            return
        text = ""
        details: list[dict[str, Any]] = []
        for page in pages:
            text += self.delimiter if details else ""
            details.append(
                {
                    "page": page.number - 1,
                    "start_index": len(text),
                    "page_width": page.width,
                    "page_height": page.height,
                    **({"boxes": _boxes(page)} if self.boxes and page.has_layout else {}),
                    **({"images": found} if (found := _images(page)) else {}),
                }
            )
            text += self._text(page.text)
        first = _page_metadata(pages[0])
        for name in ("page", "page_label", "page_width", "page_height", "request_id"):
            first.pop(name, None)
        usage = _sum([page.usage for page in pages if page.usage])
        requests = dict.fromkeys(page.request_id for page in pages if page.request_id)
        metadata = {**about, **first, "request_ids": list(requests), "pages": details}
        if usage:
            metadata["token_usage"] = usage
        yield Document(text, metadata=self._metadata(metadata, about))

    def _metadata(self, found: dict[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
        """Return metadata; without boxes it is flat: lists and dicts that are ours are JSON."""
        if self.boxes:
            return found
        return {
            name: json.dumps(value, ensure_ascii=False)
            if isinstance(value, (dict, list)) and value is not about.get(name)
            else value
            for name, value in found.items()
        }

    def _text(self, text: str) -> str:
        return tables_as_markdown(text) if self.tables == "markdown" else text


def _page_metadata(page: OCRPage) -> dict[str, Any]:
    """Return the metadata of a page by LangChain's names; ``page`` counts from 0."""
    found = {
        "total_pages": page.total_pages,
        "page": page.number - 1,
        "page_label": str(page.number),
        "page_width": page.width,
        "page_height": page.height,
        "model": page.model,
        "request_id": page.request_id,
        "layout_image": page.layout_image,
        "token_usage": page.usage,
        "has_layout": None if page.has_layout else False,
    }
    return {name: value for name, value in found.items() if value is not None}


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
