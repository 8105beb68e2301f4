"""Answers of a chat model as the adapters get them: text, reasoning, calls, tokens. Pure.

A whole body and the sum of a stream's chunks are read by the same function, so that both give the
same `Answer`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zhipu_client import chat
from zhipu_client._check import show
from zhipu_client.conversation._strayed import GONE, Written, doubts
from zhipu_client.conversation.arguments import may_go_on, read_arguments
from zhipu_client.conversation.sound import playable

__all__ = [
    "EARLY",
    "FACTS",
    "Answer",
    "Call",
    "Usage",
    "facts_of",
    "logprobs_of",
    "made_up_id",
    "read_answer",
]

#: Fields of a body that describe the answer as a whole, beside its choices and its usage.
FACTS = (
    "id", "request_id", "created", "model", "web_search", "content_filter", "video_result",
)  # fmt: skip
#: Why an answer ended that is not whole.
_CUT = frozenset({"length", "sensitive"})
#: Those of them that the first chunk of a stream has already.
EARLY = ("id", "request_id", "created", "model")

#: The caller's name of a tool -> the schema of its arguments.
Schemas = Mapping[str, Mapping[str, Any]]
#: The counts of a body, by the names of chat completions and of the later API.
_PROMPT = ("prompt_tokens", "input_tokens")
_ANSWER = ("completion_tokens", "output_tokens")
_LONGEST_COUNT = 19


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call of the model.

    Attributes:
        id: Unique among the calls of its answer; made up where the server sent none.
        name: The caller's name of the tool.
        arguments: The arguments; None where what the model wrote is not a whole JSON object, so
            that the call must not be run.
        text: The arguments as the model wrote them.
        error: Why the call cannot be run, or None.

    Examples:
        >>> Call("call_1", "add", {"a": 1}, '{"a": 1}').arguments
        {'a': 1}
    """

    id: str
    name: str
    arguments: dict[str, Any] | None
    text: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as billed. ``output`` includes the reasoning, ``input`` what came from the cache.

    Attributes:
        input: Tokens of the prompt.
        output: Tokens of the answer.
        total: Both.
        cached: Tokens of the prompt that the cache served; None where the server does not say.
        reasoning: Tokens of the reasoning; None where the server does not say.
    """

    input: int
    output: int
    total: int
    cached: int | None = None
    reasoning: int | None = None

    @classmethod
    def of(cls, usage: Any) -> Usage | None:
        """Read the ``usage`` of a body, by the names of either API; None where it is missing.

        Examples:
            >>> Usage.of({"prompt_tokens": 9, "completion_tokens": 3}).total
            12
        """
        if not isinstance(usage, Mapping) or not usage:
            return None
        prompt, answer = _first(usage, _PROMPT), _first(usage, _ANSWER)
        cached = _detail(usage, _PROMPT, "cached_tokens")
        total = _count(usage.get("total_tokens")) or prompt + answer
        if cached and total == prompt + cached + answer:
            prompt += cached  # some gateways count the cached tokens apart
        reasoning = _detail(usage, _ANSWER, "reasoning_tokens")
        return cls(prompt, answer, total, cached, reasoning)

    def as_wire(self) -> dict[str, Any]:
        """The same by the names of the wire."""
        found: dict[str, Any] = {
            "prompt_tokens": self.input,
            "completion_tokens": self.output,
            "total_tokens": self.total,
        }
        if self.cached is not None:
            found["prompt_tokens_details"] = {"cached_tokens": self.cached}
        if self.reasoning is not None:
            found["completion_tokens_details"] = {"reasoning_tokens": self.reasoning}
        return found

    def plus(self, other: Usage | None) -> Usage:
        """The tokens of two attempts."""
        if other is None:
            return self
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.total + other.total,
            _sum(self.cached, other.cached),
            _sum(self.reasoning, other.reasoning),
        )


def _count(value: Any) -> int | None:
    """Return a number of tokens; some gateways write it as text, or with a fraction of zero."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < _LONGEST_COUNT:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _first(usage: Mapping[str, Any], names: Sequence[str]) -> int:
    return next((count for name in names if (count := _count(usage.get(name)))), 0)


def _detail(usage: Mapping[str, Any], groups: Sequence[str], key: str) -> int | None:
    for group in groups:
        details = usage.get(f"{group}_details")
        if isinstance(details, Mapping):
            return _count(details.get(key))
    return None


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one + (other or 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, of one attempt or of both.

    Attributes:
        text: The answer without its reasoning.
        reasoning: What the model thought before it.
        calls: The tool calls that are the caller's to run, or to see that they cannot be run.
        served: Calls of tools that the service has run itself, as they came.
        audio: Generated sound; its ``data`` is base64 of one file.
        finish_reason: Why the answer ended; None where the server does not say.
        usage: The tokens of all attempts.
        facts: What else describes the answer, see `FACTS`.
        logprobs: Log probabilities, where they were asked for.
        body: The last attempt's decoded body.
        attempts: How many answers were paid for.
        others: Where more than one was asked for (``n``), those after the first. Their tokens are
            in the usage of the first.

    Examples:
        >>> Answer(text="323", finish_reason="stop").as_wire()
        {'role': 'assistant', 'content': '323'}
    """

    text: str = ""
    reasoning: str = ""
    calls: tuple[Call, ...] = ()
    served: tuple[Any, ...] = ()
    audio: Mapping[str, Any] | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    logprobs: Any = None
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    attempts: int = 1
    others: tuple[Answer, ...] = ()

    @property
    def runnable(self) -> tuple[Call, ...]:
        """The calls that can be run."""
        return tuple(call for call in self.calls if call.arguments is not None)

    def as_wire(self) -> dict[str, Any]:
        """The assistant's message for the next turn, for `conversation.prepared`."""
        message: dict[str, Any] = {"role": "assistant", "content": self.text}
        if self.reasoning:
            message["reasoning_content"] = self.reasoning
        if self.calls:
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {
                        "name": call.name,
                        "arguments": call.text if call.arguments is None else call.arguments,
                    },
                }
                for call in self.calls
            ]
        if self.audio is not None and self.audio.get("id"):
            message["audio"] = {"id": self.audio["id"]}
        return message

    @property
    def wire_usage(self) -> Mapping[str, Any] | None:
        """``usage`` as the body has it, with the tokens of all attempts; None without any."""
        given = self.body.get("usage")
        if self.attempts == 1 or self.usage is None:
            return given if isinstance(given, Mapping) else None
        return {**(given if isinstance(given, Mapping) else {}), **self.usage.as_wire()}

    def after(self, first: Answer) -> Answer:
        """This answer as the outcome of two attempts: the first one's identity, both's costs."""
        early = {key: value for key, value in first.facts.items() if key in EARLY}
        usage = first.usage.plus(self.usage) if first.usage is not None else self.usage
        return replace(
            self,
            reasoning=first.reasoning + self.reasoning,
            facts={**self.facts, **early},
            usage=usage,
            attempts=first.attempts + self.attempts,
        )


def read_answer(
    body: Mapping[str, Any],
    *,
    request_id: str | None = None,
    names: Any = None,
    schemas: Schemas | None = None,
    seed: str | None = None,
) -> Answer:
    """Read the decoded body of ``/chat/completions``, or a stream's chunks added up.

    Args:
        body: The body. It is not changed.
        request_id: The id that the request carried: the chunks of a stream do not repeat it.
        names: The offered tools' names (`conversation.tools.ToolNames`), or None.
        schemas: The caller's tool name -> schema of its arguments.
        seed: Of the ids of calls that came without one, where the body has no id either.

    Examples:
        >>> choice = {"message": {"content": "4"}, "finish_reason": "stop"}
        >>> read_answer({"choices": [choice]}).text
        '4'
    """
    choice = (body.get("choices") or [{}])[0]
    message = chat.message_of(choice)
    facts = facts_of(body, request_id)
    asked, served = _split(chat.calls_of(message))
    made = _calls(asked, facts.get("id") or seed or uuid.uuid4().hex, names, schemas)
    audio = message.get("audio")
    return Answer(
        text=chat.text_of(message.get("content")),
        reasoning=chat.reasoning_of(message),
        calls=_without_cut(
            _without_doubtful([*made], schemas or {}), choice.get("finish_reason"), schemas or {}
        ),
        served=tuple(served),
        audio=playable(audio) if isinstance(audio, Mapping) else None,
        finish_reason=choice.get("finish_reason"),
        usage=Usage.of(body.get("usage")),
        facts=facts,
        logprobs=logprobs_of(choice),
        body=body,
    )


def facts_of(body: Mapping[str, Any], request_id: str | None = None) -> dict[str, Any]:
    """What a body or chunk reports about the answer as a whole, see `FACTS`.

    Args:
        body: The decoded body of an answer, or one chunk.
        request_id: The id of the request, where it is known; else it is the answer's ``id``.

    Examples:
        >>> from zhipu_client.conversation import facts_of
        >>> facts_of({"id": "2026", "model": "glm-4.7", "choices": []})
        {'id': '2026', 'model': 'glm-4.7', 'request_id': '2026'}
    """
    found = {key: body[key] for key in FACTS if body.get(key) is not None}
    if request_id is not None:
        found.setdefault("request_id", request_id)
    elif "id" in found:
        found.setdefault("request_id", found["id"])
    return found


def logprobs_of(choice: Mapping[str, Any]) -> Any:
    """The log probabilities of a choice, which your own servers send on request."""
    found = choice.get("logprobs")
    content = found.get("content") if isinstance(found, Mapping) else None
    return found if isinstance(content, list) and content else None


def _split(calls: Iterable[Any]) -> tuple[list[Mapping[str, Any]], list[Any]]:
    """The calls that are the caller's, and those that the service has run itself."""
    asked: list[Mapping[str, Any]] = []
    served: list[Any] = []
    for call in calls:
        if isinstance(call, Mapping):
            (served if chat.is_served(call) else asked).append(call)
    return asked, served


def _calls(
    asked: Sequence[Mapping[str, Any]],
    answer: str,
    names: Any,
    schemas: Schemas | None,
) -> Iterable[Call]:
    for number, call in enumerate(chat.unique_ids(asked)):
        function = call.get("function")
        function = function if isinstance(function, Mapping) else {}
        given = function.get("name")
        name = given if isinstance(given, str) else ""
        name = names.decode(name) if names is not None else name.strip()
        read = read_arguments(function.get("arguments"), (schemas or {}).get(name))
        identity = str(call["id"]) if call.get("id") else made_up_id(answer, number)
        if not name:
            yield Call(identity, "", None, read.text, _nameless(given))
        elif call.get("doubtful"):
            yield Call(identity, name, None, read.text, GONE)
        else:
            yield Call(identity, name, read.value, read.text, read.error)


def _nameless(given: Any) -> str:
    """Return why a call cannot be run whose tool is not known."""
    return f"it has {show(given)} for the name of the tool" if given else "it names no tool"


def _without_doubtful(calls: list[Call], schemas: Schemas) -> list[Call]:
    """Return the calls, those invalid that may have another's arguments, or whose another has."""
    written = [
        Written(call.name, call.arguments, call.text, schemas.get(call.name) or {})
        for call in calls
    ]
    return [
        call if why is None or call.error else replace(call, arguments=None, error=why)
        for call, why in zip(calls, doubts(written), strict=True)
    ]


def _without_cut(calls: list[Call], finish_reason: Any, schemas: Schemas) -> tuple[Call, ...]:
    """Return the calls, the last one invalid where the answer was cut before or in its arguments.

    Where a server does not say how the answer ended, only a tool without parameters is certain.
    """
    if not calls or calls[-1].error or not may_go_on(calls[-1].text):
        return tuple(calls)
    schema = schemas.get(calls[-1].name)
    certain = schema is not None and schema.get("properties") == {}
    if finish_reason in _CUT or (finish_reason is None and not certain):
        said = f"finish_reason {finish_reason}" if finish_reason else "no finish_reason"
        where = "in" if calls[-1].text.strip() else "before"
        error = f"the answer was cut {where} the arguments ({said})"
        calls[-1] = replace(calls[-1], arguments=None, error=error)
    return tuple(calls)


def made_up_id(answer: str, number: int) -> str:
    """The id of a call that came without one: a result cannot be matched to such a call.

    Args:
        answer: The id of the whole answer, or another seed.
        number: Which of the answer's calls this is, from 0.
    """
    return f"call_{answer}_{number}"
