"""Nothing that fails in a span harms what it is of."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

__all__ = ["quietly"]

logger = logging.getLogger("zhipu_client")

F = TypeVar("F", bound=Callable[..., Any])


def quietly(method: F) -> F:
    """Let what fails in somebody's exporter or processor harm no call; it is logged once."""

    @wraps(method)
    def guarded(self: Any, *args: Any) -> Any:
        try:
            return method(self, *args)
        except Exception:
            if not self.tracing.failed:
                self.tracing.failed = True
                logger.exception("a span could not be made; the call goes on")

    return guarded  # type: ignore[return-value]
