"""Streams in every dialect that servers of GLM models speak: `dialects` says what they are."""

from __future__ import annotations

import json

from tests.wire.dialect_parts import (
    ASSISTANT,
    CALLED,
    COUNT,
    DONE,
    HEAD_2025,
    HEAD_2026,
    LLAMA,
    SPLIT,
    TOTALS,
    TRANSFORMERS,
    VLLM,
    WEATHER,
    Dialect,
    call,
    delta,
    end,
    event,
    named,
    vllm,
)
from tests.wire.reading import Answer

STREAMS: dict[str, Dialect] = {
    "2025, thinking": Dialect(
        delta(HEAD_2025, role="assistant", content="", reasoning_content="\n")
        + delta(HEAD_2025, role="assistant", reasoning_content="Seventeen times")
        + delta(HEAD_2025, role="assistant", reasoning_content=" nineteen …")
        + delta(HEAD_2025, role="assistant", content="\n")
        + delta(HEAD_2025, role="assistant", content="17 × 19 = ")
        + delta(HEAD_2025, role="assistant", content="323。")
        + end(HEAD_2025, "stop", {**COUNT, "prompt_tokens_details": {"cached_tokens": 4}}),
        Answer("\n17 × 19 = 323。", "\nSeventeen times nineteen …", finish="stop", usage=TOTALS),
    ),
    "2026, thinking": Dialect(
        delta(HEAD_2026, role="assistant", reasoning_content="The")
        + delta(HEAD_2026, role="assistant", reasoning_content=" user asks for a very simple,")
        + delta(HEAD_2026, role="assistant", content="It is 323.")
        + end(HEAD_2026, "stop"),
        Answer("It is 323.", "The user asks for a very simple,", finish="stop", usage=TOTALS),
    ),
    "cut by max_tokens while thinking": Dialect(
        delta(HEAD_2025, role="assistant", content="\n")
        + delta(HEAD_2025, role="assistant", reasoning_content="Hmm, let me see")
        + end(HEAD_2025, "length", COUNT),
        Answer("\n", "Hmm, let me see", finish="length", usage=TOTALS),
    ),
    "a whole call in one delta": Dialect(
        delta(HEAD_2026, role="assistant", reasoning_content="I should look.")
        + delta(HEAD_2026, role="assistant", content="\n")
        + delta(HEAD_2026, tool_calls=[call("weather", WEATHER, id="call_a1", index=0)])
        + end(HEAD_2026, "tool_calls"),
        Answer("\n", "I should look.", CALLED, ["call_a1"], "tool_calls", TOTALS),
        ("weather",),
    ),
    "two calls, one after the other": Dialect(
        delta(HEAD_2026, tool_calls=[call("weather", WEATHER, id="call_a1", index=0)])
        + delta(HEAD_2026, tool_calls=[call("clock", "{}", id="call_b-2", index=1)])
        + end(HEAD_2026, "tool_calls"),
        Answer("", "", [*CALLED, ("clock", {})], ["call_a1", "call_b-2"], "tool_calls", TOTALS),
        ("weather", "clock"),
    ),
    "arguments in pieces": Dialect(
        delta(HEAD_2026, tool_calls=[call("weather", SPLIT[0], id="call_a1", index=0)])
        + "".join(
            delta(HEAD_2026, tool_calls=[{"index": 0, "function": {"arguments": piece}}])
            for piece in SPLIT[1:]
        )
        + end(HEAD_2026, "tool_calls"),
        Answer("", "", CALLED, ["call_a1"], "tool_calls", TOTALS),
        ("weather",),
    ),
    "a finish reason on each call and at the end": Dialect(
        delta(HEAD_2025, "tool_calls", tool_calls=[call("clock", "{}", id="call_1", index=0)])
        + delta(HEAD_2025, "tool_calls", tool_calls=[call("clock", "{}", id="call_2", index=1)])
        + end(HEAD_2025, "tool_calls"),
        Answer("", "", [("clock", {})] * 2, ["call_1", "call_2"], "tool_calls", TOTALS),
        ("clock",),
    ),
    "glm-4-flash: roles beside calls, usage without details": Dialect(
        delta(
            {**HEAD_2025, "model": "glm-4-flash"},
            "tool_calls",
            role="assistant",
            tool_calls=[call("weather", WEATHER, id="call_20250912aabb_0", index=0)],
        )
        + end({**HEAD_2025, "model": "glm-4-flash"}, "tool_calls", COUNT),
        Answer("", "", CALLED, ["call_20250912aabb_0"], "tool_calls", TOTALS),
        ("weather",),
    ),
    "index -1 for every call, arguments as an object": Dialect(
        delta(
            HEAD_2025,
            tool_calls=[call("weather", json.loads(WEATHER), id="call_WiwAl_-3R8", index=-1)],
        )
        + delta(HEAD_2025, tool_calls=[call("clock", {}, id="call_4BgN84hp", index=-1)])
        + end(HEAD_2025, "tool_calls"),
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
        delta(HEAD_2026, role="assistant", content="Es regnet [1].")
        + end(
            HEAD_2026,
            "stop",
            web_search=[{"title": "Wetter", "link": "https://w.example", "refer": "ref_1"}],
        ),
        Answer("Es regnet [1].", finish="stop", usage=TOTALS),
    ),
    "no usage, no DONE": Dialect(
        delta(HEAD_2026, role="assistant", content="short") + delta(HEAD_2026, "stop"),
        Answer("short", finish="stop"),
    ),
    "older vLLM: empty lists of calls, nulls, a last delta without anything": Dialect(
        event(
            VLLM,
            {"index": 0, "delta": {**ASSISTANT, "content": ""}, "logprobs": None},
            prompt_token_ids=None,
        )
        + event(
            VLLM,
            {
                "index": 0,
                "delta": {"reasoning_content": "Well.", "content": None, "tool_calls": []},
                "logprobs": None,
                "finish_reason": None,
                "token_ids": None,
            },
        )
        + event(
            VLLM,
            {
                "index": 0,
                "delta": {"content": "Yes 🙂", "reasoning_content": None, "tool_calls": []},
                "logprobs": None,
                "finish_reason": None,
            },
        )
        + event(VLLM, {"index": 0, "delta": {}, "finish_reason": "stop", "stop_reason": 151338})
        + event(VLLM, usage=COUNT)
        + DONE,
        Answer("Yes 🙂", "Well.", finish="stop", usage=TOTALS),
    ),
    "vLLM 0.32: reasoning, nulls, the reason in a chunk of its own": Dialect(
        vllm({**ASSISTANT, "content": ""}, prompt_token_ids=None, prompt_text=None)
        + vllm({"reasoning": "One and "})
        + vllm({"reasoning": "one."})
        + vllm({"content": "Two."})
        + vllm({}, "stop")
        + event(
            VLLM,
            usage={**COUNT, "completion_tokens_details": {"reasoning_tokens": 5}},
            system_fingerprint="vllm-0.32.0-cc0fad2c",
        )
        + DONE,
        Answer("Two.", "One and one.", finish="stop", usage=TOTALS),
    ),
    "vLLM 0.32: two calls in pieces, each name by itself": Dialect(
        vllm({**ASSISTANT, "content": ""}, prompt_token_ids=None, prompt_text=None)
        + vllm({"tool_calls": [named("weather", "chatcmpl-tool-9f", 0)]})
        + "".join(
            vllm({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
            for piece in SPLIT
        )
        + vllm({"tool_calls": [named("clock", "chatcmpl-tool-a8", 1)]})
        + vllm({"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]})
        + vllm({}, "tool_calls")
        + event(VLLM, usage=COUNT, system_fingerprint="vllm-0.32.0-cc0fad2c")
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
        vllm({**ASSISTANT, "content": ""}, prompt_token_ids=None, prompt_text=None)
        + vllm({"reasoning": "I must look."})
        + vllm({"tool_calls": [call("weather", WEATHER, id="chatcmpl-tool-ab", index=0)]})
        + vllm({}, "stop")
        + event(VLLM, usage=COUNT, system_fingerprint="vllm-0.32.0-cc0fad2c")
        + DONE,
        Answer("", "I must look.", CALLED, ["chatcmpl-tool-ab"], "stop", TOTALS),
        ("weather",),
    ),
    "a new id in each piece of one call": Dialect(
        "".join(
            delta(VLLM, tool_calls=[call("weather", piece, id=f"call_{n}", index=0)])
            for n, piece in enumerate(SPLIT)
        )
        + end(VLLM, "tool_calls", COUNT),
        Answer("", "", CALLED, ["call_0"], "tool_calls", TOTALS),
        ("weather",),
    ),
    "pieces without index and id": Dialect(
        delta(VLLM, tool_calls=[call("weather", SPLIT[0], id="call_0")])
        + "".join(
            delta(VLLM, tool_calls=[{"function": {"arguments": piece}}]) for piece in SPLIT[1:]
        )
        + end(VLLM, "tool_calls", COUNT),
        Answer("", "", CALLED, ["call_0"], "tool_calls", TOTALS),
        ("weather",),
    ),
    "llama-server: no content at first, usage with what it took": Dialect(
        event(LLAMA, {"finish_reason": None, "index": 0, "delta": {**ASSISTANT, "content": None}})
        + event(LLAMA, {"finish_reason": None, "index": 0, "delta": {"reasoning_content": "Sum"}})
        + event(LLAMA, {"finish_reason": None, "index": 0, "delta": {"reasoning_content": " it."}})
        + event(LLAMA, {"finish_reason": None, "index": 0, "delta": {"content": "Sum: 7 🙂"}})
        + event(LLAMA, {"finish_reason": "stop", "index": 0, "delta": {}})
        + event(LLAMA, usage=COUNT, timings={"cache_n": 20, "prompt_ms": 1.5, "predicted_n": 9})
        + DONE,
        Answer("Sum: 7 🙂", "Sum it.", finish="stop", usage=TOTALS),
    ),
    "llama-server: arguments in tokens, text before the call": Dialect(
        event(LLAMA, {"finish_reason": None, "index": 0, "delta": {"content": "Let me see. "}})
        + delta(LLAMA, tool_calls=[call("weather", "{", id="O4cjqXA93H0Grp5T", index=0)])
        + "".join(
            delta(LLAMA, tool_calls=[{"index": 0, "function": {"arguments": piece}}])
            for piece in ('"city":', '"', "杭州", '"', ',"unit":', '"', "c", '"', "}")
        )
        + event(LLAMA, {"finish_reason": "tool_calls", "index": 0, "delta": {}}, timings={"n": 1})
        + event(LLAMA, usage=COUNT)
        + DONE,
        Answer("Let me see. ", "", CALLED, ["O4cjqXA93H0Grp5T"], "tool_calls", TOTALS),
        ("weather",),
    ),
    "transformers serve: the usage with the end, no DONE": Dialect(
        delta(TRANSFORMERS, role="assistant")
        + delta(TRANSFORMERS, content="Sum: ")
        + delta(TRANSFORMERS, content="7")
        + event(TRANSFORMERS, {"delta": {}, "index": 0, "finish_reason": "stop"}, usage=COUNT),
        Answer("Sum: 7", finish="stop", usage=TOTALS),
    ),
    "LiteLLM: usage beside a delta without anything": Dialect(
        event(HEAD_2026, {"index": 0, "delta": {"reasoning_content": "\nSum", **ASSISTANT}})
        + delta(HEAD_2026, reasoning_content=" it.")
        + delta(HEAD_2026, content="Sum: 7")
        + event(HEAD_2026, {"index": 0, "delta": {}, "finish_reason": "stop"})
        + event(HEAD_2026, {"index": 0, "delta": {}}, usage={**COUNT, "cost": 0.0000622})
        + DONE,
        Answer("Sum: 7", "\nSum it.", finish="stop", usage=TOTALS),
    ),
    "a gateway: a role first, null reasons, usage by itself": Dialect(
        event(VLLM, {"index": 0, "delta": ASSISTANT, "finish_reason": None})
        + event(VLLM, {"index": 0, "delta": {"content": "Ja."}, "finish_reason": None})
        + event(VLLM, {"index": 0, "delta": {}, "finish_reason": "stop"})
        + event(VLLM, usage={**COUNT, "cost": 0.1, "remaining": 9})
        + DONE,
        Answer("Ja.", finish="stop", usage=TOTALS),
    ),
    "a gateway: comments, its own details of reasoning": Dialect(
        ": GATEWAY PROCESSING\n\n: GATEWAY PROCESSING\n\n"
        + delta(
            VLLM,
            role="assistant",
            content="",
            reasoning="Mm.",
            reasoning_details=[{"type": "reasoning.text", "text": "Mm.", "index": 0}],
        )
        + ": GATEWAY PROCESSING\n\n"
        + delta(VLLM, role="assistant", content="Oui.", reasoning=None)
        + event(
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
