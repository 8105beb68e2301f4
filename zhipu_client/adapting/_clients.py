"""The clients of one adapter: made once for the values of its fields, which may change."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from zhipu_client._io.aio import AsyncClient
    from zhipu_client._io.sync import Client

__all__ = ["ClientCache", "HasClients"]

C = TypeVar("C")

#: How many clients one adapter keeps, each for other values of its fields.
_MOST_CLIENTS = 8


class ClientCache:
    """The clients made for one adapter: one for all threads, as each has a ceiling of its own.

    A copy of it starts empty; all of them are equal.
    """

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: dict[Hashable, Any] = {}

    def get(self, settings: Hashable, make: Callable[[], C]) -> C:
        """Return the client for these settings."""
        # Without a lock: a process forked while another thread had it could never take it. Of two
        # clients made at the same time, `setdefault` keeps one for all.
        found: C | None = self._made.get(settings)
        if found is None:
            found = self._made.setdefault(settings, make())
            for oldest in list(self._made)[:-_MOST_CLIENTS]:
                self._made.pop(oldest, None)
        return found

    def __copy__(self) -> ClientCache:
        return ClientCache()

    def __deepcopy__(self, memo: Any) -> ClientCache:
        return ClientCache()

    def __reduce__(self) -> tuple[Any, ...]:
        return ClientCache, ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClientCache)

    def __hash__(self) -> int:
        return hash(ClientCache)


class HasClients:
    """A mixin: what gives an adapter its two clients, see `ConnectionSettings`."""

    if TYPE_CHECKING:
        _clients: ClientCache
        api_key: Any
        base_url: str | None
        timeout: Any
        max_retries: int
        max_concurrency: int | None
        shared_limit: Any
        default_headers: Mapping[str, str] | None
        http_client: Any
        http_async_client: Any
        dialect: Any
        usage_counter: Any
        proxy: str | None
        auth: Any
        on_attempt: Any

        def _new_client(self) -> Client: ...

    def _sync_client(self) -> Client:
        """Return the client for the fields as they are now."""
        return self._clients.get(self._connection(), self._new_client)

    def _async_client(self) -> AsyncClient:
        """Return its asynchronous half: the same key, limits and ceiling."""
        settings, own = self._connection(), self.http_async_client
        return self._clients.get(
            (*settings, _mark(own)),
            lambda: self._clients.get(settings, self._new_client).as_async(http_client=own),
        )

    def _connection(self) -> tuple[Hashable, ...]:
        headers, http_client, hook = self.default_headers, self.http_client, self.on_attempt
        return (
            _mark(self.api_key),
            self.base_url,
            self.timeout,
            self.max_retries,
            self.max_concurrency,
            self.shared_limit,
            self.usage_counter,
            tuple(sorted(headers.items())) if headers else None,
            http_client if http_client is None else _mark(http_client),
            self.auth,
            self.dialect,
            self.proxy,
            hook if hook is None else _mark(hook),
            self._checkpoint_path(),
        )

    def _checkpoint_path(self) -> Path | None:
        """Return the file that keeps what is paid for; None without one."""
        return None


def _mark(value: Any) -> Hashable:
    """Return what represents a value in a dictionary's key."""
    try:
        hash(value)
        same = value == value
    except Exception:  # noqa: BLE001 - foreign code
        return id(value)
    return value if same else id(value)
