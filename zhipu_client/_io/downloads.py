"""Fetches what the service's answers point to: images, videos, parsed files. Nothing else."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self

from zhipu_client._check import booleans
from zhipu_client._download_rules import (
    MAX_REDIRECTS,
    Downloaded,
    DownloadError,
    Gathering,
    Target,
    target,
)
from zhipu_client._io.kept_files import KeptFile
from zhipu_client._io.pools import _tls_context as tls_context
from zhipu_client._io.pools import with_deadlines
from zhipu_client._io.proxies import pool_key

if TYPE_CHECKING:
    import httpx

__all__ = ["adownload", "download"]

MiB = 1024 * 1024


class _Based(Protocol):
    @property
    def base_url(self) -> str: ...


def download(
    client: _Based,
    url: str,
    *,
    kind: str | None = None,
    to: str | Path | None = None,
    max_bytes: int = 64 * MiB,
    timeout: float = 300.0,
    allow_loopback: bool = False,
) -> Downloaded:
    """Fetch a file that an answer of the service points to.

    Only https, only hosts at public addresses, which are checked and then connected to, no
    redirect to another host, nothing larger than ``max_bytes``, nothing of another type. The
    origin of the client's own base URL is trusted as it is. No key is sent.

    Args:
        client: The client whose answer it was.
        url: The address, as it is in the answer.
        kind: What it must be by its first bytes: ``"image/"``, ``"video/"``, ``"audio/"`` or a
            full type; None for anything.
        to: A file to write; it appears only when all is there.
        max_bytes: The most bytes.
        timeout: Seconds for the whole.
        allow_loopback: Take addresses of this machine, and plain http, too.

    Raises:
        DownloadError: Refused, failed, too large, or of another type.
        OSError: ``to`` cannot be written.

    Example:
        ```python
        from zhipu_client import Client, download, images

        client = Client()
        reply = client.send(images.create(prompt="a red kite"))
        download(client, reply.urls[0], kind="image/", to="kite.png")
        ```
    """
    booleans(allow_loopback=allow_loopback)
    kept = KeptFile.of(client, url, to)
    found = kept.find()
    if found is None:
        found = _fetch(client, url, kind, to, max_bytes, timeout, allow_loopback)
        kept.keep(found)
    return found


def _fetch(
    client: _Based,
    url: str,
    kind: str | None,
    to: str | Path | None,
    max_bytes: int,
    timeout: float,
    allow_loopback: bool,
) -> Downloaded:
    from zhipu_client._io.clock import SystemClock
    from zhipu_client._io.deadlines import deadline
    from zhipu_client._io.trace import Deadline

    where = target(url, client.base_url, allow_loopback=allow_loopback)
    until = time.monotonic() + timeout
    with _http(where) as http, deadline(Deadline(SystemClock(), "whole", timeout)):
        for _ in range(MAX_REDIRECTS + 1):
            pinned, headers, extensions = where.pinned(_resolve(where))
            with _translated(where):
                request = http.build_request(
                    "GET",
                    pinned,
                    headers=headers,
                    extensions=extensions,
                    timeout=min(timeout, 60.0),
                )
                response = http.send(request, stream=True, follow_redirects=False)
            try:
                if response.is_redirect:
                    where = where.redirect(response.headers.get("location"))
                    continue
                gathering = Gathering(where, kind, max_bytes)
                gathering.start(response.status_code, response.headers)
                with _Sink(to) as sink, _translated(where):
                    for piece in response.iter_raw():
                        if sink.write(gathering.add(piece)):
                            sink.flush()
                        if time.monotonic() > until:
                            raise _too_slow(where)
                    sink.write(gathering.finish())
                    return sink.done(gathering, url)
            finally:
                response.close()
    raise DownloadError("refused, it redirects again and again", url=url)


async def adownload(
    client: _Based,
    url: str,
    *,
    kind: str | None = None,
    to: str | Path | None = None,
    max_bytes: int = 64 * MiB,
    timeout: float = 300.0,
    allow_loopback: bool = False,
) -> Downloaded:
    """Do as `download` does, without blocking the event loop.

    Args, limits and errors are those of `download`.

    Example:
        ```python
        import asyncio

        from zhipu_client import AsyncClient, adownload, images

        async def main():
            client = AsyncClient()
            reply = await client.send(images.create(prompt="a red kite"))
            await adownload(client, reply.urls[0], kind="image/", to="kite.png")

        asyncio.run(main())
        ```
    """
    booleans(allow_loopback=allow_loopback)
    import anyio
    from anyio import to_thread

    kept = KeptFile.of(client, url, to)
    found = await to_thread.run_sync(kept.find) if kept else None
    if found is not None:
        return found
    where = target(url, client.base_url, allow_loopback=allow_loopback)
    try:
        with anyio.fail_after(timeout):
            found = await _afetch(where, url, kind, to, max_bytes)
    except TimeoutError:
        raise _too_slow(where) from None
    if kept:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(kept.keep, found)
    return found


async def _afetch(
    where: Target, url: str, kind: str | None, to: str | Path | None, max_bytes: int
) -> Downloaded:
    import httpx
    from anyio import to_thread

    context = await to_thread.run_sync(tls_context)
    # Whether a proxy applies depends on the name: httpx would look for the address in NO_PROXY.
    proxy = pool_key(where.url, None).proxy
    async with httpx.AsyncClient(
        verify=context, timeout=60.0, proxy=proxy, trust_env=False
    ) as http:
        for _ in range(MAX_REDIRECTS + 1):
            addresses = await to_thread.run_sync(_resolve, where)
            pinned, headers, extensions = where.pinned(addresses)
            with _translated(where):
                request = http.build_request("GET", pinned, headers=headers, extensions=extensions)
                response = await http.send(request, stream=True, follow_redirects=False)
            try:
                if response.is_redirect:
                    where = where.redirect(response.headers.get("location"))
                    continue
                gathering = Gathering(where, kind, max_bytes)
                gathering.start(response.status_code, response.headers)
                with _translated(where):
                    async with _asink(to) as sink:
                        async for piece in response.aiter_raw():
                            if sink.write(gathering.add(piece)):
                                await to_thread.run_sync(sink.flush)
                        sink.write(gathering.finish())
                        return await to_thread.run_sync(sink.done, gathering, url)
            finally:
                await response.aclose()
    raise DownloadError("refused, it redirects again and again", url=url)


def _http(where: Target) -> httpx.Client:
    """Return a new HTTP client; `deadline` bounds its waits."""
    import httpcore
    import httpx

    from zhipu_client._io.deadlines import DeadlineBackend

    context = tls_context()
    proxy = pool_key(where.url, None).proxy
    if proxy is not None:
        return with_deadlines(httpx.Client(verify=context, proxy=proxy, trust_env=False))
    transport = httpx.HTTPTransport(verify=context, trust_env=False)
    transport._pool = httpcore.ConnectionPool(
        ssl_context=context, network_backend=DeadlineBackend()
    )
    return httpx.Client(transport=transport, trust_env=False)


def _resolve(where: Target) -> list[str]:
    if where.trusted:
        return []
    try:
        found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def _too_slow(where: Target) -> DownloadError:
    return DownloadError("the download took too long", url=where.url, retryable=True)


@contextmanager
def _translated(where: Target) -> Iterator[None]:
    import httpx

    try:
        yield
    except httpx.TimeoutException as error:
        raise _too_slow(where) from error
    except httpx.InvalidURL as error:
        raise DownloadError("refused, it is not an address", url=where.url) from error
    except httpx.HTTPError as error:
        raise DownloadError(
            f"the download failed ({type(error).__name__})", url=where.url, retryable=True
        ) from error


class _Sink:
    """The target of the bytes: memory, or a file that appears when all are there.

    Only `open`, `flush`, `done` and `close` touch the disk.
    """

    def __init__(self, to: str | Path | None) -> None:
        self._to = None if to is None else Path(to)
        self._parts: list[bytes] = []
        self._waiting = 0
        self._file: BinaryIO | None = None
        self._name = ""

    def open(self) -> Self:
        """Open the file, under a name that nobody looks for."""
        if self._to is not None:
            # Not by `tempfile`, whose files nobody else may read, also when they are renamed.
            self._name = str(self._to.with_name(f".download-{secrets.token_hex(8)}"))
            self._file = open(self._name, "xb")  # noqa: PTH123, SIM115 - see `close`
        return self

    def close(self) -> None:
        """Close the file; what is not whole is removed."""
        if self._file is not None:
            self._file.close()
            Path(self._name).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, piece: bytes) -> bool:
        """Take more bytes; return whether it is time to `flush`."""
        self._parts.append(piece)
        self._waiting += len(piece)
        return self._file is not None and self._waiting >= MiB

    def flush(self) -> None:
        """Put what was taken into the file."""
        if self._file is not None:
            self._file.write(b"".join(self._parts))
            self._parts, self._waiting = [], 0

    def done(self, gathering: Gathering, url: str) -> Downloaded:
        """Return what came, whole now; a file gets its name."""
        self.flush()
        if self._file is not None and self._to is not None:
            self._file.close()
            Path(self._name).replace(self._to)
        content = b"".join(self._parts)
        return Downloaded(content, gathering.mime_type, url, gathering.size)


@asynccontextmanager
async def _asink(to: str | Path | None) -> AsyncGenerator[_Sink]:
    """Open a sink, and close it, in a thread."""
    import anyio
    from anyio import to_thread

    sink = _Sink(to)
    try:
        yield await to_thread.run_sync(sink.open)
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(sink.close)
