"""Further settings of adapters: answers that are kept in a file, several requests a call."""

from __future__ import annotations

from zhipu_client import adapting

from ._connection import ZhipuSettings

__all__ = ["KeepsAnswers", "SeveralRequests"]


class KeepsAnswers(ZhipuSettings, adapting.KeepsAnswers):
    """Settings of an adapter whose answers can be kept in a file (``checkpoint``)."""


class SeveralRequests(KeepsAnswers, adapting.SeveralRequests):
    """Settings of an adapter that makes several requests in one call (``max_in_flight``)."""
