"""One way to drive every client and adapter, so that each check is written once.

A `Subject` wraps one product: four calls, and how to read what they return. A `Driver` is a subject
used synchronously or asynchronously. A call never raises: an `Outcome` holds what was delivered
*and* the error that ended it, since the checks on broken streams want both.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

__all__ = ["Driver", "Mode", "Outcome", "Subject"]

Mode = Literal["sync", "async"]


@dataclass
class Outcome:
    """What came of one call."""

    text: str = ""
    reasoning: str = ""
    finish: str | None = None
    #: The calls that a program would run: name and decoded arguments.
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    #: The ids of the calls.
    ids: list[str | None] = field(default_factory=list)
    #: Prompt, completion and total tokens.
    usage: tuple[int, int, int] | None = None
    error: Exception | None = None
    seconds: float = 0.0

    def ok(self) -> Outcome:
        """The call must have succeeded."""
        if self.error is not None:
            raise AssertionError(f"the call failed: {self.error!r}") from self.error
        return self

    def failed(self, *kinds: type[BaseException], **attributes: Any) -> Any:
        """The call must have failed with one of these, which is returned; attributes compared."""
        assert self.error is not None, f"no error; delivered {self.text!r}, finish {self.finish!r}"
        if not isinstance(self.error, kinds):
            raise AssertionError(f"wanted {kinds}, got {self.error!r}") from self.error
        found = {name: getattr(self.error, name) for name in attributes}
        assert found == attributes
        return self.error


class Subject(Protocol):
    """A product under test."""

    #: What a user holds: for repr, pickle and the like.
    thing: Any

    def call(self, prompt: str) -> Any: ...
    async def acall(self, prompt: str) -> Any: ...
    def pieces(self, prompt: str) -> Iterator[Any]: ...
    def apieces(self, prompt: str) -> AsyncIterator[Any]: ...
    def serialised(self) -> list[str]:
        """Every form in which ``thing`` may be written down."""

    def read(self, pieces: Sequence[Any], outcome: Outcome) -> None:
        """Fill in the outcome from what `call` returned (one item) or what was streamed."""


class Driver:
    """A subject in one mode. ``close`` it after use."""

    def __init__(self, subject: Subject, mode: Mode) -> None:
        self.subject = subject
        self.mode = mode
        self._runner = asyncio.Runner() if mode == "async" else None

    @property
    def is_async(self) -> bool:
        return self.mode == "async"

    def close(self) -> None:
        if self._runner is not None:
            self._runner.close()

    def run(self, work: Awaitable[Any]) -> Any:
        """Run a coroutine on the loop of this driver."""

        async def main() -> Any:
            return await work

        assert self._runner is not None
        return self._runner.run(main())

    def complete(self, prompt: str = "hello") -> Outcome:
        """One call that is not streamed."""
        return self.run(self.acomplete(prompt)) if self.is_async else self._complete(prompt)

    def stream(self, prompt: str = "hello", *, take: int | None = None) -> Outcome:
        """One streamed call; stops reading after ``take`` pieces and closes the stream."""
        if self.is_async:
            return self.run(self.astream(prompt, take=take))
        return self._stream(prompt, take)

    def both(self, prompt: str = "hello") -> list[Outcome]:
        """One call of each kind."""
        return [self.complete(prompt), self.stream(prompt)]

    def many(self, prompts: Sequence[str], *, streamed: bool = False) -> list[Outcome]:
        """All of these at once: threads or tasks."""
        if self.is_async:
            one = self.astream if streamed else self.acomplete

            async def together() -> list[Outcome]:
                return list(await asyncio.gather(*(one(prompt) for prompt in prompts)))

            return self.run(together())
        with ThreadPoolExecutor(len(prompts)) as pool:
            return list(pool.map(self.stream if streamed else self.complete, prompts))

    async def acomplete(self, prompt: str = "hello") -> Outcome:
        outcome, start = Outcome(), time.monotonic()
        try:
            self.subject.read([await self.subject.acall(prompt)], outcome)
        except Exception as error:
            outcome.error = error
        outcome.seconds = time.monotonic() - start
        return outcome

    async def astream(
        self,
        prompt: str = "hello",
        *,
        take: int | None = None,
        seen: Callable[[Any], None] | None = None,
    ) -> Outcome:
        outcome, start, pieces = Outcome(), time.monotonic(), []
        try:
            async with aclosing(self.subject.apieces(prompt)) as source:  # type: ignore[type-var]
                async for piece in source:
                    pieces.append(piece)
                    if seen is not None:
                        seen(piece)
                    if take is not None and len(pieces) >= take:
                        break
        except Exception as error:
            outcome.error = error
        outcome.seconds = time.monotonic() - start
        self.subject.read(pieces, outcome)
        return outcome

    def _complete(self, prompt: str) -> Outcome:
        outcome, start = Outcome(), time.monotonic()
        try:
            self.subject.read([self.subject.call(prompt)], outcome)
        except Exception as error:
            outcome.error = error
        outcome.seconds = time.monotonic() - start
        return outcome

    def _stream(self, prompt: str, take: int | None) -> Outcome:
        outcome, start, pieces = Outcome(), time.monotonic(), []
        try:
            with closing(self.subject.pieces(prompt)) as source:  # type: ignore[type-var]
                for piece in source:
                    pieces.append(piece)
                    if take is not None and len(pieces) >= take:
                        break
        except Exception as error:
            outcome.error = error
        outcome.seconds = time.monotonic() - start
        self.subject.read(pieces, outcome)
        return outcome
