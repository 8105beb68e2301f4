"""What an answer must be, where the service does not see to it itself. Pure.

GLM honours ``tool_choice="auto"`` only, and has no ``json_schema``. So the requirement is put into
words for the model, the answer is checked, and asked for once more if need be.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import ValidationError

from zhipu_client._check import show
from zhipu_client.conversation._nested import decoded
from zhipu_client.conversation._types import same
from zhipu_client.conversation.answers import Answer, Call, made_up_id
from zhipu_client.conversation.history import repaired
from zhipu_client.conversation.json_answers import json_text, object_in
from zhipu_client.conversation.schemas import inlined, problems
from zhipu_client.conversation.tools import ToolNames
from zhipu_client.errors import ZhipuError

__all__ = ["Requirement", "RequirementError", "validation_complaints", "with_instruction"]

Wire = dict[str, Any]


class RequirementError(ZhipuError, ValueError):
    """The model's answer was not what it had to be, also when it was asked for once more.

    Attributes:
        answer: The last answer, with the tokens of both attempts.
        complaint: What is wrong with it, in words.
        needs_call: True when a tool had to be called.

    Example:
        ```python
        try:
            answer = client.converse(exchange)
        except RequirementError as error:
            print(error.complaint, error.usage, error.answer.text)
        ```
    """

    def __init__(self, message: str, answer: Answer, complaint: str, *, needs_call: bool) -> None:
        super().__init__(message)
        self.answer = answer
        self.complaint = complaint
        self.needs_call = needs_call

    @property
    def usage(self) -> Mapping[str, int] | None:
        """The tokens of both attempts, by the wire's names; None where the server sent none."""
        return self.answer.usage.as_wire() if self.answer.usage is not None else None


@dataclass(frozen=True, slots=True)
class Requirement:
    """What an answer must be.

    Attributes:
        tools: It must call one of these (the caller's name -> schema of the arguments); None: it
            need not.
        json: It must be JSON, unless it calls a tool.
        schema: The schema of that JSON, or None for any.
        name: What the schema is called.
        native: The server is asked to see to it: nothing is put into words.
        trusted: It does see to it, the caller says: only a cut answer is refused.
        structured: The answer is data for a program: arguments must fit their schema. (Without, a
            tool's own validation tells the model, as agents are used to.)
        lenient: When the second attempt fails too, return it rather than raise: a parser follows.
        replaceable: What a stream has shown may be replaced: its reader wants the outcome.
        check: What is wrong with a value that fits its schema, in words; from the adapter, whose
            data class may have rules of its own.
        names: The tools' names on the wire.

    Examples:
        >>> needed = Requirement(json=True, schema={"type": "object", "required": ["total"]})
        >>> needed.json, needed.tools is None
        (True, True)
    """

    tools: Mapping[str, Mapping[str, Any]] | None = None
    json: bool = False
    schema: Mapping[str, Any] | None = None
    name: str = "answer"
    native: bool = False
    trusted: bool = False
    structured: bool = False
    lenient: bool = False
    replaceable: bool = False
    check: Callable[[Any], Sequence[str]] | None = None
    names: ToolNames | None = None

    def instruction(self) -> str:
        """The requirement in words, for the system message; empty where none are needed."""
        parts: list[str] = []
        if self.native:
            return ""
        if self.tools is not None:
            parts.append(
                f"You must call {self._one_tool()}, even if the request seems not to need it. "
                "Do not answer in text."
            )
        if self.json and self.schema is not None:
            schema = json.dumps(inlined(self.schema), ensure_ascii=False)
            parts.append(
                "Give your final answer as a single JSON object that conforms to this JSON Schema "
                f"({self.name}), with nothing before or after it and no code fence:\n{schema}"
            )
        return "\n\n".join(parts)

    @property
    def wants_json(self) -> bool:
        """Whether the text is to be the JSON and nothing else."""
        return self.json and not (self.native and self.trusted)

    @property
    def arrays(self) -> bool:
        """Whether the JSON may be an array."""
        return self.schema is None or inlined(self.schema).get("type") == "array"

    def met_in_text(self, answer: Answer, seed: str) -> Answer:
        """Return the answer with the one call that is due, where its arguments are in the text.

        Args:
            answer: The answer.
            seed: Of the call's id, where the answer has none.
        """
        if (
            (self.native and self.trusted)
            or self.tools is None
            or len(self.tools) != 1
            or answer.calls
        ):
            return answer
        (name, schema), *_ = self.tools.items()
        found = object_in(answer.text)
        wanted = set(schema.get("required") or schema.get("properties") or ())
        if found is None or not wanted or not wanted <= set(found) or problems(found, schema):
            return answer
        text = json.dumps(found, ensure_ascii=False)
        call = Call(made_up_id(str(answer.facts.get("id") or seed), 0), name, found, text)
        return replace(answer, text="", calls=(call,))

    def complaint(self, answer: Answer) -> str | None:
        """Why an answer does not do, in words; None when it does."""
        if answer.finish_reason == "sensitive":
            return None  # the answer itself reports it
        if self.native and self.trusted and answer.finish_reason != "length":
            return None
        found = None
        if self.tools is not None:
            found = self._call_complaint(answer)
        elif self.json and not answer.calls:
            found = self._json_complaint(answer.text)
        if found is not None and answer.finish_reason == "length":
            if self.tools is None and not self.structured:
                return None
            return f"the answer was cut at max_tokens (finish_reason length), so {found}"
        return found

    @staticmethod
    def may_repair(answer: Answer) -> bool:
        """False for an answer that was cut: a second one would be too, and cost as much."""
        return answer.finish_reason != "length"

    def _call_complaint(self, answer: Answer) -> str | None:
        tools = self.tools or {}
        called = [call for call in answer.runnable if call.name in tools]
        if not called:
            broken = [call.name for call in answer.calls if call.arguments is None]
            if broken:
                return f"the arguments of {broken[0]} were not valid JSON"
            return f"it did not call {self._one_tool()}"
        if self.structured:
            found = self._problems(called[0].arguments, tools[called[0].name])
            if found:
                return f"the arguments of {called[0].name} are wrong: {'; '.join(found)}"
        return None

    def _json_complaint(self, text: str) -> str | None:
        try:
            value = json.loads(self.final_text(text), strict=False)
        except (ValueError, RecursionError):
            return "it was not a JSON object"
        found = self._problems(value, self.schema)
        return f"it does not fit the schema: {'; '.join(found)}" if found else None

    def final_text(self, text: str) -> str:
        """The JSON in a text, with values that were left as JSON text decoded by the schema."""
        found = json_text(text, arrays=self.arrays)
        if self.schema is None:
            return found
        try:
            value = json.loads(found, strict=False)
        except (ValueError, RecursionError):
            return found
        if not isinstance(value, dict):
            return found
        meant = decoded(value, self.schema)
        # As it came where nothing is decoded: 1.50 does not become 1.5.
        return found if same(meant, value) else json.dumps(meant, ensure_ascii=False)

    def _problems(self, value: Any, schema: Mapping[str, Any] | None) -> Sequence[str]:
        found: Sequence[str] = problems(value, schema) if schema is not None else ()
        return found or (self.check(value) if self.check is not None else ())

    def in_words(self) -> Requirement:
        """Return the same requirement, put into words: for a server that did not see to it."""
        return self if self.trusted else replace(self, native=False)

    def repair(self, messages: Sequence[Wire], answer: str, complaint: str) -> list[Wire]:
        """The conversation for the second attempt."""
        want = f"You must call {self._one_tool()} now." if self.tools is not None else (
            "Give the whole answer again, as one JSON object and nothing else."
        )  # fmt: skip
        turns = [{"role": "assistant", "content": answer}] if answer.strip() else []
        ask = f"Your last answer cannot be used: {complaint}. {want}"
        asked = [*messages, *turns, {"role": "user", "content": ask}]
        return repaired(asked, greets=True)  # how they begin was decided before

    def error(self, complaint: str, answer: Answer) -> RequirementError:
        """The error for a second attempt that fails too."""
        if self.tools is not None:
            what, other = f"call {self._one_tool()}", "tool_choice='auto'"
        else:
            what, other = f"give {self.name}", "a simpler schema"
        answered = f" (it answered {show(answer.text.strip())})" if answer.text.strip() else ""
        return RequirementError(
            f"the model was asked to {what}, but {complaint}{answered}. Try another "
            f"model, or {other}",
            answer,
            complaint,
            needs_call=self.tools is not None,
        )

    def _one_tool(self) -> str:
        names = [self.names.encode(name) if self.names else name for name in self.tools or ()]
        if len(names) == 1:
            return f"the tool {names[0]}"
        return f"one of the tools {', '.join(names)}"


def validation_complaints(error: ValidationError) -> list[str]:
    """What pydantic found wrong, in words a model can act on.

    Args:
        error: What a data class said of an answer; its first ten complaints are taken.

    Examples:
        >>> from pydantic import BaseModel, ValidationError
        >>> from zhipu_client.conversation import validation_complaints
        >>> class Invoice(BaseModel):
        ...     total: float
        >>> try:
        ...     Invoice(total="seven")
        ... except ValidationError as error:
        ...     validation_complaints(error)
        ['total: Input should be a valid number, unable to parse string as a number']
    """
    rows = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        f"{'.'.join(str(part) for part in row['loc']) or 'the whole'}: {row['msg']}"
        for row in rows[:10]
    ]


def with_instruction(messages: Sequence[Wire], instruction: str) -> list[Wire]:
    """The conversation with a further instruction, at the end of the system message."""
    if not instruction:
        return list(messages)
    first = messages[0] if messages else None
    if first is not None and first["role"] == "system":
        content = first["content"]
        if isinstance(content, str):
            joined: Any = f"{content}\n\n{instruction}"
        else:
            joined = [*content, {"type": "text", "text": instruction}]
        return [{**first, "content": joined}, *messages[1:]]
    return [{"role": "system", "content": instruction}, *messages]
