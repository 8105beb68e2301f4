"""Fields of adapters that are True or False: `TrueOrFalse`, checked at an assignment too."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Annotated, Any, get_args

import pydantic
from pydantic import BaseModel, BeforeValidator
from pydantic_core import PydanticCustomError

from zhipu_client._check import NOT_BOOLEAN, refusal

__all__ = ["TrueOrFalse", "check_assigned"]


def _strict(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    raise PydanticCustomError(NOT_BOOLEAN, "must be True or False")


_STRICT = BeforeValidator(_strict)
#: The kind of a field that is True or False; a text or a number is refused.
TrueOrFalse = Annotated[bool, _STRICT]


def check_assigned(kind: type[BaseModel], values: Mapping[str, Any]) -> None:
    """Refuse values of fields that are True or False (or something else) and must not be so.

    Pydantic looks at what a constructor is given, and not at what is assigned, or updated in a
    copy.

    Args:
        kind: The class of the object.
        values: The new values, by the names of fields.

    Raises:
        InvalidRequestError: One of them is not what the field may be.
    """
    for name, value in values.items():
        one = _alone(kind, name)
        if one is None or isinstance(value, bool):
            continue
        try:
            one(**{name: value})
        except pydantic.ValidationError as failed:
            refused = refusal(failed)
        else:
            continue
        if refused is not None:
            raise refused


@functools.lru_cache(maxsize=1024)
def _alone(kind: type[BaseModel], name: str) -> type[BaseModel] | None:
    """Return a model of one field, if that is True or False."""
    field = kind.model_fields.get(name)
    if field is None or not (_STRICT in field.metadata or _is_within(field.annotation)):
        return None
    kind_of: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else None
    fields: dict[str, Any] = {name: (kind_of or field.annotation, ...)}
    made: type[BaseModel] = pydantic.create_model(
        kind.__name__,
        __config__=pydantic.ConfigDict(protected_namespaces=(), hide_input_in_errors=True),
        **fields,
    )
    return made


def _is_within(annotation: Any) -> bool:
    return any(one is _STRICT or _is_within(one) for one in get_args(annotation))
