"""Settings that may be given by several names. Pure.

Both names with equal values lose nothing: a program that fills in both, for two packages, works.
Of different values nobody can say which one is meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhipu_client._defaults import Timeout, resolve_base_url
from zhipu_client._secrets import hidden
from zhipu_client.errors import InvalidRequestError

__all__ = ["by_own_names", "check_same"]


def by_own_names(given: Mapping[str, Any], aliases: Mapping[str, str]) -> dict[str, Any]:
    """Return arguments by their own names.

    Args:
        given: The arguments; those that are None were not given.
        aliases: Other name -> own name.

    Raises:
        InvalidRequestError: Two names of one setting were given different values.

    Examples:
        >>> by_own_names({"model_name": "glm-4.7", "model": "glm-4.7"}, {"model_name": "model"})
        {'model': 'glm-4.7'}
    """
    found = {name: value for name, value in given.items() if name not in aliases}
    #: Own name -> the name by which its value was given.
    given_as: dict[str, str] = {}
    for alias in [name for name in given if name in aliases]:
        name, value = aliases[alias], given[alias]
        check_same(alias, value, given_as.get(name, name), found.get(name), name)
        if found.get(name) is None:
            found[name], given_as[name] = value, alias
    return found


def check_same(one: str, value: Any, other: str, other_value: Any, name: str) -> None:
    """Refuse two different values for one setting.

    Args:
        one: One of its names.
        value: The value that it was given by it; None for none.
        other: Another one of its names.
        other_value: The value by that one.
        name: The name to give it by.

    Raises:
        InvalidRequestError: They differ. The values are not shown: they may be secrets.
    """
    if value is None or other_value is None or _is_same(name, value, other_value):
        return
    raise InvalidRequestError(
        f"{one} and {other} are two names of one setting, and were given different values: give "
        f"{name} alone",
        field=name,
    )


def _is_same(name: str, one: Any, other: Any) -> bool:
    try:
        return one is other or bool(_plain(name, one) == _plain(name, other))
    except Exception:  # noqa: BLE001 - foreign code, such as an array's
        return False


def _plain(name: str, value: Any) -> Any:
    """Return a value in the one form that all its forms come to: what counts is what it means."""
    if name == "base_url":
        return resolve_base_url(value, None, {})
    if name == "timeout":
        return Timeout.of(float(value) if isinstance(value, str) else value)
    return hidden(value)
