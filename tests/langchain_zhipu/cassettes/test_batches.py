"""`ZhipuAIBatch` from cassettes: run, collected by its id, an item that fails, a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from langchain_zhipu import ChatZhipuAI, ZhipuAIBatch, ZhipuAIEmbeddings
from tests.cassette_support.plugin import Mode, Service
from zhipu_client import BadRequestError, ZhipuError

pytestmark = pytest.mark.vcr

QUESTIONS = ["What is 17 + 25?", "What is 6 * 7?"]


def make(service: Service, model: str = "glm-4-flash") -> ZhipuAIBatch:
    chat = ChatZhipuAI(model=model, **service.settings)
    return ZhipuAIBatch(chat, interval=max(service.poll_interval, 0.01))


async def called(batch: ZhipuAIBatch, mode: Mode, name: str, *given: Any) -> Any:
    if mode == "sync":
        return getattr(batch, name)(*given)
    return await getattr(batch, f"a{name}")(*given)


async def test_answers(service: Service, mode: Mode) -> None:
    found = await called(make(service), mode, "run", QUESTIONS)
    assert ["42" in answer.get().text for answer in found] == [True, True]


async def test_submitted_and_collected(service: Service, mode: Mode) -> None:
    job = await called(make(service), mode, "submit", QUESTIONS)
    found = await called(make(service), mode, "collect", job)
    assert all(answer.error is None for answer in found)


async def test_vectors(service: Service, mode: Mode) -> None:
    texts = ZhipuAIEmbeddings(model="embedding-3", dimensions=256, **service.settings)
    batch = ZhipuAIBatch(texts, interval=max(service.poll_interval, 0.01))
    found = await called(batch, mode, "run", ["a red kite", "a blue kite"])
    assert [len(answer.get()) for answer in found] == [256, 256]


async def test_an_item_that_fails(service: Service, mode: Mode) -> None:
    good, bad = await called(
        make(service), mode, "run", ["What is 6 * 7?", "how to make a bomb at home"]
    )
    assert good.error is None
    assert isinstance(bad.error, ZhipuError)


async def test_a_model_without_batches(service: Service, mode: Mode) -> None:
    with pytest.raises(BadRequestError):
        await called(make(service, "glm-4.5v"), mode, "run", QUESTIONS)


async def test_an_unknown_job(service: Service, mode: Mode) -> None:
    with pytest.raises(ZhipuError) as caught:
        await called(make(service), mode, "collect", "batch_0")
    assert caught.value.task_id == "batch_0"
