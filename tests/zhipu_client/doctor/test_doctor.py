"""`zhipu_client.doctor`: what it finds, what it says to do, and what it never shows."""

from __future__ import annotations

import json
import socket
import ssl
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import trustme

import zhipu_emulator
from zhipu_client import Client, doctor
from zhipu_client.doctor import _checks, _command
from zhipu_client.doctor._environment import of_distributions, of_key, of_variables
from zhipu_client.doctor._shapes import differences, shape_of
from zhipu_emulator.scripting import Fault

SECRET = "an-identity.a-secret-that-nobody-sees"


@pytest.fixture
def service():
    with zhipu_emulator.serve() as running:
        yield running


def by_name(report: doctor.Report) -> dict[str, doctor.Finding]:
    return {finding.name: finding for finding in report.findings}


def at(service: Any, **more: Any) -> doctor.Report:
    environ = {"ZHIPUAI_API_KEY": service.api_key}
    return doctor.diagnose(
        base_url=service.base_url, api_key=service.api_key, environ=environ, **more
    )


def test_a_healthy_set_up(service) -> None:
    report = at(service)
    assert report.healthy
    found = by_name(report)
    assert found["call"].text.startswith("glm-4.7-flash answers")
    assert "5 hours" in report.text()
    assert service.api_key not in report.text() + report.json()
    assert json.loads(report.json())["healthy"] is True


def test_without_a_key_it_says_what_to_do_and_calls_nobody() -> None:
    def nobody(**_: Any) -> Any:
        raise AssertionError("a client was made")

    report = doctor.diagnose(environ={}, client=nobody)
    assert not report.healthy
    assert "zhipu-doctor --emulator" in by_name(report)["key"].remedy


def test_a_key_is_described_and_never_shown() -> None:
    finding = of_key({"ZHIPU_API_KEY": f" {SECRET}\n", "ZAI_API_KEY": "other"})
    assert finding.level == "warning"
    assert "id.secret" in finding.text
    assert "blanks" in finding.text
    assert "ZAI_API_KEY set too" in finding.text
    assert "secret-that" not in str(finding)


def test_a_refused_key_is_tried_on_the_other_site() -> None:
    with zhipu_emulator.serve() as mine, zhipu_emulator.serve(api_keys=("a.b",)) as other:

        def make(base_url: str | None = None, **settings: Any) -> Client:
            return Client(base_url=(other if base_url == "zai" else mine).base_url, **settings)

        original = _checks.site_of
        _checks.site_of = lambda url: "bigmodel" if mine.base_url == url else original(url)
        try:
            report = doctor.diagnose(api_key="a.b", environ={}, client=make)
        finally:
            _checks.site_of = original
    found = by_name(report)
    assert not report.healthy
    assert found["key"].facts["error"] == "AuthenticationError"
    assert 'base_url="zai"' in found["other site"].remedy
    assert found["call"].level == "ok"  # of the account there


def test_a_site_that_was_not_named_is_not_changed_in_silence(
    service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client would go to the other site by itself; the doctor says whose key it is."""
    named: list[Any] = []

    def make(base_url: str | None = None, **settings: Any) -> Client:
        named.append(base_url)
        return Client(base_url=base_url or service.base_url, **settings)

    assert doctor.diagnose(api_key=service.api_key, environ={}, client=make).healthy
    assert named == [None, service.base_url]


def test_a_wrong_setting_is_named() -> None:
    report = doctor.diagnose(api_key="a.b", base_url="nowhere", environ={})
    assert "base_url" in by_name(report)["settings"].text


def test_a_port_that_nobody_listens_on(service) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        report = doctor.diagnose(api_key="a.b", base_url=url, environ={})
    found = by_name(report)["connection"]
    assert found.level == "error"
    assert "proxy" in found.remedy


def test_a_clock_that_is_wrong(service) -> None:
    import time

    late = by_name(at(service, now=lambda: time.time() - 7200))["clock"]
    assert late.level == "warning"
    assert "2 hours behind" in late.text
    assert "clock" not in by_name(at(service))


def test_an_account_without_money(service) -> None:
    service.script(Fault.parse("error=1113", path="/chat/completions"))
    found = by_name(at(service))["balance"]
    assert found.facts["code"] == "1113"
    assert found.facts["tried"] == "call"
    assert found.remedy.startswith("recharge")


@pytest.mark.parametrize(
    ("fault", "name", "remedy"),
    [
        ("error=1302", "concurrency", "max_concurrency="),
        ("error=1308", "plan", "wait"),
        ("error=1309", "plan", "renew"),
        ("error=1220", "account", "console"),
        ("error=1211", "call", "--model"),
        ("error=1305", "call", "another model"),
        ("error=1312", "call", "another model"),
        ("error=1005", "key", "second login"),
        ("status=502", "call", "try again"),
    ],
)
def test_each_failure_of_the_call_has_a_remedy(service, fault: str, name: str, remedy: str) -> None:
    service.script(Fault.parse(fault, path="/chat/completions"))
    (found,) = (finding for finding in at(service).findings if finding.level == "error")
    assert found.name == name
    assert remedy in found.remedy


def test_a_certificate_that_nobody_vouches_for() -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            caller, _ = listening.accept()
            with suppress(OSError), tls.wrap_socket(caller, server_side=True):
                pass

        threading.Thread(target=answer, daemon=True).start()
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/v1"
        found = by_name(doctor.diagnose(api_key="a.b", base_url=url, environ={}))["certificates"]
    assert found.level == "error"
    assert "SSL_CERT_FILE" in found.remedy


def test_https_at_a_port_of_http_is_not_about_certificates(service) -> None:
    url = service.base_url.replace("http:", "https:")
    report = doctor.diagnose(api_key=service.api_key, base_url=url, environ={})
    found = by_name(report)["connection"]
    assert found.level == "error"
    assert "https or http" in found.remedy
    assert "certificates" not in by_name(report)


def test_a_server_of_ones_own_is_asked_for_a_model_that_it_has() -> None:
    asked: list[Any] = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say({"object": "list", "data": [{"id": "GLM-4.7-FP8"}]})

        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            message = {"role": "assistant", "content": "Hello"}
            choice = {"index": 0, "message": message, "finish_reason": "length"}
            self._say({"choices": [choice], "model": "GLM-4.7-FP8"})

        def _say(self, body: Any) -> None:
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        report = doctor.diagnose(api_key="-", base_url=url, environ={})
    finally:
        server.shutdown()
        server.server_close()
    assert report.healthy
    assert asked[0]["model"] == "GLM-4.7-FP8"
    assert asked[0]["max_tokens"] == 1


def test_old_distributions_are_named() -> None:
    there = {"langchain-zhipu": "4.1.8", "zhipuai": "2.1.5", "httpx": "0.28.1"}
    found = list(of_distributions(there.get))
    assert [finding.level for finding in found] == ["ok", "error", "note"]
    assert "pip uninstall langchain-zhipu" in found[1].remedy


@pytest.mark.parametrize(("pydantic", "level"), [("2.14.4", "error"), ("2.13.5", None)])
def test_versions_that_do_harm_together_are_named(pydantic: str, level: str | None) -> None:
    there = {"pydantic": pydantic, "llama-index-core": "0.14.25"}
    found = list(of_distributions(there.get))[1:]
    assert [finding.level for finding in found] == ([level] if level else [])
    assert not found or "lose their memory" in found[0].text
    assert not found or found[0].remedy == 'pip install "pydantic<2.14"'
    assert not list(of_distributions({"pydantic": pydantic}.get))[1:]


def test_what_else_the_environment_decides() -> None:
    environ = {"ZAI_BASE_URL": "zai", "HTTPS_PROXY": "http://u:p@proxy", "SSL_CERT_FILE": "x"}
    texts = [finding.text for finding in of_variables(environ)]
    assert len(texts) == 3
    assert "u:p" not in "".join(texts)


def test_the_command_looks_at_the_emulator(capsys: pytest.CaptureFixture[str]) -> None:
    assert _command.main(["--emulator"]) == 0
    assert "glm-4.7-flash answers" in capsys.readouterr().out
    assert _command.main(["--emulator", "--json", "--model", "glm-4.7"]) == 0
    assert json.loads(capsys.readouterr().out)["healthy"] is True


@pytest.mark.parametrize("missing", ["zhipu_emulator", "uvicorn"])
def test_the_command_without_the_emulator(
    missing: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    assert _command.main(["--emulator"]) == 1
    assert "zhipu-integrations[emulator]" in capsys.readouterr().err


def test_comparing_finds_what_differs_in_shape_only(
    service, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIPUAI_API_KEY", service.api_key)
    command = ["--compare", "--base-url", service.base_url]
    assert _command.main(command) == 0
    assert "No difference" in capsys.readouterr().out
    service.script(*[Fault.parse("error=1113", path="/tokenizer")] * 9)
    assert _command.main(command) == 1
    printed = capsys.readouterr().out
    assert "| tokenizer | `error.code` | 1113 | - |" in printed
    assert "| chat |" not in printed
    assert f"service: {service.base_url}" in printed
    assert "model: glm-4.7-flash" in printed
    service.script(*[Fault.parse("error=1113", path="/tokenizer")] * 9)
    assert _command.main([*command, "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert {"request": "tokenizer", "path": "error.code", "service": "1113", "emulator": "-"} in (
        said["differences"]
    )
    assert said["versions"].startswith("zhipu-integrations")


def test_comparing_needs_the_service(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        _command.main(["--compare", "--emulator"])
    assert "leave --emulator out" in capsys.readouterr().err


def test_shapes() -> None:
    one = shape_of({"a": [1, "x"], "b": {"c": None}})
    other = shape_of({"a": [1], "b": {"c": True}, "d": 1.5})
    assert list(differences(one, other)) == [
        ("a[]", "number or string", "number"),
        ("b.c", "null", "boolean"),
        ("d", "-", "number"),
    ]


def test_with_a_key_that_is_refused_nothing_is_compared(service, monkeypatch, capsys) -> None:
    monkeypatch.setenv("ZHIPUAI_API_KEY", "not.known")
    assert _command.main(["--compare", "--base-url", service.base_url]) == 1
    written = capsys.readouterr()
    assert written.out == ""
    assert "401" in written.err
