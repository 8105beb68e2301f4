"""What both frameworks need around their tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _bundled_data(monkeypatch: pytest.MonkeyPatch) -> None:
    # LlamaIndex brings its tokenizer and stop words; these would make it download others.
    for name in ("TIKTOKEN_CACHE_DIR", "NLTK_DATA", "IS_TESTING"):
        monkeypatch.delenv(name, raising=False)
