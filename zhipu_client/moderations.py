"""Judging content: ``POST /moderations`` (open.bigmodel.cn only)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from zhipu_client import _check
from zhipu_client._model import ReplyModel, read
from zhipu_client._request import Reply, Request

__all__ = ["MAX_CHARACTERS", "Judgement", "ModerationReply", "create"]

#: The most characters of one text.
MAX_CHARACTERS = 2000

_TYPES = ("text", "image_url", "video_url", "audio_url")
_LEVELS = ("PASS", "REVIEW", "REJECT")


class Judgement(ReplyModel):
    """What is thought of one piece of content.

    Attributes:
        content_type: ``text``, ``image``, ``video`` or ``audio``.
        risk_level: ``PASS``, ``REVIEW`` or ``REJECT``.
        risk_type: What the risk is, in the service's words.
    """

    content_type: str | None = None
    risk_level: str | None = None
    risk_type: list[str] | None = None


class ModerationReply(ReplyModel):
    """The answer of ``/moderations``."""

    id: str | None = None
    created: int | None = None
    request_id: str | None = None
    result_list: list[Judgement] = Field(default_factory=list)
    usage: dict[str, Any] | None = None

    @property
    def risk_level(self) -> str:
        """The worst of all levels; ``REVIEW`` for one that is not known, ``PASS`` for none."""
        found = [
            _LEVELS.index(row.risk_level) if row.risk_level in _LEVELS else 1
            for row in self.result_list
        ]
        return _LEVELS[max(found, default=0)]


def create(
    *,
    model: str = "moderation",
    input: str | Mapping[str, Any] | Sequence[Mapping[str, Any]],  # noqa: A002 - name on the wire
    request_id: str | None = None,
    user_id: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[ModerationReply]:
    """Have a text, picture, video or sound judged.

    Args:
        model: ``moderation``.
        input: A text of up to 2,000 characters; or one part or several, each
            ``{"type": "text", "text": ...}`` or ``{"type": "image_url", "image_url": {"url":
            ...}}``, the same with ``video_url`` and ``audio_url``. Pictures below 10 MiB and 20 to
            6000 pixels a side; videos up to 30, sound up to 60 seconds.
        request_id: Your own id of the call, 6 to 64 characters.
        user_id: Your own id of the end user, 6 to 128 characters.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: Empty, too long, or a part of an unknown type.

    Example:
        >>> from zhipu_client import moderations
        >>> moderations.create(input="hello").json
        {'model': 'moderation', 'input': 'hello'}
    """
    _check.text("model", model)
    if isinstance(input, str):
        _check.text("input", input, MAX_CHARACTERS)
    else:
        parts = [input] if isinstance(input, Mapping) else list(input)
        if not parts:
            raise _check.refuse("input", input, "must not be empty")
        for place, part in enumerate(parts):
            _check.choice(f"input[{place}].type", part.get("type", ""), _TYPES)
            if part["type"] == "text":
                _check.text(f"input[{place}].text", part.get("text"), MAX_CHARACTERS)
        input = input if isinstance(input, Mapping) else parts  # noqa: A001
    _check.ids(request_id, user_id)
    return Request(
        method="POST",
        path="/moderations",
        parse=_parse,
        json=_check.body(
            extra_body, model=model, input=input, request_id=request_id, user_id=user_id
        ),
        kind="generate",
        model=model,
    )


def _parse(reply: Reply) -> ModerationReply:
    found: ModerationReply = read(ModerationReply, reply.data)
    return found
