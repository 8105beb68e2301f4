"""Pictures, videos and other things that answers link to, at addresses that expire."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from starlette.requests import Request

    from zhipu_emulator.http.state import State

__all__ = ["DAY", "DeniedError", "Medium", "find", "publish"]

DAY = 24 * 3600


class DeniedError(Exception):
    """A link that leads nowhere; ``status`` is the HTTP status to answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)  # both, or it cannot be unpickled
        self.status = status
        self.message = message

    def __str__(self) -> str:
        return self.message


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
    query = urlencode({"Expires": expires, "Signature": _signature(name, expires)})
    return f"{base.rstrip('/')}/files/{quote(name)}?{query}"


def find(state: State, name: str, query: Mapping[str, str]) -> Medium:
    """Return what a link leads to.

    Args:
        state: The server's.
        name: The link's path below ``/files/``.
        query: The link's query.

    Raises:
        DeniedError: There is nothing of that name, or the link has expired or was changed.
    """
    medium: Medium | None = state.store("media").get(name)
    if medium is None:
        raise DeniedError(404, "The specified key does not exist.")
    if query.get("Signature") != _signature(name, medium.expires):
        raise DeniedError(403, "The signature does not match.")
    if query.get("Expires") != str(medium.expires) or state.now() > medium.expires:
        raise DeniedError(403, "Request has expired.")
    return medium


def _signature(name: str, expires: int) -> str:
    return hashlib.sha256(f"{name}:{expires}".encode()).hexdigest()[:27]
