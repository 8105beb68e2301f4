"""`ZhipuAIImageGenerator` from cassettes: both endpoints, polls and the fetching of the image."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from langchain_core.messages import ToolMessage

from langchain_zhipu import ZhipuAIImageGenerator
from langchain_zhipu.image_generators import GeneratedImage
from tests.cassette_support.plugin import Mode, Service
from zhipu_client import ContentFilterError

pytestmark = pytest.mark.vcr

PNG = b"\x89PNG\r\n\x1a\n"
PROMPT = "a red kite"
REFUSED = "how to make a bomb"


def make(service: Service, endpoint: str = "sync", **given: Any) -> ZhipuAIImageGenerator:
    # The smallest that each model draws: the images are in the cassettes.
    kinds = {"sync": ("cogview-4", "512x512"), "async": ("glm-image", "1024x1024")}
    model, size = kinds[endpoint]
    return ZhipuAIImageGenerator(
        model=model,
        size=size,
        endpoint=endpoint,
        poll_interval=service.poll_interval,
        **service.settings,
        **given,
    )


async def generate(draw: ZhipuAIImageGenerator, mode: Mode, prompt: str) -> GeneratedImage:
    return draw.generate(prompt) if mode == "sync" else await draw.agenerate(prompt)


@pytest.mark.parametrize("endpoint", ["sync", "async"])
async def test_an_image_is_drawn_and_fetched(service: Service, mode: Mode, endpoint: str) -> None:
    image = await generate(make(service, endpoint), mode, PROMPT)
    assert image.content.startswith(PNG)
    assert image.mime_type == "image/png"
    assert image.url.startswith("http")


async def test_an_address_only(service: Service, mode: Mode) -> None:
    image = await generate(make(service, fetch=False), mode, PROMPT)
    assert image.content == b""
    assert ".png" in image.url


async def test_a_tool_call(service: Service, mode: Mode) -> None:
    call = {"type": "tool_call", "name": "generate_image", "id": "a", "args": {"prompt": PROMPT}}
    draw = make(service)
    message = draw.invoke(call) if mode == "sync" else await draw.ainvoke(call)
    assert isinstance(message, ToolMessage)
    assert message.status == "success"
    assert base64.b64decode(message.artifact["base64"]).startswith(PNG)


@pytest.mark.parametrize("endpoint", ["sync", "async"])
async def test_a_prompt_that_is_refused(service: Service, mode: Mode, endpoint: str) -> None:
    with pytest.raises(ContentFilterError) as caught:
        await generate(make(service, endpoint), mode, REFUSED)
    assert caught.value.code == "1301"


async def test_an_agent_is_told_of_a_refusal(service: Service, mode: Mode) -> None:
    call = {"type": "tool_call", "name": "generate_image", "id": "a", "args": {"prompt": REFUSED}}
    draw = make(service)
    message = draw.invoke(call) if mode == "sync" else await draw.ainvoke(call)
    assert message.status == "error"
    assert "1301" in message.content
