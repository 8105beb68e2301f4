"""Requests as values: what an endpoint function returns and a client sends.

An endpoint module knows what goes on the wire and how to read the answer; it does no I/O. The two
clients know how to send any of these values and know no endpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, Protocol, TypeVar

from zhipu_client._half_characters import whole_text
from zhipu_client.dialects import Dialect
from zhipu_client.errors import APIError, ZhipuError

__all__ = [
    "AsyncSender",
    "Conversing",
    "Items",
    "Kind",
    "Refused",
    "Reply",
    "Request",
    "Sender",
    "StreamReader",
    "StreamRequest",
    "Upload",
    "as_sent",
]

T = TypeVar("T")
E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)
A_co = TypeVar("A_co", covariant=True)

#: What may be done again. ``"read"``: anything may be retried. ``"generate"``: costs tokens, but a
#: second attempt is what the caller wants. ``"paid"``: a creation billed once accepted (image,
#: video, batch, voice); retried only when nothing was sent, or on 429 / 503.
Kind = Literal["read", "generate", "paid"]
#: Is given a request's JSON body and what it failed with, and adds to the error's text.
Explain = Callable[[Mapping[str, Any], ZhipuError], None]


@dataclass(frozen=True, slots=True)
class Upload:
    """One file part of a multipart body.

    Attributes:
        name: The form field, usually ``"file"``.
        filename: The name that the service sees.
        content: The bytes. (Kept in memory, so that a retry can send them again.)
        content_type: The MIME type of the part.

    Examples:
        >>> Upload("file", "memo.wav", b"RIFF", "audio/wav")
        Upload(name='file', filename='memo.wav', content_type='audio/wav')
    """

    name: str
    filename: str
    content: bytes = field(repr=False)
    content_type: str = "application/octet-stream"

    def __post_init__(self) -> None:
        # A form is UTF-8, which the name of a local file may not be.
        object.__setattr__(self, "filename", whole_text(self.filename))


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer with a success status, as the endpoint's ``parse`` gets it."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)
    #: The decoded JSON object; None when the request asked for raw bytes.
    data: Any = field(default=None, repr=False)


class Items(Protocol):
    """How a request of many items, and the answer to it, are taken apart. Pure."""

    def apart(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], list[Any]]:
        """Return a body without its items, and the items."""

    def some(self, request: Request[Any], places: Sequence[int]) -> Request[Any]:
        """Return the request for some of its items."""

    def pieces(self, data: Any, count: int) -> list[bytes] | None:
        """Return what to keep for each of so many items; None for an answer that is not whole."""

    def whole(self, pieces: Sequence[bytes], fresh: Any, body: Mapping[str, Any]) -> Any:
        """Return the data of an answer to all items.

        Args:
            pieces: What was kept for each.
            fresh: The data of the answer that some of them came with just now, or None.
            body: The body of the request.
        """


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """A call whose answer comes in one piece.

    Attributes:
        method: HTTP method.
        path: Path below the base URL (``/chat/completions``), or an absolute URL path that starts
            with ``//`` for the few endpoints outside of it (``//api/v1/agents``).
        parse: Turns the reply into what the caller gets. Pure; raises only our errors.
        json: The JSON body, or None.
        form: Plain multipart fields (used together with ``uploads``).
        uploads: Multipart file parts.
        query: Query parameters.
        kind: What may be retried, see `Kind`.
        model: The model code, which names the gate the call waits at; None for no gate.
        raw: The answer is bytes (audio, a file), not JSON.
        spooled: The answer may be very large: it is written to disk, and the reply's ``data`` is
            the open file.
        max_bytes: The most that the answer may have, decoded; None for the client's limit.
        timeout: Seconds for this call in place of the client's; None for the client's.
        max_retries: Tries after the first in place of the client's; None for the client's.
        items: How a request of many items is taken apart, so that each can be kept by itself.
        keep: Whether an answer is whole, and may be kept for later runs; None for any.
        check: Looks at every successful reply before ``parse`` and raises a typed error when it is
            a failure after all (beyond the error bodies that each endpoint shares).
        explain: Adds to the error that the caller gets what the request knows of it.
        failed: Is given the error of a failed answer, and returns the one to raise, where the
            endpoint knows more about it than the answer says.
        decode: Reads the bytes of a good answer in place of the common JSON reader, which has what
            this raises a `ValueError` for.

    Examples:
        >>> request = Request("GET", "/files", parse=lambda reply: reply.data)
        >>> request.kind, request.model
        ('read', None)
    """

    method: str
    path: str
    parse: Callable[[Reply], T] = field(repr=False)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    form: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    uploads: tuple[Upload, ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    kind: Kind = "read"
    model: str | None = None
    raw: bool = False
    spooled: bool = False
    max_bytes: int | None = None
    timeout: float | None = None
    check: Callable[[Reply], None] | None = field(default=None, repr=False)
    max_retries: int | None = None
    items: Items | None = field(default=None, repr=False)
    keep: Callable[[Any], bool] | None = field(default=None, repr=False)
    explain: Explain | None = field(default=None, repr=False)
    failed: Callable[[APIError], APIError] | None = field(default=None, repr=False)
    decode: Callable[[bytes], Any] | None = field(default=None, repr=False)

    def as_dict(self) -> Request[dict[str, Any]]:
        """Return the same call, answered with the decoded JSON object as it came."""
        return replace(self, parse=as_sent, decode=None)  # type: ignore[return-value]


def as_sent(reply: Reply) -> Any:
    """Return the decoded JSON object of a reply, for the ``parse`` of a request."""
    if isinstance(reply.data, list):
        raise TypeError("a list")  # becomes a `ServerError`, like all that cannot be read
    return reply.data


class StreamReader(Protocol[E_co]):
    """Turns the events of one stream into what the caller iterates over. Pure, one per stream."""

    def feed(self, data: bytes, event: str) -> E_co | None:
        """Read one event's data; None for an event that the caller does not see.

        Raises a typed error for an error frame or a frame that is not JSON.
        """

    @property
    def contents(self) -> int:
        """Grows with each event that brought the answer on: what is neither empty nor a ping."""

    @property
    def done(self) -> bool:
        """True after the closing sentinel (``[DONE]``): nothing of interest follows."""

    def finish(self) -> None:
        """Raise ``StreamIncompleteError`` when the stream ended and the answer is not whole."""

    def partial(self) -> Any:
        """Return what has been read up to now, for the error when a stream breaks."""


@dataclass(frozen=True, slots=True)
class StreamRequest(Generic[E]):
    """A call whose answer comes as server-sent events. Fields as in `Request`.

    Attributes:
        reader: Makes a fresh `StreamReader` for one try.
        opened: Is given the headers of the answer when a stream begins.

    Examples:
        >>> from zhipu_client import chat
        >>> hello = [{"role": "user", "content": "Hello"}]
        >>> request = chat.stream(model="glm-4.7", messages=hello)
        >>> request.path, request.json["stream"]
        ('/chat/completions', True)
    """

    method: str
    path: str
    reader: Callable[[], StreamReader[E]] = field(repr=False)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    form: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    uploads: tuple[Upload, ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    kind: Kind = "generate"
    model: str | None = None
    timeout: float | None = None
    opened: Callable[[Mapping[str, str]], None] | None = field(default=None, repr=False)
    explain: Explain | None = field(default=None, repr=False)


class Sender(Protocol):
    """What sends requests, blocking: a `zhipu_client.Client`."""

    @property
    def site(self) -> str | None:
        """The preset of its base URL, or None."""

    @property
    def base_url(self) -> str:
        """Its base URL."""

    @property
    def dialect(self) -> Dialect:
        """What its server understands."""

    def send(self, request: Request[Any], /) -> Any:
        """Send a request and read its whole answer."""


class AsyncSender(Protocol):
    """What sends requests, asynchronously: a `zhipu_client.AsyncClient`."""

    @property
    def site(self) -> str | None:
        """The preset of its base URL, or None."""

    @property
    def base_url(self) -> str:
        """Its base URL."""

    @property
    def dialect(self) -> Dialect:
        """What its server understands."""

    async def send(self, request: Request[Any], /) -> Any:
        """Send a request and read its whole answer."""


class Refused(Protocol):
    """A part of a request that a server refused."""

    @property
    def kind(self) -> str:
        """What to remember it by."""

    @property
    def lasting(self) -> bool:
        """Whether the server refuses it always."""


class Conversing(Protocol[A_co, E]):
    """Several requests that lead to one answer, such as `zhipu_client.conversation.Exchange`."""

    @property
    def done(self) -> bool:
        """True once `answer` is final."""

    @property
    def answer(self) -> A_co:
        """The outcome."""

    @property
    def options(self) -> Mapping[str, Any]:
        """What `Client.send` takes beside the request."""

    @property
    def notes(self) -> Sequence[str]:
        """What the caller is to know about the server, once."""

    @property
    def files(self) -> Sequence[Any]:
        """Local files that may go up before the first request, and are named by their ids."""

    def leave_out(self, refused: Collection[str]) -> None:
        """Leave out what the server is known to refuse."""

    def refusals(self, error: Exception) -> Sequence[Refused]:
        """Read a failure: what was refused, and is left out now; none where it is final."""

    def request(self) -> Request[dict[str, Any]]:
        """Return the next request, for an answer in one piece."""

    def take(self, body: dict[str, Any]) -> None:
        """Read the answer to it."""

    def failed(self, error: Any) -> None:
        """Keep on an error what was paid for before it."""

    def stream_request(self) -> StreamRequest[E]:
        """Return the next request, for an answer in chunks; its reader reads them."""

    def end(self) -> Iterator[E]:
        """Read the stream's end: what is still to be shown."""
