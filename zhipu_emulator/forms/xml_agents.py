"""Agents that ask for calls with tags: ``<tool>...</tool><tool_input>...</tool_input>``."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from zhipu_emulator.chat.message_parts import plain
from zhipu_emulator.forms.tool_lists import offered

if TYPE_CHECKING:
    from zhipu_emulator.chat.answer import Call
    from zhipu_emulator.chat.checks import ChatRequest

_LONGEST = 30_000  # characters that are read for steps
_ASKED = re.compile(r"^Question: ?(.*?)(?=<tool>|\Z)", re.MULTILINE | re.DOTALL)
_STEP = re.compile(
    r"<tool>([^<]{1,100})</tool>\s{0,9}<tool_input>([^<]{0,4000})(?:</tool_input>)?\s{0,9}"
    r"<observation>(.{0,8000}?)</observation>",
    re.DOTALL,
)


@dataclasses.dataclass(frozen=True)
class XmlAgent:
    """A request of such an agent, with functions, calls and results in the place of tags."""

    asked: ChatRequest

    @classmethod
    def of(cls, asked: ChatRequest) -> XmlAgent | None:
        """Read a request; None where it does not ask for calls with tags."""
        texts = [plain(message.get("content")) for message in asked.messages]
        rules = texts[-1] if texts else ""
        if asked.functions or "<tool_input>" not in rules or "<final_answer>" not in rules:
            return None
        functions = offered(rules)
        begun = rules.rpartition("Begin!")[2][-_LONGEST:]
        if not functions or (question := _ASKED.search(begun)) is None:
            return None
        messages = list(_messages(question[1].strip(), begun))
        return cls(dataclasses.replace(asked, functions=functions, messages=messages))

    def written(self, calls: Sequence[Call], content: str) -> str:
        """What the model says: the first call, or the answer."""
        if not calls:
            return f"<final_answer>{content}</final_answer>"
        given = json.loads(calls[0].arguments)
        shown = next(iter(given.values())) if len(given) == 1 else json.dumps(given)
        return f"<tool>{calls[0].name}</tool><tool_input>{shown}</tool_input>"


def _messages(question: str, text: str) -> Iterator[dict[str, Any]]:
    yield {"role": "user", "content": question}
    for number, (name, given, seen) in enumerate(_STEP.findall(text)):
        function = {"name": name.strip(), "arguments": json.dumps({"input": given})}
        call = {"id": f"step_{number}", "type": "function", "function": function}
        yield {"role": "assistant", "content": "", "tool_calls": [call]}
        yield {"role": "tool", "tool_call_id": call["id"], "content": seen}
