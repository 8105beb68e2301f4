"""What goes wrong in a soak, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["KINDS", "SHORT", "Kind"]

#: How a question is asked: read to its end as a stream; in one piece; by a model made for it; with
#: the reader leaving in order, being cancelled, or leaving the stream in a reference cycle; on an
#: event loop that is made for it.
Way = Literal["stream", "whole", "cold", "early", "cancel", "abandon", "loop"]

SHORT = 1.5  # seconds: the time limit where the service falls silent


@dataclass(frozen=True)
class Kind:
    """One kind of question.

    Attributes:
        share: How often it is asked, as a weight.
        fault: What the emulator does to its answer, as in the header ``x-emulator-fault``.
        way: How it is asked and read.
        sound: Whether an error would be a surprise: the service does nothing that ends an answer.
        settings: What its model is made with.
    """

    share: int
    fault: str = ""
    way: Way = "stream"
    sound: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)


_HASTY = {"timeout": SHORT, "max_retries": 1}

# An answer is about 65 events of reasoning and 60 of text.
KINDS: Mapping[str, Kind] = {
    "good": Kind(26, sound=True),
    "whole": Kind(8, way="whole", sound=True),
    "cold": Kind(5, way="cold", sound=True),
    "own loop": Kind(4, way="loop", sound=True),
    "left early": Kind(6, way="early", sound=True),
    "cancelled": Kind(8, way="cancel", sound=True),
    "abandoned": Kind(4, way="abandon", sound=True),
    "small pieces": Kind(3, "chop=37; ping=1", sound=True),
    "CR LF": Kind(2, "crlf", sound=True),
    "finish twice": Kind(2, "finish-twice", sound=True),
    "extra answer": Kind(5, "extra", sound=True),
    "extra answer, whole": Kind(3, "extra", way="whole", sound=True),
    "closed at once": Kind(2, "drop=fin"),
    "reset at once": Kind(2, "drop=rst"),
    "cut": Kind(3, "cut=90"),
    "reset": Kind(3, "reset=9"),
    "cut, whole": Kind(2, "cut=200", way="whole"),
    "no end": Kind(2, "no-finish"),
    "splice": Kind(3, "splice=80"),
    "garbage": Kind(2, "garbage=80"),
    "bad UTF-8": Kind(2, "bad-utf8=75"),
    "error in a stream": Kind(2, "error-frame=100/1302"),
    "500": Kind(2, "error=500"),
    "503": Kind(2, "status=503; retry-after=1"),
    "text for an error": Kind(1, "string-error=429"),
    "error with status 200": Kind(1, "flat=500"),
    "nothing": Kind(1, "empty=200", way="whole"),
    "double gzip": Kind(1, "coding=gzip, gzip", way="whole"),
    "silent head": Kind(1, "delay=6", settings=_HASTY),
    "silence": Kind(1, "stall=90/6", settings=_HASTY),
    "comments only": Kind(1, "ping-stall=9/6", settings=_HASTY),
}
