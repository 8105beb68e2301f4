"""Arguments of calls in a pickle: without secrets, and refused until they are given again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from zhipu_client._secrets import is_secret_header
from zhipu_client.conversation.call_secrets import (
    FREE_FIELDS,
    HEADER_FIELDS,
    TOOL_FIELDS,
    SecretUrl,
    changed_secrets,
)
from zhipu_client.errors import InvalidRequestError

__all__ = ["LeftOut", "check_nothing_left_out", "for_pickle"]


class LeftOut(dict[str, Any]):
    """Headers, or an address, of which some have not come along with a pickle.

    Attributes:
        names: Those.
    """

    def __init__(self, kept: Mapping[str, Any], names: tuple[str, ...]) -> None:
        super().__init__(kept)
        self.names = names

    def __bool__(self) -> bool:
        return True  # without a header that is kept, too

    def __reduce__(self) -> Any:
        return LeftOut, (dict(self), self.names)


def for_pickle(kwargs: Mapping[str, Any], key: Any = None) -> dict[str, Any]:
    """Return a call's arguments without the headers that are secrets by their name and value.

    The headers of a call (``extra_headers``), and the headers and addresses of MCP servers, are
    looked at. What is left of them is a `LeftOut`, which `check_nothing_left_out` refuses before
    anything is sent.

    Args:
        kwargs: The arguments. They are not changed.
        key: The API key: a header that contains it is a secret.

    Examples:
        >>> for_pickle({"extra_headers": {"X-Tenant": "acme", "X-Token": "t"}})
        {'extra_headers': {'X-Tenant': 'acme'}}
    """
    return changed_secrets(kwargs, lambda value: _kept(value, key))


def check_nothing_left_out(values: Mapping[str, Any]) -> None:
    """Refuse the values of a call whose headers have not come along with a pickle.

    Args:
        values: The values of a call.

    Raises:
        InvalidRequestError: Some have not; ``field`` is where they were.
    """
    for name in TOOL_FIELDS:
        tools = values.get(name)
        for position, tool in enumerate(tools if isinstance(tools, (list, tuple)) else ()):
            changed_secrets({name: [tool]}, partial(_refuse, f"{name}[{position}]"))
    for name in (*HEADER_FIELDS, *FREE_FIELDS):
        if values.get(name):
            changed_secrets({name: values[name]}, partial(_refuse, name))


def _kept(value: Any, key: Any) -> Any:
    if isinstance(value, LeftOut):
        return value
    if isinstance(value, SecretUrl):
        return str(value) if value.may_be_pickled(key) else LeftOut({}, ("server_url",))
    if not isinstance(value, Mapping):  # ``authorization`` of a tool
        return LeftOut({}, ("authorization",))
    secret = [
        name for name, text in value.items() if is_secret_header(_text(name), _text(text), key)
    ]
    if not secret:
        return value
    kept = {name: text for name, text in value.items() if name not in secret}
    return LeftOut(kept, tuple(map(str, secret)))


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _refuse(field: str, value: Any) -> Any:
    if isinstance(value, LeftOut):
        names = ", ".join(value.names)
        raise InvalidRequestError(
            f"this was pickled, and what may be a secret is not ({names}): give {field} again in "
            "this process",
            field=field,
        )
    return value
