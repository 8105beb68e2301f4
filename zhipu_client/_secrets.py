"""What keeps a key out of sight: as a value, and when an object that has it is pickled. Pure."""

from __future__ import annotations

import re
import sys
from typing import Any

from pydantic import SecretStr

__all__ = ["hidden", "is_importable", "is_secret_header"]

#: A word in a header's name that announces a secret.
_SECRET_NAME = re.compile(
    r"((^|[-_.])(auth|jwt|key|sid|sign)|(access|api|oauth|secret)key|authorization|cookie"
    r"|credentials?|passw(or)?d|secret|session|signature|token)(?=$|[-_.])",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(r"(basic|bearer|digest|token)\s", re.IGNORECASE)


def hidden(key: Any) -> Any:
    """Return a key as the secret that no text shows; a function (or None) as it is."""
    if isinstance(key, str):
        return SecretStr(key)
    if hasattr(key, "get_secret_value") and not isinstance(key, SecretStr):
        return SecretStr(key.get_secret_value())
    return key


def is_importable(key: Any) -> bool:
    """Return True for a function that pickle stores by name, without what it returns."""
    if not callable(key) or hasattr(key, "get_secret_value"):
        return False
    name = getattr(key, "__qualname__", "<none>")
    found: Any = sys.modules.get(getattr(key, "__module__", None) or "")
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is key


def is_secret_header(name: str, value: str, key: Any = None) -> bool:
    """Return True for a header that is a secret by its name or value, or contains the key.

    Example:
        >>> is_secret_header("X-Api-Key", "1"), is_secret_header("X-Tenant", "acme")
        (True, False)
    """
    plain = key.get_secret_value() if hasattr(key, "get_secret_value") else key
    return bool(
        _SECRET_NAME.search(name)
        or _SECRET_VALUE.match(value)
        or (isinstance(plain, str) and plain and plain in value)
    )
