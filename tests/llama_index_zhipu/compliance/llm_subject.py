"""An LLM to test by a compliance suite, what the model can do, and what it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from pydantic import BaseModel

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGP4z8CAFTEMLQkAKP8/wc53yE8AAAAASUVO"
    "RK5CYII="
)


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def weather(city: str) -> str:
    """Get the current weather of a city."""
    return f"{city}: sunny, 21 degrees"


class Person(BaseModel):
    """A person."""

    name: str
    age: int


class LLMSubject:
    """What the classes of a suite are about: the LLM, its flags and prompts."""

    #: The model sends its reasoning, and the integration shows it.
    shows_thinking = True
    #: It takes images.
    sees_images = True
    #: Names of tools that are not ASCII work.
    any_tool_name = True
    #: The class is known to `load_llm`.
    loadable = True

    hello = "Say hello."
    sum_prompt = "What is 17 plus 25?"
    two_cities_prompt = "What is the weather in Paris and in Rome?"
    person_prompt = "Extract the person from this text: {text}"
    person_text = "Ada Lovelace is 36 years old."
    secret = "compliance-secret"

    def make_llm(self, **kwargs: Any) -> Any:
        """An LLM to test, with ``kwargs`` for its constructor."""
        raise NotImplementedError

    @pytest.fixture
    def llm(self) -> Any:
        return self.make_llm()

    def ask(self, text: str | None = None) -> list[ChatMessage]:
        return [ChatMessage(role="user", content=text or self.hello)]

    async def responses(self, llm: Any, messages: Sequence[ChatMessage]) -> list[ChatResponse]:
        """The last response of each of the four chat calls."""
        *_, streamed = llm.stream_chat(messages)
        astreamed = [response async for response in await llm.astream_chat(messages)][-1]
        return [llm.chat(messages), streamed, await llm.achat(messages), astreamed]
