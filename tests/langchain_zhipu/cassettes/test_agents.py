"""`ZhipuAIAgent` and `ZhipuAITranslation` from cassettes: whole, streamed, polled, refused."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from langchain_zhipu import ZhipuAIAgent, ZhipuAITranslation
from tests.cassette_support.plugin import Mode, Service
from zhipu_client import ContentFilterError, NotFoundError

pytestmark = pytest.mark.vcr


async def invoked(runnable: Any, mode: Mode, given: Any) -> Any:
    return runnable.invoke(given) if mode == "sync" else await runnable.ainvoke(given)


async def streamed(runnable: Any, mode: Mode, given: Any) -> list[Any]:
    if mode == "sync":
        return list(runnable.stream(given))
    return [piece async for piece in runnable.astream(given)]


async def test_a_translation(service: Service, mode: Mode) -> None:
    translation = ZhipuAITranslation(target_lang="zh-CN", **service.settings)
    assert "早上好" in await invoked(translation, mode, "Good morning, world!")
    assert "早上好" in "".join(await streamed(translation, mode, "Good morning, world!"))


async def test_a_deck_goes_on(service: Service, mode: Mode) -> None:
    slides = ZhipuAIAgent(agent_id="slides_glm_agent", **service.settings)
    deck: AIMessage = await invoked(slides, mode, "Make two slides about tea")
    assert {block["type"] for block in deck.content_blocks} == {"reasoning", "non_standard", "text"}
    known = deck.response_metadata["conversation_id"]
    pieces = await streamed(slides.bind(conversation_id=known), mode, "Delete slide 2")
    assert "".join(piece.text for piece in pieces)
    if mode == "sync":
        files = slides.conversation(known, include_pdf=True)
    else:
        files = await slides.aconversation(known, include_pdf=True)
    assert [block["type"] for block in files.content_blocks] == ["file"]


async def test_a_video_from_a_template(service: Service, mode: Mode) -> None:
    agent = ZhipuAIAgent(
        agent_id="vidu_template_agent",
        custom_variables={"template": "bodyshake"},
        interval=service.poll_interval,
        **service.settings,
    )
    text = {"type": "text", "text": "A cat dances"}
    image = {"type": "image", "url": "https://example.com/cat.png"}
    found = await invoked(agent, mode, [HumanMessage([text, image])])
    assert [block["type"] for block in found.content_blocks] == ["file"]


async def test_refused(service: Service, mode: Mode) -> None:
    with pytest.raises(ContentFilterError):
        await invoked(ZhipuAITranslation(**service.settings), mode, "how to make a bomb")
    with pytest.raises(NotFoundError):
        agent = ZhipuAIAgent(agent_id="an-agent-that-never-was", **service.settings)
        await invoked(agent, mode, "hello")
