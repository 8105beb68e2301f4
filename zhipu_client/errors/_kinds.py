"""What an error is in a few words, for logs and traces, and what it came from. Pure."""

from __future__ import annotations

from zhipu_client.errors import ZhipuError

__all__ = ["comes_from", "named"]


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


def comes_from(error: BaseException, kind: str) -> bool:
    """Return whether an error, or what it came from, is of a kind.

    Args:
        error: Any error.
        kind: The name of a class: what talks to the network is imported elsewhere.

    Examples:
        >>> comes_from(KeyError("a"), "LookupError")
        True
    """
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        if any(base.__name__ == kind for base in type(found).__mro__):
            return True
        seen.add(id(found))
        found = found.__cause__ or found.__context__
    return False
