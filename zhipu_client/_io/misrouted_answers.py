"""Answers to another call of this process, known by the ``request_id`` that the service repeats.

Servers that repeat nothing, or give an id of their own, are believed: only an id that this process
sent with another request shows whose answer it is. A store of answers between us and the service
may give an earlier answer to the same request: that is right, so the requests are compared too.
"""

from __future__ import annotations

from collections import deque
from typing import Any

__all__ = ["foreign", "sent"]

#: How many of the last ids are known.
KNOWN = 4096

# No lock: each step is atomic, and another thread may have a lock when the process forks.
_requests: dict[str, int] = {}
_order: deque[str] = deque()


def sent(request_id: str | None, content: bytes | None) -> None:
    """Remember which request an id goes out with."""
    if request_id is None or content is None:
        return
    if request_id not in _requests:
        _order.append(request_id)
    _requests[request_id] = _mark(request_id, content)
    if len(_order) > KNOWN:
        _requests.pop(_order.popleft(), None)


def foreign(request_id: str | None, content: bytes | None, answer: Any) -> str | None:
    """Return the id of the other request that ``answer`` belongs to, or None."""
    found = answer.get("request_id") if isinstance(answer, dict) else None
    if not isinstance(found, str) or request_id is None or content is None or found == request_id:
        return None
    other = _requests.get(found)
    if other is None or other == _mark(request_id, content):
        return None
    return found


def _mark(request_id: str, content: bytes) -> int:
    """Return the same number for two requests that differ by their id alone."""
    return hash(content.replace(request_id.encode(), b""))
