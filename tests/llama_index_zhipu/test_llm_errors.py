"""Errors of `ZhipuAI`: their types, and what is tried again."""

from __future__ import annotations

import pytest

from tests.llama_index_zhipu.asking import ASK
from tests.llama_index_zhipu.stub import chunk, last, reply
from zhipu_client import (
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    ContextOverflowError,
    InsufficientBalanceError,
    InvalidRequestError,
    RateLimitError,
    ServerError,
    StreamIncompleteError,
)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, "1000", AuthenticationError),
        (429, "1113", InsufficientBalanceError),
        (429, "1302", RateLimitError),
        (400, "1210", BadRequestError),
        (400, "1261", ContextOverflowError),
        (400, "1301", ContentFilterError),
        (500, "1234", ServerError),
    ],
)
async def test_errors_are_typed(stub, make, status, code, error):
    llm = make(max_retries=0)
    for _ in range(4):
        stub.put((status, {"error": {"code": code, "message": "m"}}))
    for attempt in (
        lambda: llm.chat(ASK),
        lambda: list(llm.stream_chat(ASK)),
        lambda: llm.complete("?"),
    ):
        with pytest.raises(error) as caught:
            attempt()
        assert caught.value.code == code
    with pytest.raises(error):
        await llm.achat(ASK)
    assert len(stub.requests) == 4


def test_one_retry_layer(stub, make):
    stub.default = (500, {"error": {"code": "1234", "message": "m"}})
    with pytest.raises(ServerError):
        make(max_retries=1).chat(ASK)
    assert len(stub.requests) == 2


def test_no_money_is_not_retried(stub, make):
    stub.default = (429, {"error": {"code": "1113", "message": "m"}})
    with pytest.raises(InsufficientBalanceError):
        make(max_retries=5).chat(ASK)
    assert len(stub.requests) == 1


@pytest.mark.parametrize("events", [[chunk({"content": "a"}), '{"choices": [{"in'], ["{"]])
async def test_a_broken_stream_is_told(stub, llm, events):
    stub.default = events
    llm.max_retries = 0
    with pytest.raises(StreamIncompleteError):
        list(llm.stream_chat(ASK))
    with pytest.raises(StreamIncompleteError):
        async for _ in await llm.astream_chat(ASK):
            pass


def test_an_error_inside_a_stream_is_typed_and_has_the_part(stub, llm):
    stub.put([chunk({"content": "a"}), {"error": {"code": "1302", "message": "m"}}])
    with pytest.raises(RateLimitError) as caught:
        list(llm.stream_chat(ASK))
    assert caught.value.code == "1302"
    assert caught.value.partial["choices"][0]["message"]["content"] == "a"


async def test_content_safety(stub, make):
    filtered = [{"role": "assistant", "level": 1}]
    stub.put(*[reply("a", finish="sensitive", content_filter=filtered)] * 2)
    stub.put([chunk({"content": "a"}), last("sensitive", content_filter=filtered)])
    response = make().chat(ASK)
    assert response.additional_kwargs["finish_reason"] == "sensitive"
    assert response.additional_kwargs["content_filter"] == filtered
    strict = make(raise_on_content_filter=True)
    with pytest.raises(ContentFilterError) as caught:
        strict.chat(ASK)
    assert caught.value.content_filter == filtered
    with pytest.raises(ContentFilterError):
        async for _ in await strict.astream_chat(ASK):
            pass


def test_out_of_range_is_refused_before_sending(stub, llm):
    with pytest.raises(InvalidRequestError) as caught:
        llm.chat(ASK, temperature=3)
    assert caught.value.field == "temperature"
    assert not stub.requests


def test_content_safety_of_one_call(stub, llm):
    stub.default = reply("a", finish="sensitive")
    with pytest.raises(ContentFilterError):
        llm.chat(ASK, raise_on_content_filter=True)
    assert "raise_on_content_filter" not in stub.requests[0]
