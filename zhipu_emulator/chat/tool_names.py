"""Names of functions: as they were sent, and as their authors wrote them."""

from __future__ import annotations

import hashlib

__all__ = ["spoken_name", "stands_for"]


def stands_for(sent: str, name: str) -> bool:
    """Whether a function's name on the wire is what this project's clients make of ``name``.

    Names that the wire does not take (Chinese ones) are sent with a hash of the name at their end.
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return sent.endswith(f"_x{digest}")


def spoken_name(sent: str, description: str) -> str:
    """The name of a function as its author wrote it: a name that was changed opens the description.

    Examples:
        >>> spoken_name("tool_x80bac930", "查天气: The weather."), spoken_name("add", "Add.")
        ('查天气', 'add')
    """
    name = description.partition(": ")[0]
    return name if stands_for(sent, name) else sent
