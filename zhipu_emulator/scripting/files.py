"""Orders as JSON, for ``--script`` and for other languages: a list with one order each.

An order is null (as usual), a fault's text, or an object::

    [
      "error=1302; retry-after=1",
      {"think": "Weather.", "call": {"name": "get_weather", "arguments": {"city": "Oslo"}}},
      {"say": "Snow.", "finish_reason": "stop", "when": {"tool": "get_weather"}, "times": 2},
      {"json": {"error": {"code": "1214", "message": "no"}}, "status": 400, "path": "/embeddings"},
      {"say": "cut", "fault": "cut=2", "habits": ["box_marks"], "times": "always"}
    ]

``call`` may be a list of calls; ``chunks`` and ``status`` are those of ``Answer``; ``when`` has
``model``, ``system``, ``user``, ``tool`` and ``path``. The same objects are taken by
``Server.script``; from Python a file is scripted by ``server.script(*load("orders.json"))``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zhipu_emulator.scripting.orders import Order
from zhipu_emulator.scripting.reading import order

__all__ = ["load"]

_BLANK = " \t\n\r"


def load(path: str | Path) -> list[Order]:
    """Read the orders of a file.

    Args:
        path: A JSON file.

    Raises:
        ValueError: It cannot be read, or an order in it cannot be said; says which, in which line,
            and why.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder) / "orders.json"
        ...     _ = path.write_text('["error=1302", {"say": "Snow."}]')
        ...     [str(one) for one in load(path)]
        ['error=1302', "say='Snow.'"]
    """
    try:
        text = Path(path).read_text("utf-8-sig")
        found = json.loads(text, object_pairs_hook=_object)
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{path} cannot be read as JSON: {getattr(error, 'strerror', None) or error}"
        raise ValueError(msg) from error
    orders = []
    for place, (line, one) in enumerate(_lines(text, found), start=1):
        try:
            orders.append(order(one))
        except (TypeError, ValueError) as error:
            msg = f"{path}, line {line}, order {place}: {error}"
            raise ValueError(msg) from error
    return orders


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"the key {twice!r} is twice in one object: {found!r}"
        raise ValueError(msg)
    return found


def _lines(text: str, found: Any) -> Iterator[tuple[int, Any]]:
    """The items of a list, or a single one, each with the line that it begins in."""
    items, place = (found, text.index("[") + 1) if isinstance(found, list) else ([found], 0)
    for one in items:
        while text[place] in f"{_BLANK},":
            place += 1
        yield text.count("\n", 0, place) + 1, one
        place = json.JSONDecoder().raw_decode(text, place)[1]
