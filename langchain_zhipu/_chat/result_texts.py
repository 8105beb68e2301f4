"""Media in a tool's result that LangChain has written as JSON text.

It keeps a tool's blocks only where all of them are of some kinds. A list with sound or video in it,
and a block that is not in a list, it makes a text, with the bytes in base64: no model reads that,
and it fills the context.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from langchain_zhipu._chat.media import result_part

__all__ = ["blocks_in"]

#: One of these is in the JSON of a medium with its bytes.
_SIGNS = ('"base64"', '"input_audio"', ";base64,")


def blocks_in(content: Any) -> list[Any] | None:
    """Return the blocks that a text is the JSON of; None unless one has the bytes of a medium.

    Examples:
        >>> blocks_in('[{"type": "audio", "base64": "UklGRg==", "mime_type": "audio/wav"}]')
        [{'type': 'audio', 'base64': 'UklGRg==', 'mime_type': 'audio/wav'}]
        >>> blocks_in('{"type": "audio", "title": "Waves"}') is None
        True
    """
    if not isinstance(content, str) or content.lstrip()[:1] not in {"[", "{"}:
        return None
    if not any(sign in content for sign in _SIGNS):
        return None
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    blocks = value if isinstance(value, list) else [value]
    return blocks if any(map(_has_bytes, blocks)) else None


def _has_bytes(block: Any) -> bool:
    if not isinstance(block, Mapping):
        return False
    part = result_part(block, "content")
    if part is None or part["type"] == "text":
        return False
    medium = part.get(part["type"])
    if not isinstance(medium, Mapping):
        return False
    return "data" in medium or str(medium.get("url") or "").startswith("data:")
