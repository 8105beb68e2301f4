"""What both clients are made of: settings, checked once, and nothing that is a connection."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from zhipu_client import _key
from zhipu_client._adaptive_limit import FixedLimit
from zhipu_client._attempt_events import AttemptHook
from zhipu_client._check import refuse
from zhipu_client._defaults import (
    MAX_EVENT_BYTES,
    MAX_REPLY_BYTES,
    Timeout,
    merged_headers,
    offered,
    root_of,
)
from zhipu_client._io.account_gates import gate_for
from zhipu_client._io.accounts import account_of, known_account, remember
from zhipu_client._io.client_settings import ClientSettings
from zhipu_client._io.clock import Clock, SystemClock
from zhipu_client._io.deprecated_models import warn_of_deprecated
from zhipu_client._io.gates import Gate
from zhipu_client._io.inferred_site import goes_where_offered, infer, where_offered
from zhipu_client._io.proxies import PoolKey, pool_key
from zhipu_client._io.usage import UsageCounter
from zhipu_client._learned import first_time, remember_refusal
from zhipu_client._request import Conversing
from zhipu_client._safe_tracebacks import KeepsNoArguments
from zhipu_client._user_warnings import warn_user
from zhipu_client.dialects import DIALECTS, Dialect, DialectName
from zhipu_client.errors import InvalidRequestError, ZhipuError

__all__ = ["BaseClient", "Core", "ceiling"]

#: How many kinds of requests a client remembers to have checked.
KNOWN = 256


@dataclass(slots=True)
class Core:
    """What a client and its asynchronous twin share. Cheap: nothing here is a connection."""

    key: _key.KeySource
    auth: _key.Auth
    base_url: str
    site: str | None
    timeout: Timeout
    #: False when the caller left the timeout to us, so that an own ``http_client`` keeps its own.
    timeout_given: bool
    max_retries: int
    headers: Mapping[str, str] = field(repr=False)
    proxy: str | None = field(repr=False)
    clock: Clock
    ceiling: Gate | None
    dialect: Dialect = DIALECTS["zhipu"]
    max_event_bytes: int | None = MAX_EVENT_BYTES
    max_reply_bytes: int = MAX_REPLY_BYTES
    _pool_key: PoolKey | None = None
    _account: str | None = None
    #: (streamed, content type) -> the headers of such requests, without those of a call.
    _headers: dict[tuple[bool, str | None], Mapping[str, str]] = field(
        default_factory=dict, repr=False
    )
    #: Base URL and path -> the whole URL.
    _urls: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)
    #: Base URL and model -> the gate of the account there.
    _gates: dict[tuple[str, str], Gate] = field(default_factory=dict, repr=False)
    #: Path and model of requests that were looked at already, see `check`.
    _checked: set[tuple[str, str, str | None]] = field(default_factory=set, repr=False)
    #: Nobody has named the site: it follows from the key's variable, or is the default.
    inferred: bool = False
    #: The file by which processes share the limit of requests in flight.
    shared_limit: Path | None = None
    #: What counts the usage of all calls.
    usage_counter: UsageCounter | None = field(default=None, repr=False)
    _prepared: bool = False
    #: Called with each attempt, see `AttemptEvent`; and whether it has raised.
    on_attempt: AttemptHook | None = None
    hook_failed: bool = False

    @classmethod
    def of(cls, settings: ClientSettings, clock: Clock) -> Core:
        """Return what a client is made of, for its settings."""
        return cls(
            key=settings.key,
            auth=settings.auth,
            base_url=settings.base_url,
            site=settings.site,
            dialect=settings.dialect,
            timeout=settings.timeout,
            timeout_given=settings.timeout_given,
            max_retries=settings.max_retries,
            headers=settings.headers,
            proxy=settings.proxy,
            clock=clock,
            ceiling=ceiling(settings.places, clock),
            shared_limit=settings.shared_limit,
            on_attempt=settings.on_attempt,
            usage_counter=settings.usage_counter,
        )

    @property
    def account(self) -> str | None:
        """The name of the key's account, where it is known."""
        return self._account

    def moved(self) -> None:
        """Forget what was looked up for another place."""
        self._pool_key = None
        self._checked = set()

    @property
    def pool_key(self) -> PoolKey:
        """Which connection pool serves, looked up once."""
        if self._pool_key is None:
            self._pool_key = pool_key(self.base_url, self.proxy)
        return self._pool_key

    def check(self, method: str, path: str, model: str | None) -> None:
        """Refuse what the site does not offer, and warn of a deprecated model; once for each."""
        _check_model(model)
        if (method, path, model) in self._checked:
            return
        if not offered(self.site, path, method) and not goes_where_offered(self, path, method):
            raise InvalidRequestError(
                f"{method} {path} is not offered on this site ({self.site}: {self.base_url})"
                f"{where_offered(self.site, path, method)}",
                field="base_url",
                value=self.base_url,
            )
        warn_of_deprecated(self.base_url, model)
        if len(self._checked) < KNOWN:
            self._checked.add((method, path, model))

    def headers_of(self, *, streamed: bool, kind: str | None) -> Mapping[str, str]:
        """Return the headers of a request with a body of this content type, if it has a body."""
        found = self._headers.get((streamed, kind))
        if found is None:
            ours = {
                "Accept": "text/event-stream" if streamed else "*/*",
                "Accept-Encoding": "gzip, deflate",  # what can be unpacked in bounded pieces
                "User-Agent": "zhipu-integrations",
                **({"Content-Type": kind} if kind else {}),
            }
            found = self._headers[streamed, kind] = merged_headers(ours, self.headers)
        return found

    def gates(self, model: str | None) -> list[Gate]:
        """Return the gates where an attempt has to wait for a place, in order."""
        found = [] if self.ceiling is None else [self.ceiling]
        if model is not None and self.identified:
            gate = self._gates.get((self.base_url, model))
            if gate is None or gate.retired:
                gate = gate_for(
                    str(self._account), self.base_url, model, self.clock, self.shared_limit
                )
                if len(self._gates) < KNOWN:
                    self._gates[self.base_url, model] = gate
            found.append(gate)
        return found

    @property
    def unprepared(self) -> bool:
        """Return whether `prepare` has to come before a request."""
        return self.shared_limit is not None and not self._prepared

    def prepare(self) -> None:
        """Make the file of a shared limit where it is missing. Blocks, for milliseconds.

        Raises:
            InvalidRequestError: It cannot be used.
        """
        if self.shared_limit is not None:
            from zhipu_client._io.limit_files import LimitFile

            LimitFile(self.shared_limit).prepare()
        self._prepared = True

    @property
    def identified(self) -> bool:
        """Return whether the key's account is known. Else `identify` has to come first."""
        if self._account is None:
            value = self.key.value
            self._account = known_account(value) if self.key.is_callable else account_of(value)
        return self._account is not None

    def identify(self, key: str) -> None:
        """Note the account of a key function that has not been seen: that of the key it gives."""
        self._account = remember(self.key.value, account_of(key))

    def url(self, path: str) -> Any:
        """Return the absolute URL of an endpoint's path, as httpx reads it.

        Raises:
            httpx.InvalidURL: The path makes no URL with the base URL.
        """
        import httpx

        base = self.base_url  # which another thread may change, see `moved`
        found = self._urls.get((base, path))
        if found is None:
            absolute = base + path
            if path.startswith("//"):
                absolute = root_of(base) + path[1:]
            found = httpx.URL(absolute)
            try:
                _ = found.host  # httpx's own rules for names are stricter
            except UnicodeError as error:
                raise httpx.InvalidURL(f"{found.raw_host!r} is not a host name") from error
            if len(self._urls) < KNOWN:
                self._urls[base, path] = found
        return found


def _check_model(model: Any) -> None:
    """Refuse a model that is not a text: it could not be found among those that are known."""
    if model is not None and not isinstance(model, str):
        raise refuse("model", model, "must be a string")


class BaseClient(KeepsNoArguments):
    """Settings of a client; see `Client` for what they mean."""

    #: The class of httpx that cannot be used here.
    _wrong_http = "AsyncClient"

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
        clock: Clock | None = None,
    ) -> None:
        settings = ClientSettings(
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            max_concurrency=max_concurrency,
            shared_limit=shared_limit,
            default_headers=default_headers,
            http_client=http_client,
            auth=auth,
            proxy=proxy,
            dialect=dialect,
            on_attempt=on_attempt,
            usage_counter=usage_counter,
            wrong_http=self._wrong_http,
        )
        if clock is not None and not callable(getattr(clock, "monotonic", None)):
            raise refuse("clock", clock, "must have the methods of a Clock")
        self._begin(settings, SystemClock() if clock is None else clock)

    @classmethod
    def of(cls, settings: ClientSettings) -> Self:
        """Return a client for settings that were checked before."""
        made = cls.__new__(cls)
        made._begin(settings, SystemClock())
        return made

    def _begin(self, settings: ClientSettings, clock: Clock) -> None:
        self._core = Core.of(settings, clock)
        self._http = settings.http
        if settings.inferred:
            infer(self._core)

    #: How a client of this kind is not used in a ``with`` statement, and what to write.
    _wrong_with = ""

    def __enter__(self) -> Self:
        raise TypeError(self._wrong_with)

    def __exit__(self, *_: object) -> None:
        """Close nothing: the connections belong to the process."""

    async def __aenter__(self) -> Self:
        raise TypeError(self._wrong_with)

    async def __aexit__(self, *_: object) -> None:
        """Close nothing: the connections belong to the process."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def __reduce__(self) -> Any:
        raise TypeError(f"{type(self).__name__} is not pickled: make one where it is used")

    @property
    def base_url(self) -> str:
        """The resolved base URL."""
        return self._core.base_url

    def _goes_on(self, exchange: Conversing[Any, Any], error: ZhipuError) -> bool:
        """Return whether an exchange goes on without what the server refused; remember it."""
        found = exchange.refusals(error)
        for refusal in found:
            if refusal.lasting:
                remember_refusal(self.base_url, refusal.kind)
        if not found:
            exchange.failed(error)
        return bool(found)

    def _say_once(self, exchange: Conversing[Any, Any]) -> None:
        """Warn of what an exchange has to say about the server, unless another one did."""
        for note in exchange.notes:
            if first_time(self.base_url, note):
                warn_user(note)

    @property
    def dialect(self) -> Dialect:
        """What the server understands."""
        return self._core.dialect

    @property
    def usage_counter(self) -> UsageCounter | None:
        """What counts the usage of all calls, if anything does."""
        return self._core.usage_counter

    @property
    def site(self) -> str | None:
        """The preset that the base URL belongs to, or None."""
        return self._core.site


def ceiling(places: int | None, clock: Clock) -> Gate | None:
    """Return the hard ceiling of one adapter, or None."""
    if places is None:
        return None
    return Gate(FixedLimit(places), clock, label=f"max_concurrency={places}", hard=True)
