"""The guarded downloader: what it fetches, what it refuses, and to whom it connects."""

# ruff: noqa: SIM117 - the server around, the expected error inside

from __future__ import annotations

import asyncio
import pickle
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpcore
import pytest

from zhipu_client import DownloadError, adownload, download
from zhipu_client._download_rules import Gathering, sniff, target

from .conftest import FakeClient

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
Respond = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(respond: Respond, tls: Any = None) -> Iterator[tuple[str, list[str]]]:
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            assert "authorization" not in self.headers
            respond(self)

        def log_message(self, *_: Any) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.handle_error = lambda *_: None  # type: ignore[method-assign]
    if tls is not None:
        running.socket = tls.wrap_socket(running.socket, server_side=True)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_address[1]}", paths
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def body(content: bytes, **headers: str) -> Respond:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        try:
            handler.wfile.write(content)
        except OSError:
            pass

    return respond


def redirect(to: str) -> Respond:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("location", to)
        handler.end_headers()

    return respond


@pytest.fixture
def fetch(kind: str) -> Callable[..., Any]:
    def call(url: str, base_url: str = "https://api.example/v4", **given: Any) -> Any:
        client = FakeClient(lambda _: None)
        client.base_url = base_url
        if kind == "sync":
            return download(client, url, **given)
        return asyncio.run(adownload(client, url, **given))

    return call


def test_the_api_s_own_origin_is_trusted(fetch, tmp_path: Path) -> None:
    with server(body(PNG, content_type="text/plain")) as (url, paths):
        found = fetch(f"{url}/a.png?sig=1", base_url=f"{url}/api/paas/v4", kind="image/")
        assert (found.content, found.mime_type, found.size) == (PNG, "image/png", len(PNG))
        path = tmp_path / "a.png"
        found = fetch(f"{url}/a.png", base_url=url, to=path)
        assert (found.content, path.read_bytes(), found.size) == (b"", PNG, len(PNG))
    assert paths == ["/a.png?sig=1", "/a.png"]


def test_loopback_only_when_allowed(fetch) -> None:
    with server(body(PNG)) as (url, paths):
        with pytest.raises(DownloadError, match="not an https address"):
            fetch(f"{url}/a.png")
        assert fetch(f"{url}/a.png", allow_loopback=True).content == PNG
    assert paths == ["/a.png"]


REFUSED = [
    "https://127.0.0.1/a.png",
    "https://localhost:8443/a.png",
    "https://[::1]/a.png",
    "https://10.0.0.8/a.png",
    "https://192.168.1.1/a.png",
    "https://169.254.169.254/latest/meta-data",
    "https://0.0.0.0/a.png",
    "https://[::ffff:127.0.0.1]/a.png",
    "https://[64:ff9b::7f00:1]/a.png",
    "https://[2002:7f00:1::]/a.png",
    "https://[64:ff9b:1::7f00:1]/a.png",
    "https://[::127.0.0.1]/a.png",
    "https://[::ffff:0:127.0.0.1]/a.png",
    "https://[fec0::1]/a.png",
    "https://[fe80::1]/a.png",
    "https://[fd00::1]/a.png",
    "https://100.64.0.1/a.png",
    "https://224.0.0.1/a.png",
    "https://2130706433/a.png",
    "http://8.8.8.8/a.png",
    "ftp://8.8.8.8/a.png",
    "file:///etc/passwd",
    "https://user:password@8.8.8.8/a.png",
    "http://user:password@8.8.8.8/a.png",
    "https:///a.png",
    "https://[bad/a.png",
    "/a.png",
    "",
]


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_refused_is_never_connected_to(fetch, url: str, monkeypatch) -> None:
    import httpcore

    def fail(*_: Any, **__: Any) -> Any:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", fail, raising=False)
    monkeypatch.setattr("httpcore._backends.sync.SyncBackend.connect_tcp", fail)
    monkeypatch.setattr("httpcore._backends.auto.AutoBackend.connect_tcp", fail)
    with pytest.raises(DownloadError, match="refused") as caught:
        fetch(url)
    assert "password" not in str(caught.value)


def test_a_name_that_leads_inside_is_refused(fetch, monkeypatch) -> None:
    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        rows = ["93.184.216.34", "10.0.0.1"] if host == "half.example" else []
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (row, port)) for row in rows]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(DownloadError, match=r"10\.0\.0\.1, which is not public"):
        fetch("https://half.example/a.png")
    with pytest.raises(DownloadError, match="host is unknown") as caught:
        fetch("https://none.example/a.png?Signature=secret")
    assert caught.value.retryable
    assert "secret" not in str(caught.value)


def test_the_address_that_was_checked_is_the_one_connected_to() -> None:
    where = target("https://files.example:8443/a.png?x=1", None)
    url, headers, extensions = where.pinned(["93.184.216.34", "93.184.216.35"])
    assert url == "https://93.184.216.34:8443/a.png?x=1"
    assert headers["host"] == "files.example:8443"
    assert extensions == {"sni_hostname": "files.example"}
    url, _, _ = where.pinned(["2606:2800:220:1::1"])
    assert url == "https://[2606:2800:220:1::1]:8443/a.png?x=1"


def test_redirects_stay_at_their_origin(fetch) -> None:
    with server(redirect("https://evil.example/a.png")) as (url, _):
        with pytest.raises(DownloadError, match="redirects to another place"):
            fetch(f"{url}/a.png", base_url=url)
    with server(redirect("/again.png")) as (url, paths):
        with pytest.raises(DownloadError, match="again and again"):
            fetch(f"{url}/a.png", base_url=url)
        assert len(paths) == 4

    def once(handler: BaseHTTPRequestHandler) -> None:
        (redirect("/b.png") if handler.path == "/a.png" else body(PNG))(handler)

    with server(once) as (url, _):
        assert fetch(f"{url}/a.png", base_url=url).content == PNG


@pytest.mark.parametrize("told", [True, False])
def test_what_is_too_large_is_not_taken(fetch, tmp_path: Path, told: bool) -> None:
    content = PNG + bytes(300_000)
    headers = {"content_length": str(len(content))} if told else {}
    with server(body(content, **headers)) as (url, _):
        path = tmp_path / "a.png"
        with pytest.raises(DownloadError, match="more than"):
            fetch(url, base_url=url, max_bytes=100_000, to=path)
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_another_type_is_refused(fetch) -> None:
    with server(body(b"<html>not found, sorry</html>", content_type="image/png")) as (url, _):
        with pytest.raises(DownloadError, match="it is application/octet-stream, not image/"):
            fetch(url, base_url=url, kind="image/")
    with server(body(PNG, content_encoding="gzip")) as (url, _):
        with pytest.raises(DownloadError, match="compressed"):
            fetch(url, base_url=url)


@pytest.mark.parametrize(("status", "retryable"), [(404, False), (403, False), (503, True)])
def test_failures_of_the_server(fetch, status: int, retryable: bool) -> None:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.end_headers()

    with server(respond) as (url, _):
        with pytest.raises(DownloadError, match=f"HTTP {status}") as caught:
            fetch(url, base_url=url)
    assert caught.value.retryable is retryable
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.retryable) == (str(caught.value), retryable)


def test_a_connection_that_breaks_and_one_that_is_slow(fetch, tmp_path: Path) -> None:
    import time

    def cut(handler: BaseHTTPRequestHandler) -> None:
        body(PNG, content_length="5000")(handler)

    def slow(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(40):
            try:
                handler.wfile.write(PNG)
                time.sleep(0.05)
            except OSError:
                return

    for respond, words in ((cut, "failed"), (slow, "too long|failed"), (body(b""), "empty")):
        with server(respond) as (url, _):
            with pytest.raises(DownloadError, match=words) as caught:
                fetch(url, base_url=url, timeout=0.3, to=tmp_path / "x")
        assert caught.value.retryable
    assert list(tmp_path.iterdir()) == []


def test_headers_that_come_one_by_one_do_not_prolong_it(fetch) -> None:
    import time

    def drip(handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(100):
                handler.wfile.write(b"x-%d: 1\r\n" % number)
                time.sleep(0.1)
        except OSError:
            return

    with server(drip) as (url, _):
        began = time.monotonic()
        with pytest.raises(DownloadError, match="too long") as caught:
            fetch(url, base_url=url, timeout=0.3)
        assert time.monotonic() - began < 5
    assert caught.value.retryable


@pytest.mark.parametrize("url", [None, 5, {"url": "https://files.example"}])
def test_what_is_no_text_is_refused(fetch, url: Any) -> None:
    with pytest.raises(DownloadError, match="not an address"):
        fetch(url)


@pytest.mark.parametrize("path", ["a\x01b", "a\x7fb", "a" * 70_000])
def test_what_cannot_be_sent_is_refused(fetch, path: str, monkeypatch) -> None:
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
    with pytest.raises(DownloadError, match="not an address") as caught:
        fetch(f"https://files.example/{path}")
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("to", ["https://[bad", "//127.0.0.1:99999/a", "http://[::1]:x/", "\\\\a"])
def test_redirects_to_nowhere(fetch, to: str) -> None:
    with server(redirect(to)) as (url, _), pytest.raises(DownloadError):
        fetch(url, base_url=url)


def test_a_file_may_be_read_by_whom_the_umask_lets(fetch, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    with server(body(PNG)) as (url, _):
        fetch(url, base_url=url, to=tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_mode == plain.stat().st_mode
    assert {path.name for path in tmp_path.iterdir()} == {"plain", "a.png"}


def test_no_proxy_goes_by_the_name(fetch, monkeypatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "files.example")
    asked = []

    def connect(self: Any, host: str, port: int, *_: Any, **__: Any) -> None:
        asked.append((host, port))
        raise httpcore.ConnectError("not here")

    async def aconnect(self: Any, host: str, port: int, *_: Any, **__: Any) -> None:
        connect(self, host, port)

    monkeypatch.setattr("httpcore.SyncBackend.connect_tcp", connect)
    monkeypatch.setattr("httpcore._backends.auto.AutoBackend.connect_tcp", aconnect)
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
    with pytest.raises(DownloadError, match="failed"):
        fetch("https://files.example/a.png")
    assert asked == [("93.184.216.34", 443)]


def test_types_are_told_by_content() -> None:
    assert sniff(b"\0\0\0\x20ftypisom1234") == "video/mp4"
    assert sniff(b"RIFF\0\0\0\0WEBPVP8 ") == "image/webp"
    assert sniff(b"RIFF\0\0\0\0WAVEfmt ") == "audio/wav"
    assert sniff(b"") == "application/octet-stream"
    for byte in b"\xfb\xfa\xf3\xf2":  # MPEG 1 and 2, layer 3, with and without a checksum
        assert sniff(bytes([0xFF, byte]) + b"\0" * 14) == "audio/mpeg"


def test_a_short_file_in_single_bytes_is_whole() -> None:
    gathering = Gathering(target("https://a.example/b", None), None, 100)
    gathering.start(200, {})
    kept = b"".join(gathering.add(bytes([one])) for one in PNG[:20]) + gathering.finish()
    assert (kept, gathering.mime_type) == (PNG[:20], "image/png")


@pytest.mark.parametrize(("name", "works"), [("files.example", True), ("other.example", False)])
def test_the_certificate_is_checked_for_the_name(
    fetch, monkeypatch, name: str, works: bool
) -> None:
    """The connection goes to the address that was checked, the handshake to the name."""
    import ssl

    import trustme

    authority = trustme.CA()
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("files.example").configure_cert(offered)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    hosts: list[str] = []

    def respond(handler: BaseHTTPRequestHandler) -> None:
        hosts.append(handler.headers["host"])
        body(PNG)(handler)

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        assert host == name
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with server(respond, offered) as (url, _):
        port = url.rpartition(":")[2]
        real = socket.getaddrinfo
        monkeypatch.setattr("zhipu_client._download_rules._public", lambda _: True)
        monkeypatch.setattr("zhipu_client._io.downloads.tls_context", lambda: trusted)
        monkeypatch.setattr(
            "zhipu_client._io.downloads.socket.getaddrinfo",
            lambda host, *rest, **more: (
                resolve(host, int(port)) if host == name else real(host, *rest, **more)
            ),
        )
        if works:
            assert fetch(f"https://{name}:{port}/a.png").content == PNG
            assert hosts == [f"{name}:{port}"]
        else:
            with pytest.raises(DownloadError, match="failed"):
                fetch(f"https://{name}:{port}/a.png")
            assert hosts == []
