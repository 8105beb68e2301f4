"""The three adjustments that the standard suites need, and no other.

1. Media: the suites download an image, a PDF and a recording; here they come from memory.
2. Serialisation map: LangChain loads only classes of packages that it lists, which no outside
   package can join. The test adds ours; the package itself never touches that list.
3. Cassettes: requests match on method, path and a body without made-up ids
   (``tests/cassette_support``).
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import zhipu_emulator
from langchain_zhipu import ChatZhipuAI

# One pixel; one page that says "Dummy PDF file"; a hundredth of a second of silence.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R"
    b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
    b"4 0 obj<</Length 46>>stream\nBT /F1 18 Tf 20 50 Td (Dummy PDF file) Tj ET  \nendstream "
    b"endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
WAV = (
    b"RIFF" + (36 + 320).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    + (1).to_bytes(2, "little") + (1).to_bytes(2, "little") + (16000).to_bytes(4, "little")
    + (32000).to_bytes(4, "little") + (2).to_bytes(2, "little") + (16).to_bytes(2, "little")
    + b"data" + (320).to_bytes(4, "little") + bytes(320)
)  # fmt: skip
_BY_ENDING = {"png": PNG, "jpg": PNG, "pdf": PDF, "wav": WAV}


def _download(url: str, *args: Any, **kwargs: Any) -> Any:
    content = _BY_ENDING[url.rsplit(".", 1)[-1].lower()]
    return SimpleNamespace(content=content, raise_for_status=lambda: None)


@pytest.fixture(autouse=True)
def _media_from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "langchain_tests.integration_tests.chat_models"
    if module in sys.modules:
        monkeypatch.setattr(f"{module}.httpx.get", _download)
        # Who downloads is asked for its name, with a warning.
        monkeypatch.setenv("LANGCHAIN_TESTS_USER_AGENT", "zhipu-integrations-tests")


@pytest.fixture(scope="session", autouse=True)
def _listed_for_loading() -> Iterator[None]:
    load: Any = sys.modules["langchain_core.load.load"]
    lc_id = tuple(ChatZhipuAI.lc_id())
    load.ALL_SERIALIZABLE_MAPPINGS[lc_id] = lc_id
    load._default_class_paths_cache.clear()
    yield
    del load.ALL_SERIALIZABLE_MAPPINGS[lc_id]
    load._default_class_paths_cache.clear()


@pytest.fixture(scope="session")
def emulator() -> Iterator[Any]:
    with zhipu_emulator.serve() as server:
        yield server
