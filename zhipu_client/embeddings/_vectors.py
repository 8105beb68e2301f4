"""The vectors of an answer, read: in order, of finite numbers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from operator import countOf
from typing import Any

from pydantic_core import SchemaValidator, core_schema

from zhipu_client.errors import ServerError

__all__ = ["NOT_FINITE", "decoded", "rows_in", "vectors_in"]

NOT_FINITE = "the service sent a vector with NaN or Infinity in it"


class _Rows(list[Any]):
    """Rows of an answer each of whose vectors is known to be of finite floats."""


def decoded(body: bytes) -> dict[str, Any]:
    """Return the JSON of an answer, its vectors looked at while they are made.

    To look at 131,072 numbers afterwards takes half as long as decoding them, as they are not in
    the processor's caches any more.

    Raises:
        ValueError: It is not JSON, or not of vectors of finite numbers.
    """
    data: dict[str, Any] = _ANSWER.validate_json(body)
    data["data"] = _Rows(data["data"])
    return data


def vectors_in(data: Any) -> list[list[float]]:
    """Return the vectors of a decoded body, by ``index``; whole numbers become floats.

    Args:
        data: The ``data`` of the body: rows with ``index`` and ``embedding``.

    Raises:
        ServerError: A vector is something else, has a NaN or an infinite number, or two have the
            same ``index``.

    Examples:
        >>> from zhipu_client.embeddings import vectors_in
        >>> vectors_in({"data": [{"index": 0, "embedding": [1, 0.5]}]})
        [[1.0, 0.5]]
    """
    found: list[list[float]] = []
    for place, vector in enumerate(rows_in(data)):
        if vector is None:
            raise ServerError(f"{NOT_FINITE}, for input[{place}]")
        found.append(vector)
    return found


def rows_in(data: Any) -> list[list[float] | None]:
    """Do as `vectors_in`, with None for a vector that is not of finite numbers.

    No search could use it, and many vector stores keep it without a word.
    """
    found = rows = (data or {}).get("data") or []
    try:
        if any(row.get("index", place) != place for place, row in enumerate(rows)):
            rows = sorted(rows, key=lambda row: row["index"])
            if len({row["index"] for row in rows}) != len(rows):
                raise ServerError("the service sent two vectors for one text")
        if isinstance(found, _Rows):
            return [row["embedding"] for row in rows]
        vectors = [_floats(row["embedding"]) for row in rows]
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise ServerError("the service sent vectors that cannot be read") from error
    return [vector if _finite(vector) else None for vector in vectors]


def _floats(numbers: list[float]) -> list[float]:
    """Return the numbers as they were decoded, unless one of them is whole (``0``)."""
    if not isinstance(numbers, list):
        raise TypeError(type(numbers))
    if not numbers:
        raise ValueError("a vector without numbers")
    # To count in C takes a sixth of what decoding took, and nothing is copied.
    if countOf(map(type, numbers), float) == len(numbers):
        return numbers
    return list(map(float, numbers))


def _finite(vector: Sequence[float]) -> bool:
    # A sum of finite numbers is infinite only where they are huge: then each is looked at.
    return isfinite(sum(vector)) or all(map(isfinite, vector))


def _with(name: str, schema: Any) -> Any:
    """Return the schema of an object that has a field of this schema, and any others."""
    field = core_schema.typed_dict_field(schema)
    return core_schema.typed_dict_schema({name: field}, extra_behavior="allow")


#: The first fault is enough: an error for each of millions of numbers would take gigabytes.
_VECTOR = core_schema.list_schema(
    core_schema.float_schema(strict=True, allow_inf_nan=False), min_length=1, fail_fast=True
)
_ROWS = core_schema.list_schema(_with("embedding", _VECTOR), fail_fast=True)
_ANSWER = SchemaValidator(_with("data", _ROWS))
