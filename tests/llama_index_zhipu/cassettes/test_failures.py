"""What every adapter raises when the service refuses, from cassettes; sync and async alike."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core.schema import NodeWithScore, TextNode

from llama_index_zhipu import (
    ZhipuAI,
    ZhipuAIEmbedding,
    ZhipuAIImageGeneratorToolSpec,
    ZhipuAIModerationToolSpec,
    ZhipuAIOCRReader,
    ZhipuAIRerank,
    ZhipuAISpeechToolSpec,
    ZhipuAITranscriptionReader,
    ZhipuAIVideoGeneratorToolSpec,
    ZhipuAIWebReader,
    ZhipuAIWebSearchToolSpec,
)
from tests.cassette_support.plugin import Mode, Service
from zhipu_client import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    NotFoundError,
)

pytestmark = pytest.mark.vcr

NONE = "model-that-never-was"
REFUSED = "how to make a bomb"
NODES = [NodeWithScore(node=TextNode(text="Cats purr."))]
#: A WAV file of next to no time.
SILENCE = (
    b"RIFF\x28\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"
    b"\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x04\x00\x00\x00\0\0\0\0"
)

#: adapter, its arguments, method, arguments, error, its code
CASES: list[tuple[Any, dict[str, Any], str, tuple[Any, ...], type[APIError], str]] = [
    (ZhipuAI, {"model": NONE}, "complete", ("Hello",), NotFoundError, "1211"),
    (
        ZhipuAIEmbedding,
        {"model": NONE},
        "get_text_embedding_batch",
        (["one", "two"],),
        NotFoundError,
        "1211",
    ),
    (ZhipuAIEmbedding, {"model": NONE}, "get_query_embedding", ("one",), NotFoundError, "1211"),
    (
        ZhipuAIRerank,
        {"model": NONE},
        "postprocess_nodes",
        (NODES, None, "cats"),
        NotFoundError,
        "1211",
    ),
    (
        ZhipuAIOCRReader,
        {},
        "load_data",
        ("https://nowhere.example/scan.png",),
        BadRequestError,
        "1210",
    ),
    (
        ZhipuAIImageGeneratorToolSpec,
        {},
        "generate_image",
        (REFUSED,),
        ContentFilterError,
        "1301",
    ),
    (
        ZhipuAIVideoGeneratorToolSpec,
        {},
        "generate_video",
        (REFUSED,),
        ContentFilterError,
        "1301",
    ),
    (
        ZhipuAIWebSearchToolSpec,
        {"search_engine": "search_none"},
        "web_search",
        ("cats",),
        NotFoundError,
        "1211",
    ),
    (ZhipuAISpeechToolSpec, {"voice": NONE}, "text_to_speech", ("hi",), BadRequestError, "1214"),
    (
        ZhipuAITranscriptionReader,
        {"model": NONE},
        "load_data",
        (SILENCE,),
        NotFoundError,
        "1211",
    ),
    (
        ZhipuAIModerationToolSpec,
        {"model": NONE},
        "check_content",
        ("A text.",),
        NotFoundError,
        "1211",
    ),
]


@pytest.mark.parametrize(
    ("adapter", "settings", "method", "given", "error", "code"),
    CASES,
    ids=[f"{case[0].__name__}-{case[2]}" for case in CASES],
)
async def test_a_refusal(
    service: Service,
    mode: Mode,
    adapter: Any,
    settings: dict[str, Any],
    method: str,
    given: tuple[Any, ...],
    error: type[APIError],
    code: str,
) -> None:
    made = adapter(**service.settings, **settings)
    with pytest.raises(error) as caught:
        if mode == "sync":
            getattr(made, method)(*given)
        else:
            await getattr(made, f"a{method}")(*given)
    assert caught.value.code == code
    assert 400 <= (caught.value.status or 0) < 500


async def test_several_pages_that_may_not_be_read(service: Service, mode: Mode) -> None:
    reader = ZhipuAIWebReader(**service.settings)
    urls = ["https://blocked.example/"]
    with pytest.raises(BadRequestError) as caught:
        if mode == "sync":
            reader.load_data(urls)
        else:
            await reader.aload_data(urls)
    assert caught.value.code == "1214"


async def test_a_key_that_is_none(service: Service, mode: Mode) -> None:
    llm = ZhipuAI(**{**service.settings, "api_key": "wrong.key"})
    with pytest.raises(AuthenticationError) as caught:
        if mode == "sync":
            list(llm.stream_complete("Hello"))
        else:
            [chunk async for chunk in await llm.astream_complete("Hello")]
    assert caught.value.status == 401
    assert "wrong.key" not in str(caught.value)
