"""A scripted server, an emulator, and what keeps LlamaIndex from looking for the network."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import llama_index_zhipu
import zhipu_emulator
from llama_index_zhipu import ZhipuAI
from tests.llama_index_zhipu.stub import Stub

KEY = "stub-id.stub-secret"
HERE = Path(__file__).parent
#: What LlamaIndex warns of when it uses itself and pydantic.
OF_LLAMA_INDEX = (
    ":pydantic.warnings.PydanticDeprecationWarning",
    "is_running called from within a step:DeprecationWarning",
    "`langchain-community` is being sunset:DeprecationWarning",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            for warning in OF_LLAMA_INDEX:
                item.add_marker(pytest.mark.filterwarnings(f"ignore:{warning}"))


@pytest.fixture(scope="session", autouse=True)
def _registered() -> None:
    llama_index_zhipu.register()  # for `load_llm` and `load_embed_model`


@pytest.fixture(autouse=True)
def _bundled_data(monkeypatch: pytest.MonkeyPatch) -> None:
    # LlamaIndex brings its tokenizer and stop words; these would make it download others.
    for name in ("TIKTOKEN_CACHE_DIR", "NLTK_DATA", "IS_TESTING"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _own_event_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    # LlamaIndex asks for the thread's loop in blocking calls, and leaves the one it gets open.
    if inspect.iscoroutinefunction(request.function):
        yield
        return
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(scope="module")
def _stub() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    stub.close()


@pytest.fixture
def stub(_stub: Stub) -> Stub:
    _stub.clear()
    return _stub


@pytest.fixture
def make(stub: Stub) -> Callable[..., ZhipuAI]:
    def make(**kwargs: Any) -> ZhipuAI:
        return ZhipuAI(**{"api_key": KEY, "base_url": stub.base_url, **kwargs})

    return make


@pytest.fixture
def llm(make: Callable[..., ZhipuAI]) -> ZhipuAI:
    return make()


@pytest.fixture(scope="module")
def _emulator() -> Iterator[Any]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def emulator(_emulator: Any) -> Any:
    _emulator.reset()
    return _emulator
