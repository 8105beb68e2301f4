"""What the emulator reads for those who ask: what the options have, what it made itself."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from zhipu_emulator.content.published import DeniedError, find

if TYPE_CHECKING:
    from zhipu_emulator.http.state import State

__all__ = ["UnreachableError", "fetch", "is_loopback"]

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SECONDS = 20.0


class UnreachableError(Exception):
    """The address leads nowhere that the emulator may go."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """A redirect could lead off the loopback interface."""


# No proxies either: nothing here may leave the machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())


async def fetch(state: State, url: str, limit: int, *, own: str) -> bytes:
    """The bytes behind ``url``.

    Args:
        state: The server's; ``Options.web`` comes first, then what the server itself made.
        url: http or https.
        limit: Read no more than this many bytes, plus one that shows that there are more.
        own: The server's own address, as the request has it.

    Raises:
        UnreachableError: It may not be fetched, or does not answer.
    """
    known = state.options.web.get(url)
    if known is not None:
        return known[: limit + 1]
    try:
        parts = urlsplit(url)
    except ValueError as error:  # half an address in brackets, say
        raise UnreachableError(url) from error
    base = f"{(state.options.media_base or own).rstrip('/')}/files/"
    if url.startswith(base):
        name = unquote(parts.path.removeprefix(urlsplit(base).path))
        try:
            medium = find(state, name, dict(parse_qsl(parts.query)))
        except DeniedError as error:
            raise UnreachableError(url) from error
        return (await asyncio.to_thread(medium.make))[: limit + 1]
    if parts.scheme not in ("http", "https") or not is_loopback(state, url):
        raise UnreachableError(url)
    return await asyncio.to_thread(_read, url, limit)


def is_loopback(state: State, url: str) -> bool:
    """Whether an address is on this machine, and may be asked.

    Nobody but the owner of this machine may have things on it read.
    """
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return state.options.fetch_loopback and host in _LOOPBACK


def _read(url: str, limit: int) -> bytes:
    try:
        with _OPENER.open(url, timeout=_SECONDS) as answer:
            content: bytes = answer.read(limit + 1)
            return content
    except (OSError, ValueError) as error:
        raise UnreachableError(url) from error
