"""Agents that ask for calls in words. Read as functions, calls and results; written back.

Two forms are known, whatever the prompt around them: lines, ``Action: ...`` and ``Action Input:
...``, and a JSON object with ``action`` and ``action_input``.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zhipu_emulator.chat.message_parts import plain
from zhipu_emulator.forms.tool_lists import literal, offered

if TYPE_CHECKING:
    from zhipu_emulator.chat.answer import Call
    from zhipu_emulator.chat.checks import ChatRequest

_LINES, _BLOB = "Action Input:", '"action_input"'
_FEW = r"\s{0,9}"  # blanks: without a bound long runs of them would take long
_BEGIN = re.compile(rf"\bBegin!|USER'S INPUT{_FEW}\n-+\n[^\n]*:{_FEW}\n")
_SEEN = (
    rf"Observation{_FEW}:{_FEW}(?P<seen>.*?){_FEW}(?=\n{_FEW}(?:Thought{_FEW}:|\(reminder\b)|\Z)"
)
_GIVEN = rf"(?P<name>[^\n{{`]+)\n{_FEW}Action Input{_FEW}:{_FEW}(?P<input>.{{0,4000}}"
_STEP = re.compile(
    rf"(?:Thought{_FEW}:[^\n]*\n{_FEW})?Action{_FEW}:{_FEW}"
    rf"(?:{_GIVEN}?)|(?:```\w*{_FEW})?(?P<blob>\{{.*?\}}){_FEW}(?:```)?){_FEW}\n{_FEW}{_SEEN}",
    re.DOTALL,
)
_CALL = re.compile(rf"Action{_FEW}:{_FEW}{_GIVEN})", re.DOTALL)
_RESPONSE = re.compile(
    rf"{_FEW}(?:Observation:|TOOL RESPONSE:{_FEW}\n-*){_FEW}(.*?){_FEW}(?=\n{_FEW}USER'S INPUT|\Z)",
    re.DOTALL,
)
_ASKED = re.compile(r"^[ \t]{0,9}(?:Question|New input|Input|Human) ?:\s{0,9}", re.MULTILINE)
_SPEAKER = r"^(Human|User|AI|Assistant) ?:"
_TURN = re.compile(rf"{_SPEAKER}{_FEW}(.*?){_FEW}(?={_SPEAKER}|\Z)", re.DOTALL | re.MULTILINE)
_REST = re.compile(
    rf"(?:\n{_FEW}(?:Thought{_FEW}:|This was your previous work)|{_FEW}\(reminder\b).*", re.DOTALL
)
_FINAL_LINE = re.compile(
    rf"^{_FEW}(Final Answer){_FEW}:|^{_FEW}(\w[\w ]*): \[your (?:answer|response) here",
    re.MULTILINE,
)
_LONGEST = 30_000  # characters that are read for steps


@dataclasses.dataclass(frozen=True)
class TextAgent:
    """A request of such an agent.

    Attributes:
        asked: The request with functions, calls and results in the place of words.
        rules: The text that gives the form.
    """

    asked: ChatRequest
    rules: str

    @classmethod
    def of(cls, asked: ChatRequest) -> TextAgent | None:
        """Read a request; None where it does not ask for calls in words."""
        if asked.functions:
            return None
        texts = [(message["role"], plain(message.get("content"))) for message in asked.messages]
        rules = "\n".join(
            t for role, t in texts if role != "assistant" and (_LINES in t or _BLOB in t)
        )
        functions = offered(rules) if rules else []
        messages = list(_messages(texts)) if functions else []
        if all(message["role"] != "user" for message in messages):
            return None
        return cls(dataclasses.replace(asked, functions=functions, messages=messages), rules)

    def written(self, calls: Sequence[Call], content: str) -> str:
        """What the model says: the first call, or the answer."""
        asks = "Do I need to use a tool?" in self.rules
        thought = (
            "Do I need to use a tool? " + ("Yes" if calls else "No")
            if asks
            else ("I need a tool." if calls else "I can answer without using any more tools.")
        )
        final = _FINAL_LINE.search(self.rules)
        if calls:
            given = self._input(calls[0])
            if _BLOB in self.rules:
                return self._blob(calls[0].name, given)
            shown = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
            return f"Thought: {thought}\nAction: {calls[0].name}\nAction Input: {shown}"
        if final is None:
            return self._blob("Final Answer", content)
        return f"Thought: {thought}\n{final[1] or final[2]}: {content}"

    def _input(self, call: Call) -> Any:
        """The arguments; the value alone where the prompt has no schema for the one property."""
        given = json.loads(call.arguments)
        function = next(f for f in self.asked.functions if f["name"] == call.name)
        return given if function["strict"] or len(given) != 1 else str(next(iter(given.values())))

    def _blob(self, action: str, given: Any) -> str:
        blob = json.dumps({"action": action, "action_input": given}, ensure_ascii=False, indent=2)
        lead = "Action:\n" if re.search(r"^\s*Action:", self.rules, re.MULTILINE) else ""
        return f"{lead}```json\n{blob}\n```"


def _messages(texts: Sequence[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """The conversation in the wire's own form."""
    made: list[str] = []
    for number, (role, text) in enumerate(texts):
        if role == "assistant":
            call = _read(text, f"text_{number}")
            made += [call["id"]] if call else []
            yield {
                "role": role,
                "content": "" if call else text,
                **({"tool_calls": [call]} if call else {}),
            }
        elif role == "user" and made and (match := _RESPONSE.match(text)):
            yield {"role": "tool", "tool_call_id": made.pop(), "content": match[1]}
        elif role == "user":
            begins = list(_BEGIN.finditer(text))
            yield from _asked(text[begins[-1].end() :] if begins else text)
        # The system's text is the form; without it the answers come from the conversation alone.


def _asked(text: str) -> Iterator[dict[str, Any]]:
    """A question, what was said before it, and the steps since it."""
    text = text[-_LONGEST:]
    steps = list(_STEP.finditer(text))
    head = text[: steps[0].start()] if steps else text
    labels = [label.end() for label in _ASKED.finditer(head)]
    question = _REST.sub("", head[labels[-1] if labels else 0 :]).strip()
    for turn in _TURN.finditer(head[: labels[-1]] if labels else ""):
        if turn[2]:
            role = "user" if turn[1] in ("Human", "User") else "assistant"
            yield {"role": role, "content": turn[2]}
    yield {"role": "user", "content": question or text.strip()}
    for number, step in enumerate(steps):
        if call := _read(step.group(), f"step_{number}"):
            yield {"role": "assistant", "content": "", "tool_calls": [call]}
            yield {"role": "tool", "tool_call_id": call["id"], "content": step["seen"]}


def _read(text: str, identity: str) -> dict[str, Any] | None:
    """The call that a text has, in either form."""
    found = literal(text[text.find("{") :].partition("\n```")[0]) if '"action"' in text else None
    if isinstance(found, Mapping) and found.get("action") != "Final Answer":
        name, given = str(found.get("action")), found.get("action_input")
    elif match := _CALL.search(text.partition("\nObservation")[0]):
        name, given = match["name"].strip(), match["input"].strip()
    else:
        return None
    parsed = literal(given) if isinstance(given, str) else given
    arguments = parsed if isinstance(parsed, Mapping) else {"input": given}
    function = {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}
    return {"id": identity, "type": "function", "function": function}
