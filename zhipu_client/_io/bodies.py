"""What a request sends: JSON with the id of its call, or the fields of a form. No I/O."""

from __future__ import annotations

import uuid
from typing import Any

from zhipu_client import _check
from zhipu_client._request import Request, StreamRequest
from zhipu_client.dialects import Dialect
from zhipu_client.errors import InvalidRequestError

__all__ = ["grouped", "write"]


def grouped(form: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    """Return the values of each field of a form, in order."""
    found: dict[str, list[str]] = {}
    for name, value in form:
        found.setdefault(name, []).append(value)
    return found


def write(
    request: Request[Any] | StreamRequest[Any], dialect: Dialect
) -> tuple[str | None, bytes | None, str | None]:
    """Return the id of the call, its body's bytes, and their type."""
    if request.json is None:
        return None, None, None
    body = dict(request.json)
    request_id = body.get("request_id")
    if not request_id and dialect.request_id == "body":
        # One id for all attempts: whoever reads the service's logs sees one call.
        request_id = body["request_id"] = uuid.uuid4().hex
    try:
        written = _check.as_json(body, separators=(",", ":"))
    except ValueError as error:
        message = f"the request cannot be written as JSON: {error}"
        raise InvalidRequestError(message, field="json") from None
    return str(request_id) if request_id else None, written, "application/json; charset=UTF-8"
