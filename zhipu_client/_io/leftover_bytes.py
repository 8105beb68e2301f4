"""Bytes on an idle connection that nobody asked for: such a connection must not serve again.

A gateway that answers twice (it retried, say) leaves the second answer on a connection that is
kept, where the next request, of somebody else, would read it as its own. httpcore looks at the
socket alone, but what came together with the first answer was read from there already.
"""

from __future__ import annotations

import weakref
from typing import Any

from zhipu_client._io.call import Call
from zhipu_client._io.replies import check_reply
from zhipu_client._io.trace import shut_down
from zhipu_client._secrets import without_sent_secrets
from zhipu_client.errors import ZhipuError

__all__ = ["checked", "left_over", "watch"]


def checked(call: Call, response: Any, body: Any) -> Any:
    """Return what `check_reply` makes of a whole answer; its connection may not outlive an error.

    An answer that is another call's, or of another kind than was asked for, was left over perhaps:
    then that of this call is still to come, and would be the next caller's. Refusals in order (any
    status but 2xx) say nothing of the connection.
    """
    body = _without_secrets(call, response, body)
    try:
        return check_reply(call, response.status_code, response.headers, body)
    except ZhipuError:
        if 200 <= response.status_code < 300:
            _end(response)
        raise


def _without_secrets(call: Call, response: Any, body: Any) -> Any:
    """Return the body of a failure without the secrets of its request: some peers repeat it."""
    if not isinstance(body, bytes) or 200 <= response.status_code < 300:
        return body
    body = without_sent_secrets(body, response.request.headers.raw)
    if call.request.json is None or not call.request.json.get("tools"):
        return body
    from zhipu_client.conversation.call_secrets import without_secrets_of

    return without_secrets_of(call.request.json, body)


def _end(response: Any) -> None:
    """Let the connection of a response that is not closed yet serve nobody again."""
    stream = response.extensions.get("network_stream")
    raw = stream.get_extra_info("socket") if stream is not None else None
    if raw is not None:  # asyncio hands out a TransportSocket
        shut_down(getattr(raw, "_sock", raw))


def left_over(connection: Any) -> bool:
    """Return True when an idle connection of httpcore has bytes that belong to no answer."""
    inner = connection
    while getattr(inner, "_connection", None) is not None:  # a proxy's, in one or two layers
        inner = inner._connection
    parser = getattr(inner, "_h11_state", None)
    if parser is None or not inner.is_idle():
        return False
    found = bool(parser.trailing_data[0]) or _unread(inner._network_stream)
    # Looked at again: another thread may have begun to use it, and reads its own answer.
    return found and bool(inner.is_idle())


def watch(pool: Any) -> None:
    """Let a pool of httpcore take each connection with bytes left over for an expired one."""
    make = pool.create_connection

    def create_connection(origin: Any) -> Any:
        connection = make(origin)
        weak = weakref.ref(connection)  # no circle: what is dropped is closed at once

        def has_expired() -> bool:
            one = weak()
            return one is None or type(one).has_expired(one) or left_over(one)

        connection.has_expired = has_expired
        return connection

    pool.create_connection = create_connection


def _unread(stream: Any) -> bool:
    """Return True when a stream has bytes that httpcore, which looks at the socket, misses."""
    tls = stream.get_extra_info("ssl_object")
    if tls is not None and tls.pending():
        return True
    layer = getattr(stream, "_stream", stream)  # of anyio, or ours
    while layer is not None:
        waiting = getattr(layer, "_read_bio", None)
        protocol = getattr(layer, "_protocol", None)
        if getattr(waiting, "pending", 0) or getattr(protocol, "read_queue", None):
            return True
        layer = getattr(layer, "transport_stream", None)
    return False
