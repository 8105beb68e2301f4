"""`make demo`: what it shows, and what it says when it cannot."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import zhipu_emulator
from cookbook import quickstart
from tests.programs import run_program

ROOT = Path(__file__).parent.parent


COMMAND = [sys.executable, "cookbook/quickstart.py"]


def test_without_a_key_it_shows_everything():
    done = run_program(ROOT / "cookbook" / "quickstart.py", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("No API key is set: the emulator on http://127.0.0.1:")
    assert done.stderr.count("\n") == 1
    streamed, agent = done.stdout.split("\n> ")[1:]
    assert re.search(r"\nReasoning:\n\S.*\n\nAnswer:\n\S", streamed, re.DOTALL)
    assert "The model calls 2 tools:" in agent
    assert "multiply(a=17, b=19)" in agent
    assert "multiply returned 323" in agent
    assert "days_between(start_date='2026-02-01', end_date='2026-10-01')" in agent
    assert "days_between returned 242" in agent
    answer = agent.partition("\nAnswer:\n")[2]
    assert "323" in answer
    assert "242" in answer
    usage = re.search(r"(\d+) tokens in \((\d+) of them cached\), (\d+) out \((\d+) of", agent)
    assert usage, agent
    told, cached, out, reasoning = map(int, usage.groups())
    assert 0 < cached < told
    assert 0 < reasoning < out


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "internal.example"},
        {"ALL_PROXY": "socks5://127.0.0.1:9"},
    ],
    ids=["a terminal for ASCII", "a proxy", "a SOCKS proxy"],
)
def test_without_a_key_it_works_in_any_surroundings(environment):
    if "PYTHONIOENCODING" in environment:  # read where an interpreter starts
        done = subprocess.run(
            COMMAND,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )
    else:
        program = ROOT / "cookbook" / "quickstart.py"
        done = run_program(program, cwd=ROOT, environment=environment)
    assert done.returncode == 0, done.stderr
    assert "Usage: " in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="pipes break in another way there")
def test_a_reader_that_has_gone_is_one_sentence():
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as gone:
        done = subprocess.run(
            COMMAND,
            cwd=ROOT,
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        )
    assert done.returncode == 1
    assert done.stderr.endswith("\nThe output could not be written: Broken pipe\n")
    assert done.stderr.count("\n") == 2


def test_it_can_be_interrupted(monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(zhipu_emulator.Server, "start", interrupted)
    assert quickstart.main([]) == 130
    assert capsys.readouterr().err == "Interrupted.\n"


def test_one_tool_is_one_tool(capsys):
    assert quickstart.main(["--task", "What is 17 times 19?"]) == 0
    assert "The model calls 1 tool:" in capsys.readouterr().out


def test_with_a_key_it_asks_the_service(monkeypatch, capsys):
    with zhipu_emulator.serve() as service:
        monkeypatch.setenv("ZAI_API_KEY", service.api_key)
        monkeypatch.setenv("ZAI_BASE_URL", service.base_url)
        assert quickstart.main(["--model", "glm-4.6", "--question", "Hello!"]) == 0
        assert {request["json"]["model"] for request in service.requests} == {"glm-4.6"}
        assert len(service.requests) == 3
    assert "emulator" not in capsys.readouterr().out


def _fails(capsys, *arguments) -> str:
    assert quickstart.main(list(arguments)) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1, error
    return error


def test_a_wrong_key_is_one_sentence(monkeypatch, capsys):
    with zhipu_emulator.serve() as service:
        monkeypatch.setenv("ZHIPUAI_API_KEY", "wrong.secretsecret")
        monkeypatch.setenv("ZHIPUAI_BASE_URL", service.base_url)
        said = _fails(capsys)
    assert said.startswith("The key was refused: ")
    assert "secretsecret" not in said


def test_a_malformed_key_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setenv("ZHIPUAI_API_KEY", "first.secret\nsecond")
    said = _fails(capsys)
    assert said.startswith("That did not work: ")
    assert "secret" not in said.replace("api_key", "")


def test_no_network_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setenv("ZHIPUAI_API_KEY", "some.key")
    monkeypatch.setattr("time.sleep", lambda _: None)
    # An outside name: the guard of these tests answers like a machine without a network.
    assert _fails(capsys).startswith("The service could not be reached: ")


def test_a_taken_port_is_one_sentence(capsys):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"Port {port} on 127.0.0.1 cannot be used" in _fails(capsys, "--port", str(port))


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_an_impossible_port_is_one_sentence(capsys, port):
    assert f"Port {port} on 127.0.0.1 cannot be used" in _fails(capsys, "--port", port)
