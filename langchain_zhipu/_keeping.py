"""Further settings of adapters: answers that are kept in a file, several requests a call."""

from __future__ import annotations

from langchain_zhipu._connection import ZhipuSettings
from zhipu_client import adapting

__all__ = ["KeepsAnswers", "SeveralRequests"]


class KeepsAnswers(ZhipuSettings, adapting.KeepsAnswers):
    """Settings of an adapter whose answers can be kept in a file (``checkpoint``)."""


class SeveralRequests(KeepsAnswers, adapting.SeveralRequests):
    """Settings of an adapter that makes several requests in one call (``max_in_flight``)."""
