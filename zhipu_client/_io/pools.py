"""The connection pools of the process: one per `PoolKey` and event loop, whoever asks.

httpx is imported, and a TLS context made, at the first request: an adapter costs neither.
"""

from __future__ import annotations

import atexit
import os
import socket
import ssl
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from zhipu_client._io import gc_safety
from zhipu_client._io.gates import reset_after_fork
from zhipu_client._io.leftover_bytes import watch
from zhipu_client.errors import InvalidRequestError

if TYPE_CHECKING:
    import asyncio
    from http.cookiejar import CookieJar

    import httpx

    from zhipu_client._io.async_pool import LastUsedFirstPool

C = TypeVar("C")

__all__ = ["PoolKey", "async_client", "pool_key", "sync_client"]

#: Seconds that an idle connection is kept. httpx's own 5 s is shorter than a reader's pause.
KEEPALIVE_EXPIRY = 60.0
#: Idle connections kept per host and loop.
MAX_IDLE = 256


@dataclass(frozen=True, slots=True)
class PoolKey:
    """What decides which pool serves a request. Equal values share one.

    Attributes:
        proxy: An explicit proxy URL, or None.
        environment: The proxies that the environment asks for, when one applies to the host.
    """

    proxy: str | None = None
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def direct(self) -> bool:
        """True when no proxy applies, so that our own pools may be used."""
        return self.proxy is None and not self.environment


def pool_key(base_url: str, proxy: str | None) -> PoolKey:
    """Return which pool serves a request: by the argument, the environment and its NO_PROXY."""
    if proxy is not None:
        return PoolKey(proxy=proxy)
    parts = urlsplit(base_url)
    proxies = getproxies()
    wanted = {"all", parts.scheme} & proxies.keys()
    if not wanted or proxy_bypass(parts.hostname or ""):
        return PoolKey()
    # NO_PROXY goes into the key as well: httpx reads it when the client is made.
    return PoolKey(environment=tuple(sorted(proxies.items())))


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
_async: dict[Any, _Loop] = {}
# Clients inherited over a fork. Kept, never closed: their sockets are the parent's as well, and
# closing TLS would send a farewell on the parent's connection.
_inherited: list[Any] = []


@dataclass(slots=True)
class _Loop:
    """What belongs to one event loop."""

    clients: dict[PoolKey, httpx.AsyncClient]
    pools: list[LastUsedFirstPool]
    guardian: AsyncGenerator[None, None] | None = None


def sync_client(key: PoolKey) -> httpx.Client:
    """Return the blocking client for these settings."""
    found = _sync.get(key)
    if found is None:
        with _process.lock:
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
    state = _async.get(loop)
    if state is None:
        state = await _adopt(loop)
    found = state.clients.get(key)
    if found is None:
        if _process.tls is None:
            # Reading the CA file takes tens of milliseconds of a loop that others share.
            await loop.run_in_executor(None, _tls_context)
        with _proxy_supported():
            found = state.clients.get(key) or _make_async(key, state)
        state.clients[key] = found
    return found


async def _adopt(loop: asyncio.AbstractEventLoop) -> _Loop:
    state = _Loop({}, [])
    with _process.lock:
        for old in [one for one in _async if one.is_closed()]:
            for pool in _async.pop(old).pools:
                pool.close_sockets()
        state = _async.setdefault(loop, state)
    if state.guardian is None:
        # asyncio.run closes the asynchronous generators that are still open before it closes
        # the loop: the one moment at which connections can be closed in good order.
        state.guardian = _guard(state)
        await anext(state.guardian)
    return state


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


def _tls_context() -> ssl.SSLContext:
    if _process.tls is None:
        import httpx

        _process.tls = httpx.create_ssl_context()
    return _process.tls


def _socket_options() -> list[tuple[int, int, int]]:
    """Return options for keep-alive probes: a NAT drops what is silent for minutes."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
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

    context = _tls_context()
    limits = httpx.Limits(max_keepalive_connections=MAX_IDLE, keepalive_expiry=KEEPALIVE_EXPIRY)
    if not key.direct:
        return _watched(
            httpx.Client(
                verify=context,
                proxy=key.proxy,
                limits=limits,
                trust_env=True,
                cookies=_no_cookies(),
            )
        )
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
    import httpx

    from zhipu_client._io.async_pool import LastUsedFirstPool

    context = _tls_context()
    if not key.direct:
        return _stock_async(key)
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


def _stock_async(key: PoolKey) -> httpx.AsyncClient:
    import httpx

    limits = httpx.Limits(
        max_connections=None,
        max_keepalive_connections=MAX_IDLE,
        keepalive_expiry=KEEPALIVE_EXPIRY,
    )
    return _watched(
        httpx.AsyncClient(
            verify=_tls_context(),
            proxy=key.proxy,
            limits=limits,
            trust_env=not key.direct,
            cookies=_no_cookies(),
        )
    )


def _watched(client: C) -> C:
    """Return a stock client of httpx, with each of its pools watched."""
    stock: Any = client
    for transport in {stock._transport, *stock._mounts.values()} - {None}:
        watch(transport._pool)
    return client


async def _for_trio(key: PoolKey) -> httpx.AsyncClient:
    """Stock httpx, one client per trio run."""
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
            found = state.clients[key] = _stock_async(key)
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
    for client in _sync.values():
        client.close()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
