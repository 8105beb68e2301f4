"""What the environment says about proxies and certificates: obeyed, or refused by its name."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import certifi
import pytest

from zhipu_client import APIConnectionError, InvalidRequestError
from zhipu_client._io import pools

from . import scenarios as say
from .conftest import Drive
from .frames import TEXT
from .proxy import ConnectProxy
from .server import FaultServer


def test_no_certificates_are_read_for_a_plain_server(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Reading them is a third of what the first call of a process takes."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    monkeypatch.setattr(pools._process, "tls", None)
    monkeypatch.setattr(pools, "_sync", {})
    with FaultServer(say.healthy()) as server:
        for outcome in drive(server).both():
            outcome.ok()
    for client in pools._sync.values():
        client.close()
    assert pools._process.tls is None


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
@pytest.mark.parametrize("value", ["ftp://127.0.0.1:1", "http://127.0.0.1:99999", "gopher://x:1"])
def test_a_proxy_that_cannot_be_used_is_refused_by_its_variable(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("no_proxy", "")
    for outcome in drive("http://api.test/v4").both():
        error = outcome.failed(InvalidRequestError, field=variable)
        assert variable in str(error)


@pytest.mark.parametrize("content", [None, "no certificate at all"])
def test_certificates_that_cannot_be_read_are_refused_by_variable_and_file(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setattr(pools._process, "tls", None)
    monkeypatch.setattr(pools, "_sync", {})
    monkeypatch.setattr(pools, "_async", {})
    for outcome in drive("https://api.test/v4").both():
        error = outcome.failed(InvalidRequestError, field="SSL_CERT_FILE")
        assert "SSL_CERT_FILE" in str(error)
        assert str(file) in str(error)


def test_a_log_of_tls_secrets_that_cannot_be_written_is_named(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "missing" / "keys.log"
    # Where both are set, the one that works is not blamed.
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    monkeypatch.setenv("SSLKEYLOGFILE", str(file))
    monkeypatch.setattr(pools._process, "tls", None)
    monkeypatch.setattr(pools, "_sync", {})
    monkeypatch.setattr(pools, "_async", {})
    for outcome in drive("https://api.test/v4").both():
        error = outcome.failed(InvalidRequestError, field="SSLKEYLOGFILE")
        assert str(file) in str(error)
        assert "certificates" not in str(error)


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_a_blank_proxy_is_none(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, " ")
    monkeypatch.setenv("no_proxy", "")
    with FaultServer(say.healthy()) as server:
        for outcome in drive(server, max_retries=0).both():
            assert outcome.ok().text == TEXT


def _nobody() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_dead_proxy_is_named_and_not_the_service(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    port = _nobody()
    monkeypatch.setenv(f"{scheme}_proxy", f"http://user:secret@127.0.0.1:{port}")
    monkeypatch.setenv("no_proxy", "")
    for outcome in drive(f"{scheme}://api.test/v4", max_retries=0).both():
        error = outcome.failed(APIConnectionError, sent=False)
        assert f"the proxy http://127.0.0.1:{port} (set by {scheme}_proxy)" in str(error)
        assert "secret" not in str(error)


def test_a_proxy_that_refuses_is_named(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    with ConnectProxy(status=403) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        for outcome in drive("https://api.test/v4", max_retries=0).both():
            error = outcome.failed(APIConnectionError, sent=False)
            assert f"the proxy {proxy.url} (set by https_proxy)" in str(error)
            assert "403" in str(error)


@pytest.mark.parametrize(
    ("entry", "proxied"),
    [
        ("127.0.0.0/8", False),
        ("10.0.0.0/8, 127.0.0.1/32", False),
        ("127.0.0.1", False),
        ("127.0.0.1:{port}", False),
        ("*", False),
        ("10.0.0.0/8", True),
        ("nonsense/8,::1/128", True),
        ("127.0.0.1:1", True),
    ],
)
def test_no_proxy_takes_networks_and_ports(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, entry: str, proxied: bool
) -> None:
    with FaultServer(say.healthy()) as server, ConnectProxy() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", entry.format(port=server.port))
        for outcome in drive(server).both():
            assert outcome.ok().text == TEXT
        assert bool(proxy.asked) == proxied
