"""What was ordered, from Python, a file or the control route: one reader for all of them.

An order is None (as usual), a fault's text, an ``Answer`` or ``Fault``, or an object::

    {"say": "Snow.", "when": {"tool": "get_weather"}, "times": 2}

Its keys are ``say``, ``think``, ``call`` (``{"name": ..., "arguments": {...}}`` or a list of such),
the fields of ``Answer`` (``json``, ``chunks``, ``status``, ``headers``, ``done``,
``finish_reason``, ``habits``, ``path``, ``offered``: false for a call of a tool that there may not
be), ``fault``, ``when`` and ``times`` (a number, or
``"always"``). An object that has a key of the service's answers (``choices``, ``error``, ``data``,
``id``, ...) is the body of an answer; ``{"json": {...}}`` is any body.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhipu_emulator.scripting.items import Answer, Fault, call, say, think
from zhipu_emulator.scripting.orders import Condition, Order

__all__ = ["order", "read"]

_SAID = ("say", "think", "call")
_GIVEN = (
    "json", "chunks", "status", "headers", "done", "finish_reason", "habits", "path", "offered",
)  # fmt: skip
_WHEN = ("model", "system", "user", "tool", "path")
_KEYS = (*_SAID, *_GIVEN, "fault", "when", "times")
_OF_BODIES = {
    "choices", "error", "data", "id", "created", "object", "code", "request_id", "task_status",
    "results", "search_result", "reader_result", "usage",
}  # fmt: skip
_OF_MESSAGES = ("role", "content", "reasoning_content", "tool_calls")
_WANTED = 'wanted None (null), a fault\'s text, say(...) or an object such as {"say": "42"}'


def read(value: Any) -> list[Order]:
    """The orders in a JSON value: a list of them, or one.

    Raises:
        ValueError: An order cannot be said; says which, counted from 1, and why.

    Examples:
        >>> [str(order) for order in read([{"say": "42"}, "error=1302"])]
        ["say='42'", 'error=1302']
    """
    orders = []
    for place, one in enumerate(value if isinstance(value, list) else [value], start=1):
        try:
            orders.append(order(one))
        except (TypeError, ValueError) as error:
            msg = f"order {place}: {error}"
            raise ValueError(msg) from error
    return orders


def order(value: Any) -> Order:
    """One order.

    Raises:
        ValueError: It cannot be said: an unknown key, kind of fault or habit, a body that cannot be
            written as JSON.
        TypeError: Something else.

    Examples:
        >>> order({"say": "Snow.", "when": {"tool": "get_weather"}}).condition.tool
        'get_weather'
    """
    if isinstance(value, Order):
        return value
    if value is None or isinstance(value, Fault | Answer):
        return Order(value)
    if isinstance(value, str):
        return Order(_fault(value))
    if isinstance(value, list | tuple):
        msg = f"{value!r} is a list: script(*items) takes its items one by one"
        raise TypeError(msg)
    if not isinstance(value, Mapping):
        msg = f"{value!r} cannot be scripted: {_WANTED}"
        raise TypeError(msg)
    if _is_body(value):
        return Order(Answer(json=value))
    _known(value)
    times = None if value.get("times") == "always" else value.get("times", 1)
    return Order(_item(value), _condition(value.get("when", {})), times)


def _is_body(value: Mapping[str, Any]) -> bool:
    keys = {*value}
    if isinstance(value.get("status"), str):  # a task's: that of HTTP is a number
        keys.discard("status")
    return bool(_OF_BODIES & keys) and not {*_KEYS} & keys


def _fault(text: Any) -> Fault:
    if not isinstance(text, str):
        msg = f"fault={text!r}: wanted a text such as 'error=1302'"
        raise TypeError(msg)
    fault = Fault.parse(text)
    if not fault.orders:
        msg = f"{text!r} orders nothing; a fault is a text such as 'error=1302', words are say(...)"
        raise ValueError(msg)
    return fault


def _condition(when: Any) -> Condition:
    if not isinstance(when, Mapping):
        msg = f"when={when!r}: wanted an object such as {{'tool': 'get_weather'}}"
        raise TypeError(msg)
    if unknown := [name for name in when if name not in _WHEN]:
        msg = f"when={when!r}: unknown key {unknown[0]!r}; known are {', '.join(_WHEN)}"
        raise ValueError(msg)
    return Condition(**when)


def _known(value: Mapping[str, Any]) -> None:
    unknown = [name for name in value if name not in _KEYS]
    if not unknown:
        return
    if unknown[0] in _OF_MESSAGES:
        msg = (
            f"{dict(value)!r} is a message, not an order: "
            'use say(...), or {"say": ..., "think": ..., "call": ...}'
        )
        raise ValueError(msg)
    if unknown[0] in _WHEN:
        msg = f'{unknown[0]!r} is a condition: {{"when": {{"{unknown[0]}": ...}}}}'
        raise ValueError(msg)
    msg = (
        f"unknown key {unknown[0]!r}; an order has {', '.join(_KEYS)}. "
        'The body of an answer is {"json": {...}}'
    )
    raise ValueError(msg)


def _item(value: Mapping[str, Any]) -> Fault | Answer:
    given = {name: value[name] for name in _GIVEN if name in value}
    fault = None if value.get("fault") is None else _fault(value["fault"])
    if said := [*_said(value)]:
        whole = said[0]
        for part in said[1:]:
            whole += part
        return Answer(message=whole.message, fault=fault, **{"offered": whole.offered, **given})
    if fault is not None and not {*given} - {"path"}:
        return Fault(fault.orders, given.get("path"))
    if not {*given} - {"path"}:
        msg = f"it says nothing; give one of {', '.join([*_SAID, 'json', 'chunks', 'fault'])}"
        raise ValueError(msg)
    return Answer(fault=fault, **given)


def _said(value: Mapping[str, Any]) -> list[Answer]:
    found = []
    if "think" in value:
        found.append(think(value["think"]))
    if "say" in value:
        found.append(say(value["say"]))
    calls = value.get("call", [])
    for one in calls if isinstance(calls, list | tuple) else [calls]:
        good = isinstance(one, Mapping) and "name" in one and {*one} <= {"name", "arguments"}
        if not good:
            wanted = {"name": "add", "arguments": {"a": 1}}
            msg = f"call={one!r}: wanted {wanted!r}, or a list of such"
            raise ValueError(msg)
        found.append(call(one["name"], one.get("arguments", {})))
    return found
