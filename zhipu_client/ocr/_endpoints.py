"""Which endpoint reads a document: the layout service, or a vision chat server. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from zhipu_client import _check
from zhipu_client.dialects import DialectName
from zhipu_client.errors import InvalidRequestError
from zhipu_client.ocr._chat import TASKS

__all__ = ["NOT_FOUND", "Endpoint", "check_endpoint", "endpoint_of"]

Endpoint = Literal["layout", "chat"]

#: Dialect of the server -> the endpoint, where the caller names none. The service has one that
#: finds the layout; every other server has the model alone, behind its chat.
_BY_DIALECT: Mapping[DialectName, Endpoint] = {"zhipu": "layout", "openai": "chat"}
#: What to do where the layout endpoint was tried and is not there, by dialect.
NOT_FOUND: Mapping[DialectName, str] = {
    "openai": (
        "A server without a path is asked for layouts: vLLM, SGLang and Ollama, which read pages "
        'by chat, need theirs (base_url="http://…:8000/v1")'
    )
}
#: What only one of the two can do -> why the other cannot.
_ONLY: Mapping[str, tuple[Endpoint, str]] = {
    "task": ("chat", "the layout service finds out by itself what is text, table or formula"),
    "prompt": ("chat", "the layout service takes no prompt"),
    "max_tokens": ("chat", "the layout service has no such limit"),
    "dpi": ("chat", "the layout service takes PDFs as they are"),
    "max_pixels": ("chat", "the layout service takes images as they are"),
    "mode": ("layout", "a chat server reports the text of a page, and no elements"),
    "crops": ("layout", "a chat server reports text, and no images"),
    "layout_images": ("layout", "a chat server reports text, and no layout"),
    "return_crop_images": ("layout", "a chat server reports text, and no images"),
    "need_layout_visualization": ("layout", "a chat server reports text, and no layout"),
}


def endpoint_of(
    dialect: DialectName, endpoint: Endpoint | None = None, base_url: str | None = None
) -> Endpoint:
    """Return which endpoint reads documents.

    Args:
        dialect: What the server speaks, see `zhipu_client.dialects`.
        endpoint: The caller's own choice; None decides by the dialect.
        base_url: Where the server is, if known. A chat server has a path (``/v1``); one without is
            a relay or a stand-in of the service.

    Raises:
        InvalidRequestError: There is no endpoint of that name.

    Examples:
        >>> endpoint_of("zhipu"), endpoint_of("openai"), endpoint_of("openai", "layout")
        ('layout', 'chat', 'layout')
    """
    _check.choice("endpoint", endpoint, get_args(Endpoint))
    if endpoint is None and base_url is not None and not urlsplit(base_url).path.strip("/"):
        return "layout"
    return endpoint or _BY_DIALECT[dialect]


def check_endpoint(
    dialect: DialectName,
    endpoint: Endpoint | None = None,
    base_url: str | None = None,
    **options: Any,
) -> None:
    """Raise where an option is one that the endpoint does not have.

    Args:
        dialect: What the server speaks.
        endpoint: The caller's own choice; None decides by the dialect.
        base_url: Where the server is, see `endpoint_of`.
        **options: Options by name, those of adapters too; what is None or False was not asked for.

    Raises:
        InvalidRequestError: The option, what it needs, and why.

    Examples:
        >>> check_endpoint("openai", crops=True)
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: crops needs endpoint='layout': ...
    """
    found = endpoint_of(dialect, endpoint, base_url)
    _check.choice("task", options.get("task"), tuple(TASKS))
    _check.within("max_tokens", options.get("max_tokens"), 1, 10_000_000, whole=True)
    _check.within("dpi", options.get("dpi"), 36, 1200, whole=True)
    _check.within("max_pixels", options.get("max_pixels"), 10_000, 200_000_000, whole=True)
    for name, value in options.items():
        needs, why = _ONLY.get(name, (found, ""))
        if value in (None, False) or needs == found:
            continue
        raise InvalidRequestError(
            f"{name} needs endpoint={needs!r}: {why}", field=name, value=value
        )
