"""The connection pools of the process: one per `PoolKey` and event loop, whoever asks.

httpx is imported, and a TLS context made, at the first request: an adapter costs neither.
"""

from __future__ import annotations

import atexit
import importlib
import os
import socket
import ssl
import sys
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from zhipu_client._io import gc_safety
from zhipu_client._io.account_gates import reset_after_fork
from zhipu_client._io.first_use import importing
from zhipu_client._io.leftover_bytes import watch
from zhipu_client._io.proxies import PoolKey
from zhipu_client.errors import InvalidRequestError

if TYPE_CHECKING:
    import asyncio
    from http.cookiejar import CookieJar

    import httpcore
    import httpx

    from zhipu_client._io.async_pool import LastUsedFirstPool

C = TypeVar("C")

__all__ = ["async_client", "sync_client", "with_deadlines"]

#: Seconds that an idle connection is kept. httpx's own 5 s is shorter than a reader's pause.
KEEPALIVE_EXPIRY = 60.0
#: Idle connections kept per host and loop.
MAX_IDLE = 256
#: The module that imports what asynchronous connections need.
_ASYNC_POOL = "zhipu_client._io.async_pool"


class _Process:
    """What belongs to this process, and is made anew in a forked child."""

    tls: ssl.SSLContext | None = None

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Make a new, free lock. The TLS context is only read, so it is kept."""
        self.lock = threading.Lock()


_process = _Process()
_sync: dict[PoolKey, httpx.Client] = {}
# Weak on both sides: a loop that is dropped without being closed must take its connections along.
# The loop itself has its state, see `_keep`.
_async: MutableMapping[Any, weakref.ref[_Loop]] = weakref.WeakKeyDictionary()
# Clients inherited over a fork. Kept, never closed: their sockets are the parent's as well, and
# closing TLS would send a farewell on the parent's connection.
_inherited: list[Any] = []
_kept: list[_Loop] = []


@dataclass(slots=True, weakref_slot=True)
class _Loop:
    """What belongs to one event loop."""

    clients: dict[PoolKey, httpx.AsyncClient]
    pools: list[LastUsedFirstPool]
    guardian: AsyncGenerator[None, None] | None = None


def sync_client(key: PoolKey) -> httpx.Client:
    """Return the blocking client for these settings."""
    found = _sync.get(key)
    if found is None:
        with importing(), _process.lock:
            found = _sync.get(key)
            if found is None:
                with _proxy_supported():
                    found = _sync[key] = _make_sync(key)
    return found


async def async_client(key: PoolKey) -> httpx.AsyncClient:
    """Return the asynchronous client for these settings and the running event loop."""
    import asyncio

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return await _for_trio(key)
    state = _state_of(loop)
    if state is None:
        state = await _adopt(loop)
    found = state.clients.get(key)
    if found is None:
        if (_process.tls is None and not key.plain) or _ASYNC_POOL not in sys.modules:
            # Reading the CA file takes tens of milliseconds of a loop that others share, and
            # httpcore imports trio where it is installed, which waits for a process of its own.
            await _elsewhere(loop, partial(_prepare_async, key))
        with _proxy_supported():
            found = state.clients.get(key) or _make_async(key, state)
        state.clients[key] = found
    return found


async def _elsewhere(loop: asyncio.AbstractEventLoop, work: Callable[[], object]) -> None:
    """Do something in a thread, or here where the interpreter ends and there are no more."""
    if threading.main_thread().is_alive():
        await loop.run_in_executor(None, work)
    else:
        work()


async def _adopt(loop: asyncio.AbstractEventLoop) -> _Loop:
    state = _Loop({}, [])
    with _process.lock:
        for old in [one for one in list(_async) if one.is_closed()]:
            closed = _async.pop(old)()
            for pool in closed.pools if closed is not None else ():
                pool.close_sockets()
        known = _state_of(loop)
        if known is None:
            _keep(loop, state)
        else:
            state = known
    if state.guardian is None:
        # asyncio.run closes the asynchronous generators that are still open before it closes
        # the loop: the one moment at which connections can be closed in good order.
        state.guardian = _guard(state)
        await anext(state.guardian)
    return state


def _state_of(loop: asyncio.AbstractEventLoop) -> _Loop | None:
    found = _async.get(loop)
    return None if found is None else found()


def _keep(loop: asyncio.AbstractEventLoop, state: _Loop) -> None:
    try:
        loop._zhipu_connections = state  # type: ignore[attr-defined]
    except AttributeError:  # a loop of another kind, which takes no attributes
        _kept.append(state)
    _async[loop] = weakref.ref(state)


async def _guard(state: _Loop) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        for pool in state.pools:
            await pool.aclose()
        for client in state.clients.values():
            await client.aclose()
        state.clients.clear()
        state.pools.clear()


def _prepare_async(key: PoolKey) -> None:
    """Read and import what the first asynchronous request of the process needs."""
    with importing():
        importlib.import_module(_ASYNC_POOL)
        importlib.import_module("zhipu_client._io.body_pieces")
        importlib.import_module("zhipu_client._io.direct")
        _context_for(key)


def _context_for(key: PoolKey) -> ssl.SSLContext:
    if key.plain:  # one that trusts nobody: reading whom to trust is a third of a first call
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return _tls_context()


def _tls_context() -> ssl.SSLContext:
    if _process.tls is None:
        import httpx

        try:
            _process.tls = httpx.create_ssl_context()
        except OSError as error:  # ssl.SSLError is one
            name, what = _unusable()
            if name is None:
                raise
            why = getattr(error, "reason", None) or error.strerror or type(error).__name__
            raise InvalidRequestError(
                f"{name} is {os.environ[name]!r}, {what}: {why}", field=name, value=os.environ[name]
            ) from error
    return _process.tls


def _unusable() -> tuple[str | None, str]:
    """Return the variable because of which there is no TLS context, and what is wrong with it."""
    keys = os.environ.get("SSLKEYLOGFILE")
    if keys:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = keys
        except OSError:
            return "SSLKEYLOGFILE", "to which TLS secrets cannot be written"
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR")
    name = next((name for name in names if os.environ.get(name)), None)
    return name, "from which no certificates can be read"


def _socket_options() -> list[tuple[int, int, int]]:
    """Return options for keep-alive probes: a NAT drops what is silent for minutes."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    times = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
    # In milliseconds: how long what was sent may stay without an acknowledgement.
    for name, value in (*times, ("TCP_USER_TIMEOUT", 120_000)):
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return options


@contextmanager
def _proxy_supported() -> Iterator[None]:
    try:
        yield
    except ImportError as error:  # of what httpx needs for SOCKS
        raise InvalidRequestError(
            "the proxy (argument or environment) is a SOCKS proxy, for which httpx needs "
            "pip install 'httpx[socks]'",
            field="proxy",
        ) from error


def _no_cookies() -> CookieJar:
    """Return a jar that takes no cookies: one account's must not go out for another."""
    from http.cookiejar import CookieJar, DefaultCookiePolicy  # httpx has imported it by now

    return CookieJar(DefaultCookiePolicy(allowed_domains=()))


def _make_sync(key: PoolKey) -> httpx.Client:
    import httpcore
    import httpx

    from zhipu_client._io.deadlines import DeadlineBackend

    context = _context_for(key)
    limits = httpx.Limits(max_keepalive_connections=MAX_IDLE, keepalive_expiry=KEEPALIVE_EXPIRY)
    if not key.direct:
        stock = httpx.Client(
            verify=context,
            proxy=key.proxy,
            limits=limits,
            trust_env=False,
            cookies=_no_cookies(),
        )
        return _watched(with_deadlines(stock))
    transport = httpx.HTTPTransport(verify=context, trust_env=False)
    # One step below httpx's public surface, hence the bound on its version: the transport stays
    # httpx's own, so that what patches it (vcrpy) sees every request.
    transport._pool = httpcore.ConnectionPool(
        ssl_context=context,
        max_connections=None,
        max_keepalive_connections=MAX_IDLE,
        keepalive_expiry=KEEPALIVE_EXPIRY,
        socket_options=_socket_options(),
        network_backend=DeadlineBackend(),
    )
    watch(transport._pool)
    return httpx.Client(transport=transport, trust_env=False, cookies=_no_cookies())


def _make_async(key: PoolKey, state: _Loop) -> httpx.AsyncClient:
    import httpcore
    import httpx

    from zhipu_client._io.async_pool import LastUsedFirstPool

    context = _context_for(key)
    if not key.direct:
        return _stock_async(key, httpcore.AnyIOBackend())
    pool = LastUsedFirstPool(
        context,
        keepalive_expiry=KEEPALIVE_EXPIRY,
        max_idle=MAX_IDLE,
        socket_options=_socket_options(),
    )
    transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False)
    transport._pool = pool  # type: ignore[assignment]  # same calls, see async_pool.py
    state.pools.append(pool)
    return httpx.AsyncClient(transport=transport, trust_env=False, cookies=_no_cookies())


def _stock_async(key: PoolKey, backend: httpcore.AsyncNetworkBackend) -> httpx.AsyncClient:
    import httpx

    from zhipu_client._io.async_backend import ClosingBackend

    limits = httpx.Limits(
        max_connections=None,
        max_keepalive_connections=MAX_IDLE,
        keepalive_expiry=KEEPALIVE_EXPIRY,
    )
    client = httpx.AsyncClient(
        verify=_context_for(key),
        proxy=key.proxy,
        limits=limits,
        trust_env=False,
        cookies=_no_cookies(),
    )
    for pool in _pools(client):
        pool._network_backend = ClosingBackend(backend, _socket_options())
    return _watched(client)


def with_deadlines(client: httpx.Client) -> httpx.Client:
    """Bound the waits of a stock client of httpx by `deadlines.deadline`, proxies included."""
    from zhipu_client._io.deadlines import DeadlineBackend

    for pool in _pools(client):
        pool._network_backend = DeadlineBackend(_socket_options())
    return client


def _watched(client: C) -> C:
    """Return a stock client of httpx, with each of its pools watched."""
    for pool in _pools(client):
        watch(pool)
    return client


def _pools(client: Any) -> list[Any]:
    transports = {client._transport, *client._mounts.values()} - {None}
    return [transport._pool for transport in transports]


async def _for_trio(key: PoolKey) -> httpx.AsyncClient:
    """Stock httpx, one client per trio run."""
    import httpcore
    import trio

    token = trio.lowlevel.current_trio_token()
    state = _trio.get(token)
    if state is None:
        state = _Loop({}, [])
        with _process.lock:
            for old in [one for one, kept in _trio.items() if not kept.clients]:
                del _trio[old]  # its run is over, and its guardian has closed everything
            _trio[token] = state
        state.guardian = _guard(state)
        await anext(state.guardian)
    found = state.clients.get(key)
    if found is None:
        with _proxy_supported():
            found = state.clients[key] = _stock_async(key, httpcore.TrioBackend())
    return found


_trio: dict[Any, _Loop] = {}


def _after_fork() -> None:
    _process.reset()
    _inherited.append((dict(_sync), dict(_async), dict(_trio)))
    _sync.clear()
    _async.clear()
    _trio.clear()
    gc_safety.forget()
    reset_after_fork()


def _at_exit() -> None:
    # Forgotten first: what was registered before this runs after it, and may send something.
    clients = list(_sync.values())
    _sync.clear()
    for client in clients:
        client.close()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
