"""The base of every reply that users handle, and what reads odd ones. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from zhipu_client._request import Reply

__all__ = ["ReplyModel", "add_usage", "counts", "parse_as", "read", "read_rows", "rows", "text_of"]

M = TypeVar("M", bound="ReplyModel")


class ReplyModel(BaseModel):
    """An answer of the service: known fields are typed, unknown ones are kept, none is required.

    ``reply.model_extra`` has what this version does not know.
    """

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    def model_dump(self, *, warnings: Any = False, **options: Any) -> dict[str, Any]:
        """Return the fields, as pydantic does, without its warnings, which quote odd ones."""
        return super().model_dump(warnings=warnings, **options)


def read(kind: type[ReplyModel], data: Any) -> Any:
    """Validate a decoded body; a field of another type than documented is kept as it came.

    An unknown shape must not cost the caller an answer that is already paid for.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        if not isinstance(data, dict):
            return kind.model_construct()
        odd = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
    reply = kind.model_validate({key: value for key, value in data.items() if key not in odd})
    for key in odd & data.keys():
        setattr(reply, key, data[key])
    return reply


@dataclass(frozen=True, slots=True)
class _ParseAs(Generic[M]):
    """A request's ``parse``: equal for equal models, and pickled with the request."""

    model: type[M]

    def __call__(self, reply: Reply) -> M:
        if isinstance(reply.data, list):
            raise TypeError("a list")  # becomes a `ServerError`, with the answer
        found: M = read(self.model, reply.data)
        return found


def parse_as(model: type[M]) -> Callable[[Reply], M]:
    """Return what reads an answer as this model."""
    return _ParseAs(model)


def rows(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a list of an answer; ``[]`` where the service sent something else."""
    found = value if isinstance(value, list) else []
    return [row for row in found if isinstance(row, dict)]


def read_rows(kind: type[ReplyModel], value: Any) -> list[Any]:
    """Return the objects in a list of an answer, each read by itself; see `read` and `rows`.

    Read together, one odd field would leave all of them as they came.
    """
    return [read(kind, row) for row in rows(value)]


def text_of(value: Any) -> str:
    r"""Return a field that should be text as text, whatever the service sent in its place.

    Args:
        value: The field's value, as it came.

    Examples:
        >>> text_of(["a", {"type": "text", "text": "b"}]), text_of(None), text_of({"a": 1})
        ('a\nb', '', '{"a": 1}')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(filter(None, map(text_of, value)))
    if isinstance(value, Mapping):
        inner = value.get("text", value.get("content"))
        return inner if isinstance(inner, str) else _as_json(value) if value else ""
    return str(value) if value else ""


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def add_usage(total: dict[str, Any], usage: Any) -> None:
    """Add one answer's ``usage`` to a sum; values that are not counts are passed over.

    Args:
        total: Tokens and other counts by the wire's names; changed in place.
        usage: What an answer has as its ``usage``; anything but an object adds nothing.

    Examples:
        >>> from zhipu_client.adapting import add_usage
        >>> total = {"prompt_tokens": 7}
        >>> add_usage(total, {"prompt_tokens": 5, "completion_tokens": 2})
        >>> total
        {'prompt_tokens': 12, 'completion_tokens': 2}
    """
    for name, count in usage.items() if isinstance(usage, dict) else ():
        if isinstance(count, int):
            total[name] = total.get(name, 0) + count


def counts(usage: Any) -> dict[str, int]:
    """Return the counts of one answer's ``usage``, whatever the service sent there.

    Args:
        usage: What an answer has as its ``usage``.

    Examples:
        >>> from zhipu_client.adapting import counts
        >>> counts({"prompt_tokens": 5, "completion_tokens": 2, "service_tier": "default"})
        {'prompt_tokens': 5, 'completion_tokens': 2}
        >>> counts(None)
        {}
    """
    found: dict[str, int] = {}
    add_usage(found, usage)
    return found
