"""The endpoint modules: what goes on the wire, what is refused, how answers are read."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_core import from_json

from zhipu_client import (
    embeddings,
    file_parser,
    images,
    ocr,
    reader,
    rerank,
    tasks,
    tokenizer,
    web_search,
)
from zhipu_client._request import Reply
from zhipu_client.embeddings import _vectors
from zhipu_client.errors import InvalidRequestError

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
PDF = b"%PDF-1.7\n" + b"x" * 32


def answered(request: Any, data: Any) -> Any:
    return request.parse(Reply(200, {}, b"", data))


def test_a_body_has_what_was_given_and_nothing_else() -> None:
    request = rerank.create(query="q", documents=["a"], extra_body={"new": 1})
    assert request.json == {"model": "rerank", "query": "q", "documents": ["a"], "new": 1}
    assert (request.method, request.path, request.kind) == ("POST", "/rerank", "generate")


REFUSED: list[tuple[Any, dict[str, Any], str, str]] = [
    (embeddings.create, {"input": []}, "input", "1 to 64"),
    (embeddings.create, {"input": ["a"] * 65}, "input", "1 to 64 texts, got 65"),
    (embeddings.create, {"input": ["a", ""]}, "input[1]", "must not be empty"),
    (embeddings.create, {"input": ["a", 3]}, "input[1]", "must be a string"),
    (embeddings.create, {"input": "a", "dimensions": 100}, "dimensions", "2048, 1024, 512, 256"),
    (
        embeddings.create,
        {"input": "a", "model": "embedding-2", "dimensions": 2048},
        "dimensions",
        "one of 1024 for embedding-2, got 2048",
    ),
    (embeddings.create, {"input": "a", "request_id": "short"}, "request_id", "at least 6"),
    (rerank.create, {"query": "", "documents": ["a"]}, "query", "must not be empty"),
    (rerank.create, {"query": "q" * 4097, "documents": ["a"]}, "query", "4,096 .*got 4,097"),
    (rerank.create, {"query": "q", "documents": ["a"] * 129}, "documents", "1 to 128"),
    (rerank.create, {"query": "q", "documents": "abc"}, "documents", "list of strings"),
    (rerank.create, {"query": "q", "documents": ["a"], "top_n": -1}, "top_n", "from 0 to 128"),
    (tokenizer.create, {"messages": []}, "messages", "at least one"),
    (images.create, {"prompt": "p" * 1001}, "prompt", "at most 1,000"),
    (images.create, {"prompt": "p", "size": "big"}, "size", "1280x1280"),
    (images.create, {"prompt": "p", "size": "1000x480"}, "size", "512 to 2048"),
    (images.create, {"prompt": "p", "size": "1030x1030"}, "size", "steps of 32"),
    (
        images.create,
        {"prompt": "p", "model": "cogview-4", "size": "2048x2048"},
        "size",
        "2,097,152 pixels",
    ),
    (images.create, {"prompt": "p", "quality": "standard"}, "quality", "one of hd for glm-image"),
    (images.create_async, {"prompt": "p", "model": "cogview-4"}, "model", "glm-image"),
    (ocr.create, {"file": "/etc/passwd"}, "file", "address, a data URL or bytes"),
    (ocr.create, {"file": b""}, "file", "empty"),
    (ocr.create, {"file": b"GIF89a"}, "file", "neither PDF, PNG nor JPEG"),
    (ocr.create, {"file": PNG + bytes(10 * 1024 * 1024)}, "file", "PNG may have at most 10 MiB"),
    (ocr.create, {"file": PDF, "start_page_id": 0}, "start_page_id", "from 1"),
    (ocr.create, {"file": PDF, "start_page_id": 5, "end_page_id": 4}, "end_page_id", "at least 5"),
    (ocr.handwriting, {"file": PDF}, "file", "PNG or JPEG"),
    (ocr.handwriting, {"file": PNG, "language_type": "XX"}, "language_type", "CHN_ENG"),
    (file_parser.create, {"file": b"", "filename": "a.md"}, "file", "1 to"),
    (
        file_parser.create,
        {"file": b"x", "filename": "a.md", "tool_type": "expert", "file_type": "MD"},
        "file_type",
        "one of PDF for expert",
    ),
    (web_search.create, {"search_query": " "}, "search_query", "must not be empty"),
    (web_search.create, {"search_query": "q", "count": 51}, "count", "from 1 to 50"),
    (
        web_search.create,
        {"search_query": "q", "search_engine": "search_pro_sogou", "count": 5},
        "count",
        "10, 20, 30, 40, 50",
    ),
    (
        web_search.create,
        {"search_query": "q", "search_recency_filter": "today"},
        "search_recency_filter",
        "oneDay",
    ),
    (reader.create, {"url": "file:///etc/passwd"}, "url", "http"),
    (reader.create, {"url": "https://a.example", "timeout": 0}, "timeout", "1 to 600 seconds"),
    (tasks.retrieve, {"task_id": ""}, "task_id", "must not be empty"),
]


@pytest.mark.parametrize(
    ("make", "given", "field", "words"),
    REFUSED,
    ids=[f"{row[2]}-{n}" for n, row in enumerate(REFUSED)],
)
def test_a_wrong_value_is_refused_by_name(
    make: Any, given: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InvalidRequestError, match=words) as caught:
        make(**given)
    assert caught.value.field == field
    assert len(str(caught.value)) < 300


def test_embedding_vectors_keep_their_order_and_are_floats() -> None:
    rows = [
        {"index": 1, "object": "embedding", "embedding": [0.5, 1]},
        {"index": 0, "object": "embedding", "embedding": [0.25, 0.75]},
    ]
    reply = answered(embeddings.create(input=["a", "b"]), {"model": "m", "data": rows, "new": 1})
    assert reply.vectors == [[0.25, 0.75], [0.5, 1.0]]
    assert all(type(value) is float for vector in reply.vectors for value in vector)
    assert reply.model_extra == {"new": 1}


@pytest.mark.parametrize(
    ("vector", "can"),
    [
        ("[0.5, 1, -2e3]", True),
        (f"[0.5, {2**53 + 1}]", True),
        ("[1e308, 1e308]", True),
        ("[true, 0.5]", False),
        ('["0.5"]', False),
        ("[NaN]", False),
        ("[0.5, -Infinity]", False),
        (f"[{10**400}]", False),
        ("[]", False),
        ("[null]", False),
        ("[[0.5]]", False),
        ("null", False),
    ],
)
def test_vectors_that_were_looked_at_while_decoded_are_those_looked_at_afterwards(
    vector: str, can: bool
) -> None:
    rows = f'{{"index": 1, "embedding": {vector}, "new": [1]}}, {{"index": 0, "embedding": [1.5]}}'
    body = f'{{"data": [{rows}], "usage": {{"total_tokens": 2}}, "model": "m"}}'.encode()
    request = embeddings.create(input=["a", "b"])
    assert request.as_dict().decode is None
    assert request.decode is not None
    if not can:
        with pytest.raises(ValueError):
            request.decode(body)
        return
    reply = answered(request, request.decode(body))
    assert reply.vectors == embeddings.vectors_in(from_json(body))
    assert (reply.data[0]["new"], reply.usage, reply.model) == ([1], {"total_tokens": 2}, "m")
    assert {type(number) for numbers in reply.vectors for number in numbers} == {float}


@pytest.mark.parametrize("body", [b'{"error": {"code": "1302"}}', b"{", b"[]", b'{"data": {}}'])
def test_only_answers_with_vectors_are_decoded_as_such(body: bytes) -> None:
    with pytest.raises(ValueError):
        embeddings.create(input="a").decode(body)  # type: ignore[misc]


def test_replies_of_a_strange_shape_are_kept() -> None:
    reply = answered(rerank.create(query="q", documents=["a"]), {"results": "none", "id": 3})
    assert (reply.results, reply.id) == ("none", 3)


def test_as_dict_answers_with_the_body_as_it_came() -> None:
    body = {"results": [{"index": 0, "relevance_score": 0.5}], "odd": None}
    assert answered(rerank.create(query="q", documents=["a"]).as_dict(), body) is body


@pytest.mark.parametrize("size", ["1568x1056", "1568X1056", "1568 × 1056", "1568*1056"])
def test_image_sizes_are_sent_with_a_plain_x(size: str) -> None:
    assert images.create(prompt="p", size=size).json["size"] == "1568x1056"  # type: ignore[index]


def test_sizes_that_one_page_of_the_documents_allows_are_sent() -> None:
    assert images.create(prompt="p", size="512x2048").json["size"] == "512x2048"  # type: ignore[index]


def test_presets_below_the_smallest_side_are_sizes_too() -> None:
    for model, rules in images.RULES.items():
        for size in rules.sizes:
            assert images.check_size(model, size) == size


def test_an_unknown_image_model_takes_any_size_and_quality() -> None:
    request = images.create(prompt="p" * 5000, model="next", size="10x10", quality="hd")
    assert request.json["size"] == "10x10"  # type: ignore[index]


def test_image_creations_are_paid() -> None:
    assert images.create(prompt="p").kind == images.create_async(prompt="p").kind == "paid"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("PROCESSING", "running"),
        ("SUCCESS", "succeeded"),
        ("FAIL", "failed"),
        ("FAILED", "failed"),
        ("QUEUED", "running"),
        (None, "running"),
    ],
)
def test_task_states(status: str | None, state: str) -> None:
    assert answered(tasks.retrieve("t-1"), {"task_status": status}).state == state


def test_task_results_have_addresses() -> None:
    found = answered(
        tasks.retrieve("t"),
        {"id": None, "task_status": "SUCCESS", "video_result": [{"url": "https://a/b.mp4"}]},
    )
    assert found.urls == ["https://a/b.mp4"]


def test_bytes_become_a_data_url_typed_by_content() -> None:
    request = ocr.create(file=PNG)
    assert request.json is not None
    assert request.json["file"] == "data:image/png;base64," + base64.b64encode(PNG).decode()
    assert ocr.sniff(b"\n\n%PDF-1.4") == "application/pdf"
    assert ocr.sniff(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert ocr.sniff(b"RIFF....WEBP") is None


def test_page_limits_follow_the_site() -> None:
    assert [ocr.page_limit(site) for site in ("zai", "bigmodel", None)] == [30, 100, 100]


def test_handwriting_is_multipart() -> None:
    request = ocr.handwriting(file=PNG, language_type="AUTO", probability=True)
    assert request.form == (
        ("tool_type", "hand_write"),
        ("language_type", "AUTO"),
        ("probability", "true"),
    )
    assert (request.uploads[0].name, request.uploads[0].content_type) == ("file", "image/png")


@pytest.mark.parametrize(
    ("model", "counted_with"),
    [
        ("glm-4.6", "glm-4.6"),
        ("glm-5.2", "glm-4.6"),
        ("glm-5v-turbo", "glm-4.6v"),
        ("zai-org/GLM-4.5-Air-FP8", "glm-4.5-air"),
        ("GLM-4.5V-AWQ", "glm-4.6v"),
        ("vicuna", "glm-4.6"),
        ("x", "glm-4.6"),
    ],
)
def test_models_to_count_with(model: str, counted_with: str) -> None:
    assert tokenizer.counting_model(model) == counted_with


def test_search_results_may_lack_anything() -> None:
    reply = answered(
        web_search.create(search_query="q"),
        {"search_result": [{"title": "t", "link": ""}, {}], "search_intent": None},
    )
    assert [row.title for row in reply.search_result] == ["t", None]


def test_a_spoiled_answer_of_vectors_costs_one_error() -> None:
    row = b'{"embedding":[' + b",".join([b"NaN"] * 1000) + b"]}"
    with pytest.raises(ValidationError) as caught:
        _vectors.decoded(b'{"data":[' + b",".join([row] * 10) + b"]}")
    assert caught.value.error_count() == 1
