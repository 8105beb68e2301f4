"""What the emulator may fetch: its own little web, what the options add, the loopback interface."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from zhipu_emulator.http.state import State

__all__ = ["UnreachableError", "fetch"]

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SECONDS = 20.0


class UnreachableError(Exception):
    """The address leads nowhere that the emulator may go."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """A redirect could lead off the loopback interface."""


# No proxies either: nothing here may leave the machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())


async def fetch(state: State, url: str, limit: int) -> bytes:
    """The bytes behind ``url``.

    Args:
        state: The server's; ``Options.web`` comes first.
        url: http or https.
        limit: Read no more than this many bytes, plus one that shows that there are more.

    Raises:
        UnreachableError: It is none of ours, or does not answer.
    """
    known = state.options.web.get(url)
    if known is not None:
        return known[: limit + 1]
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.hostname not in _LOOPBACK:
        raise UnreachableError(url)
    return await asyncio.to_thread(_read, url, limit)


def _read(url: str, limit: int) -> bytes:
    try:
        with _OPENER.open(url, timeout=_SECONDS) as answer:
            content: bytes = answer.read(limit + 1)
            return content
    except (OSError, ValueError) as error:
        raise UnreachableError(url) from error
