"""Judging content: ``POST /moderations`` (open.bigmodel.cn only)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from zhipu_client import _check, models
from zhipu_client._replies import ReplyModel, parse_as, read
from zhipu_client._request import Request
from zhipu_client.errors import ContentFilterError
from zhipu_client.work._chain import Chain, Once

__all__ = [
    "MAX_CHARACTERS",
    "FlagFrom",
    "Judgement",
    "ModerationReply",
    "Verdict",
    "bulk",
    "create",
    "of_text",
]

if TYPE_CHECKING:
    #: The most characters of one text; kept for one release, see `zhipu_client.models`.
    MAX_CHARACTERS: int

_TYPES = ("text", "image_url", "video_url", "audio_url")
#: What parts of a longer text have in common with their neighbours, so that nothing is cut in two.
_OVERLAP = 100
_LEVELS = ("PASS", "REVIEW", "REJECT")
#: The lowest level that is flagged: doubtful and unsafe content, or unsafe content only.
FlagFrom = Literal["REVIEW", "REJECT"]


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
    def risk_types(self) -> list[str]:
        """What the risks are, each once."""
        found: dict[str, None] = {}
        for row in self._judgements():
            kinds: Any = row.risk_type or ()
            found |= dict.fromkeys(map(str, kinds if isinstance(kinds, list | tuple) else [kinds]))
        return list(found)

    @property
    def risk_level(self) -> str:
        """The worst of all levels; ``REVIEW`` for one that is not known, ``PASS`` for none."""
        found = [
            _LEVELS.index(row.risk_level) if row.risk_level in _LEVELS else 1
            for row in self._judgements()
        ]
        return _LEVELS[max(found, default=0)]

    def _judgements(self) -> list[Judgement]:
        """Return all that was judged. What cannot be read is a judgement without a level."""
        found: Any = self.result_list
        return [
            row if isinstance(row, Judgement) else read(Judgement, row)
            for row in (found if isinstance(found, list) else [found])
        ]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one or several texts, and what follows from it.

    Attributes:
        replies: The answers of the service; none where there was nothing to judge.
        flag_from: The lowest level that is flagged: ``REVIEW`` (doubtful and unsafe) or ``REJECT``
            (unsafe only).

    Examples:
        >>> from zhipu_client import moderations
        >>> moderations.Verdict(()).flagged
        False
    """

    replies: tuple[ModerationReply, ...]
    flag_from: FlagFrom = "REVIEW"

    @property
    def risk_level(self) -> str:
        """The worst of all levels; ``PASS`` where there was nothing to judge."""
        found = [_LEVELS.index(reply.risk_level) for reply in self.replies]
        return _LEVELS[max(found, default=0)]

    @property
    def risk_types(self) -> list[str]:
        """What the risks are, in the service's words, each once."""
        return list(dict.fromkeys(kind for reply in self.replies for kind in reply.risk_types))

    @property
    def flagged(self) -> bool:
        """Whether it is flagged."""
        return _LEVELS.index(self.risk_level) >= _LEVELS.index(self.flag_from)

    @property
    def summary(self) -> str:
        """Level and risks as one line, such as ``REJECT: violence``."""
        kinds = self.risk_types
        return f"{self.risk_level}: {', '.join(kinds)}" if kinds else self.risk_level

    def error(self, what: str) -> ContentFilterError:
        """Return the error for flagged content; its ``body`` is the worst answer.

        Args:
            what: What was judged, as the beginning of a sentence.
        """
        worst = max(self.replies, key=lambda reply: _LEVELS.index(reply.risk_level))
        return ContentFilterError(
            f"{what} was judged {self.summary}",
            request_id=worst.request_id,
            body=worst.model_dump(),
        )


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

    Examples:
        >>> from zhipu_client import moderations
        >>> moderations.create(input="hello").json
        {'model': 'moderation', 'input': 'hello'}
    """
    _check.text("model", model)
    longest = _longest(model)
    if isinstance(input, str):
        _check.text("input", input, longest)
        _check.whole("input", input)
    else:
        parts = [input] if isinstance(input, Mapping) else list(input)
        if not parts:
            raise _check.refuse("input", input, "must not be empty")
        for place, part in enumerate(parts):
            if not isinstance(part, Mapping):
                raise _check.refuse(f"input[{place}]", part, "must be an object with a type")
            _check.choice(f"input[{place}].type", part.get("type", ""), _TYPES)
            if part["type"] == "text":
                _check.text(f"input[{place}].text", part.get("text"), longest)
                _check.whole(f"input[{place}].text", part["text"])
        input = input if isinstance(input, Mapping) else parts  # noqa: A001
    _check.ids(request_id, user_id)
    return Request(
        method="POST",
        path="/moderations",
        parse=parse_as(ModerationReply),
        json=_check.body(
            extra_body, model=model, input=input, request_id=request_id, user_id=user_id
        ),
        kind="generate",
        model=model,
    )


def bulk(
    texts: Sequence[str],
    *,
    model: str = "moderation",
    in_flight: int = 4,
    extra_body: Mapping[str, Any] | None = None,
    places: Sequence[int] | None = None,
) -> Chain[int, ModerationReply]:
    """Have any number of texts of any length judged: a job for `zhipu_client.run` or `arun`.

    Its pieces are a text's position and its judgement, in order, and for each text once more the
    position and None. A text above 2,000 characters is sent in parts, in one request.

    Args:
        texts: Texts that are not empty.
        model: ``moderation``.
        in_flight: The most requests at once, 1 to 64.
        extra_body: Further fields of each body, sent unchecked.
        places: Where each text is in a longer list of the caller's: its position in results and
            errors.

    Raises:
        InvalidRequestError: A value is outside of its limits; a text is named by its position.

    Examples:
        >>> from zhipu_client import moderations
        >>> moderations.bulk(["hello", "world"]).in_flight
        4
    """
    found = _check.strings("texts", texts)
    _check.within("in_flight", in_flight, 1, 64, whole=True)
    known = list(zip(range(len(found)) if places is None else places, found, strict=True))
    for position, value in known:
        _check.text(f"texts[{position}]", value)
        _check.whole(f"texts[{position}]", value)
    jobs = [
        (position, Once(of_text(value, model=model, extra_body=extra_body)))
        for position, value in known
    ]
    return Chain(jobs, in_flight)


def of_text(
    text: str, *, model: str = "moderation", extra_body: Mapping[str, Any] | None = None
) -> Request[ModerationReply]:
    """Have a text of any length judged, in one request.

    Args:
        text: The text. Above 2,000 characters it is sent in parts that overlap.
        model: ``moderation``.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: The text is empty.

    Examples:
        >>> from zhipu_client import moderations
        >>> len(moderations.of_text("word " * 1000).json["input"])
        3
    """
    return create(model=model, input=_parts(text, _longest(model)), extra_body=extra_body)


def _longest(model: str) -> int:
    """Return the most characters of one text."""
    return models.limits_of(model, "moderation").max_chars or 1


def _parts(value: str, longest: int) -> str | list[dict[str, Any]]:
    if len(value) <= longest:
        return value
    starts = range(0, len(value) - _OVERLAP, longest - _OVERLAP)
    parts = [value[start : start + longest] for start in starts]
    return [{"type": "text", "text": part} for part in parts if part.strip()]


def __getattr__(name: str) -> Any:
    if name != "MAX_CHARACTERS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _longest("moderation")
