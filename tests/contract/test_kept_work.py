"""Images and batches in a checkpoint: a second run pays for nothing, in both adapters."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import langchain_zhipu
import llama_index_zhipu
import zhipu_emulator
from zhipu_client import Client, batches

adapters = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
ways = pytest.mark.parametrize("way", ["sync", "async"])


@pytest.fixture
def service():
    with zhipu_emulator.serve() as running:
        yield running


def reach(service: Any) -> dict[str, Any]:
    return {"api_key": service.api_key, "base_url": service.base_url, "max_retries": 0}


def paid(service: Any, path: str) -> int:
    posts = (one for one in service.requests if one["method"] == "POST")
    return sum(one["path"].endswith(path) for one in posts)


def drawn(adapter: str, way: str, prompt: str, **given: Any) -> Any:
    given |= {"allow_loopback": True, "model": "cogview-4", "size": "512x512"}
    if adapter == "langchain":
        tool = langchain_zhipu.ZhipuAIImageGenerator(**given)
        image = tool.generate(prompt) if way == "sync" else asyncio.run(tool.agenerate(prompt))
        return image.content
    spec = llama_index_zhipu.ZhipuAIImageGeneratorToolSpec(output="image", **given)
    found = (
        spec.generate_image(prompt) if way == "sync" else asyncio.run(spec.agenerate_image(prompt))
    )
    return next(block.image for block in found if getattr(block, "image", None))


@adapters
@ways
def test_an_image_is_drawn_and_fetched_once(adapter, way, service, tmp_path):
    given = {**reach(service), "checkpoint": tmp_path / "work.sqlite"}
    first = drawn(adapter, way, "a red kite", **given)
    before = len(service.requests)
    assert drawn(adapter, way, "a red kite", **given) == first
    assert len(service.requests) == before
    assert drawn(adapter, way, "a blue kite", **given) != first
    assert paid(service, "/images/generations") == 2


def batch(adapter: str, service: Any, **options: Any) -> Any:
    package = langchain_zhipu if adapter == "langchain" else llama_index_zhipu
    name = "ChatZhipuAI" if adapter == "langchain" else "ZhipuAI"
    model = getattr(package, name)(model="glm-4-flash", **reach(service))
    return package.ZhipuAIBatch(model, interval=0.01, **options)


@adapters
@ways
def test_a_batch_is_begun_once(adapter, way, service, tmp_path):
    def run(**options: Any) -> Any:
        made = batch(adapter, service, checkpoint=tmp_path / "work.sqlite", **options)
        items = ["What is 2 * 3?", "What is 3 * 3?"]
        return made.run(items) if way == "sync" else asyncio.run(made.arun(items))

    assert len(run()) == len(run()) == 2
    assert paid(service, "/batches") == 1
    run(metadata={"month": "May"})
    assert paid(service, "/batches") == 2


def test_a_cancellation_is_sent_each_time():
    assert batches.cancel("batch_1").keep is not None
    assert not batches.cancel("batch_1").keep(None)


def test_a_file_in_place_of_another(service, tmp_path):
    from zhipu_client import with_checkpoint

    client = with_checkpoint(Client(**reach(service)), tmp_path / "one.sqlite")
    assert "two.sqlite" in repr(with_checkpoint(client, tmp_path / "two.sqlite"))
    assert "one.sqlite" not in repr(with_checkpoint(client, tmp_path / "two.sqlite"))
