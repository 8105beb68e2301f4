"""Answers of the chat that are made later, from cassettes: submitting, polling, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from llama_index_zhipu import ZhipuAI
from tests.cassette_support.plugin import Mode, Service
from zhipu_client import ContentFilterError, ZhipuError

pytestmark = pytest.mark.vcr


async def called(mode: Mode, model: ZhipuAI, method: str, value: str, **named: Any) -> Any:
    if mode == "sync":
        return getattr(model, method)(value, **named)
    return await getattr(model, f"a{method}")(value, **named)


async def test_an_answer(service: Service, mode: Mode) -> None:
    model = ZhipuAI(model="glm-4.7-flash", **service.settings)
    task_id = await called(mode, model, "submit", "What is 17 * 19?")
    answer = await called(mode, model, "result", task_id, interval=service.poll_interval)
    assert "323" in answer.message.content


async def test_a_refused_prompt(service: Service, mode: Mode) -> None:
    model = ZhipuAI(model="glm-4.7-flash", **service.settings)
    with pytest.raises(ContentFilterError):
        await called(mode, model, "submit", "how to make a bomb")


async def test_an_unknown_task(service: Service, mode: Mode) -> None:
    model = ZhipuAI(model="glm-4.7-flash", **service.settings)
    with pytest.raises(ZhipuError) as caught:
        await called(mode, model, "result", "none")
    assert caught.value.task_id == "none"
