"""Counting tokens as the service does: ``POST /tokenizer``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zhipu_client import _check, models
from zhipu_client._replies import ReplyModel, parse_as
from zhipu_client._request import Request

__all__ = ["MODELS", "TokenCount", "TokenizerReply", "counting_model", "create"]

if TYPE_CHECKING:
    #: The codes that the endpoint names, see `zhipu_client.models`. (No 5.x model is among them.)
    MODELS: tuple[str, ...]


class TokenCount(ReplyModel):
    """How many tokens a prompt has.

    Attributes:
        prompt_tokens: Tokens of the text.
        image_tokens: Tokens of the images.
        video_tokens: Tokens of the videos.
        total_tokens: All of them.
    """

    prompt_tokens: int | None = None
    image_tokens: int | None = None
    video_tokens: int | None = None
    total_tokens: int | None = None


class TokenizerReply(ReplyModel):
    """The answer of ``/tokenizer``."""

    id: str | None = None
    created: int | None = None
    request_id: str | None = None
    usage: TokenCount | None = None


def counting_model(model: str) -> str:
    """Return the model to count with: itself where the endpoint has it, else its nearest relative.

    Args:
        model: A name, as for `zhipu_client.models.find`.

    Examples:
        >>> from zhipu_client.tokenizer import counting_model
        >>> counting_model("glm-4.7-flash")
        'glm-4.6'
    """
    exact = models.get(model)
    if exact is not None and exact.counts_tokens:
        return model
    info = models.find(model)
    if info is not None and info.counts_tokens:
        return info.id
    return "glm-4.6v" if info is not None and "image" in info.inputs else "glm-4.6"


def create(
    *,
    model: str = "glm-4.6",
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]] | None = None,
    request_id: str | None = None,
    user_id: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[TokenizerReply]:
    """Count the tokens of messages, images and tools without running a model.

    Args:
        model: A model of `MODELS`; for others `counting_model` names the nearest.
        messages: As for chat, at least one; image and video parts count too.
        tools: Function tools, as for chat.
        request_id: Your own id of the call, 6 to 64 characters.
        user_id: Your own id of the end user, 6 to 128 characters.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: No messages, or an id of a wrong length.

    Examples:
        >>> from zhipu_client import tokenizer
        >>> request = tokenizer.create(messages=[{"role": "user", "content": "How many?"}])
        >>> request.path
        '/tokenizer'
    """
    _check.text("model", model)
    if not messages:
        raise _check.refuse("messages", messages, "must have at least one message")
    _check.ids(request_id, user_id)
    return Request(
        method="POST",
        path="/tokenizer",
        parse=parse_as(TokenizerReply),
        json=_check.body(
            extra_body,
            model=model,
            messages=list(messages),
            tools=list(tools) if tools else None,
            request_id=request_id,
            user_id=user_id,
        ),
    )


def __getattr__(name: str) -> Any:
    if name != "MODELS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return tuple(info.id for info in models.MODELS.values() if info.counts_tokens)
