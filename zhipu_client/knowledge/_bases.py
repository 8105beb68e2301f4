"""Making, changing and removing knowledge bases."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from zhipu_client import _check
from zhipu_client._replies import ReplyModel, parse_as
from zhipu_client._request import Request
from zhipu_client.knowledge._envelope import (
    BASES,
    Done,
    Named,
    check_envelope,
    page_query,
    parse_data,
)

__all__ = [
    "Base",
    "BaseList",
    "BaseReply",
    "Capacity",
    "CapacityReply",
    "EmbeddingModel",
    "Page",
    "Volume",
    "capacity",
    "create",
    "delete",
    "describe",
    "list",
    "update",
]

#: What pieces of documents are embedded with.
EmbeddingModel = Literal["embedding-2", "embedding-3", "embedding-3-pro"]
#: Model -> its number and its name on the wire.
_MODELS: Mapping[str, tuple[int, str]] = {
    "embedding-2": (3, "Embedding-2"),
    "embedding-3": (11, "Embedding-3"),
    "embedding-3-pro": (12, "Embedding-3-pro"),
}


class Base(Named):
    """A knowledge base.

    Attributes:
        id: Its id.
        name: Its name.
        description: What it is for.
        embedding_id: The number of the model that embeds its documents.
        document_size: How many documents it has.
        length: Bytes of its documents.
        word_num: Characters of its documents.
    """

    name: str | None = None
    description: str | None = None
    embedding_id: int | None = None
    document_size: int | None = None
    length: int | None = None
    word_num: int | None = None


class Page(ReplyModel):
    """One page of a list; on the wire, ``found`` is called ``list``."""

    found: builtins.list[Base] = Field(default_factory=builtins.list, alias="list")
    total: int | None = None


class BaseList(Done):
    """Some of the knowledge bases: ``data.found``, out of ``data.total``."""

    data: Page = Field(default_factory=Page)


class BaseReply(Done):
    """A knowledge base, in ``data``; of one that was just made only its id is known."""

    data: Base = Field(default_factory=Base)


class Volume(ReplyModel):
    """How much text: ``length`` in bytes, ``word_num`` in characters."""

    length: int | None = None
    word_num: int | None = None


class Capacity(ReplyModel):
    """How much is used, and how much there is in all."""

    used: Volume = Field(default_factory=Volume)
    total: Volume = Field(default_factory=Volume)


class CapacityReply(Done):
    """The answer of ``/knowledge/capacity``."""

    data: Capacity = Field(default_factory=Capacity)


def create(
    *,
    name: str,
    embedding_model: EmbeddingModel = "embedding-3",
    description: str | None = None,
    contextual: bool | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[BaseReply]:
    """Make a knowledge base: ``POST /knowledge``.

    Args:
        name: Its name.
        embedding_model: What its documents are embedded with: ``embedding-2``, ``embedding-3`` or
            ``embedding-3-pro``.
        description: What it is for.
        contextual: Whether pieces are given words on their context before they are embedded.
        extra_body: Further fields of the body, such as ``icon``, sent unchecked.

    Returns:
        A request whose answer has the id as ``data.id``.

    Raises:
        InvalidRequestError: The name is empty, or the model is another one.

    Examples:
        >>> from zhipu_client import knowledge
        >>> knowledge.create(name="Handbook").json
        {'name': 'Handbook', 'embedding_id': 11, 'embedding_model': 'Embedding-3'}
    """
    _check.booleans(contextual=contextual)
    _check.text("name", name)
    return Request(
        method="POST",
        path=BASES,
        parse=parse_data(BaseReply, Base),
        json=_fields(extra_body, name, embedding_model, description, contextual),
        kind="paid",
        check=check_envelope,
    )


def list(*, page: int | None = None, size: int | None = None) -> Request[BaseList]:
    """List the knowledge bases.

    Args:
        page: Which page, from 1 (the default).
        size: How many on a page, from 1 (10 where none is given).

    Examples:
        >>> from zhipu_client import knowledge
        >>> knowledge.list(page=2).query
        (('page', '2'),)
    """
    return Request(
        method="GET",
        path=BASES,
        parse=parse_data(BaseList, Page, Base),
        query=page_query(page, size),
        check=check_envelope,
    )


def describe(knowledge_id: str) -> Request[BaseReply]:
    """Return the request for one knowledge base: ``GET /knowledge/{id}``.

    Args:
        knowledge_id: Its id.

    Examples:
        >>> from zhipu_client import knowledge
        >>> knowledge.describe("42").path
        '//api/llm-application/open/knowledge/42'
    """
    return Request(
        method="GET",
        path=_path(knowledge_id),
        parse=parse_data(BaseReply, Base),
        check=check_envelope,
    )


def update(
    knowledge_id: str,
    *,
    name: str | None = None,
    embedding_model: EmbeddingModel | None = None,
    description: str | None = None,
    contextual: bool | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[Done]:
    """Change a knowledge base: ``PUT /knowledge/{id}``. What is not given stays.

    Args:
        knowledge_id: Its id.
        name: As for `create`, with all that follow.
        embedding_model: Another model has its documents embedded anew.
        description: What it is for.
        contextual: Whether pieces are given words on their context.
        extra_body: Further fields, such as ``callback_url``, sent unchecked.

    Raises:
        InvalidRequestError: Nothing is changed, or a value is wrong.

    Examples:
        >>> from zhipu_client import knowledge
        >>> knowledge.update("42", name="Handbook 2").json
        {'name': 'Handbook 2'}
    """
    _check.booleans(contextual=contextual)
    if name is not None:
        _check.text("name", name)
    changed = _fields(extra_body, name, embedding_model, description, contextual)
    if not changed:
        raise _check.refuse("name", name, "or another field must be given: nothing is changed")
    return Request(
        method="PUT",
        path=_path(knowledge_id),
        parse=parse_as(Done),
        json=changed,
        check=check_envelope,
    )


def delete(knowledge_id: str) -> Request[Done]:
    """Remove a knowledge base with all its documents: ``DELETE /knowledge/{id}``.

    Args:
        knowledge_id: Its id.

    Examples:
        >>> from zhipu_client import knowledge
        >>> knowledge.delete("42").method
        'DELETE'
    """
    return Request(
        method="DELETE", path=_path(knowledge_id), parse=parse_as(Done), check=check_envelope
    )


def capacity() -> Request[CapacityReply]:
    """Ask how much of the account's room is used: ``GET /knowledge/capacity``.

    Examples:
        >>> from zhipu_client import knowledge
        >>> knowledge.capacity().path
        '//api/llm-application/open/knowledge/capacity'
    """
    return Request(
        method="GET",
        path=f"{BASES}/capacity",
        parse=parse_data(CapacityReply, Capacity),
        check=check_envelope,
    )


def _path(knowledge_id: str) -> str:
    return f"{BASES}/{_check.segment('knowledge_id', knowledge_id)}"


def _fields(
    extra: Mapping[str, Any] | None,
    name: str | None,
    model: str | None,
    description: str | None,
    contextual: bool | None,
) -> dict[str, Any]:
    _check.choice("embedding_model", model, _MODELS)
    number, word = (None, None) if model is None else _MODELS[model]
    return _check.body(
        extra,
        name=name,
        embedding_id=number,
        embedding_model=word,
        description=description,
        contextual=None if contextual is None else int(contextual),
    )
