"""What both frameworks need around their tests; a server, both adapters, and a secret file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from tests.llama_index_zhipu.stub import Stub
from tests.support.asking import SECRET


@pytest.fixture(scope="module")
def _server() -> Iterator[Stub]:
    server = Stub()
    yield server
    server.close()


@pytest.fixture
def server(_server: Stub) -> Stub:
    _server.clear()
    return _server


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
