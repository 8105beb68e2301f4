"""Answers in every dialect that servers of GLM models speak, in our own words.

Each has the shape of something that was seen on the wire: Zhipu's own service from 2024 on, and
vLLM, llama-server, ``transformers serve`` and gateways (``tests/servers`` runs some of them). What
it should be read as is beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.wire.reading import Answer

__all__ = ["DIALECTS", "Dialect", "as_asked"]

DONE = "data: [DONE]\n\n"
COUNT = {"prompt_tokens": 21, "completion_tokens": 9, "total_tokens": 30}
DETAILS = {
    **COUNT,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 5},
}
TOTALS = (21, 9, 30)
ASSISTANT = {"role": "assistant"}
HEAD_2025 = {"id": "20250912101500aabbccddeeff0011", "created": 1757643300, "model": "glm-4.5"}
HEAD_2026 = {
    "id": "20260312101500aabbccddeeff0011",
    "created": 1773281700,
    "object": "chat.completion.chunk",
    "model": "glm-4.7",
}
VLLM = {
    "id": "chatcmpl-5d1f",
    "object": "chat.completion.chunk",
    "created": 1773281700,
    "model": "zai-org/GLM-4.7",
}
LLAMA = {
    "created": 1773281700,
    "id": "chatcmpl-nkuuBGDHNwgYqIZN",
    "model": "GLM-4.7-Q4_K_M.gguf",
    "system_fingerprint": "b1-7e4c0a9",
    "object": "chat.completion.chunk",
}
TRANSFORMERS = {
    "id": "106fe35e-4c15-460c-a184-1d7d0d5248a4",
    "created": 1773281700,
    "model": "zai-org/GLM-4.7",
    "object": "chat.completion.chunk",
    "system_fingerprint": "",
}


def as_asked(body: str, *, usage: bool) -> str:
    """The body for a request that asks for ``stream_options.include_usage``, or does not.

    vLLM, SGLang, llama-server and LiteLLM count a stream in a chunk of its own, after the reason
    for its end, and only where they are asked to. The service and ``transformers serve`` count in
    the chunk that has the reason, always.
    """
    if usage or not body.lstrip().startswith(("data:", ":")):
        return body
    return "\n\n".join(event for event in body.split("\n\n") if not _counts_only(event))


def _counts_only(event: str) -> bool:
    return '"usage":{' in event and '"finish_reason":"' not in event


@dataclass(frozen=True)
class Dialect:
    """A body and what it says. ``tools``: the tools that were offered."""

    body: str
    answer: Answer
    tools: tuple[str, ...] = ()


def _event(head: dict[str, Any], *choices: dict[str, Any], **more: Any) -> str:
    data = {**head, "choices": list(choices), **more}
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"


def _delta(head: dict[str, Any], finish: str | None = None, /, **fields: Any) -> str:
    choice: dict[str, Any] = {"index": 0}
    if finish is not None:
        choice["finish_reason"] = finish
    return _event(head, {**choice, "delta": fields})


def _vllm(delta: dict[str, Any], finish: str | None = None, /, **more: Any) -> str:
    """A chunk as vLLM 0.32 sends it: `tests/servers` was asked for one."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return _event(VLLM, {**choice, **({"stop_reason": None} if finish else {})}, **more)


def _end(head: dict[str, Any], finish: str, usage: Any = None, **more: Any) -> str:
    choice = {"index": 0, "finish_reason": finish, "delta": {**ASSISTANT, "content": ""}}
    return _event(head, choice, usage=usage or DETAILS, **more) + DONE


def _call(name: str, arguments: Any, **fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "arguments": arguments}, **fields}


def _named(name: str, call_id: str, index: int) -> dict[str, Any]:
    """The first piece of a call, before anything of its arguments."""
    return {"id": call_id, "type": "function", "index": index, "function": {"name": name}}


def _body(message: dict[str, Any], finish: str, **fields: Any) -> str:
    choice = {"finish_reason": finish, "index": 0, "message": message}
    return json.dumps({"choices": [choice], **HEAD_2025, **fields}, ensure_ascii=False)


WEATHER = '{"city": "杭州", "unit": "c"}'
CALLED = [("weather", {"city": "杭州", "unit": "c"})]
SPLIT = ['{"ci', 'ty": "杭', '州", "un', 'it": "c"}']

_STREAMS: dict[str, Dialect] = {
    "2025, thinking": Dialect(
        _delta(HEAD_2025, role="assistant", content="", reasoning_content="\n")
        + _delta(HEAD_2025, role="assistant", reasoning_content="Seventeen times")
        + _delta(HEAD_2025, role="assistant", reasoning_content=" nineteen …")
        + _delta(HEAD_2025, role="assistant", content="\n")
        + _delta(HEAD_2025, role="assistant", content="17 × 19 = ")
        + _delta(HEAD_2025, role="assistant", content="323。")
        + _end(HEAD_2025, "stop", {**COUNT, "prompt_tokens_details": {"cached_tokens": 4}}),
        Answer("\n17 × 19 = 323。", "\nSeventeen times nineteen …", finish="stop", usage=TOTALS),
    ),
    "2026, thinking": Dialect(
        _delta(HEAD_2026, role="assistant", reasoning_content="The")
        + _delta(HEAD_2026, role="assistant", reasoning_content=" user asks for a very simple,")
        + _delta(HEAD_2026, role="assistant", content="It is 323.")
        + _end(HEAD_2026, "stop"),
        Answer("It is 323.", "The user asks for a very simple,", finish="stop", usage=TOTALS),
    ),
    "cut by max_tokens while thinking": Dialect(
        _delta(HEAD_2025, role="assistant", content="\n")
        + _delta(HEAD_2025, role="assistant", reasoning_content="Hmm, let me see")
        + _end(HEAD_2025, "length", COUNT),
        Answer("\n", "Hmm, let me see", finish="length", usage=TOTALS),
    ),
    "a whole call in one delta": Dialect(
        _delta(HEAD_2026, role="assistant", reasoning_content="I should look.")
        + _delta(HEAD_2026, role="assistant", content="\n")
        + _delta(HEAD_2026, tool_calls=[_call("weather", WEATHER, id="call_a1", index=0)])
        + _end(HEAD_2026, "tool_calls"),
        Answer("\n", "I should look.", CALLED, ["call_a1"], "tool_calls", TOTALS),
        ("weather",),
    ),
    "two calls, one after the other": Dialect(
        _delta(HEAD_2026, tool_calls=[_call("weather", WEATHER, id="call_a1", index=0)])
        + _delta(HEAD_2026, tool_calls=[_call("clock", "{}", id="call_b-2", index=1)])
        + _end(HEAD_2026, "tool_calls"),
        Answer("", "", [*CALLED, ("clock", {})], ["call_a1", "call_b-2"], "tool_calls", TOTALS),
        ("weather", "clock"),
    ),
    "arguments in pieces": Dialect(
        _delta(HEAD_2026, tool_calls=[_call("weather", SPLIT[0], id="call_a1", index=0)])
        + "".join(
            _delta(HEAD_2026, tool_calls=[{"index": 0, "function": {"arguments": piece}}])
            for piece in SPLIT[1:]
        )
        + _end(HEAD_2026, "tool_calls"),
        Answer("", "", CALLED, ["call_a1"], "tool_calls", TOTALS),
        ("weather",),
    ),
    "a finish reason on each call and at the end": Dialect(
        _delta(HEAD_2025, "tool_calls", tool_calls=[_call("clock", "{}", id="call_1", index=0)])
        + _delta(HEAD_2025, "tool_calls", tool_calls=[_call("clock", "{}", id="call_2", index=1)])
        + _end(HEAD_2025, "tool_calls"),
        Answer("", "", [("clock", {})] * 2, ["call_1", "call_2"], "tool_calls", TOTALS),
        ("clock",),
    ),
    "glm-4-flash: roles beside calls, usage without details": Dialect(
        _delta(
            {**HEAD_2025, "model": "glm-4-flash"},
            "tool_calls",
            role="assistant",
            tool_calls=[_call("weather", WEATHER, id="call_20250912aabb_0", index=0)],
        )
        + _end({**HEAD_2025, "model": "glm-4-flash"}, "tool_calls", COUNT),
        Answer("", "", CALLED, ["call_20250912aabb_0"], "tool_calls", TOTALS),
        ("weather",),
    ),
    "index -1 for every call, arguments as an object": Dialect(
        _delta(
            HEAD_2025,
            tool_calls=[_call("weather", json.loads(WEATHER), id="call_WiwAl_-3R8", index=-1)],
        )
        + _delta(HEAD_2025, tool_calls=[_call("clock", {}, id="call_4BgN84hp", index=-1)])
        + _end(HEAD_2025, "tool_calls"),
        Answer(
            "",
            "",
            [*CALLED, ("clock", {})],
            ["call_WiwAl_-3R8", "call_4BgN84hp"],
            "tool_calls",
            TOTALS,
        ),
        ("weather", "clock"),
    ),
    "web search results with the end": Dialect(
        _delta(HEAD_2026, role="assistant", content="Es regnet [1].")
        + _end(
            HEAD_2026,
            "stop",
            web_search=[{"title": "Wetter", "link": "https://w.example", "refer": "ref_1"}],
        ),
        Answer("Es regnet [1].", finish="stop", usage=TOTALS),
    ),
    "no usage, no DONE": Dialect(
        _delta(HEAD_2026, role="assistant", content="short") + _delta(HEAD_2026, "stop"),
        Answer("short", finish="stop"),
    ),
    "older vLLM: empty lists of calls, nulls, a last delta without anything": Dialect(
        _event(
            VLLM,
            {"index": 0, "delta": {**ASSISTANT, "content": ""}, "logprobs": None},
            prompt_token_ids=None,
        )
        + _event(
            VLLM,
            {
                "index": 0,
                "delta": {"reasoning_content": "Well.", "content": None, "tool_calls": []},
                "logprobs": None,
                "finish_reason": None,
                "token_ids": None,
            },
        )
        + _event(
            VLLM,
            {
                "index": 0,
                "delta": {"content": "Yes 🙂", "reasoning_content": None, "tool_calls": []},
                "logprobs": None,
                "finish_reason": None,
            },
        )
        + _event(VLLM, {"index": 0, "delta": {}, "finish_reason": "stop", "stop_reason": 151338})
        + _event(VLLM, usage=COUNT)
        + DONE,
        Answer("Yes 🙂", "Well.", finish="stop", usage=TOTALS),
    ),
    "vLLM 0.32: reasoning, nulls, the reason in a chunk of its own": Dialect(
        _vllm({**ASSISTANT, "content": ""}, prompt_token_ids=None, prompt_text=None)
        + _vllm({"reasoning": "One and "})
        + _vllm({"reasoning": "one."})
        + _vllm({"content": "Two."})
        + _vllm({}, "stop")
        + _event(
            VLLM,
            usage={**COUNT, "completion_tokens_details": {"reasoning_tokens": 5}},
            system_fingerprint="vllm-0.32.0-cc0fad2c",
        )
        + DONE,
        Answer("Two.", "One and one.", finish="stop", usage=TOTALS),
    ),
    "vLLM 0.32: two calls in pieces, each name by itself": Dialect(
        _vllm({**ASSISTANT, "content": ""}, prompt_token_ids=None, prompt_text=None)
        + _vllm({"tool_calls": [_named("weather", "chatcmpl-tool-9f", 0)]})
        + "".join(
            _vllm({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
            for piece in SPLIT
        )
        + _vllm({"tool_calls": [_named("clock", "chatcmpl-tool-a8", 1)]})
        + _vllm({"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]})
        + _vllm({}, "tool_calls")
        + _event(VLLM, usage=COUNT, system_fingerprint="vllm-0.32.0-cc0fad2c")
        + DONE,
        Answer(
            "",
            "",
            [*CALLED, ("clock", {})],
            ["chatcmpl-tool-9f", "chatcmpl-tool-a8"],
            "tool_calls",
            TOTALS,
        ),
        ("weather", "clock"),
    ),
    "vLLM 0.32: a call that was asked for by name ends with stop": Dialect(
        _vllm({**ASSISTANT, "content": ""}, prompt_token_ids=None, prompt_text=None)
        + _vllm({"reasoning": "I must look."})
        + _vllm({"tool_calls": [_call("weather", WEATHER, id="chatcmpl-tool-ab", index=0)]})
        + _vllm({}, "stop")
        + _event(VLLM, usage=COUNT, system_fingerprint="vllm-0.32.0-cc0fad2c")
        + DONE,
        Answer("", "I must look.", CALLED, ["chatcmpl-tool-ab"], "stop", TOTALS),
        ("weather",),
    ),
    "a new id in each piece of one call": Dialect(
        "".join(
            _delta(VLLM, tool_calls=[_call("weather", piece, id=f"call_{n}", index=0)])
            for n, piece in enumerate(SPLIT)
        )
        + _end(VLLM, "tool_calls", COUNT),
        Answer("", "", CALLED, ["call_0"], "tool_calls", TOTALS),
        ("weather",),
    ),
    "pieces without index and id": Dialect(
        _delta(VLLM, tool_calls=[_call("weather", SPLIT[0], id="call_0")])
        + "".join(
            _delta(VLLM, tool_calls=[{"function": {"arguments": piece}}]) for piece in SPLIT[1:]
        )
        + _end(VLLM, "tool_calls", COUNT),
        Answer("", "", CALLED, ["call_0"], "tool_calls", TOTALS),
        ("weather",),
    ),
    "llama-server: no content at first, usage with what it took": Dialect(
        _event(LLAMA, {"finish_reason": None, "index": 0, "delta": {**ASSISTANT, "content": None}})
        + _event(LLAMA, {"finish_reason": None, "index": 0, "delta": {"reasoning_content": "Sum"}})
        + _event(LLAMA, {"finish_reason": None, "index": 0, "delta": {"reasoning_content": " it."}})
        + _event(LLAMA, {"finish_reason": None, "index": 0, "delta": {"content": "Sum: 7 🙂"}})
        + _event(LLAMA, {"finish_reason": "stop", "index": 0, "delta": {}})
        + _event(LLAMA, usage=COUNT, timings={"cache_n": 20, "prompt_ms": 1.5, "predicted_n": 9})
        + DONE,
        Answer("Sum: 7 🙂", "Sum it.", finish="stop", usage=TOTALS),
    ),
    "llama-server: arguments in tokens, text before the call": Dialect(
        _event(LLAMA, {"finish_reason": None, "index": 0, "delta": {"content": "Let me see. "}})
        + _delta(LLAMA, tool_calls=[_call("weather", "{", id="O4cjqXA93H0Grp5T", index=0)])
        + "".join(
            _delta(LLAMA, tool_calls=[{"index": 0, "function": {"arguments": piece}}])
            for piece in ('"city":', '"', "杭州", '"', ',"unit":', '"', "c", '"', "}")
        )
        + _event(LLAMA, {"finish_reason": "tool_calls", "index": 0, "delta": {}}, timings={"n": 1})
        + _event(LLAMA, usage=COUNT)
        + DONE,
        Answer("Let me see. ", "", CALLED, ["O4cjqXA93H0Grp5T"], "tool_calls", TOTALS),
        ("weather",),
    ),
    "transformers serve: the usage with the end, no DONE": Dialect(
        _delta(TRANSFORMERS, role="assistant")
        + _delta(TRANSFORMERS, content="Sum: ")
        + _delta(TRANSFORMERS, content="7")
        + _event(TRANSFORMERS, {"delta": {}, "index": 0, "finish_reason": "stop"}, usage=COUNT),
        Answer("Sum: 7", finish="stop", usage=TOTALS),
    ),
    "LiteLLM: usage beside a delta without anything": Dialect(
        _event(HEAD_2026, {"index": 0, "delta": {"reasoning_content": "\nSum", **ASSISTANT}})
        + _delta(HEAD_2026, reasoning_content=" it.")
        + _delta(HEAD_2026, content="Sum: 7")
        + _event(HEAD_2026, {"index": 0, "delta": {}, "finish_reason": "stop"})
        + _event(HEAD_2026, {"index": 0, "delta": {}}, usage={**COUNT, "cost": 0.0000622})
        + DONE,
        Answer("Sum: 7", "\nSum it.", finish="stop", usage=TOTALS),
    ),
    "a gateway: a role first, null reasons, usage by itself": Dialect(
        _event(VLLM, {"index": 0, "delta": ASSISTANT, "finish_reason": None})
        + _event(VLLM, {"index": 0, "delta": {"content": "Ja."}, "finish_reason": None})
        + _event(VLLM, {"index": 0, "delta": {}, "finish_reason": "stop"})
        + _event(VLLM, usage={**COUNT, "cost": 0.1, "remaining": 9})
        + DONE,
        Answer("Ja.", finish="stop", usage=TOTALS),
    ),
    "a gateway: comments, its own details of reasoning": Dialect(
        ": GATEWAY PROCESSING\n\n: GATEWAY PROCESSING\n\n"
        + _delta(
            VLLM,
            role="assistant",
            content="",
            reasoning="Mm.",
            reasoning_details=[{"type": "reasoning.text", "text": "Mm.", "index": 0}],
        )
        + ": GATEWAY PROCESSING\n\n"
        + _delta(VLLM, role="assistant", content="Oui.", reasoning=None)
        + _event(
            {**VLLM, "provider": "Z.AI"},
            {
                "index": 0,
                "delta": {**ASSISTANT, "content": ""},
                "finish_reason": "stop",
                "native_finish_reason": "stop",
            },
            usage={**COUNT, "cost": 0.1, "is_byok": False},
        )
        + DONE,
        Answer("Oui.", "Mm.", finish="stop", usage=TOTALS),
    ),
}

_BODIES: dict[str, Dialect] = {
    "a body of 2025": Dialect(
        _body(
            {"content": "\n323", "reasoning_content": "\nEasy.", "role": "assistant"},
            "stop",
            request_id=HEAD_2025["id"],
            usage=COUNT,
        ),
        Answer("\n323", "\nEasy.", finish="stop", usage=TOTALS),
    ),
    "a body of 2026": Dialect(
        _body(
            {"content": "323", "reasoning_content": "Easy.", "role": "assistant"},
            "stop",
            object="chat.completion",
            request_id=HEAD_2025["id"],
            usage=DETAILS,
        ),
        Answer("323", "Easy.", finish="stop", usage=TOTALS),
    ),
    "calls with signed numbers as ids, no content": Dialect(
        _body(
            {
                "role": "assistant",
                "tool_calls": [
                    _call("weather", WEATHER, id="call_-7800000000000000506", index=0),
                    _call("clock", "{}", id="call_-7800000000000000507", index=1),
                ],
            },
            "tool_calls",
            usage=COUNT,
        ),
        Answer(
            "",
            "",
            [*CALLED, ("clock", {})],
            ["call_-7800000000000000506", "call_-7800000000000000507"],
            "tool_calls",
            TOTALS,
        ),
        ("weather", "clock"),
    ),
    "nulls wherever there may be some": Dialect(
        _body(
            {
                "role": "assistant",
                "content": None,
                "refusal": None,
                "annotations": None,
                "audio": None,
                "function_call": None,
                "reasoning": "Look first.",
                "tool_calls": [_call("weather", WEATHER, id="call_0")],
            },
            "tool_calls",
            object="chat.completion",
            system_fingerprint=None,
            service_tier=None,
            usage={**COUNT, "prompt_tokens_details": None},
        ),
        Answer("", "Look first.", CALLED, ["call_0"], "tool_calls", TOTALS),
        ("weather",),
    ),
    "blank lines before the body": Dialect(
        "\n\n         \n" + _body({"role": "assistant", "content": "ok"}, "stop", usage=COUNT),
        Answer("ok", finish="stop", usage=TOTALS),
    ),
    "content in parts": Dialect(
        _body(
            {"role": "assistant", "content": [{"type": "text", "text": "in parts"}]},
            "stop",
            usage=COUNT,
        ),
        Answer("in parts", finish="stop", usage=TOTALS),
    ),
}

DIALECTS: dict[str, Dialect] = {**_STREAMS, **_BODIES}
