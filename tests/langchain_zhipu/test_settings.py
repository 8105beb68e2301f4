"""Settings of every adapter: what is refused names field, limit and value, and shows no secret."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from langchain_core.load import dumps

from langchain_zhipu import (
    ChatZhipuAI,
    ZhipuAIEmbeddings,
    ZhipuAIImageGenerator,
    ZhipuAIOCRLoader,
    ZhipuAIOCRParser,
    ZhipuAIRerank,
    ZhipuAIWebReaderLoader,
    ZhipuAIWebSearchRetriever,
    ZhipuAIWebSearchTool,
)
from tests.reliability import scenarios as say
from tests.reliability.server import FaultServer
from zhipu_client import AuthenticationError, InvalidRequestError

KEY = "planted-id.planted-secret"
Make = Callable[..., Any]

ADAPTERS: dict[str, Make] = {
    "chat": ChatZhipuAI,
    "embeddings": ZhipuAIEmbeddings,
    "images": ZhipuAIImageGenerator,
    "ocr loader": partial(ZhipuAIOCRLoader, "report.pdf"),
    "ocr parser": ZhipuAIOCRParser,
    "rerank": ZhipuAIRerank,
    "reader": partial(ZhipuAIWebReaderLoader, "https://example.com"),
    "retriever": ZhipuAIWebSearchRetriever,
    "search": ZhipuAIWebSearchTool,
}


@pytest.mark.parametrize("make", ADAPTERS.values(), ids=ADAPTERS)
def test_a_refused_setting_names_field_limit_and_value(make: Make) -> None:
    for field, value, limit in (
        ("max_retries", -7, "greater than or equal to 0"),
        ("max_concurrency", 0, "greater than or equal to 1"),
        ("auth", "basic", "'bearer' or 'jwt'"),
    ):
        with pytest.raises(InvalidRequestError, match=limit) as caught:
            make(api_key=KEY, **{field: value})
        assert (caught.value.field, caught.value.value) == (field, value)
        assert repr(value) in str(caught.value)


@pytest.mark.parametrize("make", ADAPTERS.values(), ids=ADAPTERS)
def test_a_refused_secret_is_not_shown(make: Make) -> None:
    for wrong in (
        {"api_key": {"key": KEY}},
        {"api_key": 7, "default_headers": {"x": KEY}},
        {"default_headers": KEY},
        {"default_headers": {"x": [KEY]}},
    ):
        with pytest.raises(InvalidRequestError) as caught:
            make(**{"api_key": "k", **wrong})
        shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        assert "planted-secret" not in shown
        assert caught.value.field in wrong


@pytest.mark.parametrize(
    ("make", "field", "value", "limit"),
    [
        (ZhipuAIEmbeddings, "chunk_size", 65, "less than or equal to 64"),
        (ZhipuAIRerank, "top_n", -1, "greater than or equal to 1"),
        (partial(ZhipuAIOCRLoader, "a.pdf"), "first_page", 0, "greater than or equal to 1"),
        (partial(ZhipuAIOCRLoader, "a.pdf"), "mode", "pages", "'page', 'single' or 'element'"),
        (ZhipuAIWebSearchRetriever, "k", 51, "less than or equal to 50"),
        (ZhipuAIImageGenerator, "quality", "best", "'hd' or 'standard'"),
        (ChatZhipuAI, "thinking", "maybe", "'auto', 'enabled' or 'disabled'"),
    ],
)
def test_a_refused_option_of_one_adapter(make: Make, field: str, value: Any, limit: str) -> None:
    with pytest.raises(InvalidRequestError, match=limit) as caught:
        make(api_key=KEY, **{field: value})
    assert caught.value.field == field
    assert repr(value) in str(caught.value)


MODELS = [make for make in ADAPTERS.values() if isinstance(make, type) and hasattr(make, "copy")]


@pytest.mark.parametrize("make", MODELS)
def test_a_key_that_is_set_later_is_a_secret_too(make: Make) -> None:
    adapter = make(api_key="first.key")
    assigned = adapter.model_copy()
    assigned.api_key = KEY
    for changed in (assigned, adapter.model_copy(update={"api_key": KEY})):
        assert "planted-secret" not in f"{changed!r}{changed.model_dump(exclude={'args_schema'})}"
        assert changed.api_key.get_secret_value() == KEY
        changed._sync_client()


def test_a_misspelt_argument_is_named_without_what_it_was_given() -> None:
    with pytest.raises(
        InvalidRequestError, match="no argument 'apikey': did you mean 'api_key'"
    ) as caught:
        ZhipuAIEmbeddings(api_key="k", apikey=KEY)
    assert "planted-secret" not in str(caught.value) + repr(vars(caught.value))


USES: dict[str, Callable[[Any], Any]] = {
    "chat": lambda it: it.invoke("?"),
    "embeddings": lambda it: it.embed_documents(["a", "b"]),
    "images": lambda it: it.generate("a kite"),
    "ocr parser": lambda it: it.parse(Blob.from_data(b"\x89PNG\r\n\x1a\n" + bytes(64))),
    "rerank": lambda it: it.compress_documents([Document("a"), Document("b")], "?"),
    "reader": lambda it: it.load(),
    "retriever": lambda it: it.invoke("?"),
    "search": lambda it: it.invoke("?"),
}
OPTIONS = {"search": {"handle_tool_error": False}}


@pytest.mark.parametrize("auth", ["bearer", "jwt", "function"])
@pytest.mark.parametrize("name", USES)
def test_a_refused_key_is_shown_nowhere(
    name: str, auth: str, caplog: pytest.LogCaptureFixture
) -> None:
    for logger in ("httpx", "httpcore", "zhipu_client", "langchain_zhipu"):
        caplog.set_level(logging.DEBUG, logger)
    settings: dict[str, Any] = {"api_key": KEY, "auth": auth}
    if auth == "function":
        settings = {"api_key": lambda: KEY}
    with FaultServer(say.error(401, "1000")) as server:
        headers = {"x-gateway": "planted-secret"}
        adapter = ADAPTERS[name](
            base_url=server.base_url, default_headers=headers, **settings, **OPTIONS.get(name, {})
        )
        with pytest.raises(AuthenticationError) as caught:
            USES[name](adapter)
        assert server.requests[0].headers["x-gateway"] == "planted-secret"
    error = caught.value
    shown = [repr(adapter), str(adapter), dumps(adapter), repr(vars(error))]
    shown += ["".join(traceback.format_exception(error)), pickle.dumps(error).decode("latin-1")]
    shown += [json.dumps(adapter.model_dump(exclude={"args_schema"}), default=repr)]
    shown += [f"{record.getMessage()} {record.exc_text}" for record in caplog.records]
    assert all("planted-secret" not in text for text in shown)
