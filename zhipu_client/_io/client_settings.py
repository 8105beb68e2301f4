"""The settings of a client, checked before anything is loaded that could connect.

Adapters make these when they are constructed: a bad setting is refused there and then, and the
client itself, with all that it imports, is made for the first call.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zhipu_client import _key
from zhipu_client._attempt_events import AttemptHook, attempt_hook
from zhipu_client._defaults import (
    Timeout,
    header_fields,
    names_base_url,
    proxy_url,
    resolve_base_url,
    site_of,
)
from zhipu_client._io.usage import UsageCounter
from zhipu_client.dialects import DialectName, dialect_of
from zhipu_client.errors import InvalidRequestError

__all__ = ["ClientSettings", "own", "places", "retries"]


class ClientSettings:
    """What a client was given, read and checked; see `Client` for what it means.

    Raises:
        InvalidRequestError: No key was found, or a setting can never work.
    """

    def __init__(
        self,
        *,
        api_key: _key.ApiKey | None = None,
        base_url: str | None = None,
        timeout: float | Timeout | None = None,
        max_retries: int = 2,
        max_concurrency: int | None = None,
        shared_limit: str | os.PathLike[str] | None = None,
        default_headers: Mapping[str, str] | None = None,
        http_client: Any = None,
        auth: _key.Auth = "bearer",
        proxy: str | None = None,
        dialect: DialectName | None = None,
        on_attempt: AttemptHook | None = None,
        usage_counter: UsageCounter | None = None,
        wrong_http: str = "AsyncClient",
    ) -> None:
        if auth not in ("bearer", "jwt"):
            raise InvalidRequestError(
                f'auth is {auth!r}, but must be "bearer" or "jwt"', field="auth", value=auth
            )
        self.key = _key.find(api_key, os.environ)
        self.auth = auth
        self.base_url = resolve_base_url(base_url, self.key.variable, os.environ)
        #: Nobody has said where requests go; it follows from the key's variable, or is the default.
        self.inferred = base_url is None and not names_base_url(os.environ, self.key.variable)
        self.site = site_of(self.base_url)
        self.dialect = dialect_of(self.base_url, dialect)
        self.timeout = Timeout.of(timeout)
        self.timeout_given = timeout is not None
        self.max_retries = retries(max_retries)
        self.headers = header_fields(default_headers, "default_headers")
        self.proxy = proxy_url(proxy)
        self.places = places(max_concurrency)
        self.shared_limit = _limit_path(shared_limit)
        self.on_attempt = attempt_hook(on_attempt)
        self.usage_counter = _counter(usage_counter)
        self.http = own(http_client, wrong_http)


def _limit_path(given: str | os.PathLike[str] | None) -> Path | None:
    if given is None:
        return None
    from zhipu_client._io.limit_files import limit_path

    return limit_path(given)


def own(http_client: Any, wrong: str, name: str = "http_client") -> Any:
    """Return the caller's own client, unless it is the other half of httpx."""
    if http_client is None:
        return None
    if not hasattr(http_client, "build_request"):
        raise InvalidRequestError(
            f"{name} must be a client of httpx, not {type(http_client).__name__}",
            field=name,
        )
    # Whoever brings one of its clients has imported it. Never from `sys.modules`, which also has
    # what another thread has imported by half: an import waits for the whole.
    import httpx

    if isinstance(http_client, getattr(httpx, wrong)):
        raise InvalidRequestError(
            f"{name} is an httpx.{wrong}, which cannot be used here: blocking calls need an "
            "httpx.Client, asynchronous ones an httpx.AsyncClient",
            field=name,
        )
    return http_client


def retries(value: object) -> int:
    """Return the setting ``max_retries``, checked."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidRequestError(
            f"max_retries is {value!r}, but must be a whole number of at least 0",
            field="max_retries",
            value=value,
        )
    return value


def places(value: Any) -> int | None:
    """Return the setting ``max_concurrency``, checked."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidRequestError(
            f"max_concurrency is {value!r}, but must be a whole number of at least 1, or None",
            field="max_concurrency",
            value=value,
        )
    return value


def _counter(given: Any) -> UsageCounter | None:
    if given is None or isinstance(given, UsageCounter):
        return given
    raise InvalidRequestError(
        f"usage_counter must be a UsageCounter, not {type(given).__name__}", field="usage_counter"
    )
