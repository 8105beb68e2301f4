"""What is kept of the answers of long work, and under which key. Pure.

A key is a hash of everything that the answer depends on: where it was asked, and the content of the
request, a file's bytes included. So it is the same in each process and at each run, and another as
soon as a text, a file or a setting changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from pydantic_core import from_json

from zhipu_client._request import Items, Reply, Request
from zhipu_client.errors import ServerError

__all__ = ["KeptRequest", "Taken", "can_be_kept", "key_of"]

T = TypeVar("T")

#: The version of what is stored: another one finds nothing of this.
_VERSION = "1"
#: Fields of a body that name the call and not what is asked.
_OF_THE_CALL = ("request_id", "user_id")


def can_be_kept(request: Any) -> bool:
    """Return whether an answer is paid for: what only looks something up is asked anew."""
    paid = isinstance(request, Request) and request.kind != "read"
    return paid and request.method == "POST"


def key_of(what: str, *contents: bytes) -> bytes:
    """Return the key of something else than an answer, such as a file that one points to."""
    found = hashlib.sha256(f"{_VERSION}\n{what}\n".encode())
    for content in contents:
        found.update(hashlib.sha256(content).digest())
    return found.digest()


@dataclass(frozen=True, slots=True)
class Taken(Generic[T]):
    """What was read of one answer: the result, or None where others belong to it."""

    result: T | None
    whole: bool = True


@dataclass(slots=True)
class KeptRequest(Generic[T]):
    """A request whose answer, or parts of it, may be there already.

    Attributes:
        request: The request.
        base_url: Where it goes.
        keys: The key of the answer; of a request of many items one for each item.
        found: What is there, by key.
    """

    request: Request[T]
    base_url: str
    keys: list[bytes] = field(init=False)
    found: dict[bytes, bytes] = field(default_factory=dict, init=False)
    _fresh: Any = field(default=None, init=False)

    def __post_init__(self) -> None:
        request = self.request
        body = {n: v for n, v in (request.json or {}).items() if n not in _OF_THE_CALL}
        common = hashlib.sha256(f"{_VERSION}\n{self.base_url}\n{request.method}\n".encode())
        common.update(request.path.encode())
        items = self._items
        contents: list[Any] = []
        if items is not None:
            body, contents = items.apart(body)
        common.update(_canonical([body, request.form, request.query]))
        for upload in request.uploads:
            common.update(f"\n{upload.name}\n{upload.content_type}\n".encode())
            common.update(hashlib.sha256(upload.content).digest())
        if items is None:
            self.keys = [common.digest()]
            return
        self.keys = []
        for content in contents:
            one = common.copy()
            one.update(b"\n" + _canonical(content))
            self.keys.append(one.digest())

    @property
    def _items(self) -> Items | None:
        return self.request.items

    def missing(self) -> list[bytes]:
        """Return the keys of what is not there, each once."""
        return [key for key in dict.fromkeys(self.keys) if key not in self.found]

    def to_send(self, keys: Collection[bytes]) -> Request[Reply]:
        """Return the request for what is missing."""
        made: Request[Any] = self.request
        if self._items is not None:
            made = self._items.some(made, [self.keys.index(key) for key in keys])
        return replace(made, parse=_whole, items=None, keep=None)

    def take(self, keys: Sequence[bytes], reply: Reply) -> tuple[Taken[T], dict[bytes, bytes]]:
        """Read the answer to what was missing.

        Returns:
            The result, where nothing else belongs to it, and what is to be kept: nothing where
            the answer is not what it must be.

        Raises:
            ServerError: It is not, and belongs to other answers.
        """
        items = self._items
        if items is None:
            result = self.request.parse(reply)
            good = self.request.keep is None or self.request.keep(reply.data)
            content = reply.content if self.request.raw else _canonical(reply.data)
            return Taken(result), {keys[0]: content} if good else {}
        pieces = items.pieces(reply.data, len(keys))
        self._fresh = reply.data
        kept = dict(zip(keys, pieces, strict=True)) if pieces is not None else {}
        if len(keys) == len(self.keys):
            return Taken(self.request.parse(reply)), kept
        if pieces is None:
            message = f"the service sent no answer that can be read for {len(keys)} items"
            raise ServerError(message)
        return Taken(None, whole=False), kept

    def read(self) -> T:
        """Return the result of what is there, all of it."""
        if self._items is None:
            content = self.found[self.keys[0]]
            data = None if self.request.raw else from_json(content)
            return self.request.parse(Reply(200, {}, content, data))
        pieces = [self.found[key] for key in self.keys]
        data = self._items.whole(pieces, self._fresh, self.request.json or {})
        return self.request.parse(Reply(200, {}, b"", data))


def _whole(reply: Reply) -> Reply:
    return reply


def _canonical(value: Any) -> bytes:
    text = json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain
    )
    return text.encode(errors="surrogatepass")


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else repr(value)
