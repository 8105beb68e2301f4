"""What came of a soak."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.soak.faults import KINDS
from zhipu_client import ZhipuError

__all__ = ["Asked", "Report"]

_WORDS = 12  # of an answer
_SHOWN = 20  # wrong ones that are listed


@dataclass(frozen=True)
class Asked:
    """One question, whose answer is made of its tag.

    Attributes:
        tag: What no other question has.
        kind: A name in `KINDS`.
        who: Which adapter asked, and how, for the report.
    """

    tag: str
    kind: str
    who: str

    @property
    def answer(self) -> str:
        """The whole answer that it must get: the tag is in each of its words."""
        return " ".join(f"{self.tag}-{place}" for place in range(_WORDS))

    @property
    def prompt(self) -> str:
        """What is asked."""
        return f'Say exactly "{self.answer}"'


@dataclass
class Report:
    """What came of it; threads add to it, one at a time.

    Attributes:
        answers: Whole answers, each its question's own.
        left: Streams that were left early or cancelled on purpose, each a beginning of its answer.
        waited: Calls that were refused for the number in flight (1302), and waited for a place.
        errors: Errors of `zhipu_client` by their class.
        unprovoked: Those of them where the service did nothing that ends an answer.
        wrong: Answers that are not their question's, or not whole and without an error.
        untyped: Errors of any other kind.
        unended: Readers that had not ended when the time to wait was over.
        descriptors: Open files and sockets before, at the most, and after.
        memory: MB in use after a fifth of the time, and after all; None where it is unknown.
        freezes: The longest times that the event loop did not run, seconds: in the first five
            seconds, in which everything is imported and made, and later.
    """

    answers: int = 0
    left: int = 0
    waited: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    unprovoked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    untyped: list[str] = field(default_factory=list)
    unended: int = 0
    descriptors: tuple[int, int, int] = (0, 0, 0)
    memory: tuple[float | None, float | None] = (None, None)
    freezes: tuple[float, float] = (0.0, 0.0)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def failed(self) -> bool:
        """Whether something happened that never may."""
        return bool(self.wrong or self.untyped or self.unended)

    def take(self, asked: Asked, text: str, error: BaseException | None, *, left: bool) -> None:
        """Count what one question came to.

        Args:
            asked: The question.
            text: What was read of its answer.
            error: What was raised.
            left: Whether the reader left on purpose.
        """
        whole = asked.answer
        with self._lock:
            if not whole.startswith(text) or (error is None and not left and text != whole):
                self.wrong.append(f"{asked}: {text!r} ({error!r})")
            elif error is not None:
                self._take_error(asked, error)
            elif left:
                self.left += 1
            else:
                self.answers += 1

    def _take_error(self, asked: Asked, error: BaseException) -> None:
        if not isinstance(error, ZhipuError):
            self.untyped.append(f"{asked}: {error!r}")
            return
        kinds = type(error).__mro__  # an adapter's own class comes first
        ours = next(kind for kind in kinds if kind.__module__.startswith("zhipu_client"))
        self.errors[ours.__name__] += 1
        if KINDS[asked.kind].sound:
            self.unprovoked.append(f"{asked}: {error!r}")

    def lines(self) -> Iterator[str]:
        """Yield the figures, a line each, and what was wrong."""
        yield f"answers           {self.answers:,}"
        yield f"left on purpose   {self.left:,}"
        yield f"waited for 1302   {self.waited:,}"
        yield f"wrong or crossed  {len(self.wrong)}"
        yield f"untyped errors    {len(self.untyped)}"
        yield f"never ended       {self.unended}"
        listed = ", ".join(f"{name} {count:,}" for name, count in self.errors.most_common())
        yield f"typed errors      {self.errors.total():,} ({listed or 'none'})"
        yield f"  unprovoked      {len(self.unprovoked)}"
        yield "descriptors       {} before, {} at most, {} after".format(*self.descriptors)
        yield f"memory            {_grown(*self.memory)}"
        start, later = (1000 * freeze for freeze in self.freezes)
        yield f"longest freeze    {start:.0f} ms at the start, {later:.0f} ms later"
        lists = {"WRONG": self.wrong, "UNTYPED": self.untyped, "UNPROVOKED": self.unprovoked}
        for name, found in lists.items():
            yield from (f"{name} {one}" for one in found[:_SHOWN])


def _grown(early: float | None, late: float | None) -> str:
    if early is None or late is None:
        return "unknown"
    return (
        f"{early:.1f} MB after a fifth of the time, {late:.1f} MB after all ({late - early:+.1f})"
    )
