"""Arguments that are read in one way everywhere: paths, dicts, and their callers' names. Pure."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zhipu_client._check import refuse
from zhipu_client.errors import InvalidRequestError

__all__ = ["called", "mapping", "path"]


def path(field: str, value: Any) -> Path:
    """Return a path that a caller gave; refuse what no file can be called.

    Args:
        field: The parameter's name.
        value: A text or a path object.

    Raises:
        InvalidRequestError: It is something else, is empty, or has characters that no name has.

    Examples:
        >>> path("save_to", "videos").name
        'videos'
        >>> path("save_to", "")
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: save_to must be a path, got ''
    """
    given = os.fspath(value) if isinstance(value, (str, os.PathLike)) else None
    if not isinstance(given, str) or not given.strip():
        raise refuse(field, value, "must be a path")
    try:
        os.fsencode(given)
    except UnicodeEncodeError:
        raise refuse(field, value, "must be a path of whole characters") from None
    if "\0" in given:
        raise refuse(field, value, "must be a path without null characters")
    return Path(given)


def mapping(field: str, value: Any) -> dict[str, Any]:
    """Return a copy of a mapping with names for keys; None is an empty one.

    Args:
        field: The parameter's name.
        value: What was given.

    Raises:
        InvalidRequestError: It is not a mapping, or one of its keys is not a text.

    Examples:
        >>> mapping("options", {"fps": 30}), mapping("options", None)
        ({'fps': 30}, {})
        >>> mapping("options", {1: 30})
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: options must be a dict with names as keys, got {1: 30}
    """  # noqa: E501
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise refuse(field, value, "must be a dict with names as keys")
    return dict(value)


@contextmanager
def called(**names: str) -> Iterator[None]:
    """Name a parameter in the refusals that leave the block as the caller of it knows it.

    Args:
        **names: The name in the block -> the caller's.

    Raises:
        InvalidRequestError: That of the block, by the caller's name.

    Examples:
        >>> with called(timeout="wait"):
        ...     raise refuse("timeout", 0, "must be from 1 to 9")
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: wait must be from 1 to 9, got 0
    """
    try:
        yield
    except InvalidRequestError as error:
        name = names.get(error.field or "")
        if name is None:
            raise
        text = str(error).replace(str(error.field), name, 1)
        found = InvalidRequestError(text, field=name, value=error.value)
    else:
        return
    raise found from None
