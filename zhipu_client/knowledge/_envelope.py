"""What all routes of knowledge bases share: where they are, and how they report failures. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ConfigDict

from zhipu_client import _check
from zhipu_client._replies import ReplyModel, read, read_rows
from zhipu_client._request import Reply
from zhipu_client.errors._failures import error_from

__all__ = ["BASES", "DOCUMENTS", "Done", "Named", "check_envelope", "page_query", "parse_data"]

BASES = "//api/llm-application/open/knowledge"
DOCUMENTS = "//api/llm-application/open/document"
_FINE = 200


class Done(ReplyModel):
    """An answer without further content; ``timestamp`` is in Unix milliseconds."""

    code: int | None = None
    message: str | None = None
    timestamp: int | None = None


class Named(ReplyModel):
    """What has an id; one that came as a number is used as an id all the same."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: str | None = None


def check_envelope(reply: Reply) -> None:
    """Raise the typed error of an answer with HTTP 200 whose ``code`` is not 200."""
    code = reply.data.get("code", _FINE) if isinstance(reply.data, Mapping) else _FINE
    if str(code) != str(_FINE):
        raise error_from(reply.status, reply.headers, reply.data)


T = TypeVar("T", bound=Done)


@dataclass(frozen=True, slots=True)
class _ParseData(Generic[T]):
    model: type[T]
    inner: type[ReplyModel]
    row: type[ReplyModel] | None

    def __call__(self, reply: Reply) -> T:
        body = reply.data if isinstance(reply.data, dict) else {}
        data = body.get("data")
        data = data if isinstance(data, dict) else {}
        if self.row is not None:
            data = {**data, "list": read_rows(self.row, data.get("list"))}
        found: T = read(self.model, {**body, "data": read(self.inner, data)})
        return found


def parse_data(
    model: type[T], inner: type[ReplyModel], row: type[ReplyModel] | None = None
) -> Callable[[Reply], T]:
    """Return what reads an answer whose ``data`` is an object, and always has one.

    Args:
        model: The whole answer.
        inner: Its ``data``.
        row: What is in the ``list`` of a page, each read by itself.
    """
    return _ParseData(model, inner, row)


def page_query(page: int | None, size: int | None, **more: Any) -> tuple[tuple[str, str], ...]:
    """Return the query of a list, checked."""
    for name, value in (("page", page), ("size", size)):
        _check.within(name, value, 1, 1_000_000, whole=True)
    given = {**more, "page": page, "size": size}
    return tuple((name, str(value)) for name, value in given.items() if value is not None)
