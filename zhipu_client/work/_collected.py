"""The answers of a job of several batches, as they come and as a whole. Pure."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any

from zhipu_client import batches
from zhipu_client.work._batch import BatchAnswer, items_of, lines_in, missing
from zhipu_client.work._job import Progress

__all__ = ["Collected"]


class Collected:
    """The answers of a job, put in order.

    Args:
        count: How many items there were; None takes what the batches have noted.
        progress: Called with how many of how many answers have been read.
        on_result: Called with each answer and the number of its item.
    """

    def __init__(
        self,
        count: int | None,
        progress: Progress | None,
        on_result: Callable[[tuple[int, BatchAnswer[Any]]], Any] | None,
    ) -> None:
        self._count = count
        self._progress = progress
        self._on_result = on_result
        self.found: dict[int, BatchAnswer[Any]] = {}
        self._batches: list[batches.Batch] = []
        self._told = 0
        #: Of each batch the words on a damaged line, which may be of any of its items.
        self._unread: list[str] = []

    def add(self, batch: batches.Batch, number: int | None, answer: BatchAnswer[Any]) -> None:
        """Take a row of a batch, each of which begins with a row that is not an answer."""
        if not self._batches or batch is not self._batches[-1]:
            self._batches.append(batch)
            self._unread.append("")
            self._told = max(items_of(batch), self._told)
        elif number is None:
            if answer.error is not None:
                self._unread[-1] = f": {answer.error}"
        else:
            self.found[number] = answer
            if self._on_result is not None:
                self._on_result((number, answer))
            if self._progress is not None:
                self._progress(len(self.found), self._count or self._told or None)

    def whole(self) -> list[BatchAnswer[Any]]:
        """Return the answers of all items, those that are missing included."""
        least = max([self._told, *(number + 1 for number in self.found)])
        count = least if self._count is None else self._count
        return [self.found.get(number) or self._missing(number) for number in range(count)]

    def _missing(self, number: int) -> BatchAnswer[Any]:
        """Return the answer of an item without one, from the batch that it is in."""
        sizes = [lines_in(batch) for batch in self._batches]
        ends = accumulate(sizes) if all(sizes) else ()
        place = next((place for place, end in enumerate(ends) if number < end), -1)
        return missing(self._batches[place], self._unread[place])
