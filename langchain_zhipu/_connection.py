"""The connection settings that all adapters share, with LangChain's errors."""

from __future__ import annotations

from langchain_zhipu._errors import model_error
from zhipu_client import InvalidRequestError, adapting

__all__ = ["KeepsAnswers", "SeveralRequests", "ZhipuSettings"]


class ZhipuSettings(adapting.ConnectionSettings):
    """`ConnectionSettings` that raise refused values as errors that LangChain knows, too."""

    @classmethod
    def _refused(cls, error: InvalidRequestError) -> Exception:
        return model_error(error)


class KeepsAnswers(ZhipuSettings, adapting.KeepsAnswers):
    """Settings of an adapter whose answers can be kept in a file (``checkpoint``)."""


class SeveralRequests(KeepsAnswers, adapting.SeveralRequests):
    """Settings of an adapter that makes several requests in one call (``max_in_flight``)."""
