"""Starting, stopping, the command line, the fixture, what is remembered."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

import zhipu_emulator
from zhipu_emulator import endpoints
from zhipu_emulator.__main__ import main
from zhipu_emulator.http import connections
from zhipu_emulator.http.state import DEFAULT_KEY

BODY = {"model": "glm-4.6", "messages": [{"role": "user", "content": "Hello"}]}
PLUGIN = """
pytest_plugins = ["zhipu_emulator.pytest_plugin"]
"""
PLUGIN_TEST = """
import httpx

def ask(server):
    answer = httpx.post(
        server.base_url + "/chat/completions",
        json={"model": "glm-4.6", "messages": [{"role": "user", "content": "Hello"}]},
        headers={"Authorization": "Bearer " + server.api_key},
    )
    return answer.status_code

def test_one(zhipu_emulator):
    zhipu_emulator.script("error=1305", "error=1305")
    assert ask(zhipu_emulator) == 429
    assert len(zhipu_emulator.requests) == 1

def test_two(zhipu_emulator):
    assert zhipu_emulator.requests == []
    assert ask(zhipu_emulator) == 200
"""


def test_starts_and_stops_quickly() -> None:
    with zhipu_emulator.serve():
        pass  # the web server is imported now
    began = time.monotonic()
    with zhipu_emulator.serve() as server:
        assert server.port > 0
    assert time.monotonic() - began < 5  # half a second each way on a quiet machine
    assert server.port == 0


def test_stops_while_a_stream_hangs() -> None:
    with zhipu_emulator.serve() as server, httpx.Client(trust_env=False) as client:
        request = client.build_request(
            "POST", f"{server.base_url}/chat/completions", json={**BODY, "stream": True},
            headers={"Authorization": server.api_key, "x-emulator-fault": "stall=1"},
        )  # fmt: skip
        answer = client.send(request, stream=True)
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 10
        answer.close()


def test_requests_are_remembered_without_the_key(ask) -> None:
    ask.post(BODY, x_test="1")
    ask.http.get(f"{ask.server.base_url}/models?a=b")
    first, second = ask.server.requests
    assert first["method"] == "POST"
    assert first["path"] == "/api/paas/v4/chat/completions"
    assert first["json"] == BODY
    assert first["headers"]["x-test"] == "1"
    assert second["query"] == {"a": "b"}
    assert ask.server.api_key not in str(ask.server.requests)


def test_many_threads_at_once(ask) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: ask.post(BODY).json()["id"], range(40)))
    assert len(set(found)) == 40
    assert len(ask.server.requests) == 40


def test_small_packets_are_not_held_back() -> None:
    with zhipu_emulator.serve() as server, socket.create_connection(("127.0.0.1", server.port)):
        until = time.monotonic() + 10
        while (
            not any(port == server.port for port, _ in list(connections._OPEN))
            and time.monotonic() < until
        ):
            time.sleep(0.01)
        [raw] = [
            transport.get_extra_info("socket")
            for (port, _), transport in connections._OPEN.items()
            if port == server.port
        ]
        assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_unknown_options() -> None:
    with pytest.raises(TypeError, match="nonsense"):
        zhipu_emulator.serve(nonsense=1)


def test_importing_it_is_light() -> None:
    code = (
        "import sys, zhipu_emulator\n"
        "assert sorted(zhipu_emulator.__all__) == zhipu_emulator.__all__\n"
        "heavy = {'starlette', 'uvicorn', 'PIL', 'pypdfium2', 'asyncio', 'httpx', 'zhipu_client'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
        "zhipu_emulator.serve(); print(sorted({'starlette', 'uvicorn'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "[]"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_right_after_the_line_stops_it(number: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "zhipu_emulator"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")


def test_command_line() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "zhipu_emulator", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "not the service" in line
        base = next(word for word in line.split() if word.startswith("http://"))
        key = line.split()[-1]
        exports = [process.stdout.readline().strip() for _ in range(2)]
        assert exports == [f"export ZHIPUAI_BASE_URL={base}", f"export ZHIPUAI_API_KEY={key}"]
        answer = httpx.post(
            f"{base}/chat/completions", json=BODY, headers={"Authorization": f"Bearer {key}"}
        )
        assert answer.status_code == 200
    finally:
        process.terminate()
        rest, _ = process.communicate(timeout=20)
    assert rest == ""
    assert process.returncode == 0


def test_a_port_open_to_others_has_a_key_of_its_own(monkeypatch, capsys) -> None:
    monkeypatch.setattr(threading.Event, "wait", lambda self, timeout=None: True)
    # No port is opened: what matters is what it would listen with.
    monkeypatch.setattr(zhipu_emulator.Server, "start", lambda self: started.append(self))
    started: list[zhipu_emulator.Server] = []
    keys = []
    for host in ("0.0.0.0", "192.0.2.7", "box.example", "127.0.0.1", "localhost", "127.1.2.3"):
        assert main(["--host", host]) == 0
        out, err = capsys.readouterr()
        keys.append(out.rpartition("export ZHIPUAI_API_KEY=")[2].strip())
        assert keys[-1] == started[-1].api_key
        fixed = host in ("127.0.0.1", "localhost", "127.1.2.3")
        assert (keys[-1] == DEFAULT_KEY) == fixed
        assert ("Warning" in err and host in err) != fixed
    assert len(set(keys)) == 4
    # What may be asked for is bounded, and nobody may have this machine's things read.
    options = started[-1].state.options
    assert (options.keep_bytes <= 2**24, options.fetch_loopback) == (True, False)
    assert main(["--fetch-loopback"]) == 0
    assert started[-1].state.options.fetch_loopback


@pytest.mark.parametrize("missing", ["uvicorn", "starlette.applications"])
def test_without_its_extra_it_says_what_to_install(missing: str, monkeypatch, capsys) -> None:
    for name in ("zhipu_emulator.http.app", missing):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    advice = 'pip install "zhipu-integrations[emulator]"'
    with pytest.raises(ModuleNotFoundError, match=re.escape(advice)):
        zhipu_emulator.serve().start()
    assert main(["--port", "0"]) == 1
    assert advice in capsys.readouterr().err


def test_requests_are_kept_as_long_as_there_is_room() -> None:
    with zhipu_emulator.serve(keep_bytes=50_000) as server, httpx.Client(trust_env=False) as client:
        url, key = f"{server.base_url}/tokenizer", {"Authorization": server.api_key}
        for count in (1, 2, 3, 30_000, 4, 60_000, 5):
            words = [{"role": "user", "content": "x" * count}]
            body = {"model": "glm-4.6", "messages": words}
            client.post(url, json=body, headers=key)
            kept = [len(r["json"]["messages"][0]["content"]) for r in server.requests]
            assert sum(kept) < 50_000
            assert kept[-1:] == ([count] if count < 50_000 else [])
        assert kept == [5]
        server.configure(keep_bytes=0)
        client.post(url, json=body, headers=key)
        assert server.requests == []


@pytest.mark.parametrize("port", ["taken", "70000"])
def test_a_port_that_cannot_be_had(port: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = str(taken.getsockname()[1]) if port == "taken" else port
        done = subprocess.run(
            [sys.executable, "-m", "zhipu_emulator", "--port", wanted],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert wanted in done.stderr


@pytest.mark.slow
def test_the_fixture(tmp_path) -> None:
    (tmp_path / "conftest.py").write_text(PLUGIN)
    (tmp_path / "test_it.py").write_text(PLUGIN_TEST)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider",
         "--rootdir", str(tmp_path), str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=tmp_path, timeout=100,
        env={"PATH": "", "PYTHONPATH": ":".join(p for p in sys.path if p)},
    )  # fmt: skip
    assert "2 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.slow
def test_the_fixture_is_found_where_it_is_installed(tmp_path) -> None:
    """The entry point of pyproject.toml is all that is needed."""
    root = Path(zhipu_emulator.__file__).parent.parent
    points = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    installed = tmp_path / "site" / "zhipu_integrations-0.dist-info"
    installed.mkdir(parents=True)
    lines = [f"{name} = {value}" for name, value in points["pytest11"].items()]
    (installed / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines]))
    (installed / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: zhipu-integrations\nVersion: 0\n"
    )
    (tmp_path / "test_it.py").write_text(PLUGIN_TEST)
    where = ":".join([str(installed.parent), *filter(None, sys.path)])
    for more in ("", PLUGIN):  # also beside the line that older suites have
        (tmp_path / "conftest.py").write_text(more)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider",
             "--rootdir", str(tmp_path), str(tmp_path)],
            capture_output=True, text=True, check=False, cwd=tmp_path, timeout=100,
            env={"PATH": "", "PYTHONPATH": where},
        )  # fmt: skip
        assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_an_endpoint_is_one_more_file(tmp_path, monkeypatch):
    (tmp_path / "tides.py").write_text(
        "from starlette.responses import PlainTextResponse\n"
        "from starlette.routing import Route\n"
        "ON_CODING_BASE = True\n"
        "async def show(request):\n"
        "    return PlainTextResponse('high')\n"
        "def routes(state):\n"
        "    return [Route('/tides', show, methods=['GET'])]\n"
    )
    monkeypatch.setattr(endpoints, "__path__", [*endpoints.__path__, str(tmp_path)])
    with zhipu_emulator.serve() as server:
        key = {"Authorization": f"Bearer {server.api_key}"}
        for base in (server.base_url, server.coding_base_url):
            assert httpx.get(f"{base}/tides", headers=key, trust_env=False).text == "high"
    sys.modules.pop(f"{endpoints.__name__}.tides")


def test_an_endpoint_may_serve_a_websocket(tmp_path, monkeypatch):
    websockets = pytest.importorskip("websockets.sync.client")
    (tmp_path / "tides.py").write_text(
        "from starlette.routing import WebSocketRoute\n"
        "async def talk(socket):\n"
        "    await socket.accept()\n"
        "    await socket.send_text(await socket.receive_text() + '!')\n"
        "    await socket.close()\n"
        "def routes(state):\n"
        "    return [WebSocketRoute('/tides', talk)]\n"
    )
    monkeypatch.setattr(endpoints, "__path__", [*endpoints.__path__, str(tmp_path)])
    with zhipu_emulator.serve() as server:
        url, port = f"{server.base_url}/tides".replace("http", "ws", 1), server.port
        for _ in range(3):
            key = {"Authorization": f"Bearer {server.api_key}"}
            with websockets.connect(url, additional_headers=key, proxy=None) as socket_:
                socket_.send("high")
                assert socket_.recv() == "high!"
        with pytest.raises(Exception, match="401"):
            websockets.connect(url, additional_headers={"Authorization": "a.b"}, proxy=None)
        assert {one["method"] for one in server.requests} == {"WEBSOCKET"}
    assert not [place for place in connections._OPEN if place[0] == port]
    sys.modules.pop(f"{endpoints.__name__}.tides")
