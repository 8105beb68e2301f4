"""A wrong key is explained wherever it is refused; an unknown code is explained in English."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import zhipu_emulator
from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from tests.contract.server import failure, scripted
from zhipu_client import APIError, AsyncClient, AuthenticationError, Client, quota
from zhipu_client.errors._failures import error_from

WRONG = "0123456789abcdef0123456789abcdef.not-the-secret00"
HINT = "are separate: choose the site"


def ways(place: dict[str, Any]) -> list[Any]:
    chat, llm = ChatZhipuAI(**place, max_retries=0), ZhipuAI(**place, max_retries=0)
    return [
        lambda: Client(**place).send(quota.retrieve()),
        lambda: asyncio.run(AsyncClient(**place).send(quota.retrieve())),
        lambda: chat.invoke("hi"),
        lambda: asyncio.run(chat.ainvoke("hi")),
        lambda: list(chat.stream("hi")),
        lambda: llm.complete("hi"),
        lambda: asyncio.run(llm.acomplete("hi")),
        lambda: list(llm.stream_complete("hi")),
    ]


def test_a_wrong_key_is_explained_on_each_route() -> None:
    with zhipu_emulator.serve() as server:
        for way in ways({"base_url": server.base_url, "api_key": WRONG}):
            with pytest.raises(AuthenticationError) as caught:
                way()
            assert HINT in str(caught.value)


@pytest.mark.parametrize("code", ["401", "1000", "1002"])
def test_so_is_one_that_is_refused_under_ok(code: str) -> None:
    with scripted(*[failure(200, code, "令牌不正确")] * 8) as server:
        for way in ways({"base_url": server.base_url, "api_key": WRONG}):
            with pytest.raises(AuthenticationError) as caught:
                way()
            assert HINT in str(caught.value)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_unknown_code_is_explained_in_english(status: int) -> None:
    body = {"error": {"code": "9999", "message": "未知错误"}}
    error = error_from(status, {}, body)
    assert type(error.meaning) is str
    assert "[an error that is not documented: code 9999]" in str(error)
    english = error_from(status, {}, {"error": {"code": "9999", "message": "Unknown"}})
    assert "documented" not in str(english)


@pytest.mark.parametrize("code", ["", "512", "no_such_word", "12345"])
def test_a_code_of_another_server_has_no_meaning(code: str) -> None:
    error: APIError = error_from(400, {}, {"error": {"code": code, "message": "未知错误"}})
    assert error.meaning is None
