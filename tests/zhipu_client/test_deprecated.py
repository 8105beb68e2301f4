"""A model that the service gives up: one warning, with what to use instead."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from zhipu_client import AsyncClient, Client, ModelDeprecationWarning, Request, chat, images
from zhipu_client._io import deprecated_models
from zhipu_emulator import Server, serve

HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deprecated_models, "_said", {})


@pytest.fixture(scope="module")
def emulator() -> Iterator[Server]:
    with serve() as running:
        yield running


@pytest.fixture
def client(emulator: Server) -> Client:
    return Client(api_key=emulator.api_key, base_url=emulator.base_url)


def asking(model: str) -> Request[Any]:
    return chat.create(model=model, messages=HELLO)


def said(calls: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        calls()
    found = [w for w in caught if issubclass(w.category, ModelDeprecationWarning)]
    return [str(warning.message) for warning in found]


def test_it_says_since_when_and_what_to_use_instead(client: Client) -> None:
    with pytest.warns(ModelDeprecationWarning) as caught:
        client.send(asking("GLM-Z1-Air"))
    assert str(caught[0].message) == (
        "glm-z1-air was switched off on 2025-11-15: use glm-4.5-air instead"
    )
    assert caught[0].filename == __file__


def test_once_a_process_for_each_model(client: Client) -> None:
    def calls() -> None:
        for model in ("glm-4.5-flash", "glm-4.5-flash", "GLM-4.5-Flash", "glm-4.5", "glm-4.7"):
            client.send(asking(model))

    first, second = said(calls)
    assert "glm-4.5-flash" in first
    assert "use glm-4.7-flash instead" in first
    assert second.startswith("glm-4.5 ")
    assert said(calls) == []


def test_once_for_all_threads(client: Client) -> None:
    together = threading.Barrier(12)

    def one() -> None:
        together.wait(10)
        deprecated_models.warn_of_deprecated(client.base_url, "glm-4")

    def calls() -> None:
        threads = [threading.Thread(target=one) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(said(calls)) == 1


def test_streams_say_it_too(client: Client) -> None:
    def call() -> None:
        with client.stream(chat.stream(model="glm-4.5", messages=HELLO)) as chunks:
            assert list(chunks)

    assert len(said(call)) == 1


async def test_asynchronous_calls_say_it_too(emulator: Server) -> None:
    client = AsyncClient(api_key=emulator.api_key, base_url=emulator.base_url)
    with pytest.warns(ModelDeprecationWarning, match="glm-4v is deprecated.*use glm-4.6v"):
        await client.send(asking("glm-4v"))


def test_an_own_deployment_is_kept_as_long_as_its_owner_likes(client: Client) -> None:
    def calls() -> None:
        deprecated_models.warn_of_deprecated("http://127.0.0.1:8000/v1", "glm-4")
        deprecated_models.warn_of_deprecated(client.base_url, "THUDM/GLM-Z1-9B-0414")
        deprecated_models.warn_of_deprecated(client.base_url, "my-own-finetune")
        deprecated_models.warn_of_deprecated(client.base_url, None)
        images.create(prompt="a kite")  # making a request is not using a model

    assert said(calls) == []


def test_it_is_shown_unless_it_is_filtered() -> None:
    # Python hides DeprecationWarning from all but the main program.
    assert issubclass(ModelDeprecationWarning, FutureWarning)
