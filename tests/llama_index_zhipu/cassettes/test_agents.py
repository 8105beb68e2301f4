"""`ZhipuAIAgentToolSpec` from cassettes: whole, streamed, polled, refused."""

from __future__ import annotations

from typing import Any

import pytest

from llama_index_zhipu import ZhipuAIAgentToolSpec
from tests.cassette_support.plugin import Mode, Service
from zhipu_client import ContentFilterError, NotFoundError

pytestmark = pytest.mark.vcr


async def call(agent: Any, mode: Mode, name: str, *values: Any, **named: Any) -> Any:
    if mode == "sync":
        return getattr(agent, name)(*values, **named)
    return await getattr(agent, f"a{name}")(*values, **named)


async def test_a_translation(service: Service, mode: Mode) -> None:
    spec = ZhipuAIAgentToolSpec(**service.settings)
    assert "早上好" in await call(spec, mode, "translate", "Good morning, world!")


async def test_a_deck_goes_on(service: Service, mode: Mode) -> None:
    slides = ZhipuAIAgentToolSpec(agent_id="slides_glm_agent", **service.settings)
    deck = await call(slides, mode, "invoke", "Make two slides about tea")
    assert deck.thinking
    assert len(deck.pages) == 2
    known = {"conversation_id": deck.conversation_id}
    if mode == "sync":
        events = list(slides.stream("Delete slide 2", **known))
    else:
        events = [event async for event in slides.astream("Delete slide 2", **known)]
    assert {"tool", "answer"} <= {event.phase for event in events}
    files = await call(slides, mode, "conversation", deck.conversation_id, include_pdf=True)
    assert [file.kind for file in files.files] == ["file"]


async def test_a_video_from_a_template(service: Service, mode: Mode) -> None:
    agent = ZhipuAIAgentToolSpec(
        agent_id="vidu_template_agent", interval=service.poll_interval, **service.settings
    )
    image = "https://example.com/cat.png"
    assert "http" in await call(agent, mode, "call_agent", "A cat dances", image_url=image)


async def test_refused(service: Service, mode: Mode) -> None:
    with pytest.raises(ContentFilterError):
        await call(ZhipuAIAgentToolSpec(**service.settings), mode, "translate", "make a bomb")
    with pytest.raises(NotFoundError):
        agent = ZhipuAIAgentToolSpec(agent_id="an-agent-that-never-was", **service.settings)
        await call(agent, mode, "invoke", "hello")
