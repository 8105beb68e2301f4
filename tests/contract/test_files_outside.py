"""Files stay closed at the edges too: arguments of tools, addresses in answers, web routes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from llama_index.core.llms import ChatMessage as LlamaMessage

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import (
    ZhipuAI,
    ZhipuAIImageGeneratorToolSpec,
    ZhipuAIVideoGeneratorToolSpec,
    ZhipuAIWebReaderToolSpec,
)
from tests.llama_index_zhipu.stub import Stub
from tests.support.asking import leaked
from tests.support.opened import watched
from zhipu_client import DownloadError, InvalidRequestError, adownload, download

pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")


# --- Tools whose arguments a model writes, and addresses in answers


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_arguments_of_tools_open_nothing(server: Stub, secret: Path, scheme: str) -> None:
    name = f"{scheme}{secret}"
    connection = {"api_key": "k.s", "base_url": server.base_url, "max_retries": 0}
    server.default = {"id": "t", "task_status": "SUCCESS", "video_result": [{"url": name}]}
    video = ZhipuAIVideoGeneratorToolSpec(wait=1, interval=0.01, **connection)
    page = ZhipuAIWebReaderToolSpec(**connection)
    image = ZhipuAIImageGeneratorToolSpec(output="image", **connection)
    with watched(secret.parent) as opened:
        if scheme:  # an address is the service's to fetch
            assert video.generate_video("a kite", image_url=name) == name
        else:
            with pytest.raises(InvalidRequestError, match="image_url must be an address"):
                video.generate_video("a kite", image_url=name)
        with pytest.raises(InvalidRequestError, match="http"):
            page.read_web_page(name)
        server.default = {"created": 1, "data": [{"url": name}]}
        with pytest.raises(DownloadError, match="refused"):
            image.generate_image("a kite")
    assert opened == []
    assert not leaked(server)


async def test_an_answers_address_of_a_file_is_not_fetched(llm: ZhipuAI, secret: Path) -> None:
    with watched(secret.parent) as opened:
        for url in (secret.as_uri(), str(secret), f"FILE://localhost{secret}"):
            with pytest.raises(DownloadError, match="refused"):
                download(llm._client, url, allow_loopback=True)
            with pytest.raises(DownloadError, match="refused"):
                await adownload(llm._client, url, allow_loopback=True)
    assert opened == []


# --- A web route as people write it


def _site(chain: ChatZhipuAI, llm: ZhipuAI) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(InvalidRequestError)
    async def refused(_: Request, error: InvalidRequestError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status_code=400)

    @app.post("/langchain")
    def langchain(body: dict[str, Any]) -> dict[str, str]:
        return {"text": chain.invoke(body["messages"]).text}

    @app.post("/langchain-async")
    async def langchain_async(body: dict[str, Any]) -> dict[str, str]:
        return {"text": "".join([chunk.text async for chunk in chain.astream(body["messages"])])}

    @app.post("/llama-index")
    async def llama_index(body: dict[str, Any]) -> dict[str, str]:
        messages = [LlamaMessage.model_validate(message) for message in body["messages"]]
        return {"text": (await llm.achat(messages)).message.content or ""}

    return app


def _posted(chain: ChatZhipuAI, llm: ZhipuAI, path: str, messages: list[Any]) -> httpx.Response:
    async def main() -> httpx.Response:
        transport = httpx.ASGITransport(app=_site(chain, llm))
        async with httpx.AsyncClient(transport=transport, base_url="http://site.test") as client:
            return await client.post(path, json={"messages": messages})

    return asyncio.run(main())


@pytest.mark.parametrize("route", ["/langchain", "/langchain-async"])
def test_a_browser_cannot_ask_for_a_file(
    chain: ChatZhipuAI, llm: ZhipuAI, server: Stub, secret: Path, route: str
) -> None:
    file = {"type": "file", "path": str(secret)}
    with watched(secret.parent) as opened:
        answer = _posted(chain, llm, route, [{"role": "user", "content": [file]}])
    assert answer.status_code == 400
    assert "pathlib.Path(" in answer.json()["detail"]
    assert (opened, server.requests) == ([], [])


def test_a_browser_cannot_have_a_tool_or_a_model_ask_for_a_file(
    chain: ChatZhipuAI, llm: ZhipuAI, server: Stub, secret: Path
) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    user = {"role": "user", "content": "Look"}
    file = {"type": "file", "path": str(secret)}
    with watched(secret.parent) as opened:
        for route in ("/langchain", "/langchain-async"):
            asked = [
                user,
                {"role": "assistant", "content": [file], "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c1", "content": [file]},
            ]
            assert _posted(chain, llm, route, asked).json() == {"text": "ok"}
        block = {"block_type": "document", "path": str(secret)}
        asked = [
            {"role": "user", "blocks": [{"block_type": "text", "text": "Look"}]},
            {"role": "assistant", "blocks": [block], "additional_kwargs": {"tool_calls": [call]}},
            {"role": "tool", "blocks": [block], "additional_kwargs": {"tool_call_id": "c1"}},
        ]
        assert _posted(chain, llm, "/llama-index", asked).json() == {"text": "ok"}
    assert opened == []
    assert len(server.requests) == 3
    assert not leaked(server)
