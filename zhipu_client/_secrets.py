"""What keeps a key out of sight: as a value, and when an object that has it is pickled. Pure."""

from __future__ import annotations

import sys
from typing import Any

from pydantic import SecretStr

__all__ = ["hidden", "is_importable"]


def hidden(key: Any) -> Any:
    """Return a key as the secret that no text shows; a function (or None) as it is."""
    if isinstance(key, str):
        return SecretStr(key)
    if hasattr(key, "get_secret_value") and not isinstance(key, SecretStr):
        return SecretStr(key.get_secret_value())
    return key


def is_importable(key: Any) -> bool:
    """True for a function that pickle stores as a reference, and nothing of what it returns."""
    if not callable(key) or hasattr(key, "get_secret_value"):
        return False
    name = getattr(key, "__qualname__", "<none>")
    found: Any = sys.modules.get(getattr(key, "__module__", None) or "")
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is key
