"""A whole answer as what the endpoint makes of it, or the typed error. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from zhipu_client._half_characters import decode, decode_spoiled, whole_characters
from zhipu_client._io.call import Call
from zhipu_client._request import Reply, Request
from zhipu_client.errors import APIError, ServerError, ZhipuError, error_in

__all__ = ["check_reply", "unreadable"]

#: The most bytes of what should have been a file, and says what went wrong.
MOST_OF_AN_ERROR = 1024 * 1024


def check_reply(call: Call, status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Turn a whole answer into what the endpoint's ``parse`` makes of it, or raise.

    Args:
        call: The call.
        status: The answer's status.
        headers: Its headers.
        body: Its bytes; a file of them for a spooled request.
    """
    request = call.request
    if not isinstance(body, bytes):
        head = _failure_in(headers.get("content-type", ""), body)
        if head is None:
            return request.parse(Reply(status, headers, b"", body))  # type: ignore[union-attr]
        body.close()
        body = head
    if not 200 <= status < 300:
        raise call.failure(status, headers, body)
    if not isinstance(request, Request):  # a stream was asked for, one piece came
        raise _not_a_stream(call, status, headers, body)
    kind = headers.get("content-type", "")
    if request.raw and not kind.startswith(("application/json", "text/html")):
        reply = Reply(status, headers, body)
    else:
        data = _decoded(call, status, headers, body)
        if error_in(data):
            raise call.failure(status, headers, body)
        call.check_owner(data)
        reply = Reply(status, headers, body, data)
    try:
        if request.check is not None:
            request.check(reply)
        call.count(reply.data)  # it is paid for, whether or not it can be read
        call.learn_id(reply.data)
        return request.parse(reply)
    except ZhipuError:
        raise
    except Exception as error:  # it must be typed, whatever the service sent
        raise unreadable(error, call.request_id, reply.data) from error


def _failure_in(kind: str, file: Any) -> bytes | None:
    """Return what should have been a file and says what went wrong; None for a file."""
    if not kind.startswith(("application/json", "text/html")):
        return None
    head: bytes = file.read(MOST_OF_AN_ERROR)
    file.seek(0)
    try:
        found, _ = decode(head)
    except ValueError:
        # A page; or several lines of JSON, for which that type is a word too.
        return head if head.lstrip().startswith(b"<") else None
    return head if error_in(found) else None


def unreadable(error: Exception, request_id: str | None, body: Any = None) -> ServerError:
    """Return the error for JSON of a shape that no reader of ours expects."""
    return ServerError(
        f"the service's answer has a shape that cannot be read ({type(error).__name__})",
        request_id=request_id,
        body=body,
    )


def _decoded(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> Any:
    own = call.request.decode if isinstance(call.request, Request) else None
    if own is not None:
        with suppress(ValueError):
            return own(body)
    try:
        data, with_halves = decode(body)
    except ValueError:
        _refuse_spoiled(call, status, body)
        what = "a web page" if "html" in headers.get("content-type", "") else "no JSON"
        raise ServerError(
            f"the service answered with {what} ({len(body)} bytes) where JSON was due: "
            f"is base_url right? ({call.core.base_url})",
            status=status,
            request_id=call.request_id,
            body=body[:500].decode("utf-8", "replace"),
        ) from None
    if with_halves:
        data = whole_characters(data)
    if not isinstance(data, (dict, list)):
        raise ServerError(
            "the service answered with JSON that is not an object",
            status=status,
            request_id=call.request_id,
            body=data,
        )
    return data


def _refuse_spoiled(call: Call, status: int, body: bytes) -> None:
    """Raise for JSON in which some bytes are not UTF-8; return for what is not JSON at all."""
    try:
        data = decode_spoiled(body)
    except ValueError:
        return
    error = ServerError(
        "the service's answer has bytes that are not UTF-8; with U+FFFD in their place it is in "
        "`partial` of this error",
        status=status,
        request_id=call.request_id,
        body=data,
    )
    error.partial = data
    raise error


def _not_a_stream(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> APIError:
    kind = headers.get("content-type", "no content type")
    data = _decoded(call, status, headers, body)
    if error_in(data):
        return call.failure(status, headers, body)
    return ServerError(
        f"a stream was asked for, but the service answered in one piece ({kind})",
        status=status,
        request_id=call.request_id,
        body=data,
    )
