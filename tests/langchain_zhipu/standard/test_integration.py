"""The standard integration suite of langchain-tests for each kind of model, on the emulator."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_tests.integration_tests import ChatModelIntegrationTests

from langchain_zhipu import ChatZhipuAI
from tests.langchain_zhipu.standard import kinds


@pytest.fixture(autouse=True)
def _on_the_emulator(emulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIPUAI_BASE_URL", emulator.base_url)
    monkeypatch.setenv("ZHIPUAI_API_KEY", emulator.api_key)


class TestText(kinds.Text, ChatModelIntegrationTests):
    pass


class TestJsonSchema(kinds.JsonSchema, ChatModelIntegrationTests):
    pass


class TestJsonMode(kinds.JsonMode, ChatModelIntegrationTests):
    pass


class TestThinkingOff(kinds.ThinkingOff, ChatModelIntegrationTests):
    pass


class TestVision(kinds.Vision, ChatModelIntegrationTests):
    pass


class TestVoice(kinds.Voice, ChatModelIntegrationTests):
    pass


def test_video_inputs() -> None:
    """The suite has a flag for videos, but no test."""
    model = ChatZhipuAI(model="glm-5.3-flash")
    for block in (
        {"type": "video", "url": "https://example.test/cat.mp4"},
        {"type": "video_url", "video_url": {"url": "https://example.test/cat.mp4"}},
    ):
        message = HumanMessage([{"type": "text", "text": "What happens here?"}, block])
        assert model.invoke([message]).text
