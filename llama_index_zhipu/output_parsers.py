"""An output parser for AutoGLM-Phone."""

from __future__ import annotations

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.types import BaseOutputParser

from zhipu_client.phone_actions import PhoneAction, read_action

__all__ = ["ZhipuAIPhoneActionParser"]


class ZhipuAIPhoneActionParser(BaseOutputParser):
    """Reads the one action of an answer of AutoGLM-Phone; it is never run, only read.

    Raises:
        zhipu_client.phone_actions.PhoneActionError: The answer has no action that could be carried
            out: it is cut, unknown, or not one alone.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIPhoneActionParser

        action = ZhipuAIPhoneActionParser().parse('do(action="Tap", element=[500, 250])')
        print(action.name, action.pixels("element", 1080, 2400))
        ```
    """

    def parse(self, output: str) -> PhoneAction:
        """Return the action of a text."""
        return read_action(output)

    def format(self, query: str) -> str:
        """Return the prompt as it is: the model knows its form."""
        return query
