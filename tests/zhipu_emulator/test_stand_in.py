"""The emulator stands in for the service where no key is set."""

from __future__ import annotations

import os

import pytest

from zhipu_client import Client, chat
from zhipu_emulator import stand_in

KEYS = ("ZHIPUAI_API_KEY", "ZHIPU_API_KEY", "ZAI_API_KEY", "Z_AI_API_KEY")
NAMES = (*KEYS, "ZHIPUAI_BASE_URL", "NO_PROXY", "no_proxy")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def asked() -> str:
    question = {"role": "user", "content": "What is 17 times 19?"}
    answer = Client().send(chat.create(model="glm-4.7", messages=[question]))
    return str(answer.choices[0].message.content)


def test_what_is_made_inside_reaches_it(capsys: pytest.CaptureFixture[str]) -> None:
    before = dict(os.environ)
    with stand_in() as server:
        assert server is not None
        url = server.base_url
        assert "323" in asked()
        assert len(server.requests) == 1
    assert dict(os.environ) == before
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == f"No API key is set: the emulator on {url} makes up the answers.\n"


def test_a_proxy_does_not_stand_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "internal.example")
    with stand_in():
        assert os.environ["no_proxy"] == "internal.example,127.0.0.1"
        assert "323" in asked()
    assert "no_proxy" not in os.environ


@pytest.mark.parametrize("name", KEYS)
def test_with_a_key_nothing_happens(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, "some.key")
    before = dict(os.environ)
    with stand_in() as server:
        assert server is None
        assert dict(os.environ) == before
    assert capsys.readouterr() == ("", "")


def test_the_environment_is_put_back_after_an_error() -> None:
    before = dict(os.environ)
    with pytest.raises(RuntimeError, match="mine"), stand_in():
        raise RuntimeError("mine")
    assert dict(os.environ) == before
