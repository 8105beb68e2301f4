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
``model``, ``system``, ``user``, ``tool`` and ``path``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zhipu_emulator.scripting.items import Answer, Fault
from zhipu_emulator.scripting.orders import Condition, Order

__all__ = ["load", "read"]

_SAID = ("say", "think", "call")
_GIVEN = ("json", "chunks", "status", "headers", "done", "finish_reason", "habits", "path")
_WHEN = ("model", "system", "user", "tool", "path")
_KEYS = (*_SAID, *_GIVEN, "fault", "when", "times")


def load(path: str | Path) -> list[Order]:
    """Read the orders of a file.

    Args:
        path: A JSON file.

    Raises:
        ValueError: It cannot be read, or an order in it cannot be said; says which and why.
    """
    try:
        found = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{path} cannot be read as JSON: {getattr(error, 'strerror', None) or error}"
        raise ValueError(msg) from error
    try:
        return read(found)
    except ValueError as error:
        msg = f"{path}: {error}"
        raise ValueError(msg) from error


def read(value: Any) -> list[Order]:
    """The orders in a JSON value: a list of them, or one.

    Raises:
        ValueError: An order cannot be said; says which, counted from 0, and why.

    Examples:
        >>> [str(order) for order in read([{"say": "42"}, "error=1302"])]
        ["say='42'", 'error=1302']
    """
    orders = []
    for place, one in enumerate(value if isinstance(value, list) else [value]):
        try:
            orders.append(_order(one))
        except (TypeError, ValueError) as error:
            msg = f"order {place}: {error}"
            raise ValueError(msg) from error
    return orders


def _order(value: Any) -> Order:
    if value is None:
        return Order(None)
    if isinstance(value, str):
        return Order(Fault.parse(value))
    if not isinstance(value, Mapping):
        msg = f"{value!r}: wanted null, a fault's text or an object"
        raise TypeError(msg)
    _known(value, _KEYS)
    when = value.get("when", {})
    if not isinstance(when, Mapping) or not all(isinstance(text, str) for text in when.values()):
        msg = f"when={when!r}: wanted an object of texts"
        raise TypeError(msg)
    _known(when, _WHEN)
    times = value.get("times", 1)
    return Order(_item(value), Condition(**when), None if times == "always" else times)


def _known(value: Mapping[str, Any], names: tuple[str, ...]) -> None:
    if unknown := [name for name in value if name not in names]:
        msg = f"unknown key {unknown[0]!r}; known are {', '.join(names)}"
        raise ValueError(msg)


def _item(value: Mapping[str, Any]) -> Fault | Answer:
    given = {name: value[name] for name in _GIVEN if name in value}
    order = value.get("fault")
    if order is not None and not isinstance(order, str):
        msg = f"fault={order!r}: wanted a text such as 'error=1302'"
        raise TypeError(msg)
    fault = None if order is None else Fault.parse(order)
    said = [name for name in _SAID if name in value]
    if said:
        calls = value.get("call", [])
        message = {
            "content": value.get("say", ""),
            "reasoning_content": value.get("think", ""),
            "tool_calls": [
                {"function": one} for one in (calls if isinstance(calls, list) else [calls])
            ],
        }
        return Answer(message=message, fault=fault, **given)
    if fault is not None and not {*given} - {"path"}:
        return Fault(fault.orders, given.get("path"))
    if not {*given} - {"path"}:
        msg = f"it says nothing; give one of {', '.join([*_SAID, 'json', 'chunks', 'fault'])}"
        raise ValueError(msg)
    return Answer(fault=fault, **given)
