"""Which error a failed answer is: every shape of a failure. The codes are in ``_codes.py``.

Pure. The errors themselves are in ``zhipu_client.errors``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from zhipu_client._numbers import whole_number
from zhipu_client.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    InsufficientBalanceError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from zhipu_client.errors._codes import CODES, Code
from zhipu_client.errors._root import MAX_TEXT, shorten
from zhipu_client.errors._worded import kind_by_words, quoted_code

__all__ = ["error_from", "retry_after_seconds"]

_BEIJING = timezone(timedelta(hours=8))

_STATUS: Mapping[int, tuple[type[APIError], bool]] = {
    400: (BadRequestError, False),
    401: (AuthenticationError, False),
    402: (InsufficientBalanceError, False),
    403: (PermissionDeniedError, False),
    404: (NotFoundError, False),
    408: (ServerError, True),
    409: (BadRequestError, False),
    413: (BadRequestError, False),
    422: (BadRequestError, False),
    429: (RateLimitError, True),
    434: (PermissionDeniedError, False),
    435: (BadRequestError, False),
}

#: The length of the service's own business codes; shorter ones are statuses of many servers.
_OF_THE_SERVICE = 4
#: What a code of the service means that is not in ``CODES``, for a message that is not English.
_UNKNOWN = "an error that is not documented: code {}"
#: The longest code; the service's have three or four digits, others' are words.
MAX_CODE = 64
_BRACKETED = re.compile(r"^\[(\d{3,4})\]\s*\[?(.*?)\]?(?:\[[^\[\]]*\])?$", re.DOTALL)
_RESET = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})")
_TAG = re.compile(r"<[^>]{0,200}>")


def error_from(
    status: int | None,
    headers: Mapping[str, str],
    body: bytes | Any,
    *,
    request_id: str | None = None,
    hint: str | None = None,
    now: datetime | None = None,
) -> APIError:
    """Make the typed error for a failed answer.

    Args:
        status: The HTTP status; None for a frame inside a stream.
        headers: Response headers with lower-case names.
        body: The raw bytes, or the decoded JSON of a frame.
        request_id: The id that the request carried, used where the answer names none.
        hint: What to do about it, appended to the text.
        now: The time, for a ``Retry-After`` that is a date.
    """
    decoded = _decode(body) if isinstance(body, bytes) else body
    code, message = _code_and_message(decoded)
    kind, retry, meaning = _kind(status, code, decoded, message)
    if isinstance(decoded, dict):
        own_id = decoded.get("request_id")
        request_id = shorten(str(own_id)) if own_id else request_id
    reset = _RESET.search(message or "") if issubclass(kind, QuotaExceededError) else None
    return kind(
        message or _without_message(status, decoded),
        status=status,
        code=code,
        request_id=request_id or headers.get("x-request-id"),
        retryable=retry,
        retry_after=retry_after_seconds(headers, now or datetime.now(UTC)),
        reset_at=_reset_time(reset.group(1)) if reset else None,
        body=decoded,
        hint=hint,
        meaning=meaning,
    )


def _kind(
    status: int | None, code: str | None, decoded: Any, message: str | None
) -> tuple[type[APIError], bool, str | None]:
    """Return the error's type, whether a retry can help, and what a known code means."""
    known = CODES.get(code or "")
    if known is not None and len(code or "") == _OF_THE_SERVICE:
        return _by_code(known)
    quoted = CODES.get(quoted_code(decoded, message) or "")
    if quoted is not None:
        return _by_code(quoted)
    worded = kind_by_words(status, decoded, message)
    if worded is not None:
        # A code of three digits explains what its words say too, and no other failure.
        return *worded, known.meaning if known is not None and known.error is worded[0] else None
    if known is not None:
        return _by_code(known)
    if status is None:  # of an error inside a stream
        named = whole_number(code, most=599)
        status = named if named is not None and named >= 400 else None
    return *_by_status(status), _UNKNOWN.format(code) if _is_of_the_service(code) else None


def _is_of_the_service(code: str | None) -> bool:
    return code is not None and len(code) == _OF_THE_SERVICE and code.isdecimal()


def _by_code(known: Code) -> tuple[type[APIError], bool, str]:
    return known.error, known.retry == "yes", known.meaning


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the wait that the service asked for, in seconds, from any of the usual headers."""
    millis = _seconds(headers.get("retry-after-ms"))
    if millis is not None:
        return millis / 1000
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _seconds(value)
    if seconds is not None:
        return seconds
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _seconds(value: str | None) -> float | None:
    """Return a number from 0 on; None for anything else, "nan" and "inf" included."""
    try:
        number = float(value or "")
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None


def _by_status(status: int | None) -> tuple[type[APIError], bool]:
    if status is None or status < 400:
        return ServerError, status is None
    found = _STATUS.get(status)
    if found is not None:
        return found
    return (ServerError, True) if status >= 500 else (BadRequestError, False)


def _decode(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # no JSON, or a thousand brackets deep
        return shorten(body[: MAX_TEXT * 8].decode("utf-8", "replace"))


def _code_and_message(data: Any) -> tuple[str | None, str | None]:
    """Return what any shape has: nested, flat, string, console, FastAPI, bracketed text."""
    if not isinstance(data, dict):
        return None, None
    error = data.get("error")
    source = error if isinstance(error, dict) else data
    code = source.get("code")
    message = _with_quoted(source.get("message") or source.get("msg"), source.get("metadata"))
    if message is None and isinstance(error, str):
        message = f"{error} {data.get('path') or ''}".strip()
    if message is None and "detail" in data:
        message = _as_json(data["detail"])
    if code is None and isinstance(error, dict) and str(error.get("type", "")).isdigit():
        code = error["type"]
    text = str(message) if message is not None else None
    found = _BRACKETED.match(text[: MAX_TEXT * 4]) if text else None
    if found:
        code, text = code if code is not None else found.group(1), found.group(2)
        code = found.group(1) if found.group(1) in CODES else code
    return _as_code(code), text


def _with_quoted(message: Any, metadata: Any) -> Any:
    """Return a message with what the provider behind a gateway said: OpenRouter has it aside."""
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
    if not raw:
        return message
    quoted = raw if isinstance(raw, str) else _as_json(raw)
    return f"{message}: {quoted}" if message else quoted


def _as_code(value: Any) -> str | None:
    """Return a business code, or None for anything else: it is in the error's text."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    code = str(value).strip()
    return code if 0 < len(code) <= MAX_CODE else None


def _as_json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:  # it was read a level higher up
        return "a message that is nested too deeply"


def _without_message(status: int | None, decoded: Any) -> str:
    text = decoded if isinstance(decoded, str) else ""
    words = " ".join(_TAG.sub(" ", text).split())
    if words:
        return words
    return f"the service answered HTTP {status} without a message" if status else "unknown error"


def _reset_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_BEIJING)
    except ValueError:
        return None
