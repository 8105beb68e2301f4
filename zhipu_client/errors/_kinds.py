"""What an error is in a few words, for logs and traces. Pure."""

from __future__ import annotations

from zhipu_client.errors import ZhipuError

__all__ = ["named"]


def named(error: BaseException) -> str:
    """Return what an error is, without the words of the service, which may have those of a user.

    Examples:
        >>> from zhipu_client import RateLimitError
        >>> named(RateLimitError("busy", status=429, code="1302"))
        'RateLimitError (429, 1302)'
    """
    facts = [getattr(error, name, None) for name in ("status", "code")]
    known = [str(fact) for fact in facts if fact] if isinstance(error, ZhipuError) else []
    return type(error).__name__ + (f" ({', '.join(known)})" if known else "")
