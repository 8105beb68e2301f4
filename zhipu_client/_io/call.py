"""One logical call: what is sent at each attempt, and what an answer means. No I/O of its own."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from zhipu_client import _key
from zhipu_client._defaults import Timeout, header_fields, merged_headers
from zhipu_client._io.bodies import LongBody, arguments_of, foreign, write
from zhipu_client._io.client_base import Core
from zhipu_client._io.client_settings import retries
from zhipu_client._io.inferred_site import goes_to_other_site, refuses_the_key
from zhipu_client._io.notes import notes
from zhipu_client._io.trace import Deadline
from zhipu_client._io.usage import UsageCounter, active, counters_of
from zhipu_client._io.watching import Watch, watch_of
from zhipu_client._request import Request, StreamRequest
from zhipu_client._retry import PATIENCE, RetryState, delay, refused
from zhipu_client.errors import (
    APIError,
    APITimeoutError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    ServerError,
    ZhipuError,
)
from zhipu_client.errors._kinds import named
from zhipu_client.errors._root import shorten
from zhipu_client.telemetry._switch import switch
from zhipu_client.work._usage import used_by

__all__ = ["Call"]

#: Seconds for which a key that was asked for before the wait at the gate is used after it.
KEY_FRESH = 5.0
#: The header of an attempt's id, where it is not in the body.
_REQUEST_ID = "X-Request-Id"


@dataclass(slots=True)
class Call:
    """The state of one logical call over its attempts."""

    core: Core
    request: Request[Any] | StreamRequest[Any]
    timeout: Timeout
    max_retries: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | LongBody | None = field(repr=False)
    request_id: str | None
    timeout_given: bool
    #: What counts what the answer has used.
    counters: tuple[UsageCounter, ...] = ()
    tries: int = 0
    #: True when the caller's own client sends it, which may have proxies of its own.
    own_client: bool = False
    #: The times of that client, where they count: none was given here.
    own_times: Mapping[str, float | None] = field(default_factory=dict)
    #: The limits of the attempt that is under way.
    deadline: Deadline | None = field(default=None, repr=False)
    #: Reports the attempts; None where nobody asked for that.
    watch: Watch | None = field(init=False, repr=False)
    _refusals: int = 0
    _refused_since: float = 0.0
    _said: bool = False
    _asked: tuple[float, str] | None = field(default=None, repr=False)
    _sent_to: str = ""
    _refused_at: list[str] = field(default_factory=list)
    _own_id: bool = field(init=False)

    @classmethod
    def of(
        cls,
        core: Core,
        request: Request[Any] | StreamRequest[Any],
        timeout: float | Timeout | None,
        max_retries: int | None,
        headers: Mapping[str, str] | None,
    ) -> Call:
        """Prepare a call; refuses what cannot be sent, before anything is."""
        core.check(request.method, request.path, request.model)
        given = timeout if timeout is not None else request.timeout
        limits = core.timeout if given is None else Timeout.of(given)
        request_id, content, kind = write(request, core.dialect)
        merged = core.headers_of(streamed=isinstance(request, StreamRequest), kind=kind)
        if headers:
            merged = merged_headers(merged, header_fields(headers, "headers"))
        if request.uploads or request.form:  # httpx writes it, with the boundary of the parts
            merged = {name: v for name, v in merged.items() if name.lower() != "content-type"}
        if max_retries is None and isinstance(request, Request):
            max_retries = request.max_retries
        tries = core.max_retries if max_retries is None else retries(max_retries)
        counted = core.usage_counter is not None or active.get()
        counters = counters_of(core.usage_counter) if counted else ()
        timed = given is not None
        return cls(core, request, limits, tries, merged, content, request_id, timed, counters)

    def __post_init__(self) -> None:
        self._own_id = self.request_id is not None
        self.watch = None
        if self.core.on_attempt is not None or switch.tracing is not None:
            self.watch = watch_of(self)
        if self.watch is not None:
            self.request = self.watch.seeing(self.request)

    @property
    def careful(self) -> bool:
        """A refusal (1302) now is the caller's to see."""
        return self.max_retries == 0

    @property
    def unidentified(self) -> bool:
        """Return whether the key function has to be asked before the gate is known."""
        return self.request.model is not None and not self.core.identified

    def identify(self, key: str) -> None:
        """Find the account, and keep the key for the attempt that begins now."""
        self.core.identify(key)
        self._asked = self.core.clock.monotonic(), key

    def take_key(self) -> str | None:
        """Return the key that `identify` got, once, unless the wait for a place was long."""
        asked, self._asked = self._asked, None
        fresh = asked is not None and self.core.clock.monotonic() - asked[0] < KEY_FRESH
        return asked[1] if asked is not None and fresh else None

    @property
    def silence(self) -> float:
        """The longest time without a byte. A stream without bytes has no contents either."""
        limits = self.timeout
        streams = isinstance(self.request, StreamRequest)
        return min(limits.read, limits.content) if streams else limits.read

    def begin(self) -> Deadline:
        """Set the limits of an attempt: for the head of a stream's answer, else for the whole."""
        limits = self.timeout
        streams = isinstance(self.request, StreamRequest)
        seconds = self.silence if streams else limits.total
        what: Literal["head", "whole"] = "head" if streams else "whole"
        self.deadline = Deadline(self.core.clock, what, seconds, limits.connect)
        return self.deadline

    def begin_whole(self) -> Deadline:
        """Set the limit for reading, whole, what came in a stream's place."""
        self.deadline = Deadline(self.core.clock, "whole", self.timeout.total)
        return self.deadline

    def out_of_time(self) -> APITimeoutError:
        """Return the error for the limit that has passed: that of the attempt's phase."""
        limit = self.deadline
        if limit is None or (limit.connecting is None and limit.what == "whole"):
            return self.too_slow()
        if limit.connecting is not None:
            return self.no_connection()
        if limit.what == "content":
            return self.stalled()
        return APITimeoutError(
            f"no answer from {self.core.base_url} began within timeout={self.silence:g} s",
            request_id=self.request_id,
        )

    def stalled(self) -> APITimeoutError:
        """Return the error for a stream without content, whether it brings bytes or not."""
        return APITimeoutError(
            f"the stream brought no content for timeout={self.timeout.content:g} s",
            request_id=self.request_id,
        )

    @property
    def peer(self) -> str:
        """Return in words what the attempt talks to now: the service, or the proxy before it."""
        host, limit = self.core.base_url, self.deadline
        if self.own_client or self.core.pool_key.direct or limit is None or limit.reached:
            return host
        return f"{self.core.pool_key.described}, which leads to {host}"

    def no_connection(self) -> APITimeoutError:
        """Return the error for connecting that took longer than it may."""
        return APITimeoutError(
            f"no connection to {self.peer} within timeout={self.timeout.connect:g} s",
            sent=False,
            request_id=self.request_id,
        )

    def build(self, http: Any, key: str, *, own_client: bool) -> Any:
        """Return the httpx request for one attempt. ``own_client``: the caller brought ``http``."""
        import httpx

        self.own_client = own_client
        request = self.request
        limits = self.timeout
        arguments = arguments_of(request, self.headers, self.content, own_client=own_client)
        self._sent_to = self.core.base_url
        timeout: Any = {"read": self.silence, "write": self.silence, "connect": limits.connect}
        try:
            url = self.core.url(request.path)
        except httpx.InvalidURL as error:
            raise InvalidRequestError(
                f"{request.method} {shorten(request.path)} makes no URL with base_url: {error}",
                field="base_url",
            ) from None
        try:
            given = self.timeout_given or self.core.timeout_given
            if own_client:  # it may have headers, cookies and times of its own
                timeout = httpx.Timeout(pool=None, **timeout) if given else httpx.USE_CLIENT_DEFAULT
                make, extra = http.build_request, {"timeout": timeout}
            else:
                make, extra = httpx.Request, {"extensions": {"timeout": {**timeout, "pool": None}}}
            built = make(request.method, url, **extra, **arguments)
            self.own_times = {} if not own_client or given else built.extensions.get("timeout", {})
            if isinstance(arguments.get("content"), LongBody):
                from zhipu_client._io.streamed import Streamed

                # As httpx makes it, only the synchronous client could read it, once.
                built.stream = Streamed(arguments["content"])
        except (TypeError, ValueError, UnicodeError) as error:
            raise InvalidRequestError(
                f"a header or a parameter cannot be sent: {type(error).__name__}",
                field="default_headers",
            ) from None
        if self.core.dialect.request_id == "header":
            self._put_request_id(built.headers)
        # Set last and nowhere else: no local variable of ours has the value.
        bearer = self.core.auth == "bearer"
        built.headers["Authorization"] = (
            f"Bearer {key}" if bearer else _key.authorization(key, "jwt", time.time())
        )
        return built

    def _put_request_id(self, headers: Any) -> None:
        """Send an id of this attempt alone, unless the caller has set one."""
        if _REQUEST_ID not in headers:
            headers[_REQUEST_ID] = uuid.uuid4().hex
        if not self._own_id:
            self.request_id = headers[_REQUEST_ID]

    def next_delay(self, error: ZhipuError, *, delivered: bool = False) -> float | None:
        """Return the seconds to wait before the next attempt; None to raise the error.

        Args:
            error: What became of the last attempt.
            delivered: A part of its answer was handed out: then there is no other one.
        """
        wait = None if delivered else self._delay(error)
        if self.watch is not None:
            self.watch.failed(error, wait, cut=delivered)
        request = self.request
        if wait is None and request.explain is not None and request.json is not None:
            request.explain(request.json, error)
        return wait

    def _delay(self, error: ZhipuError) -> float | None:
        if refused(error):
            return self._refused(error)
        if self._goes_elsewhere(error):
            return 0.0
        state = RetryState(
            self.tries, self.max_retries, self.request.kind, self.core.clock.jitter()
        )
        wait = delay(error, state)
        if wait is not None:
            self.tries += 1
            notes.say(
                self.core.clock.monotonic(),
                ("retry", self.core.base_url, self.request.path, type(error)),
                "%s %s: %s; attempt %d of %d in %.2f s (request_id %s)",
                self.request.method,
                self.request.path,
                named(error),
                self.tries + 1,
                self.max_retries + 1,
                wait,
                self.request_id,
            )
        return wait

    def _goes_elsewhere(self, error: ZhipuError) -> bool:
        """Return whether the key is to be tried at the other site: not counted as a retry."""
        if not self.core.inferred or not refuses_the_key(error):
            return False
        self._refused_at.append(self._sent_to)
        request = self.request
        return goes_to_other_site(self.core, error, self._refused_at, request.path, request.method)

    def _refused(self, error: ZhipuError) -> float | None:
        """As `_delay`, for a 1302: see ``_retry`` for the rule."""
        now = self.core.clock.monotonic()
        model = self.request.model
        passed_at = -math.inf if model is None else self.core.gates(model)[-1].passed_at
        if not self._refusals or passed_at >= self._refused_since:
            self._refusals, self._refused_since = 0, now
        waited = now - self._refused_since
        jitter = self.core.clock.jitter()
        kind = self.request.kind
        state = RetryState(self.tries, self.max_retries, kind, jitter, self._refusals, waited)
        wait = delay(error, state)
        self._refusals += 1
        if wait is None:
            if waited and isinstance(error, APIError):
                error.explain(
                    f"Refused for {waited:.0f} s ({self._refusals} times), while no request of "
                    "this key and model was let in: the limit may be used up by other programs. "
                    "Try again later, or have the limit raised; processes of one machine share it "
                    "where each has the same shared_limit"
                )
        elif not self._said:
            self._said = True
            request, where = self.request, self.core.base_url
            notes.say(
                now,
                ("1302", where, request.path, model),
                "%s %s%s: too many requests in flight (1302); waiting for a place, at most about "
                "%.0f s while none is free (request_id %s)",
                request.method,
                request.path,
                f" ({model})" if model else "",
                PATIENCE,
                self.request_id,
            )
        return wait

    def failure(self, status: int, headers: Mapping[str, str], body: bytes) -> APIError:
        """Return the typed error of an answer that is a failure."""
        from zhipu_client._io.hints import hint_for  # loaded where something fails
        from zhipu_client._io.model_hints import model_hint
        from zhipu_client.errors._failures import error_from

        error = error_from(status, headers, body, request_id=self.request_id)
        # The service has no status of its own for a path that it does not have.
        seen = 404 if isinstance(error, NotFoundError) else status
        if isinstance(error, AuthenticationError):  # under HTTP 200 too, as of the console's routes
            seen = 401 if refuses_the_key(error) else 200
        hint = hint_for(self.core, self.request.path, seen, error.message)
        hint = hint or model_hint(self.request, error, self.core.dialect.name)
        if hint is not None:
            error.explain(hint)
        failed = getattr(self.request, "failed", None)
        return error if failed is None else failed(error)

    def count(self, data: Any) -> None:
        """Count what an answer has used, where somebody wants to know."""
        if self.counters:
            found = used_by(self.request, data, self.core.site)
            if found is not None:
                used, counts, once = found
                for counter in self.counters:
                    counter.add({used: counts}, once)

    def learn_id(self, answer: Any) -> None:
        """Take the id that an answer reports, where the call was sent without one."""
        found = answer.get("request_id") if isinstance(answer, dict) else None
        if self.request_id is None and isinstance(found, str):
            self.request_id = found or None

    def check_owner(self, answer: Any) -> None:
        """Raise when the service's answer is that of another call of this process."""
        found = foreign(self.request_id, self.content, answer)
        if found is not None and self.core.base_url.rstrip("/").endswith("/paas/v4"):
            # Not tried again: the service has worked for this call too, and counts it.
            raise ServerError(
                f"the answer that came belongs to another call (its request_id is {found}): "
                "something between here and the service has mixed them up",
                status=200,
                request_id=self.request_id,
            )

    @property
    def max_bytes(self) -> int:
        """The most bytes that a whole answer may have."""
        given = self.request.max_bytes if isinstance(self.request, Request) else None
        return self.core.max_reply_bytes if given is None else given

    def too_large(self) -> ServerError:
        """Return the error for an answer above the limit."""
        return ServerError(
            f"the answer is larger than {self.max_bytes} bytes (decompressed); refused to keep "
            "memory bounded",
            request_id=self.request_id,
        )

    def too_slow(self) -> APITimeoutError:
        """Return the error for an answer that took longer than it may."""
        return APITimeoutError(
            f"no whole answer within timeout={self.timeout.total:g} s",
            request_id=self.request_id,
        )
