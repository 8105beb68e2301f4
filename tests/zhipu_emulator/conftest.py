"""An emulator a module, and short ways to ask it."""

from __future__ import annotations

import asyncio
import importlib
import json
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema
import pytest

import zhipu_emulator

if TYPE_CHECKING:
    from langchain_zhipu import ChatZhipuAI
    from llama_index_zhipu import ZhipuAI


class Caller:
    """Asks one emulator: ``ask("Hi")``, ``ask([messages], stream=True)``."""

    def __init__(self, server: zhipu_emulator.Server, http: httpx.Client) -> None:
        self.server = server
        self.http = http
        self.http.headers = httpx.Headers({"Authorization": f"Bearer {server.api_key}"})

    def post(
        self, body: dict[str, Any], *, base: str | None = None, **headers: str
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{base or self.server.base_url}/chat/completions"
        return self.http.post(url, json=body, headers=named)

    def __call__(self, messages: Any, **fields: Any) -> dict[str, Any]:
        """The whole body."""
        answer = self.post(asking(messages, **fields))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def message(self, messages: Any, **fields: Any) -> dict[str, Any]:
        found: dict[str, Any] = self(messages, **fields)["choices"][0]["message"]
        return found

    def text(self, messages: Any, **fields: Any) -> str:
        found: str = self.message(messages, **fields)["content"]
        return found

    def calls(self, messages: Any, **fields: Any) -> list[tuple[str, Any]]:
        """The calls: name and arguments."""
        found = self.message(messages, **fields).get("tool_calls", [])
        return [(c["function"]["name"], json.loads(c["function"]["arguments"])) for c in found]

    def events(self, messages: Any, **fields: Any) -> list[dict[str, Any]]:
        """The chunks of a stream that ends as it should."""
        answer = self.post(asking(messages, stream=True, **fields))
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/event-stream;charset=UTF-8"
        parts = answer.text.split("\n\n")
        assert parts[-2:] == ["data: [DONE]", ""]
        return [json.loads(part.removeprefix("data: ")) for part in parts[:-2]]


def asking(messages: Any, **fields: Any) -> dict[str, Any]:
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    return {"model": "glm-4.6", "messages": messages, **fields}


@pytest.fixture(scope="module")
def running() -> Iterator[zhipu_emulator.Server]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def server(running: zhipu_emulator.Server) -> Iterator[zhipu_emulator.Server]:
    running.reset()
    before = running.state.options
    yield running
    running.state.options = before
    running.reset()


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture
def ask(server: zhipu_emulator.Server, http: httpx.Client) -> Caller:
    return Caller(server, http)


@pytest.fixture
def loop() -> Iterator[None]:
    """A loop that is closed at the end: LlamaIndex's blocking methods make one and leave it."""
    with asyncio.Runner() as runner:
        asyncio.set_event_loop(runner.get_loop())
        yield
    asyncio.set_event_loop(None)


@pytest.fixture
def model(server: zhipu_emulator.Server) -> ChatZhipuAI:
    """LangChain's model."""
    from langchain_zhipu import ChatZhipuAI

    return ChatZhipuAI(model="glm-4.7", api_key=server.api_key, base_url=server.base_url)


@pytest.fixture
def llm(server: zhipu_emulator.Server, loop: None) -> ZhipuAI:
    """LlamaIndex's model."""
    from llama_index_zhipu import ZhipuAI

    with warnings.catch_warnings():
        # LlamaIndex asks of each model whether it is one of LangChain's, and imports them.
        warnings.filterwarnings("ignore", "`langchain-community` is being", DeprecationWarning)
        importlib.import_module("langchain_community")
    return ZhipuAI(model="glm-4.7", api_key=server.api_key, base_url=server.base_url)


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    text = resources.files("zhipu_emulator").joinpath(f"schemas/{name}.json").read_text("utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


@pytest.fixture
def satisfies() -> Callable[[Any, str], Any]:
    """Check a value against one of the emulator's schemas; gives the value."""

    def check(value: Any, name: str) -> Any:
        _validator(name).validate(value)
        return value

    return check


@pytest.fixture
def tool() -> Callable[..., dict[str, Any]]:
    return make_tool


def make_tool(
    name: str, description: str, required: list[str] | None = None, /, **properties: Any
) -> dict[str, Any]:
    """A function; a property is a type's name or a schema."""
    schemas = {
        key: {"type": value} if isinstance(value, str) else value
        for key, value in properties.items()
    }
    parameters = {
        "type": "object",
        "properties": schemas,
        "required": list(schemas) if required is None else required,
    }
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}
