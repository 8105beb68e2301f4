"""One answer, and how each server that speaks GLM streams it: by era, vLLM, SGLang, gateways."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

HEAD = {"id": "202609010000001122334455", "created": 1_788_000_000, "model": "glm-4.7"}
Event = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a model said, before any server has cut it into pieces."""

    reasoning: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    #: Name and pieces of the arguments of each call.
    calls: tuple[tuple[str, tuple[str, ...]], ...] = ()
    finish: str = "stop"
    usage: dict[str, Any] | None = None
    search: list[dict[str, Any]] = field(default_factory=list)

    def arguments(self, number: int) -> str:
        """The arguments of a call in one piece."""
        return "".join(self.calls[number][1])

    def identity(self, number: int) -> str:
        """The id of a call."""
        return f"call_-78072499541869848{number:02}"

    def whole(self) -> Event:
        """The body of the same answer, not streamed."""
        message: Event = {"role": "assistant", "content": "".join(self.words)}
        if self.reasoning:
            message["reasoning_content"] = "".join(self.reasoning)
        if self.calls:
            message["tool_calls"] = [
                _call(self, number, self.arguments(number)) for number in range(len(self.calls))
            ]
        choice = {"finish_reason": self.finish, "index": 0, "message": message}
        body: Event = {**HEAD, "request_id": HEAD["id"], "choices": [choice]}
        if self.usage is not None:
            body["usage"] = self.usage
        if self.search:
            body["web_search"] = self.search
        return body


def _call(answer: Answer, number: int, arguments: Any, **changes: Any) -> Event:
    function = {"name": answer.calls[number][0], "arguments": arguments}
    call = {"id": answer.identity(number), "index": number, "type": "function"}
    return {**call, "function": function, **changes}


def _chunk(delta: Event, finish: str | None = None, **top: Any) -> Event:
    choice: Event = {"index": 0, "delta": delta}
    if finish is not None:
        choice["finish_reason"] = finish
    return {**HEAD, **top, "choices": [choice]}


def _tail(answer: Answer) -> Event:
    tail: Event = {} if answer.usage is None else {"usage": answer.usage}
    return {**tail, "web_search": answer.search} if answer.search else tail


def _said(answer: Answer, key: str = "reasoning_content", **more: Any) -> Iterator[Event]:
    for piece in answer.reasoning:
        yield _chunk({"role": "assistant", key: piece, **more})
    for piece in answer.words:
        yield _chunk({"role": "assistant", "content": piece, **more})


def glm_2024(answer: Answer) -> Iterator[Event]:
    """A role everywhere; the call whole; the finish on the call and on the last chunk."""
    yield from _said(answer)
    calls = [_call(answer, n, answer.arguments(n)) for n in range(len(answer.calls))]
    if calls:
        yield _chunk({"role": "assistant", "tool_calls": calls}, answer.finish)
    yield _chunk({"role": "assistant", "content": ""}, answer.finish, **_tail(answer))


def glm_summer_2025(answer: Answer) -> Iterator[Event]:
    """Index -1 for every call, a finish on each."""
    yield _chunk({"role": "assistant", "content": "", "reasoning_content": ""})
    yield from _said(answer)
    for n in range(len(answer.calls)):
        call = _call(answer, n, answer.arguments(n), index=-1)
        yield _chunk({"tool_calls": [call]}, answer.finish)
    yield _chunk({"role": "assistant", "content": ""}, answer.finish, **_tail(answer))


def glm_objects(answer: Answer) -> Iterator[Event]:
    """Arguments as an object instead of text, where they are whole."""
    yield from _said(answer)
    for n in range(len(answer.calls)):
        text = answer.arguments(n)
        try:
            arguments: Any = json.loads(text)
        except ValueError:
            arguments = text
        yield _chunk({"tool_calls": [_call(answer, n, arguments)]})
    yield _chunk({"role": "assistant", "content": ""}, answer.finish, **_tail(answer))


def glm_2026(answer: Answer) -> Iterator[Event]:
    """With `object`; one call a chunk, no role beside it."""
    for event in glm_objects(answer):
        for call in event["choices"][0]["delta"].get("tool_calls", ()):
            call["function"]["arguments"] = answer.arguments(call["index"])
        yield {**event, "object": "chat.completion.chunk"}


def tool_stream(answer: Answer) -> Iterator[Event]:
    """Arguments in pieces; id and name with the first."""
    yield from _said(answer)
    for n, (_, pieces) in enumerate(answer.calls):
        yield _chunk({"tool_calls": [_call(answer, n, "")]})
        for piece in pieces:
            yield _chunk({"tool_calls": [{"index": n, "function": {"arguments": piece}}]})
    yield _chunk({"role": "assistant", "content": ""}, answer.finish, **_tail(answer))


def interleaved(answer: Answer) -> Iterator[Event]:
    """The pieces of parallel calls in turns."""
    yield from _said(answer)
    for n in range(len(answer.calls)):
        yield _chunk({"tool_calls": [_call(answer, n, "")]})
    longest = max((len(pieces) for _, pieces in answer.calls), default=0)
    for place in range(longest):
        parts = [
            {"index": n, "function": {"arguments": pieces[place]}}
            for n, (_, pieces) in enumerate(answer.calls)
            if place < len(pieces)
        ]
        yield _chunk({"tool_calls": parts})
    yield _chunk({"role": "assistant", "content": ""}, answer.finish, **_tail(answer))


def repeated_names(answer: Answer) -> Iterator[Event]:
    """Id and name in each piece."""
    yield from _said(answer)
    for n, (_, pieces) in enumerate(answer.calls):
        for piece in pieces:
            yield _chunk({"tool_calls": [_call(answer, n, piece)]})
    yield _chunk({"content": ""}, answer.finish, **_tail(answer))


def no_index(answer: Answer) -> Iterator[Event]:
    """No index; the id with the first piece only."""
    yield from _said(answer)
    for n, (_, pieces) in enumerate(answer.calls):
        first = _call(answer, n, pieces[0])
        del first["index"]
        yield _chunk({"tool_calls": [first]})
        for piece in pieces[1:]:
            yield _chunk({"tool_calls": [{"function": {"arguments": piece}}]})
    yield _chunk({"content": ""}, answer.finish, **_tail(answer))


def new_ids(answer: Answer) -> Iterator[Event]:
    """The sample server of GLM-4: a new id in each piece of a call."""
    yield from _said(answer)
    for n, (_, pieces) in enumerate(answer.calls):
        for m, piece in enumerate(pieces):
            call = _call(answer, n, piece)
            if m:
                call["id"] = f"{call['id']}-{m}"
                call["function"]["name"] = None
            yield _chunk({"tool_calls": [call]})
    yield _chunk({"content": ""}, answer.finish, **_tail(answer))


def vllm(answer: Answer, key: str = "reasoning_content") -> Iterator[Event]:
    """Empty call lists, nulls, foreign keys, an empty last delta, usage without choices."""
    noise = {"logprobs": None, "token_ids": None}
    other = "reasoning" if key == "reasoning_content" else "reasoning_content"
    yield _chunk({"role": "assistant", "content": ""}, prompt_token_ids=None)
    for piece in answer.reasoning:
        yield _chunk({key: piece, other: None, "content": None, "tool_calls": []}, **noise)
    for piece in answer.words:
        yield _chunk({"content": piece, "tool_calls": [], "reasoning_content": None})
    for n, (_, pieces) in enumerate(answer.calls):
        yield _chunk({"content": "", "tool_calls": []})
        yield _chunk({"tool_calls": [_call(answer, n, "")]})
        for piece in pieces:
            part = {"index": n, "function": {"arguments": piece, "name": None}}
            yield _chunk({"content": None, "tool_calls": [part]})
    last = _chunk({}, answer.finish, **({"web_search": answer.search} if answer.search else {}))
    last["choices"][0]["stop_reason"] = 151338
    yield last
    if answer.usage is not None:
        yield {**HEAD, "choices": [], "usage": answer.usage}


def vllm_new(answer: Answer) -> Iterator[Event]:
    """As above with `reasoning` for `reasoning_content`."""
    yield from vllm(answer, "reasoning")


def sglang(answer: Answer) -> Iterator[Event]:
    """Nulls everywhere, calls whole, the finish in a chunk of its own."""
    empty = {"role": None, "content": None, "reasoning_content": None, "tool_calls": None}
    yield _chunk({**empty, "role": "assistant", "content": ""}, object="chat.completion.chunk")
    for piece in answer.reasoning:
        yield _chunk({**empty, "reasoning_content": piece}, usage=None)
    for piece in answer.words:
        yield _chunk({**empty, "content": piece}, usage=None)
    for n in range(len(answer.calls)):
        yield _chunk({**empty, "tool_calls": [_call(answer, n, answer.arguments(n))]})
    end = {"matched_stop": 151336}
    last = _chunk(
        dict(empty), answer.finish, **({"web_search": answer.search} if answer.search else {})
    )
    last["choices"][0].update(end)
    yield last
    if answer.usage is not None:
        yield {**HEAD, "choices": [], "usage": answer.usage}


def openrouter(answer: Answer) -> Iterator[Event]:
    """`reasoning` beside details of it, the provider's name, native finish reasons."""
    for piece in answer.reasoning:
        details = [{"type": "reasoning.text", "text": piece, "index": 0}]
        delta = {"role": "assistant", "content": "", "reasoning": piece}
        yield _chunk({**delta, "reasoning_details": details}, provider="Z.AI")
    for piece in answer.words:
        yield _chunk({"role": "assistant", "content": piece, "reasoning": None}, provider="Z.AI")
    for n, (_, pieces) in enumerate(answer.calls):
        for m, piece in enumerate(pieces):
            call = _call(answer, n, piece) if not m else _call(answer, n, piece, id=None)
            yield _chunk({"role": "assistant", "content": None, "tool_calls": [call]})
    search = {"web_search": answer.search} if answer.search else {}
    yield _chunk({"role": "assistant", "content": ""}, answer.finish, **search)
    last = _chunk({"role": "assistant", "content": ""})
    yield {**last, "usage": answer.usage} if answer.usage is not None else last


DIALECTS: dict[str, Callable[[Answer], Iterator[Event]]] = {
    function.__name__: function
    for function in (
        glm_2024, glm_summer_2025, glm_objects, glm_2026, tool_stream, interleaved,
        repeated_names, no_index, new_ids, vllm, vllm_new, sglang, openrouter,
    )
}  # fmt: skip

# --- Strategies

#: Everything that JSON can carry, with what is known to break naive line and token handling.
_nasty = st.sampled_from(
    ["\n", "\n\n", "data: ", "[DONE]", "\u2028", "\x85", "智谱", "🙂", "{", "\\"]
)
texts = st.lists(st.one_of(st.text(min_size=1, max_size=6), _nasty), max_size=5).map(tuple)
values = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=5))
objects = st.dictionaries(
    st.text(max_size=4), st.one_of(values, st.lists(values, max_size=2)), max_size=3
)
_counts = st.integers(0, 500)


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, tuple[str, ...]]:
    """A call: its name and its arguments in pieces, none of them empty."""
    text = json.dumps(draw(objects), ensure_ascii=draw(st.booleans()))
    cuts = sorted({0, len(text), *draw(st.lists(st.integers(1, len(text) - 1), max_size=3))})
    pieces = tuple(text[a:b] for a, b in itertools.pairwise(cuts))
    return draw(st.sampled_from(["f", "get_weather", "搜索"])), pieces


@st.composite
def usages(draw: st.DrawFn) -> dict[str, Any]:
    """Token counts, with and without their details."""
    prompt, completion = draw(_counts), draw(_counts)
    usage: dict[str, Any] = {"prompt_tokens": prompt, "completion_tokens": completion}
    usage["total_tokens"] = prompt + completion
    if draw(st.booleans()):
        usage["prompt_tokens_details"] = {"cached_tokens": draw(st.integers(0, prompt))}
    if draw(st.booleans()):
        reasoning = draw(st.integers(0, completion))
        usage["completion_tokens_details"] = {"reasoning_tokens": reasoning}
    return usage


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Any answer; the last call may be cut off by the token limit."""
    found = draw(st.lists(calls(), max_size=3))
    finish = "tool_calls" if found else draw(st.sampled_from(["stop", "length", "sensitive"]))
    if found and draw(st.booleans()):
        name, pieces = found[-1]
        found[-1] = (name, (*pieces[:-1], pieces[-1][:-1]) if len(pieces[-1]) > 1 else pieces[:-1])
        found = found if found[-1][1] else found[:-1]
        finish = "length"
    link = {"title": "T", "link": "https://a", "content": "c", "refer": "ref_1", "index": 0}
    return Answer(
        reasoning=draw(texts),
        words=draw(texts),
        calls=tuple(found),
        finish=finish,
        usage=draw(st.none() | usages()),
        search=draw(st.sampled_from([[], [link], [link, {**link, "title": "U"}]])),
    )
