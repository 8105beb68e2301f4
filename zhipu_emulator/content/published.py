"""Pictures, videos and other things that answers link to, at addresses that expire."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from starlette.requests import Request

    from zhipu_emulator.http.state import State

__all__ = ["DAY", "Medium", "publish", "signature"]

DAY = 24 * 3600


@dataclass(frozen=True)
class Medium:
    """Something to fetch; ``make`` is called at each fetch, so that nothing large is kept."""

    make: Callable[[], bytes]
    content_type: str
    expires: int


def publish(
    request: Request,
    state: State,
    name: str,
    make: Callable[[], bytes],
    content_type: str,
    *,
    lifetime: int = DAY,
) -> str:
    """Make something fetchable.

    Args:
        request: The request that is answered: its address is the one that the link points to.
        state: The server's.
        name: Last part of the path, unique.
        make: Gives the bytes.
        content_type: Media type.
        lifetime: Seconds until the link expires.

    Returns:
        The link; it points to ``Options.media_base`` when that is set.
    """
    expires = state.now() + lifetime
    state.store("media")[name] = Medium(make, content_type, expires)
    base = state.options.media_base or str(request.base_url)
    query = urlencode({"Expires": expires, "Signature": signature(name, expires)})
    return f"{base.rstrip('/')}/files/{quote(name)}?{query}"


def signature(name: str, expires: int) -> str:
    """Return what shows that a link was not changed."""
    return hashlib.sha256(f"{name}:{expires}".encode()).hexdigest()[:27]
