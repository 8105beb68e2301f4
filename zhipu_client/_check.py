"""What every endpoint checks before anything is sent. Pure; raises only `InvalidRequestError`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from pydantic_core import ValidationError

from zhipu_client.errors import InvalidRequestError

__all__ = [
    "NOT_BOOLEAN", "as_json", "body", "boolean", "booleans", "choice", "ids", "limit",
    "not_boolean", "number", "refusal", "refuse", "segment", "show", "strings", "suggestion",
    "text", "whole", "within",
]  # fmt: skip

_SHOWN = 60
#: The name that the refusal of `not_boolean` has among the errors of pydantic.
NOT_BOOLEAN = "not_boolean"
#: What a field may be beside True and False: pydantic's kind of error -> in words.
_OR = {"literal_error": "{expected}", "dict_type": "a dict"}
#: Settings whose values are secrets, or contain some.
_SECRETS = frozenset({"api_key", "default_headers", "proxy"})


def body(extra: Mapping[str, Any] | None, /, **fields: Any) -> dict[str, Any]:
    """Return the JSON body: fields that are not None, then the caller's own, unchecked."""
    made = {name: value for name, value in fields.items() if value is not None}
    if extra:
        made.update(extra)
    return made


def as_json(value: Any, *, separators: tuple[str, str] | None = None) -> bytes:
    """Return a value as JSON in UTF-8.

    Raises:
        ValueError: It cannot be written; the text says why.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=separators)
        return text.encode()
    except UnicodeEncodeError:
        place = _half_at(value)
        problem = f"{place} contains half of a surrogate pair, which UTF-8 cannot carry"
    except ValueError as error:
        problem = f"a number is not finite, or the body refers to itself ({error})"
    except TypeError as error:
        problem = str(error)
    raise ValueError(problem)


def _half_at(value: Any) -> str:
    """Where the first text is that UTF-8 cannot carry, such as ``input[7]``."""
    waiting = [("", value)]
    while waiting:
        place, item = waiting.pop()
        if isinstance(item, str):
            try:
                item.encode()
            except UnicodeEncodeError:
                return place or "a text"
        elif isinstance(item, Mapping):
            pairs = [(f"{place}.{key}".lstrip("."), part) for key, part in item.items()]
            keys = [(f"a name in {place or 'the body'}", key) for key in item]
            waiting.extend(reversed([*keys, *pairs]))
        elif isinstance(item, (list, tuple)):
            waiting.extend(reversed([(f"{place}[{n}]", part) for n, part in enumerate(item)]))
    return "a text"


def show(value: Any) -> str:
    """Return a value as an error text shows it: short, however long the value is."""
    shown = repr(value[: _SHOWN + 1] if isinstance(value, (str, bytes)) else value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def refuse(field: str, value: Any, why: str) -> InvalidRequestError:
    """Return the error for one wrong parameter: its name, what is wrong, what was given.

    Args:
        field: The parameter's name.
        value: What was given; the text has it shortened.
        why: The limit, to be read after the name: ``"must be from 0 to 1"``.

    Returns:
        The error, to be raised.

    Examples:
        >>> from zhipu_client.adapting import refuse
        >>> raise refuse("top_p", 3, "must be from 0.01 to 1")
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: top_p must be from 0.01 to 1, got 3
    """
    return InvalidRequestError(f"{field} {why}, got {show(value)}", field=field, value=value)


def suggestion(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that somebody who wrote another one may have meant; None for no such.

    Args:
        name: The name that is unknown.
        known: The names that there are.

    Examples:
        >>> suggestion("temprature", ["temperature", "top_p"])
        'temperature'
    """
    import difflib  # for whoever misspells something

    found = difflib.get_close_matches(name, sorted(known), 1, 0.75)
    return found[0] if found else None


def refusal(failed: ValidationError, known: Iterable[str] = ()) -> InvalidRequestError | None:
    """Return a failed validation of settings as our error: field, limit and value.

    None for what is about no field. Secrets are not shown, nor what an unknown name was given: it
    may be a misspelt ``api_key``.

    Args:
        failed: The error of the validation.
        known: The names that there are, for one that is unknown.

    Examples:
        >>> from pydantic import BaseModel, Field, ValidationError
        >>> from zhipu_client.adapting import refusal
        >>> class Settings(BaseModel):
        ...     timeout: float = Field(gt=0)
        >>> try:
        ...     Settings(timeout=-1)
        ... except ValidationError as failed:
        ...     print(refusal(failed))
        timeout is refused: Input should be greater than 0, got -1
    """
    problems = failed.errors(include_url=False)
    for one in problems:
        cause = one.get("ctx", {}).get("error")
        if isinstance(cause, InvalidRequestError):
            return cause
    if not problems[0]["loc"]:
        return None
    field = str(problems[0]["loc"][0])
    about = [one for one in problems if str(*one["loc"][:1]) == field]
    why = "; or: ".join(dict.fromkeys(one["msg"] for one in about))
    if about[0]["type"] == "extra_forbidden":
        meant = suggestion(field, known)
        hint = f": did you mean {meant!r}?" if meant is not None else ""
        return InvalidRequestError(f"there is no argument {field!r}{hint}", field=field)
    kinds = {one["type"]: one for one in about}
    if NOT_BOOLEAN in kinds and kinds.keys() <= {NOT_BOOLEAN, *_OR}:
        others = [_OR[kind].format_map(kinds[kind].get("ctx", {})) for kind in _OR if kind in kinds]
        return not_boolean(field, about[0]["input"], *others)
    # The input of a field that is missing is all the others.
    if field in _SECRETS or about[0]["type"] == "missing":
        return InvalidRequestError(f"{field}: {why}", field=field)
    return refuse(field, about[0]["input"], f"is refused: {why}")


def segment(field: str, value: Any) -> str:
    """Return an id as one segment of a path; refuses what would lead to another path.

    Examples:
        >>> segment("task_id", "2026-1/x")
        '2026-1%2Fx'
    """
    text(field, value)
    if value in (".", ".."):  # which no quoting keeps: they mean this folder, and the one above
        raise refuse(field, value, "must be an id")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise refuse(field, value, "must be whole characters") from None


def text(field: str, value: Any, most: int | None = None, least: int = 1) -> None:
    """Refuse a value that is not a string, or is too short or too long, in characters."""
    if not isinstance(value, str):
        raise refuse(field, value, "must be a string")
    if len(value) < least or (least and not value.strip()):
        wanted = "must not be empty" if least <= 1 else f"must have at least {least} characters"
        raise refuse(field, value, wanted)
    if most is not None and len(value) > most:
        raise InvalidRequestError(
            f"{field} may have at most {most:,} characters, got {len(value):,}",
            field=field,
            value=value,
        )


def whole(field: str, value: str) -> None:
    """Refuse a text with half of a surrogate pair, which no request can contain."""
    try:
        value.encode()
    except UnicodeEncodeError:
        why = "contains half of a surrogate pair, which UTF-8 cannot carry"
        raise refuse(field, value, why) from None


def not_boolean(field: str, value: Any, *others: str) -> InvalidRequestError:
    """Return the error for a value that is neither True nor False.

    Args:
        field: The parameter's name.
        value: What was given.
        *others: What else it may be, in words.

    Examples:
        >>> raise not_boolean("truncate", 1)
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: truncate must be True or False, got 1
    """
    hint = ""
    if isinstance(value, (str, bytes)):
        hint = ': compare what is read from a file or the environment first, as in value == "true"'
    return InvalidRequestError(
        f"{field} must be {', or '.join(('True or False', *others))}, got {show(value)}{hint}",
        field=field,
        value=value,
    )


def boolean(field: str, value: Any, *, optional: bool = True) -> None:
    """Refuse a value that is neither True nor False.

    Args:
        field: The parameter's name.
        value: What was given.
        optional: Whether it may be None.

    Raises:
        InvalidRequestError: It is something else.

    Examples:
        >>> boolean("truncate", None, optional=False)
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: truncate must be True or False, got None
    """
    if not isinstance(value, bool) and not (optional and value is None):
        raise not_boolean(field, value)


def booleans(**values: Any) -> None:
    """Refuse, by its name, a value that is not True, False or None.

    Args:
        **values: The parameters that are switched on or off.

    Raises:
        InvalidRequestError: One of them is something else.

    Examples:
        >>> booleans(no_cache=True, retain_images=None)
        >>> booleans(no_cache=0)
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: no_cache must be True or False, got 0
    """
    for name, value in values.items():
        boolean(name, value)


def number(field: str, value: Any, *, whole: bool = False) -> None:
    """Refuse a value that is not a number (True and False are not)."""
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise refuse(field, value, "must be a whole number" if whole else "must be a number")


def limit(field: str, value: Any) -> int | None:
    """Return a limit that is a whole number from 1, or None for none.

    Args:
        field: The parameter's name.
        value: What was given.

    Raises:
        InvalidRequestError: It is something else.

    Examples:
        >>> limit("max_query_length", 70)
        70
    """
    if value is None or (type(value) is int and value >= 1):
        return value
    raise refuse(field, value, "must be a whole number from 1, or None")


def within(
    field: str,
    value: float | None,
    low: float,
    high: float,
    unit: str = "",
    *,
    whole: bool = False,
    open_low: bool = False,
) -> None:
    """Refuse a number outside ``[low, high]`` (``(low, high]`` with ``open_low``); None passes."""
    if value is None:
        return
    number(field, value, whole=whole)
    below = value <= low if open_low else value < low
    if below or not value <= high:
        bounds = f"above {low:g} and up to {high:g}" if open_low else f"from {low:g} to {high:g}"
        raise refuse(field, value, f"must be {bounds}{unit and ' '}{unit}")


def choice(field: str, value: Any, allowed: Collection[Any], where: str = "") -> None:
    """Refuse a value outside a closed list; None passes.

    Args:
        field: The argument's name.
        value: What was given.
        allowed: What it may be.
        where: What the list is for, such as a model.

    Raises:
        InvalidRequestError: The value is not in the list.

    Examples:
        >>> from zhipu_client.adapting import choice
        >>> choice("quality", "hd", ("standard", "hd"))
        >>> choice("quality", "best", ("standard", "hd"), "cogview-4")
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: quality must be one of standard, hd for ...
    """
    if value is None or (value in allowed and not isinstance(value, bool)):
        return
    listed = ", ".join(str(item) for item in allowed)
    raise refuse(field, value, f"must be one of {listed}{where and f' for {where}'}")


def ids(request_id: str | None, user_id: str | None = None) -> None:
    """Check the two ids that nearly every endpoint takes: 6 to 64 and 6 to 128 characters."""
    for field, value, most in (("request_id", request_id, 64), ("user_id", user_id, 128)):
        if value is not None:
            text(field, value, most, least=6)


def strings(field: str, values: Any) -> list[str]:
    """Return a list of any iterable of strings; refuse a lone string and other types.

    Examples:
        >>> strings("urls", ("https://a.example",))
        ['https://a.example']
        >>> strings("urls", 5)
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: urls must be a list of strings, got 5
    """
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise refuse(field, values, "must be a list of strings")
    found = list(values)
    for position, value in enumerate(found):
        if not isinstance(value, str):
            raise refuse(f"{field}[{position}]", value, "must be a string")
    return found
