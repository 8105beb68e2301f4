"""One attempt at a streamed answer: chunks in, what may be shown of them out. Pure.

Reasoning is passed on at once. Text is held back only as long as it may turn out to be what was
not asked for: prose where a call is due, or anything before the JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zhipu_client import chat
from zhipu_client.chat._chunks import ChatReader
from zhipu_client.conversation._decisions import Built
from zhipu_client.conversation.answers import Answer, Call, logprobs_of, made_up_id
from zhipu_client.conversation.box_marks import BoxFilter
from zhipu_client.conversation.json_answers import JsonFilter
from zhipu_client.conversation.text_tool_calls import CallFilter, without_calls

__all__ = ["Attempt", "Delta"]


class Delta:
    """What a chunk adds to the answer; every part may be empty.

    Attributes:
        text: Of the answer.
        reasoning: Of the thoughts before it.
        calls: Pieces of tool calls, with the caller's names; `chat.Fragment` has the fields.
        audio: A piece of sound, as it came.
        logprobs: Log probabilities, as they came.
        chunk: The chunk itself; an empty one where the end of the stream brought something out.

    Examples:
        >>> delta = Delta({}, text="32", reasoning="")
        >>> delta.text, delta.calls
        ('32', ())
    """

    __slots__ = ("audio", "calls", "chunk", "logprobs", "reasoning", "text")

    def __init__(
        self,
        chunk: Mapping[str, Any],
        text: str = "",
        reasoning: str = "",
        calls: Sequence[chat.Fragment] = (),
    ) -> None:
        self.chunk = chunk
        self.text = text
        self.reasoning = reasoning
        self.calls = calls
        self.audio: Mapping[str, Any] | None = None
        self.logprobs: Any = None

    @property
    def empty(self) -> bool:
        """True for a chunk that shows nothing."""
        return not (self.text or self.reasoning or self.calls or self.audio or self.logprobs)


class Attempt(ChatReader):
    """Reads the events of one attempt.

    Args:
        built: What was sent.
        seed: Of the ids of calls that come without one.

    Attributes:
        shown: True once something of the answer itself (not of its reasoning) was passed on:
            from then on it cannot be asked for again.
    """

    __slots__ = (
        "_box",
        "_called",
        "_filter",
        "_held",
        "_logprobs",
        "_marks",
        "_names",
        "_numbers",
        "_requires_call",
        "_seed",
        "_single",
        "_think",
        "shown",
    )  # fmt: skip

    def __init__(self, built: Built, *, seed: str) -> None:
        super().__init__(built.names.known)
        requirement = built.requirement
        if requirement is not None and requirement.native and requirement.trusted:
            requirement = None  # nothing is held back of what the server sees to
        self._names = built.names
        self._seed = seed
        self._single = built.single_call
        self._think = built.think_filter()
        self._box = None if built.box_marks else BoxFilter()
        self._requires_call = requirement is not None and requirement.tools is not None
        self._filter = (
            JsonFilter(arrays=requirement.arrays)
            if requirement is not None and requirement.json and not self._requires_call
            else None
        )
        held_all = self._requires_call or self._filter is not None
        self._marks = CallFilter() if built.calls_in_text and not held_all else None
        self._logprobs: list[Any] = []
        self._held: list[str] = []
        self._called = False
        self._numbers = 0
        self.shown = False

    def feed(self, data: bytes, event: str) -> Delta | None:  # type: ignore[override]
        """Decode one event; None for one that shows nothing."""
        chunk = super().feed(data, event)
        made = self.delta(chunk) if chunk is not None else None
        return None if made is None or made.empty else made

    def delta(self, chunk: Mapping[str, Any]) -> Delta | None:
        """What a chunk, already added up, shows."""
        choices = chunk.get("choices")
        if not choices:
            return None
        choice = choices[0]
        wire = choice.get("delta") or choice.get("message") or {}
        text = chat.text_of(wire.get("content"))
        reasoning = chat.reasoning_of(wire)
        called = wire.get("tool_calls") or wire.get("function_call")
        calls = bool(called) and bool(chat.calls_of(wire))
        if self._think is not None and (text or reasoning):
            if reasoning.strip():
                self._think.has_parser()
            thought, text = self._think.feed(text)
            reasoning += thought
        if self._think is not None and calls:
            text += self._think.blanks()  # text that came before a call is shown before it
        text = self._shown(text, calls=calls)
        made = Delta(chunk, text, reasoning)
        if calls:
            made.calls = self._fragments(self._answer.fragments)
        if isinstance(wire.get("audio"), Mapping):
            made.audio = wire["audio"]
        made.logprobs = logprobs_of(choice)
        if made.logprobs is not None:
            self._logprobs.extend(made.logprobs["content"])
        if self._requires_call or self._filter is not None:
            self._hold_back(made)
        elif made.text or made.calls:
            self.shown = True
        return made

    def _shown(self, text: str, *, calls: bool) -> str:
        """What of a text is shown now, marks apart."""
        if self._box is not None and text:
            text = self._box.feed(text)
        if self._marks is not None:
            text = self._marks.feed(text)
            if calls:  # the server has a parser, so what was held is text
                text += self._marks.held
                self._marks = None
        return text

    def rest(self) -> Iterator[Delta]:
        """What the filters still hold when the answer is over."""
        thought = text = ""
        if self._think is not None:
            thought, text = self._think.rest()
        if self._box is not None:
            text = self._box.feed(text) + self._box.rest()
        self._think = self._box = None
        if self._marks is not None:
            text = self._marks.feed(text)
        names = self._fragments(self._answer.rest())
        if thought or text or names:
            made = Delta({}, text, thought, names)
            if self._requires_call or self._filter is not None:
                self._hold_back(made)
            else:
                self.shown = self.shown or bool(made.text or made.calls)
            yield made

    def closing(self, answer: Answer) -> Iterator[Delta]:
        """What was held back and belongs to the accepted answer."""
        if self._called:
            return
        found = () if self._numbers else answer.calls  # those that were in the text
        text = self._release()
        if found:
            text = answer.text if text else ""
        if self._marks is not None:
            text = without_calls(self._marks.held) if found else self._marks.held
        if text or found:
            yield Delta({}, text, calls=[_whole(call, n) for n, call in enumerate(found)])

    def body(self) -> dict[str, Any]:
        """The attempt's answer as a whole body."""
        body = self._answer.message()
        if self._logprobs and body.get("choices"):
            choice = {**body["choices"][0], "logprobs": {"content": self._logprobs}}
            body = {**body, "choices": [choice]}
        return body

    def _hold_back(self, made: Delta) -> None:
        if made.calls:
            if not self._called:
                self._called = True
                made.text = self._release() + made.text
            self.shown = True
        elif made.text and not self._called:
            if self._requires_call:
                self._held.append(made.text)
                made.text = ""
            elif self._filter is not None:
                made.text = self._filter.feed(made.text)
                self.shown = self.shown or bool(made.text)

    def _release(self) -> str:
        """The text that was held back."""
        text = "".join(self._held)
        if not text and self._filter is not None and not self._filter.started:
            text = self._filter.held()
        self._held = []
        self._filter = None
        return text

    def _fragments(self, pieces: Sequence[chat.Fragment]) -> list[chat.Fragment]:
        found = []
        for fragment in pieces:
            number = fragment["index"]
            if self._single and number > 0:
                continue
            first = number >= self._numbers
            if first:
                self._numbers = number + 1
            identity = fragment["id"]
            if first and identity is None:
                identity = made_up_id(self._answer.id or self._seed, number)
            elif not first:
                identity = None  # only the first piece of a call has its id
            name = fragment["name"]
            found.append(
                chat.Fragment(
                    index=number,
                    id=identity,
                    name=self._names.decode(name) if name is not None else None,
                    arguments=fragment["arguments"],
                )
            )
        return found


def _whole(call: Call, number: int) -> chat.Fragment:
    arguments = call.text
    if call.arguments is not None:
        arguments = json.dumps(call.arguments, ensure_ascii=False)
    return chat.Fragment(index=number, id=call.id, name=call.name, arguments=arguments)
