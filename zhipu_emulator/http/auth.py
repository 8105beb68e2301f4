"""Who is asking: keys as they are, with and without ``Bearer``, and HS256 tokens made from them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Any

from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.json_depth import decoded

_KEY_FORM = re.compile(r"[^\s.]+\.[^\s.]+")
_SECONDS_BELOW = 10**11  # a time stamp below is in seconds (a sample of the docs), else in ms


def authenticate(header: str | None, keys: Iterable[str], now: float) -> str:
    """Return the key of an ``Authorization`` header.

    Args:
        header: The header's value, None when it was not sent.
        keys: The good keys, each ``id.secret``.
        now: Unix seconds.

    Returns:
        The key.

    Raises:
        ServiceError: 1001 (no header), 1000 (a wrong key), 1003 (token expired), 401 (wrong form).
    """
    if header is None or not header.strip():
        raise ServiceError("1001")
    scheme, _, rest = header.strip().partition(" ")
    # The service also takes the value alone: langchain-community sends a bare token.
    value = rest.strip() if scheme.lower() == "bearer" else header.strip()
    if not value:
        raise ServiceError("1001")
    for key in keys:
        if hmac.compare_digest(key.encode(), value.encode("utf-8", "replace")):
            return key
    if value.count(".") == 2:
        return _token_key(value, keys, now)
    raise ServiceError("1000" if _KEY_FORM.fullmatch(value) else "401")


def _part(text: str) -> Any:
    return decoded(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def _token_key(token: str, keys: Iterable[str], now: float) -> str:
    head, payload, signature = token.split(".")
    try:
        header, claims = _part(head), _part(payload)
        given = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        key_id, expires = claims["api_key"], float(claims["exp"])
        algorithm = header["alg"]
    except (binascii.Error, ValueError, KeyError, TypeError, OverflowError):
        raise ServiceError("401") from None
    key = next((key for key in keys if key.partition(".")[0] == key_id), None)
    if key is None or algorithm != "HS256":
        raise ServiceError("1000")
    secret = key.partition(".")[2]
    wanted = hmac.new(secret.encode(), f"{head}.{payload}".encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(wanted, given):
        raise ServiceError("1000")
    if not expires >= now * (1 if expires < _SECONDS_BELOW else 1000):  # NaN is not a time either
        raise ServiceError("1003")
    return key


def masked(header: str) -> str:
    """The header as it may be shown: the key's first four characters."""
    scheme, _, rest = header.partition(" ")
    return f"{scheme} {rest[:4]}…" if rest else f"{header[:4]}…"
