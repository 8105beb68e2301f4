"""Results of tools without what LangChain's own code fails at, before a model is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_zhipu._chat.media import result_part

__all__ = ["readable_result"]

_INLINE = ("data", "mime_type")
#: The blocks of LangChain 0.3 -> their sources -> what each of them needs.
_OF_V0: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "image": {"url": ("url",), "base64": _INLINE, "id": ("id",)},
    "audio": {"url": ("url",), "base64": _INLINE, "id": ("id",)},
    "file": {"url": ("url",), "base64": _INLINE, "id": ("id",), "text": ("url",)},
}


def readable_result(content: Any) -> Any:
    """Return a tool's content in which LangChain reads every block.

    It raises for a block whose type is not a string, for an image in base64 without a MIME type,
    and for one with a ``source_type`` but without its source. The thread would be lost.

    Args:
        content: Of a ``ToolMessage``. It is not changed; it is returned where nothing had to be.

    Examples:
        >>> readable_result([{"type": "file", "source_type": "url", "name": "a"}])
        [{'type': 'text', 'text': '{"type": "file", "source_type": "url", "name": "a"}'}]
    """
    if not isinstance(content, list) or not any(map(_fails, content)):
        return content
    return [result_part(block, "content") if _fails(block) else block for block in content]


def _fails(block: Any) -> bool:
    if not isinstance(block, Mapping) or "type" not in block:
        return False
    kind = block["type"]
    if not isinstance(kind, str):
        return kind is not None
    source = block.get("source_type")
    if kind in _OF_V0 and isinstance(source, str) and source in _OF_V0[kind]:
        needed = _OF_V0[kind][source]
        return not all(block.get(key) and isinstance(block[key], str) for key in needed)
    return kind == "image" and "base64" in block and not isinstance(block.get("mime_type"), str)
