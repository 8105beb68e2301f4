"""What a request sends: JSON with the id of its call, or the fields of a form. No I/O.

The service repeats the ``request_id`` of a request, which shows whose answer came. Servers that
repeat nothing, or give an id of their own, are believed: only an id that this process sent with
another request is that of another call. A store of answers between us and the service may give an
earlier answer to the same request: that is right, so the requests are compared too.

A file in base64 has tens of megabytes, and the same one is often in several requests at once. It
stays one text; a `LongBody` refers to it, and is written as it is sent.
"""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from zhipu_client import _check
from zhipu_client._request import Request, StreamRequest
from zhipu_client.dialects import Dialect
from zhipu_client.errors import InvalidRequestError

__all__ = ["LongBody", "arguments_of", "foreign", "long_body", "write"]

#: A text is long from so many characters on, and is sent in pieces of so many.
LONG, _PIECE = 256 * 1024, 128 * 1024
#: How many of the last ids are known.
KNOWN = 4096

# No lock: each step is atomic, and another thread may have a lock when the process forks.
_requests: dict[str, int] = {}
_order: deque[str] = deque()


class LongBody:
    """The bytes of a body, made as they are read. Can be read again.

    Args:
        pieces: The parts of it: bytes, and ASCII texts.
    """

    __slots__ = ("_pieces",)

    def __init__(self, pieces: tuple[bytes | str, ...]) -> None:
        self._pieces = pieces

    def __len__(self) -> int:
        return sum(map(len, self._pieces))

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, bytes):
                yield piece
                continue
            for start in range(0, len(piece), _PIECE):
                yield piece[start : start + _PIECE].encode("ascii")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def __bytes__(self) -> bytes:
        return b"".join(self)

    def mark(self, request_id: bytes) -> int:
        """Return a number that is the same for bodies which differ by the id alone."""
        return hash(
            tuple(
                piece.replace(request_id, b"") if isinstance(piece, bytes) else piece
                for piece in self._pieces
            )
        )


def arguments_of(
    request: Request[Any] | StreamRequest[Any],
    headers: Mapping[str, str],
    content: bytes | LongBody | None,
    *,
    own_client: bool,
) -> dict[str, Any]:
    """Return what httpx makes a request of: its headers, query, and body."""
    arguments: dict[str, Any] = {"headers": dict(headers)}
    if request.uploads:
        arguments["files"] = [
            (part.name, (part.filename, part.content, part.content_type))
            for part in request.uploads
        ]
        arguments["data"] = _grouped(request.form)
    elif request.form:
        arguments["data"] = _grouped(request.form)
    elif isinstance(content, LongBody) and own_client:
        # What the caller has around its own client may read it.
        arguments["content"] = bytes(content)
    elif content is not None:
        arguments["content"] = content
        if isinstance(content, LongBody):
            arguments["headers"] |= {"Content-Length": str(len(content))}
    if request.query:
        arguments["params"] = request.query
    return arguments


def _grouped(form: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    """Return the values of each field of a form, in order."""
    found: dict[str, list[str]] = {}
    for name, value in form:
        found.setdefault(name, []).append(value)
    return found


def write(
    request: Request[Any] | StreamRequest[Any], dialect: Dialect
) -> tuple[str | None, bytes | LongBody | None, str | None]:
    """Return the id of the call, its body's bytes, and their type."""
    if request.json is None:
        return None, None, None
    body = dict(request.json)
    request_id = body.get("request_id")
    if not request_id and dialect.request_id == "body":
        # One id for all attempts: whoever reads the service's logs sees one call.
        request_id = body["request_id"] = uuid.uuid4().hex
    try:
        written = long_body(body) or _written(body)
    except ValueError as error:
        message = f"the request cannot be written as JSON: {error}"
        raise InvalidRequestError(message, field="json") from None
    request_id = str(request_id) if request_id else None
    _remember(request_id, written)
    return request_id, written, "application/json; charset=UTF-8"


def _remember(request_id: str | None, content: bytes | LongBody | None) -> None:
    """Remember which request an id goes out with."""
    if request_id is None or content is None:
        return
    if request_id not in _requests:
        _order.append(request_id)
    _requests[request_id] = _mark(request_id, content)
    if len(_order) > KNOWN:
        _requests.pop(_order.popleft(), None)


def foreign(request_id: str | None, content: bytes | LongBody | None, answer: Any) -> str | None:
    """Return the id of the other request that ``answer`` belongs to, or None."""
    found = answer.get("request_id") if isinstance(answer, dict) else None
    if not isinstance(found, str) or request_id is None or content is None or found == request_id:
        return None
    other = _requests.get(found)
    if other is None or other == _mark(request_id, content):
        return None
    return found


def _mark(request_id: str, content: bytes | LongBody) -> int:
    """Return the same number for two requests that differ by their id alone."""
    if isinstance(content, LongBody):
        return content.mark(request_id.encode())
    return hash(content.replace(request_id.encode(), b""))


def long_body(body: dict[str, Any]) -> LongBody | None:
    """Return a body that has a long text in it; None for any other.

    Raises:
        ValueError: It cannot be written as JSON.
    """
    if not _has_long(body):
        return None
    found: list[str] = []
    mark = uuid.uuid4().hex
    written = _written(_without(body, found, mark))
    pieces: list[bytes | str] = []
    for number, text in enumerate(found):
        before, _, written = written.partition(f"{mark}:{number};".encode())
        pieces += [before, text]
    return LongBody((*pieces, written))


def _written(body: Any) -> bytes:
    compact = (",", ":")
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=compact).encode()
    except (TypeError, ValueError):
        return _check.as_json(body, separators=compact)  # which says in words what is wrong


def _has_long(value: dict[str, Any] | list[Any]) -> bool:
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, str):
            if len(item) >= LONG and _is_plain(item):
                return True
        elif isinstance(item, (dict, list)) and _has_long(item):
            return True
    return False


def _is_plain(text: str) -> bool:
    """Whether a text is in JSON as it is."""
    return text.isascii() and '"' not in text and "\\" not in text and text.isprintable()


def _without(value: Any, found: list[str], mark: str) -> Any:
    """Return a value with marks in place of its long texts, which are put into ``found``."""
    if isinstance(value, dict):
        return {name: _without(inner, found, mark) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, found, mark) for inner in value]
    if isinstance(value, str) and len(value) >= LONG and _is_plain(value):
        found.append(value)
        return f"{mark}:{len(found) - 1};"
    return value
