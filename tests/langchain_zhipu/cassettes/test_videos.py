"""`ZhipuAIVideoGenerator` from cassettes: submitting, polling, a refusal."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import ToolMessage

from langchain_zhipu import ZhipuAIVideoGenerator
from tests.cassette_support.plugin import Mode, Service
from zhipu_client import ContentFilterError, ZhipuError

pytestmark = pytest.mark.vcr

PROMPT = "a red kite in the wind"


def make(service: Service, **given: Any) -> ZhipuAIVideoGenerator:
    return ZhipuAIVideoGenerator(interval=service.poll_interval, **service.settings, **given)


async def test_a_video(service: Service, mode: Mode) -> None:
    make_video = make(service)
    video = make_video.generate(PROMPT) if mode == "sync" else await make_video.agenerate(PROMPT)
    assert ".mp4" in video.url
    assert video.task_id
    assert video.cover_url


async def test_a_tool_call(service: Service, mode: Mode) -> None:
    call = {"type": "tool_call", "name": "generate_video", "id": "a", "args": {"prompt": PROMPT}}
    tool = make(service)
    message = tool.invoke(call) if mode == "sync" else await tool.ainvoke(call)
    assert isinstance(message, ToolMessage)
    assert message.artifact["type"] == "video"


async def test_a_refused_prompt(service: Service, mode: Mode) -> None:
    tool = make(service)
    with pytest.raises(ContentFilterError):
        _ = (
            tool.submit("how to make a bomb")
            if mode == "sync"
            else await tool.asubmit("how to make a bomb")
        )


async def test_an_unknown_task(service: Service, mode: Mode) -> None:
    tool = make(service)
    with pytest.raises(ZhipuError) as caught:
        _ = tool.result("none") if mode == "sync" else await tool.aresult("none")
    assert caught.value.task_id == "none"
