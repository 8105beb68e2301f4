"""What may be fetched from the addresses in the service's answers, and how it is checked. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from zhipu_client._numbers import whole_number
from zhipu_client.errors import ServerError, ZhipuError
from zhipu_client.errors._root import shorten
from zhipu_client.work._job import attach

__all__ = [
    "DownloadError",
    "Downloaded",
    "Gathering",
    "Target",
    "first_url",
    "sniff",
    "target",
]

MAX_REDIRECTS = 3
_PORTS = {"https": 443, "http": 80}
_LOCAL = ("localhost", "127.0.0.1", "::1")

#: The beginning of a file -> its type. (offset, bytes, type)
_MARKS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    # Without a tag; the lower rates, with and without a checksum, begin with the last two.
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xfa", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
)
HEAD = 16


class DownloadError(ZhipuError):
    """A file that the service pointed to was not fetched: refused by us, missing, or too large.

    Attributes:
        url: Its address, without the query (which has a signature).
        retryable: True when trying again may help.
        partial: What there is without the file, where an adapter fetched it; else None.

    Example:
        ```python
        try:
            download(client, url, to="kite.png")
        except DownloadError as error:
            print(error.url, error.retryable)
        ```
    """

    def __init__(self, message: str, *, url: str, retryable: bool = False) -> None:
        self.url = url.partition("?")[0]
        self.retryable = retryable
        self.partial: Any = None
        super().__init__(f"{message}: {shorten(self.url)}")


def first_url(reply: Any, what: str, task_id: str | None = None) -> str:
    """Return the first address in a reply with ``urls``.

    Args:
        reply: An `ImageReply` or a `TaskResult`.
        what: What is at the address: ``"image"``.
        task_id: The task that made it, if one did.

    Raises:
        ServerError: The reply contains no address; the error has its ``body`` and the ``task_id``.

    Examples:
        >>> from zhipu_client import images
        >>> from zhipu_client.adapting import first_url
        >>> reply = images.ImageReply(data=[{"url": "https://cdn.example.com/kite.png"}])
        >>> first_url(reply, "image")
        'https://cdn.example.com/kite.png'
    """
    urls = reply.urls
    if not urls:
        error = ServerError(f"the answer contains no {what}", body=reply.model_dump())
        raise attach(error, task_id=task_id)
    return str(urls[0])


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that was fetched.

    Attributes:
        content: Its bytes; empty when it went into a file.
        mime_type: Its type by its first bytes (``image/png``).
        url: Where it came from.
        size: How many bytes it has.

    Example:
        ```python
        kite = download(client, reply.urls[0], kind="image/")
        print(kite.mime_type, kite.size, len(kite.content))
        ```
    """

    content: bytes = field(repr=False)
    mime_type: str
    url: str
    size: int


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be fetched, once its host is resolved to public addresses.

    Attributes:
        url: The address.
        host: Its host.
        port: Its port.
        trusted: Its origin is the API's own, which the caller chose: taken as it is.
    """

    url: str
    host: str
    port: int
    trusted: bool

    def pinned(self, addresses: Sequence[str]) -> tuple[str, dict[str, str], dict[str, Any]]:
        """Return URL, headers and httpx extensions for a request to just the checked address.

        Raises:
            DownloadError: An address is not public, or is missing.
        """
        headers = {"accept": "*/*", "accept-encoding": "identity"}
        if self.trusted:
            return self.url, headers, {}
        bad = [address for address in addresses if not _public(address)]
        if bad or not addresses:
            why = f"its host is at {bad[0]}, which is not public" if bad else "its host is unknown"
            raise DownloadError(f"refused, {why}", url=self.url, retryable=not bad)
        address = addresses[0]
        parts = urlsplit(self.url)
        literal = f"[{address}]" if ":" in address else address
        url = parts._replace(netloc=f"{literal}:{self.port}").geturl()
        # The certificate is checked for the name, the connection goes to the address.
        return url, headers | {"host": parts.netloc}, {"sni_hostname": self.host}

    def redirect(self, location: str | None) -> Target:
        """Return where a redirect leads: within the same origin only."""
        try:
            url = urljoin(self.url, location or "")
            parts = urlsplit(url)
            here = _origin(parts) == _origin(urlsplit(self.url)) and "@" not in parts.netloc
        except ValueError:
            here = False
        if not location or not here:
            raise DownloadError("refused, it redirects to another place", url=self.url)
        return Target(url, self.host, self.port, self.trusted)


def target(url: str, base_url: str | None, *, allow_loopback: bool = False) -> Target:
    """Decide whether an address may be fetched at all.

    Args:
        url: The address, from an answer of the service.
        base_url: The API's base URL, whose own origin is trusted.
        allow_loopback: Take this machine's own addresses, and plain http to them, too.

    Raises:
        DownloadError: No https, a user name in it, or no host.
    """
    if not isinstance(url, str):
        raise DownloadError("refused, it is not an address", url=str(url))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise DownloadError("refused, it is not an address", url=url) from None
    local = allow_loopback and host in _LOCAL
    trusted = local or (base_url is not None and _origin(parts) == _origin(urlsplit(base_url)))
    if parts.username is not None or parts.password is not None:
        raise DownloadError("refused, it contains a user name", url=f"{parts.scheme}://{host}")
    if not host or parts.scheme not in (("https", "http") if trusted else ("https",)):
        raise DownloadError("refused, it is not an https address", url=url)
    return Target(url, host, port, trusted)


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _public(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        # Addresses that carry another inside lead where that one leads.
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found.teredo is not None:
            inner = found.teredo[1]
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return _public(str(inner))
        if found not in _UNICAST:
            return False  # old ways to write an IPv4 or a site's own address, and what is reserved
    return found.is_global and not found.is_multicast


#: All that is routed between sites: https://www.iana.org/assignments/ipv6-address-space
_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def sniff(head: bytes) -> str:
    """Return the type of a file by its first 16 bytes; ``application/octet-stream`` if unknown.

    Examples:
        >>> sniff(b"GIF89a..........")
        'image/gif'
    """
    for at, mark, kind in _MARKS:
        if head.startswith(mark, at):
            return kind
    return "application/octet-stream"


class Gathering:
    """Checks a file while it comes: its status, its size, its type."""

    def __init__(self, where: Target, kind: str | None, max_bytes: int) -> None:
        self._where = where
        self._kind = kind
        self._most = max_bytes
        self._head = b""
        self.size = 0
        self.mime_type = ""

    def start(self, status: int, headers: Mapping[str, str]) -> None:
        """Check the answer's status and headers.

        Raises:
            DownloadError: It failed, is encoded, or says that it is too large.
        """
        if status != 200:
            retryable = status in (408, 429) or status >= 500
            message = f"the download answered HTTP {status}"
            raise DownloadError(message, url=self._where.url, retryable=retryable)
        if headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            raise DownloadError("refused, it is compressed", url=self._where.url)
        length = headers.get("content-length", "")
        if length.strip().isdecimal() and whole_number(length, most=self._most) is None:
            raise self._too_large()

    def add(self, piece: bytes) -> bytes:
        """Check the next piece; return what may be kept by now (the head is kept back)."""
        self.size += len(piece)
        if self.size > self._most:
            raise self._too_large()
        if self.mime_type:
            return piece
        self._head += piece
        return self._decide() if len(self._head) >= HEAD else b""

    def finish(self) -> bytes:
        """Return what was kept back, at the end of the file."""
        if self.size == 0:
            raise DownloadError("the download is empty", url=self._where.url, retryable=True)
        return b"" if self.mime_type else self._decide()

    def _decide(self) -> bytes:
        kind = sniff(self._head)
        if self._kind is not None and not kind.startswith(self._kind):
            raise DownloadError(f"refused, it is {kind}, not {self._kind}", url=self._where.url)
        self.mime_type = kind
        head, self._head = self._head, b""
        return head

    def _too_large(self) -> DownloadError:
        most = f"{self._most / 2**20:g} MiB"
        return DownloadError(f"refused, it has more than {most}", url=self._where.url)
