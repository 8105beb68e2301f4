"""The base of every reply that users handle."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

__all__ = ["ReplyModel", "read"]


class ReplyModel(BaseModel):
    """An answer of the service: known fields are typed, unknown ones are kept, none is required.

    ``reply.model_extra`` holds what this version does not know.
    """

    model_config = ConfigDict(extra="allow", protected_namespaces=())


def read(kind: type[ReplyModel], data: Any) -> Any:
    """Validate a decoded body; a field of another type than documented is kept as it came."""
    from pydantic import ValidationError

    try:
        return kind.model_validate(data)
    except ValidationError:
        # An unknown shape must not cost the caller an answer that is already paid for.
        return kind.model_construct(**data) if isinstance(data, dict) else kind.model_construct()
