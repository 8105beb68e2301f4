"""The headers of an answer, as a caller may see and log them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from zhipu_client._secrets import is_secret_header

__all__ = ["shown_headers"]


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return an answer's headers by their names in lower case, without cookies and secrets.

    Examples:
        >>> shown_headers({"X-Log-Id": "7", "Set-Cookie": "session=1"})
        {'x-log-id': '7'}
    """
    return {
        name.lower(): value for name, value in headers.items() if not is_secret_header(name, value)
    }
