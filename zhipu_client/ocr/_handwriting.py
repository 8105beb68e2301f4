"""Reading handwriting: ``POST /files/ocr``, and what its answer says. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from pydantic import Field

from zhipu_client import _check
from zhipu_client._files import check_bytes, sniff
from zhipu_client._replies import ReplyModel, parse_as, rows
from zhipu_client._request import Reply, Request, Upload
from zhipu_client._uploads import content_of
from zhipu_client.errors import ServerError

__all__ = ["LANGUAGES", "HandwritingReply", "Handwritten", "handwriting", "handwritten"]

#: The values of ``language_type``.
# fmt: off
LANGUAGES = (
    "CHN_ENG", "AUTO", "ENG", "JAP", "KOR", "FRE", "SPA", "POR", "GER", "ITA", "RUS", "DAN",
    "DUT", "MAL", "SWE", "IND", "POL", "ROM", "TUR", "GRE", "HUN", "THA", "VIE", "ARA", "HIN",
)
# fmt: on

#: The most bytes that are read of what a caller gives; the limits of each type are below it.
_MOST = 512 * 1024 * 1024


class HandwritingReply(ReplyModel):
    """The answer of ``/files/ocr``: ``words_result`` has a line's words, place and certainty."""

    task_id: str | None = None
    status: str | None = None
    message: str | None = None
    words_result_num: int | None = None
    words_result: list[dict[str, Any]] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Handwritten:
    """An image with handwriting, read.

    Attributes:
        text: Its lines, one below the other.
        regions: A region a line, as OCR has them: ``{"index", "label", "content", "bbox_2d"}``,
            boxes left, top, right, bottom in pixels; and ``confidence``, 0 to 1, if it was asked
            for.
        confidence: The mean of the lines' certainty, 0 to 1; None if it was not asked for.
    """

    text: str
    regions: list[dict[str, Any]] = field(default_factory=list, repr=False)
    confidence: float | None = None

    def metadata(self, *, task_id: str | None = None) -> dict[str, Any]:
        """Return what a document of a framework says of it.

        Args:
            task_id: The id of the answer, where it is wanted.

        Examples:
            >>> from zhipu_client import ocr
            >>> ocr.handwritten(ocr.HandwritingReply()).metadata()
            {'lines': 0, 'confidence': None, 'empty': True, 'task_id': None}
        """
        return {
            "lines": len(self.regions),
            "confidence": self.confidence,
            "empty": None if self.text else True,
            "task_id": task_id,
        }


def handwriting(
    *,
    file: Any,
    filename: str | None = None,
    language_type: str | None = None,
    probability: bool | None = None,
) -> Request[HandwritingReply]:
    """Read handwriting in a picture: ``POST /files/ocr`` (open.bigmodel.cn only).

    Args:
        file: A PNG or JPEG: bytes, an open file, an upload of a web framework or a
            ``pathlib.Path``.
        filename: The name that the service sees; None for the file's own, or ``image.png``.
        language_type: One of `LANGUAGES`; ``CHN_ENG`` where none is given.
        probability: Answer with the certainty of each line.

    Raises:
        InvalidRequestError: No picture, or a language that is not known.

    Examples:
        >>> from zhipu_client import ocr
        >>> ocr.handwriting(file=bytes([255, 216, 255]), filename="note.jpg").path
        '/files/ocr'
    """
    _check.booleans(probability=probability)
    found = content_of(file, _MOST)
    content = found.content
    kind = sniff(content[:1024])
    if kind not in ("image/png", "image/jpeg"):
        raise _check.refuse("file", content[:8], "must be a PNG or JPEG")
    check_bytes(kind, len(content))
    _check.choice("language_type", language_type, LANGUAGES)
    form = [("tool_type", "hand_write")]
    if language_type is not None:
        form.append(("language_type", language_type))
    if probability is not None:
        form.append(("probability", "true" if probability else "false"))
    return Request(
        method="POST",
        path="/files/ocr",
        parse=parse_as(HandwritingReply),
        form=tuple(form),
        uploads=(Upload("file", filename or found.filename or "image.png", content, kind),),
        kind="generate",
        check=_check_reply,
    )


def _check_reply(reply: Reply) -> None:
    data = reply.data if isinstance(reply.data, dict) else {}
    if str(data.get("status")).lower() == "failed":
        why = data.get("message") or "no reason was given"
        raise ServerError(
            f"the handwriting could not be read: {why}", status=reply.status, body=reply.data
        )


def handwritten(reply: HandwritingReply) -> Handwritten:
    """Return what was read on an image; lines of an odd shape cost only what is odd.

    Args:
        reply: The answer of the handwriting endpoint.

    Examples:
        >>> from zhipu_client import ocr
        >>> line = {"words": "Milk", "location": {"left": 1, "top": 2, "width": 9, "height": 4}}
        >>> found = ocr.handwritten(ocr.HandwritingReply(words_result=[line]))
        >>> found.text, found.regions[0]["bbox_2d"]
        ('Milk', [1, 2, 10, 6])
    """
    regions: list[dict[str, Any]] = []
    for line in rows(reply.words_result):
        words = line.get("words")
        if not isinstance(words, str) or not words.strip():
            continue
        region = {"index": len(regions), "label": "text", "content": words}
        box, sure = _box(line.get("location")), _confidence(line.get("probability"))
        regions.append(
            region
            | ({} if box is None else {"bbox_2d": box})
            | ({} if sure is None else {"confidence": sure})
        )
    known = [region["confidence"] for region in regions if "confidence" in region]
    return Handwritten(
        text="\n".join(region["content"] for region in regions),
        regions=regions,
        confidence=round(fmean(known), 4) if known else None,
    )


def _box(place: Any) -> list[float] | None:
    names = ("left", "top", "width", "height")
    sides = [place.get(name) for name in names] if isinstance(place, dict) else []
    numbers = [side for side in sides if isinstance(side, (int, float))]
    if len(numbers) != len(names):
        return None
    left, top, width, height = numbers
    return [left, top, left + width, top + height]


def _confidence(probability: Any) -> float | None:
    found = probability.get("average") if isinstance(probability, dict) else None
    return float(found) if isinstance(found, (int, float)) and 0 <= found <= 1 else None
