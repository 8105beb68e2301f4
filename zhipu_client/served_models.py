"""The models that a server lists: ``GET /models``. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from zhipu_client._replies import ReplyModel, read_rows
from zhipu_client._request import Reply, Request

__all__ = ["ListedModel", "list"]


class ListedModel(ReplyModel):
    """A model that a server lists.

    Attributes:
        id: Its code.
        created: Seconds since 1970.
        owned_by: Who made it.
    """

    id: str | None = None
    created: int | None = None
    owned_by: str | None = None


def list() -> Request[Sequence[ListedModel]]:
    """Ask which models the server lists. Free of charge.

    The service lists some of its chat models only; vLLM, SGLang and llama.cpp list what they serve.

    Returns:
        A request whose answer is a sequence of `ListedModel`.

    Examples:
        >>> from zhipu_client import served_models
        >>> served_models.list().path
        '/models'
    """
    return Request(method="GET", path="/models", parse=_parse)


def _parse(reply: Reply) -> Sequence[ListedModel]:
    found = reply.data.get("data") if isinstance(reply.data, dict) else reply.data
    return read_rows(ListedModel, found)
