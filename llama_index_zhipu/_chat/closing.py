"""Close an async stream at once when its reader stops early."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar

__all__ = ["closing_stream"]

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])

_opened: ContextVar[list[AsyncGenerator[Any, None]] | None] = ContextVar("_opened", default=None)


def closing_stream(callback: Callable[[Any], Any]) -> Callable[[F], F]:
    """Apply a callback decorator of LlamaIndex so that closing its stream closes ours.

    The decorator wraps the stream in a generator that, when closed, leaves the inner one open
    until the event loop ends: the service would go on writing, and be paid for it.

    Args:
        callback: ``llm_chat_callback()`` or ``llm_completion_callback()``.
    """

    def decorate(method: F) -> F:
        @wraps(method)
        async def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
            stream = await method(self, *args, **kwargs)
            opened = _opened.get()
            if opened is not None:
                opened.append(stream)
            return stream

        # The callback marks the functions that it wrapped by this attribute.
        del noted.__wrapped__
        inner = callback(noted)

        @wraps(method)
        async def outer(self: Any, *args: Any, **kwargs: Any) -> Any:
            opened: list[AsyncGenerator[Any, None]] = []
            token = _opened.set(opened)
            try:
                wrapped = await inner(self, *args, **kwargs)
            finally:
                _opened.reset(token)
            return _closed_together(wrapped, *opened)

        return outer  # type: ignore[return-value]  # takes what `method` takes

    return decorate


async def _closed_together(
    stream: AsyncGenerator[Any, None], *inner: AsyncGenerator[Any, None]
) -> AsyncGenerator[Any, None]:
    try:
        async for item in stream:
            yield item
    finally:
        for generator in (stream, *inner):
            # "already running": an event loop that shuts down closes them all at once.
            with suppress(RuntimeError):
                await generator.aclose()
