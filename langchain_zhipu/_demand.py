"""What the caller demands of an answer, where the service does not see to it itself. Pure.

GLM honours ``tool_choice="auto"`` only, and has no ``json_schema``. So the demand is put into
words for the model, the answer is checked, and asked for once more if need be.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage

from langchain_zhipu._json import json_text
from langchain_zhipu._schema import problems
from zhipu_client._history import repaired

__all__ = ["Demand", "with_instruction"]

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Demand:
    """What an answer must be.

    Attributes:
        tools: It must call one of these (name -> schema of the arguments); None: it need not.
        json: It must be JSON, unless it calls a tool.
        schema: The schema of that JSON, or None for any.
        name: What the schema is called.
        structured: The answer is data for a program: arguments must fit their schema, and a cut
            answer is an error. (Without, a tool's own validation tells the model, as agents are
            used to.)
        lenient: When the second attempt fails too, return it rather than raise: a parser follows.
    """

    tools: Mapping[str, Mapping[str, Any]] | None = None
    json: bool = False
    schema: Mapping[str, Any] | None = None
    name: str = "answer"
    structured: bool = False
    lenient: bool = False

    def instruction(self) -> str:
        """The demand in words, for the system message; empty for none."""
        said = []
        if self.tools is not None:
            said.append(
                f"You must call {_one_of(self.tools)}, even if the request seems not to need it. "
                "Do not answer in text."
            )
        if self.json and self.schema is not None:
            schema = json.dumps(self.schema, ensure_ascii=False)
            said.append(
                "Give your final answer as a single JSON object that conforms to this JSON Schema "
                f"({self.name}), with nothing before or after it and no code fence:\n{schema}"
            )
        return "\n\n".join(said)

    @property
    def arrays(self) -> bool:
        """Whether the JSON may be an array."""
        return self.schema is None or self.schema.get("type") == "array"

    def complaint(self, message: AIMessage) -> str | None:
        """Why an answer does not do, in words; None when it does."""
        finish = message.response_metadata.get("finish_reason")
        if finish == "sensitive":
            return None  # what is to be said about it stands in the message
        found = None
        if self.tools is not None:
            found = self._call_complaint(message)
        elif self.json and not message.tool_calls and not message.invalid_tool_calls:
            found = self._json_complaint(message.text)
        if found is not None and finish == "length":
            if not self.structured:
                return None
            return f"the answer was cut at max_tokens (finish_reason length), so {found}"
        return found

    @staticmethod
    def may_repair(message: AIMessage) -> bool:
        """False for an answer that was cut: a second one would be too, and cost as much."""
        return message.response_metadata.get("finish_reason") != "length"

    def _call_complaint(self, message: AIMessage) -> str | None:
        tools = self.tools or {}
        called = [call for call in message.tool_calls if call["name"] in tools]
        if not called:
            broken = [call.get("name") for call in message.invalid_tool_calls]
            if broken:
                return f"the arguments of {broken[0]} were not valid JSON"
            return f"it did not call {_one_of(tools)}"
        if self.structured:
            found = problems(called[0]["args"], tools[called[0]["name"]])
            if found:
                return f"the arguments of {called[0]['name']} are wrong: {'; '.join(found)}"
        return None

    def _json_complaint(self, text: str) -> str | None:
        try:
            value = json.loads(json_text(text, arrays=self.arrays), strict=False)
        except (ValueError, RecursionError):
            return "it was not a JSON object"
        found = problems(value, self.schema) if self.schema is not None else []
        return f"it does not fit the schema: {'; '.join(found)}" if found else None

    def repair(self, messages: Sequence[Wire], answer: str, complaint: str) -> list[Wire]:
        """The conversation for the second attempt."""
        want = f"You must call {_one_of(self.tools)} now." if self.tools is not None else (
            "Give the whole answer again, as one JSON object and nothing else."
        )  # fmt: skip
        turns = [{"role": "assistant", "content": answer}] if answer.strip() else []
        ask = f"Your last answer cannot be used: {complaint}. {want}"
        return repaired([*messages, *turns, {"role": "user", "content": ask}])

    def error(self, complaint: str, answer: str) -> OutputParserException:
        """What is raised when the second attempt fails too."""
        what = f"call {_one_of(self.tools)}" if self.tools is not None else f"give {self.name}"
        return OutputParserException(
            f"the model was asked to {what}, but {complaint}. Try more max_tokens, another model, "
            "a simpler schema, or tool_choice='auto'",
            llm_output=answer,
        )


def _one_of(tools: Mapping[str, Any] | None) -> str:
    names = list(tools or ())
    if len(names) == 1:
        return f"the tool {names[0]}"
    return f"one of the tools {', '.join(names)}"


def with_instruction(messages: Sequence[Wire], instruction: str) -> list[Wire]:
    """The conversation with a further instruction, at the end of the system message."""
    if not instruction:
        return list(messages)
    first = messages[0] if messages else None
    if first is not None and first["role"] == "system":
        joined = {**first, "content": f"{first['content']}\n\n{instruction}"}
        return [joined, *messages[1:]]
    return [{"role": "system", "content": instruction}, *messages]
