"""What is left of a coding plan: ``GET /api/monitor/usage/quota/limit`` of either site.

The route is not in the service's documentation; its answers were seen by several projects. A limit
of a type that is not known here is kept as it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field

from zhipu_client._replies import ReplyModel, read, read_rows
from zhipu_client._request import Reply, Request

__all__ = ["QuotaLimit", "QuotaReply", "retrieve"]

#: The wire's number of a window -> its length. Others were not seen.
WINDOWS: Mapping[int, timedelta] = {3: timedelta(hours=5), 6: timedelta(weeks=1)}


class QuotaLimit(ReplyModel):
    """One limit of a plan.

    Attributes:
        type: ``TOKENS_LIMIT``, ``CREDIT_LIMIT`` or ``TIME_LIMIT``.
        unit: The wire's number of the window; see `window`.
        percentage: How much is used, 0 to 100.
    """

    type: str | None = None
    unit: int | None = None
    percentage: float | None = None

    @property
    def window(self) -> timedelta | None:
        """The length of the window, or None where its number is not known."""
        return WINDOWS.get(self.unit) if isinstance(self.unit, int) else None

    @property
    def reset_at(self) -> datetime | None:
        """When the window begins anew (UTC), or None where the service does not say."""
        moment = (self.model_extra or {}).get("nextResetTime")
        if isinstance(moment, bool) or not isinstance(moment, int | float):
            return None
        try:
            return datetime.fromtimestamp(moment / 1000, UTC)
        except (OverflowError, OSError, ValueError):
            return None


class QuotaReply(ReplyModel):
    """The answer of the quota route.

    Attributes:
        limits: The plan's limits.
    """

    limits: list[QuotaLimit] = Field(default_factory=list)

    @property
    def reset_at(self) -> datetime | None:
        """When the limits that are used up have begun anew; None where none is."""
        used = [limit for limit in self.limits if _used_up(limit)]
        return max((limit.reset_at for limit in used if limit.reset_at), default=None)


def retrieve() -> Request[QuotaReply]:
    """Ask how much of a coding plan is used. Free of charge.

    Returns:
        A request whose answer is a `QuotaReply`. An account without a plan has no limits there.

    Example:
        ```python
        from zhipu_client import Client, quota

        for limit in Client().send(quota.retrieve()).limits:
            print(limit.type, limit.window, limit.percentage, limit.reset_at)
        ```
    """
    return Request(method="GET", path="//api/monitor/usage/quota/limit", parse=_parse)


def _parse(reply: Reply) -> QuotaReply:
    data = reply.data.get("data") if isinstance(reply.data, Mapping) else None
    found: QuotaReply = read(QuotaReply, data if isinstance(data, dict) else {})
    limits: Any = data.get("limits") if isinstance(data, dict) else None
    found.limits = read_rows(QuotaLimit, limits)
    return found


def _used_up(limit: QuotaLimit) -> bool:
    return isinstance(limit.percentage, int | float) and limit.percentage >= 100
