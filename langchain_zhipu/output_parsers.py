"""An output parser for AutoGLM-Phone."""

from __future__ import annotations

from typing import Any

from langchain_core.exceptions import OutputParserException
from langchain_core.output_parsers import BaseOutputParser
from langchain_core.outputs import ChatGeneration, Generation
from typing_extensions import override

from zhipu_client.phone_actions import PhoneAction, PhoneActionError, read_action

__all__ = ["ZhipuAIPhoneActionParser"]


class ZhipuAIPhoneActionParser(BaseOutputParser[PhoneAction]):
    """Reads the one action of an answer of AutoGLM-Phone; it is never run, only read.

    Raises:
        OutputParserException: The answer has no action that could be carried out: it is cut,
            unknown, or not one alone. Send ``observation`` back to have it corrected.

    Example:
        ```python
        from langchain_zhipu import ZhipuAIPhoneActionParser

        action = ZhipuAIPhoneActionParser().parse('do(action="Tap", element=[500, 250])')
        print(action.name, action.pixels("element", 1080, 2400))
        ```
    """

    @override
    def parse_result(self, result: list[Generation], *, partial: bool = False) -> PhoneAction:
        """Return the action of a message; its reasoning is the thought, where it has one."""
        action = self.parse(result[0].text)
        message: Any = result[0].message if isinstance(result[0], ChatGeneration) else None
        kept = getattr(message, "additional_kwargs", {}).get("reasoning_content")
        if action.thought or not kept:
            return action
        return PhoneAction(action.name, action.arguments, kept.strip())

    @override
    def parse(self, text: str) -> PhoneAction:
        """Return the action of a text."""
        try:
            return read_action(text)
        except PhoneActionError as error:
            raise OutputParserException(
                str(error), observation=str(error), llm_output=text, send_to_llm=True
            ) from error

    @property
    def _type(self) -> str:
        return "zhipu-phone-action"
