"""What both frameworks need around their tests; a server, both adapters, and a secret file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zhipu_emulator
from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from tests.llama_index_zhipu.stub import Stub
from tests.support.asking import SECRET
from zhipu_emulator import Server


@pytest.fixture(scope="module")
def _server() -> Iterator[Stub]:
    server = Stub()
    yield server
    server.close()


@pytest.fixture
def server(_server: Stub) -> Stub:
    _server.clear()
    return _server


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """An emulator; a module that needs another one has a fixture of this name."""
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def service(running: Server) -> Server:
    running.reset()
    return running


@pytest.fixture
def reach(service: Server) -> dict[str, Any]:
    """What every class needs to reach the emulator."""
    return {"api_key": service.api_key, "base_url": service.base_url, "max_retries": 0}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.env"
    path.write_text(SECRET)
    return path


@pytest.fixture
def chain(server: Stub) -> ChatZhipuAI:
    return ChatZhipuAI(model="glm-4.6v", base_url=server.base_url, api_key="k.s", max_retries=0)


@pytest.fixture
def llm(server: Stub) -> ZhipuAI:
    # A model that nothing is known about: all kinds of blocks go to it.
    return ZhipuAI(model="seer-1", base_url=server.base_url, api_key="k.s", max_retries=0)


@pytest.fixture(autouse=True)
def _bundled_data(monkeypatch: pytest.MonkeyPatch) -> None:
    # LlamaIndex brings its tokenizer and stop words; these would make it download others.
    for name in ("TIKTOKEN_CACHE_DIR", "NLTK_DATA", "IS_TESTING"):
        monkeypatch.delenv(name, raising=False)
