"""Guards for every test: no real key, no outside network, no setting of the machine leaks in."""

from __future__ import annotations

import gc
import ipaddress
import os
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# The same examples each time, so that a red run is the change's and not the dice's.
# `make test ARGS=--hypothesis-profile=explore` looks further.
settings.register_profile("same", derandomize=True, database=None, deadline=None)
settings.register_profile("explore", max_examples=500, deadline=None)
settings.load_profile("same")

pytest_plugins = ["tests.cassette_support.plugin"]

# Keys, base URLs, proxies and tracing: what would make a test depend on who runs it.
_LEAKS = re.compile(
    r"^(ZHIPU|ZAI_|Z_AI_|BIGMODEL_|GLMOCR_|OPENAI_|ANTHROPIC_|LANGSMITH_|LANGCHAIN_)"
    r"|^(HTTP|HTTPS|ALL|NO)_PROXY$|^SSL_CERT_(FILE|DIR)$",
    re.IGNORECASE,
)
_KEY = "ZHIPUAI_API_KEY"
_FOR_LIVE = (_KEY, "ZHIPUAI_BASE_URL")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--live",
        action="store_true",
        help=f"run the tests marked `live` too, and record cassettes from the service ({_KEY})",
    )


def pytest_configure(config: pytest.Config) -> None:
    # Here and not in a fixture: collecting imports modules, and those may look already.
    kept = {name: os.environ[name] for name in _FOR_LIVE if name in os.environ}
    for name in [name for name in os.environ if _LEAKS.match(name)]:
        del os.environ[name]
    os.environ["LANGSMITH_TRACING"] = "false"
    if config.getoption("--live"):
        os.environ.update(kept)
        return
    _block_outside_network()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the collector pass over what is there by now, which stays: many tests run it."""
    del session
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--live"):
        return
    skip = pytest.mark.skip(reason="talks to the real service: run with --live and a key")
    for item in items:
        if item.get_closest_marker("live"):
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def _environment_stays() -> Iterator[None]:
    """What a test sets in the environment without `monkeypatch` does not reach the next one."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    for name, value in before.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _block_outside_network() -> None:
    connect, connect_ex, getaddrinfo = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.getaddrinfo,
    )

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check(self.family, address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_local(host):
            # The error of a machine without a network: tests of "no network" see the real thing.
            raise socket.gaierror(socket.EAI_NONAME, "tests do not resolve outside names")
        return getaddrinfo(host, *args, **kwargs)

    socket.socket.connect = guarded_connect  # type: ignore[assignment, method-assign]
    socket.socket.connect_ex = guarded_connect_ex  # type: ignore[assignment, method-assign]
    socket.getaddrinfo = guarded_getaddrinfo


def _check(family: int, address: Any) -> None:
    if family in {socket.AF_INET, socket.AF_INET6} and not _is_local(address[0]):
        raise OSError(f"tests do not connect to {address[0]!r}: only loopback is allowed")


def _is_local(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in {"", "localhost"} or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
