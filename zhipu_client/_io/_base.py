"""What both clients are made of: settings, checked once, and nothing that is a connection."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from zhipu_client import _key
from zhipu_client._defaults import Timeout, resolve_base_url, site_of
from zhipu_client._errors import InvalidRequestError
from zhipu_client._io._call import Core
from zhipu_client._io._clock import Clock, SystemClock
from zhipu_client._io._gate import ceiling

__all__ = ["BaseClient"]


class BaseClient:
    """Settings of a client; see `Client` for what they mean."""

    def __init__(
        self,
        *,
        api_key: _key.ApiKey | None = None,
        base_url: str | None = None,
        timeout: float | Timeout | None = None,
        max_retries: int = 2,
        max_concurrency: int | None = None,
        default_headers: Mapping[str, str] | None = None,
        http_client: Any = None,
        auth: _key.Auth = "bearer",
        proxy: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        if isinstance(max_retries, bool) or not isinstance(max_retries, int) or max_retries < 0:
            raise InvalidRequestError(
                f"max_retries is {max_retries!r}, but must be a whole number of at least 0",
                field="max_retries",
                value=max_retries,
            )
        if auth not in ("bearer", "jwt"):
            raise InvalidRequestError(
                f'auth is {auth!r}, but must be "bearer" or "jwt"', field="auth", value=auth
            )
        key = _key.find(api_key, os.environ)
        url = resolve_base_url(base_url, key.variable, os.environ)
        time = clock or SystemClock()
        self._core = Core(
            key=key,
            auth=auth,
            base_url=url,
            site=site_of(url),
            timeout=Timeout.of(timeout),
            timeout_given=timeout is not None,
            max_retries=max_retries,
            headers=dict(default_headers or {}),
            proxy=proxy,
            clock=time,
            ceiling=ceiling(max_concurrency, time),
        )
        self._http = http_client

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def __reduce__(self) -> Any:
        raise TypeError(f"{type(self).__name__} is not pickled: make one where it is used")

    @property
    def base_url(self) -> str:
        """The resolved base URL."""
        return self._core.base_url

    @property
    def site(self) -> str | None:
        """The preset that the base URL stands for, or None."""
        return self._core.site
