"""The websocket of a GLM-Realtime session, opened: every way to fail is one of our errors."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from zhipu_client import _key
from zhipu_client._extras import install
from zhipu_client._safe_tracebacks import akeeps_no_arguments
from zhipu_client._secrets import without_sent_secrets
from zhipu_client.errors import APIConnectionError, APITimeoutError, InvalidRequestError
from zhipu_client.errors._failures import error_from

from .call import Call

if TYPE_CHECKING:
    from .aio import AsyncClient

__all__ = ["PATH", "library", "opened"]

PATH = "/realtime"
#: How long the other side may take to agree that it is over.
CLOSING_SECONDS = 2.0
#: The most bytes of an event.
MAX_EVENT_BYTES = 32 * 1024 * 1024


class _Quiet(logging.LoggerAdapter[logging.Logger]):
    """The websocket library's logger: at DEBUG it writes the opening's headers, key included."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - logging's name
        return level > logging.DEBUG and super().isEnabledFor(level)


_QUIET = _Quiet(logging.getLogger("zhipu_client.realtime"))


def library() -> Any:
    """Return what opens a websocket; an error names the extra that is missing."""
    try:
        from websockets.asyncio.client import connect
    except ImportError:
        raise InvalidRequestError(
            f"GLM-Realtime needs the package websockets: {install('realtime')}"
        ) from None
    return connect


@akeeps_no_arguments
async def opened(connect: Any, client: AsyncClient, call: Call) -> Any:
    """Open the websocket; every way to fail is one of our errors, and keeps no key."""
    from websockets.exceptions import InvalidHandshake, InvalidProxy, InvalidStatus, InvalidURI

    core = client._core
    way = core.pool_key
    key = call.take_key() or await client._key()
    scheme, rest = core.base_url.split("://", 1)
    address = f"{'ws' if scheme == 'http' else 'wss'}://{rest.rstrip('/')}{PATH}"
    host = urlsplit(core.base_url).hostname
    sent = {**core.headers, "Authorization": _key.authorization(key, core.auth, time.time())}
    try:
        return await connect(
            address,
            additional_headers=sent,
            user_agent_header="zhipu-integrations",
            open_timeout=call.timeout.connect,
            close_timeout=CLOSING_SECONDS,
            max_size=MAX_EVENT_BYTES,
            compression=None,
            proxy=way.proxy,  # else the library would look for one by rules of its own
            logger=_QUIET,
        )
    except (InvalidProxy, UnicodeError):
        answer = None
    except ImportError:
        raise InvalidRequestError(
            f"{way.described} is a SOCKS proxy, for which websockets needs "
            "pip install 'python-socks[asyncio]'",
            field="proxy",
        ) from None
    except InvalidStatus as error:
        answer = error.response
    except TimeoutError:
        raise APITimeoutError(f"{host} did not open the session in time") from None
    except (InvalidHandshake, InvalidURI, OSError, EOFError) as error:
        raise APIConnectionError(f"{host} cannot be reached: {error}") from None
    # Not within the block: the library's errors, which would go along, have the proxy's password,
    # and the body as it came.
    if answer is None:
        raise InvalidRequestError(f"{way.described} cannot be used", field="proxy")
    headers = {name.lower(): value for name, value in answer.headers.raw_items()}
    raw = ((name.encode(), value.encode()) for name, value in sent.items())
    body = without_sent_secrets(bytes(answer.body or b""), raw)
    raise error_from(answer.status_code, headers, body)
