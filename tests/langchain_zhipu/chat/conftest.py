"""An emulator for the module, a model that talks to it, and short ways to script its answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import zhipu_emulator
from langchain_zhipu import ChatZhipuAI


@pytest.fixture(scope="module")
def running_server() -> Iterator[Any]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def server(running_server: Any) -> Any:
    running_server.reset()
    return running_server


@pytest.fixture
def make(server: Any) -> Callable[..., ChatZhipuAI]:
    def build(**settings: Any) -> ChatZhipuAI:
        given = {"base_url": server.base_url, "api_key": server.api_key, **settings}
        return ChatZhipuAI(**given)

    return build


@pytest.fixture
def model(make: Callable[..., ChatZhipuAI]) -> ChatZhipuAI:
    return make()


@pytest.fixture
def say(server: Any) -> Callable[..., None]:
    """Queue answers: a string is a text, a dict an assistant message."""

    def queue(*messages: str | dict[str, Any], finish_reason: str | None = None) -> None:
        for message in messages:
            wire = {"content": message} if isinstance(message, str) else message
            server.script(
                zhipu_emulator.Answer(
                    message={"role": "assistant", **wire}, finish_reason=finish_reason
                )
            )

    return queue


@pytest.fixture
def sent(server: Any) -> Callable[[], list[dict[str, Any]]]:
    """The bodies of the chat requests so far."""

    def bodies() -> list[dict[str, Any]]:
        return [r["json"] for r in server.requests if r["path"].endswith("/chat/completions")]

    return bodies
