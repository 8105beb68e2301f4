"""The engines on another loop than asyncio's: one request after the other, but they work."""

from __future__ import annotations

from typing import Any

import anyio

import zhipu_emulator
from zhipu_client import (
    AsyncClient,
    adownload,
    aiterate,
    arun,
    await_result,
    embeddings,
    images,
    ocr,
)

from .conftest import make_pdf


def test_everything_runs_on_trio() -> None:
    async def work(server: Any) -> None:
        client = AsyncClient(api_key=server.api_key, base_url=server.base_url)
        texts = [f"text {number}" for number in range(100)]
        result = await arun(client, embeddings.bulk(texts, dimensions=256))
        assert len(result.vectors) == 100
        job = ocr.pages(make_pdf(5), pages_per_request=2)
        assert [page.number async for page in aiterate(client, job)] == [1, 2, 3, 4, 5]
        task = await client.send(images.create_async(prompt="a kite"))
        found = await await_result(client, task, interval=0.01)
        assert (await adownload(client, found.urls[0], kind="image/")).content

    with zhipu_emulator.serve() as server:
        anyio.run(work, server, backend="trio")
