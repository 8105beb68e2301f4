"""Secrets among a call's arguments and tools, and what is shown in their place. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from zhipu_client._lazy import pattern
from zhipu_client._secrets import is_secret_header

__all__ = [
    "FREE_FIELDS",
    "HEADER_FIELDS",
    "TOOL_FIELDS",
    "SecretUrl",
    "changed_secrets",
    "is_redacted",
    "redacted",
    "without_secrets",
    "without_secrets_of",
]

#: Arguments that have arguments of calls, or fields of the body, in them: for what has no field of
#: its own, and so perhaps for secrets.
FREE_FIELDS = ("additional_kwargs", "extra", "extra_body", "model_kwargs")
#: Arguments that are lists of tools, and those that are headers.
TOOL_FIELDS = ("tools", "server_tools")
HEADER_FIELDS = ("extra_headers", "default_headers", "headers")
#: Settings of an MCP server that are an address.
_URLS = ("server_url", "url")
#: Names in an address that announce a secret, besides those of headers.
_SECRET_NAMES = frozenset({"code", "pass", "pat", "pwd", "sig"})
#: What is longer may be a key, whatever its name.
_LONG = 20
_MARK = "redacted:"
#: In the place of what looks like a key in the path of an address.
_STARS = "***"
#: What is shorter may be a part of any word.
_SHORTEST = 8
#: What a step of a path is made of where it is not a key: words, in small letters or with capitals
#: within, initials, versions and small numbers.
_WORD = r"(?:[A-Z]?[a-z]{1,14}(?:[A-Z][a-z]{1,14}){0,2}\d{0,2}|[A-Z]{1,4}|v?\d{1,4})"
_STEP = pattern(rf"[@~]?{_WORD}(?:[-_.]{_WORD}){{0,5}}")
#: The longest step of words.
_LONGEST_STEP = 48
#: Steps that announce a key in the next one, and those that are not one even there.
_ANNOUNCING = pattern(
    r"(?:access|api|auth|secret)?[-_]?(?:keys?|tokens?|secrets?)|k|pat|t", re.IGNORECASE
)
_ENDPOINTS = frozenset({"http", "mcp", "message", "messages", "sse", "stream"})


class SecretUrl(str):
    """The address of an MCP server. A user, a password, a query and keys in its path are secrets.

    Servers that are given away by their address alone have a key in a step of the path, such as
    ``/s/N2E4ZjQw…/mcp``. A step that is not made of words is taken for one.
    """

    __slots__ = ()

    @property
    def is_plain(self) -> bool:
        """Whether it has nothing in it that may be a secret."""
        return self.shown == self

    @property
    def shown(self) -> str:
        """The address as it may be shown."""
        scheme, mark, there = _split(self)
        rest = there.partition("#")[0].partition("?")[0]
        host, slash, path = rest.partition("/")
        host = host.rpartition("@")[2]
        port = host.rpartition("]")[2].partition(":")[2]
        # A password with one of these characters in it, as it is.
        broken = bool(port) and not port.isdigit()
        return f"{scheme}{mark}" if broken else f"{scheme}{mark}{host}{slash}{_masked(path)}"

    @property
    def secrets(self) -> list[str]:
        """What of it is not shown, each by itself, and the whole address."""
        rest = _split(self)[2]
        there, _, query = rest.partition("#")[0].partition("?")
        host, _, path = there.partition("/")
        steps = path.split("/")
        masked = _masked(path).split("/")
        values = [value for _, value in parse_qsl(query)]
        return [
            str(self),
            *host.rpartition("@")[0].split(":"),
            *(step for step, shown in zip(steps, masked, strict=True) if step != shown),
            *values,
        ]

    def may_be_pickled(self, key: Any = None) -> bool:
        """Return whether nothing in it looks like a secret; the API key is one.

        Args:
            key: The API key.
        """
        plain = key.get_secret_value() if hasattr(key, "get_secret_value") else key
        if isinstance(plain, str) and plain and plain in self:
            return False
        try:
            parts = urlsplit(self)
        except ValueError:
            return False
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        if "@" in parts.netloc or parts.fragment or _masked(parts.path) != parts.path:
            return False
        return not any(
            name.lower() in _SECRET_NAMES
            or len(value) >= _LONG
            or is_secret_header(name, value, key)
            or (not value and len(name) >= _LONG)
            for name, value in pairs
        )


def without_secrets(tool: Any) -> Any:
    """Return a tool as traces may show it: an MCP server's headers and address have credentials.

    A digest is in their place, so that different ones stay apart in cache keys.

    Args:
        tool: A tool of any form.

    Examples:
        >>> server = {"server_label": "notes", "headers": {"Authorization": "Bearer t"}}
        >>> "Bearer" in str(without_secrets({"type": "mcp", "mcp": server}))
        False
        >>> server = {"server_label": "notes", "server_url": "https://notes.example/mcp?key=t"}
        >>> without_secrets({"type": "mcp", "mcp": server})["mcp"]["server_url"]
        'https://notes.example/mcp?redacted:3d6f4f072635'
        >>> SecretUrl("https://notes.example/s/N2E4ZjQwMTU/mcp").shown
        'https://notes.example/s/***/mcp'
    """
    return _changed_tool(tool, _digest)


def _changed_tool(tool: Any, change: Callable[[Any], Any]) -> Any:
    if not isinstance(tool, Mapping):
        return tool
    if tool.get("type") == "mcp" and "mcp" not in tool:  # OpenAI's form
        found = _changed_settings(tool, ("headers", "authorization"), change)
        return {**tool, **found} if found else tool
    mcp = tool.get("mcp")
    if not isinstance(mcp, Mapping):
        return tool
    found = _changed_settings(mcp, ("headers",), change)
    return {**tool, "mcp": {**mcp, **found}} if found else tool


def _changed_settings(
    settings: Mapping[str, Any], names: tuple[str, ...], change: Callable[[Any], Any]
) -> dict[str, Any]:
    found = {name: change(settings[name]) for name in names if settings.get(name)}
    for name in _URLS:
        value = settings.get(name)
        if value is None or is_redacted(value):
            continue
        if not isinstance(value, (str, bytes)):  # what a pickle or a wrapping has left
            found[name] = change(value)
        elif not (address := SecretUrl(_address(value))).is_plain:
            found[name] = change(address)
    return found


def _masked(path: str) -> str:
    """Return the path of an address without what looks like a key in it."""
    before, found = "", []
    for step in path.split("/"):
        announced = step.lower() not in _ENDPOINTS and _ANNOUNCING.fullmatch(before) is not None
        words = len(step) <= _LONGEST_STEP and _STEP.fullmatch(step) is not None
        found.append(step if not step or (words and not announced) else _STARS)
        before = step
    return "/".join(found)


def _split(address: str) -> tuple[str, str, str]:
    scheme, mark, there = address.partition("://")
    return (scheme, mark, there) if mark and scheme.isalnum() else ("", "", address)


def _address(value: str | bytes) -> str:
    # Of an Enum of strings what is sent, where `str` alone gives its name.
    return value.decode("latin-1") if isinstance(value, bytes) else str.__str__(value)


def without_secrets_of(kwargs: Mapping[str, Any], text: bytes) -> bytes:
    """Return the body of a refusal without the secrets of its request: some peers repeat it.

    Args:
        kwargs: The body of the request, or a call's arguments.
        text: What came.

    Examples:
        >>> server = {"server_label": "notes", "server_url": "https://notes.example/mcp?key=13579135"}
        >>> sent = {"tools": [{"type": "mcp", "mcp": server}]}
        >>> without_secrets_of(sent, b"not reached: https://notes.example/mcp?key=13579135")
        b'not reached: ***'
    """
    found: set[str] = set()

    def note(value: Any) -> Any:
        if isinstance(value, SecretUrl):
            found.update(value.secrets)
        for one in value.values() if isinstance(value, Mapping) else [value]:
            # With and without "Bearer".
            found.update((str(one), str(one).partition(" ")[2]))
        return value

    changed_secrets(kwargs, note)
    for secret in sorted(found, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            quoted = json.dumps(secret)[1:-1]
            for form in (secret, quoted, quoted.replace("/", "\\/")):
                text = text.replace(form.encode(errors="replace"), _STARS.encode())
    return text


def is_redacted(value: Any) -> bool:
    """Return whether a text has a digest in the place of a secret."""
    return isinstance(value, str) and (value.startswith(_MARK) or f"?{_MARK}" in value)


def changed_secrets(kwargs: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """Return a call's arguments with something else in the place of each secret.

    Args:
        kwargs: The arguments. They are not changed.
        change: Secret -> what to put in its place.

    Examples:
        >>> changed_secrets({"top_p": 0.5, "extra_headers": {"X-Token": "t"}}, lambda _: "hidden")
        {'top_p': 0.5, 'extra_headers': 'hidden'}
    """
    found = dict(kwargs)
    for name in FREE_FIELDS:
        if isinstance(found.get(name), Mapping):
            found[name] = changed_secrets(found[name], change)
    for name in TOOL_FIELDS:
        if isinstance(found.get(name), (list, tuple)):
            found[name] = [_changed_tool(tool, change) for tool in found[name]]
    for name in HEADER_FIELDS:
        if found.get(name):
            found[name] = change(found[name])
    return found


def redacted(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call's arguments without the secrets in them: for traces and cache keys.

    Args:
        kwargs: The arguments by name.

    Examples:
        >>> redacted({"temperature": 0.5, "api_key": "id.secret"})
        {'temperature': 0.5}
    """
    found = changed_secrets(kwargs, _digest)
    for name in ("api_key", "zhipuai_api_key", "openai_api_key"):
        found.pop(name, None)
    return found


def _digest(value: Any) -> str:
    if isinstance(value, SecretUrl):
        return f"{value.shown}?{_digest(str(value))}"
    if is_redacted(value):
        return str(value)
    text = json.dumps(value, sort_keys=True, default=str)
    return f"{_MARK}{hashlib.sha256(text.encode()).hexdigest()[:12]}"
