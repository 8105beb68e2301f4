"""Answers in every dialect that servers of GLM models speak, in our own words.

Each has the shape of something that was seen on the wire: Zhipu's own service from 2024 on, and
vLLM, llama-server, ``transformers serve`` and gateways (``tests/servers`` runs some of them). What
it should be read as is beside it.
"""

from __future__ import annotations

from tests.wire.dialect_parts import (
    CALLED,
    COUNT,
    DETAILS,
    HEAD_2025,
    TOTALS,
    WEATHER,
    Dialect,
    body,
    call,
)
from tests.wire.dialect_streams import STREAMS
from tests.wire.reading import Answer

__all__ = ["DIALECTS", "Dialect", "as_asked"]


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


_BODIES: dict[str, Dialect] = {
    "a body of 2025": Dialect(
        body(
            {"content": "\n323", "reasoning_content": "\nEasy.", "role": "assistant"},
            "stop",
            request_id=HEAD_2025["id"],
            usage=COUNT,
        ),
        Answer("\n323", "\nEasy.", finish="stop", usage=TOTALS),
    ),
    "a body of 2026": Dialect(
        body(
            {"content": "323", "reasoning_content": "Easy.", "role": "assistant"},
            "stop",
            object="chat.completion",
            request_id=HEAD_2025["id"],
            usage=DETAILS,
        ),
        Answer("323", "Easy.", finish="stop", usage=TOTALS),
    ),
    "calls with signed numbers as ids, no content": Dialect(
        body(
            {
                "role": "assistant",
                "tool_calls": [
                    call("weather", WEATHER, id="call_-7800000000000000506", index=0),
                    call("clock", "{}", id="call_-7800000000000000507", index=1),
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
        body(
            {
                "role": "assistant",
                "content": None,
                "refusal": None,
                "annotations": None,
                "audio": None,
                "function_call": None,
                "reasoning": "Look first.",
                "tool_calls": [call("weather", WEATHER, id="call_0")],
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
        "\n\n         \n" + body({"role": "assistant", "content": "ok"}, "stop", usage=COUNT),
        Answer("ok", finish="stop", usage=TOTALS),
    ),
    "content in parts": Dialect(
        body(
            {"role": "assistant", "content": [{"type": "text", "text": "in parts"}]},
            "stop",
            usage=COUNT,
        ),
        Answer("in parts", finish="stop", usage=TOTALS),
    ),
}

DIALECTS: dict[str, Dialect] = {**STREAMS, **_BODIES}
