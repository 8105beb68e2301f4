"""The connection settings that all adapters share, with LangChain's errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pydantic import Field

from langchain_zhipu._errors import model_error
from zhipu_client import InvalidRequestError
from zhipu_client.adapting import ConnectionSettings

__all__ = ["SeveralRequests", "ZhipuSettings"]


class ZhipuSettings(ConnectionSettings):
    """`ConnectionSettings` that raise refused values as errors that LangChain knows, too."""

    @classmethod
    def _refused(cls, error: InvalidRequestError) -> Exception:
        return model_error(error)


class SeveralRequests(ZhipuSettings):
    """Settings of an adapter that makes several requests in one call.

    Attributes:
        max_in_flight: The most requests of one call at once. Its former name, ``in_flight``, is
            accepted for one release.
        on_result: Called with each result as it comes: a `Document` of a loader, a position and
            its vector, an index and its score. What it raises ends the run.
    """

    max_in_flight: int = Field(default=8, ge=1, le=64)
    on_result: Callable[[Any], Any] | None = Field(default=None, exclude=True, repr=False)

    _aliases: ClassVar[Mapping[str, str]] = {
        **ZhipuSettings._aliases,
        "in_flight": "max_in_flight",
    }

    @property
    def in_flight(self) -> int:
        """Return `max_in_flight`, by its former name."""
        return self.max_in_flight
