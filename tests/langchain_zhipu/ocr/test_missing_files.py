"""One file of several is missing: found before the first of them is paid for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import langchain_zhipu
from cookbook.paper import Title, pdf
from zhipu_client import InvalidRequestError

LOADERS = [
    "ZhipuAIOCRLoader", "ZhipuAITranscriptionLoader", "ZhipuAIFileParserLoader",
    "ZhipuAIHandwritingLoader",
]  # fmt: skip


@pytest.mark.parametrize("name", LOADERS)
def test_a_file_that_is_missing_is_named_before_anything_is_sent(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    there = tmp_path / "there.pdf"
    there.write_bytes(pdf([[Title("Whales")]]))
    # Nobody listens there: a request would be another error.
    settings = {"api_key": "a.b", "base_url": "http://127.0.0.1:9/api/paas/v4", "max_retries": 0}
    given: list[Any] = [there, "https://example.com/a.pdf", tmp_path / "missing.pdf"]
    loader = getattr(langchain_zhipu, name)(given, **settings)
    for load in (
        loader.load,
        lambda: asyncio.run(loader.aload()),
        lambda: next(loader.lazy_load()),
    ):
        with pytest.raises(InvalidRequestError, match=r"file_path\[2\].*missing"):
            load()
    odd = getattr(langchain_zhipu, name)([there, 5], **settings)
    with pytest.raises(InvalidRequestError, match=r"file_path\[1\]"):
        odd.load()
    skipping = getattr(langchain_zhipu, name)([given[2]], on_error="skip", **settings)
    assert skipping.load() == []
    assert "missing.pdf" in caplog.text
