"""Those who ask, question after question, until the time is over: threads and tasks."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Iterator
from contextlib import aclosing, closing

from benchmarks.soak.faults import KINDS
from benchmarks.soak.models import LangChainModels, LlamaIndexModels
from benchmarks.soak.report import Asked, Report

__all__ = ["Reader"]

_PATIENCE = 0.4  # seconds until a call is cancelled, at most


class Reader:
    """One of many.

    Args:
        models: The adapter that it asks.
        number: Its number; what it asks follows from it.
        report: Where it counts.
    """

    def __init__(
        self, models: LangChainModels | LlamaIndexModels, number: int, report: Report
    ) -> None:
        self._models, self._number, self._report = models, number, report
        self._dice = random.Random(number)

    def _questions(self, until: float, how: str) -> Iterator[Asked]:
        names, shares = list(KINDS), [kind.share for kind in KINDS.values()]
        for count in itertools.count():
            if time.monotonic() >= until:
                return
            (name,) = self._dice.choices(names, shares)
            yield Asked(f"{self._number}.{count}", name, f"{self._models.name}, {how}")

    def run(self, until: float) -> None:
        """Ask in this thread until a time of ``time.monotonic``."""
        for asked in self._questions(until, "sync"):
            got: list[str] = []
            error: BaseException | None = None
            left = False
            try:
                left = self._ask(asked, got)
            except Exception as raised:
                error = raised
            self._report.take(asked, "".join(got), error, left=left)

    async def arun(self, until: float) -> None:
        """Ask in this task until a time of ``time.monotonic``."""
        for asked in self._questions(until, "async"):
            got: list[str] = []
            error: BaseException | None = None
            left = False
            try:
                left = await self._aask(asked, got)
            except Exception as raised:
                error = raised
            self._report.take(asked, "".join(got), error, left=left)

    def _ask(self, asked: Asked, got: list[str]) -> bool:
        way = KINDS[asked.kind].way
        if way == "whole":
            got.append(self._models.whole(asked))
            return False
        if way == "loop":
            return asyncio.run(self._aread(asked, got, None))
        if way == "abandon":
            return self._abandon(asked)
        # A thread cannot be cancelled: there such a question is one that is left.
        enough = self._dice.randrange(1, 4) if way in ("early", "cancel") else None
        with closing(self._models.pieces(asked)) as pieces:
            for piece in pieces:
                got.append(piece)
                if len(got) == enough:
                    return True
        return False

    def _abandon(self, asked: Asked) -> bool:
        """Leave a stream to the garbage collector, in a cycle."""
        stream = self._models.stream(asked)
        next(stream)
        cycle = [stream]
        cycle.append(cycle)
        return True

    async def _aask(self, asked: Asked, got: list[str]) -> bool:
        way = KINDS[asked.kind].way
        if way == "whole":
            got.append(await self._models.awhole(asked))
            return False
        if way == "cancel":
            return await self._cancelled(asked, got)
        enough = self._dice.randrange(1, 4) if way in ("early", "abandon") else None
        return await self._aread(asked, got, enough)

    async def _aread(self, asked: Asked, got: list[str], enough: int | None) -> bool:
        async with aclosing(self._models.apieces(asked)) as pieces:
            async for piece in pieces:
                got.append(piece)
                if len(got) == enough:
                    return True
        return False

    async def _cancelled(self, asked: Asked, got: list[str]) -> bool:
        task = asyncio.create_task(self._aread(asked, got, None))
        await asyncio.wait([task], timeout=self._dice.random() * _PATIENCE)
        if not task.cancel():
            return task.result()
        try:
            return await task
        except asyncio.CancelledError:
            return True
