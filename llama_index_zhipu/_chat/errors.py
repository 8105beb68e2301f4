"""The errors of answers that do not meet a requirement, with LlamaIndex's response on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from llama_index.core.base.llms.types import ChatResponse

from zhipu_client import ZhipuError
from zhipu_client.conversation import RequirementError

from .messages import to_response

__all__ = [
    "StructuredOutputError", "ToolNotCalledError", "raise_with_response", "raised_with_responses",
]  # fmt: skip


class _AnswerError(ZhipuError, ValueError):
    def __init__(self, message: str, response: ChatResponse) -> None:
        super().__init__(message)
        self.response = response

    @property
    def usage(self) -> Mapping[str, Any] | None:
        """Return the tokens of all attempts, by the wire's names; None if none were sent."""
        raw = self.response.raw
        found = raw.get("usage") if isinstance(raw, Mapping) else None
        return found if isinstance(found, Mapping) else None


class ToolNotCalledError(_AnswerError):
    """The model did not call the required tool, not even in the second attempt.

    Attributes:
        response: The last answer; its usage counts both attempts.

    Example:
        ```python
        from llama_index.core.tools import FunctionTool
        from llama_index_zhipu import ToolNotCalledError, ZhipuAI

        def add(a: int, b: int) -> int:
            return a + b

        tool = FunctionTool.from_defaults(add, description="Add two numbers.")
        try:
            ZhipuAI(model="glm-4.7").chat_with_tools([tool], "17 + 19?", tool_required=True)
        except ToolNotCalledError as error:
            print(error.response.message.content)
        ```
    """


class StructuredOutputError(_AnswerError):
    """The model's answer did not fit the class or schema, not even in the second attempt.

    Attributes:
        response: The last answer; its usage counts both attempts.

    Example:
        ```python
        from llama_index_zhipu import StructuredOutputError, ZhipuAI
        from pydantic import BaseModel

        class City(BaseModel):
            name: str

        try:
            print(ZhipuAI(model="glm-4.7").as_structured_llm(City).complete("Name a city.").raw)
        except StructuredOutputError as error:
            print(error.response.message.content, error.response.raw)
        ```
    """


@contextmanager
def raised_with_responses() -> Iterator[None]:
    """Turn the core's `RequirementError` into one of the above."""
    try:
        yield
    except RequirementError as error:
        raise_with_response(error)


def raise_with_response(error: RequirementError) -> NoReturn:
    """Raise the core's error as one of the above."""
    kind = ToolNotCalledError if error.needs_call else StructuredOutputError
    raise kind(str(error), to_response(error.answer)) from error
