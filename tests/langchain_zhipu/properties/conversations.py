"""Strategies: any conversation, tools and parameters that a model of a kind may be given."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from zhipu_client import catalog

PNG = "iVBORw0KGgo="
_text = st.text(max_size=12)
_said = st.text(min_size=1, max_size=12)
_texts = st.lists(_said.map(lambda text: {"type": "text", "text": text}), min_size=1, max_size=2)
#: Blocks by what a model must be able to take in.
MEDIA: dict[str, list[dict[str, Any]]] = {
    "image": [
        {"type": "image", "base64": PNG, "mime_type": "image/png"},
        {"type": "image", "url": "https://x/y.png"},
        {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "high"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
    ],
    "video": [
        {"type": "video", "url": "https://x/y.mp4"},
        {"type": "video_url", "video_url": {"url": "https://x/y.mp4"}},
    ],
    "file": [
        {"type": "file", "url": "https://x/y.pdf"},
        {"type": "file", "base64": PNG, "mime_type": "application/pdf", "filename": "a.pdf"},
        {"type": "file_url", "file_url": {"url": "https://x/y.pdf"}},
        {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PNG}"}},
    ],
    "audio": [
        {"type": "audio", "base64": PNG, "mime_type": "audio/wav"},
        {"type": "input_audio", "input_audio": {"data": PNG, "format": "mp3"}},
    ],
}
FUNCTION = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        "strict": True,
    },
}
BARE = {"name": "ping", "description": "", "parameters": {}}
ANTHROPIC = {
    "name": "look",
    "description": "Look.",
    "input_schema": {"type": "object", "properties": {}},
    "cache_control": {"type": "ephemeral"},
}
SERVER = [
    {"type": "web_search", "web_search": {"enable": True, "search_result": True}},
    {"type": "web_search", "web_search": {"enable": True, "search_engine": "search_pro"}},
    {"type": "retrieval", "retrieval": {"knowledge_id": "1"}},
    {"type": "mcp", "mcp": {"server_label": "s", "server_url": "https://x", "headers": {"A": "b"}}},
]
SCHEMA = {"title": "Person", "type": "object", "properties": {"name": {"type": "string"}}}


def contents(info: catalog.ModelInfo) -> st.SearchStrategy[Any]:
    """What a user may say to this model."""
    media = [block for kind in sorted(info.inputs & MEDIA.keys()) for block in MEDIA[kind]]
    if not media:
        return _text | _texts
    block = st.sampled_from(media)
    return (
        _text | _texts | st.tuples(_texts, st.lists(block, max_size=1)).map(lambda t: t[0] + t[1])
    )


@st.composite
def tool_turns(draw: st.DrawFn) -> list[BaseMessage]:
    """Calls and their results, not always all of them and not always in order."""
    identities = [f"call_{n}" for n in range(draw(st.integers(1, 2)))]
    args = st.dictionaries(_said, st.integers() | _text, max_size=2)
    calls: Any = [{"name": "get_weather", "args": draw(args), "id": i} for i in identities]
    reasoning = draw(_text)
    kwargs = {"reasoning_content": reasoning} if reasoning else {}
    results: list[BaseMessage] = [
        ToolMessage(draw(_text | _texts), tool_call_id=i, name=draw(st.sampled_from(["f", None])))
        for i in identities
    ]
    kept = draw(st.permutations(results))[: draw(st.integers(0, len(results)))]
    return [AIMessage(draw(_text), tool_calls=calls, additional_kwargs=kwargs), *kept]


@st.composite
def messages(draw: st.DrawFn, info: catalog.ModelInfo) -> list[BaseMessage]:
    """A conversation, histories that the service would refuse included."""
    found: list[BaseMessage] = []
    kinds = ["system", "human", "named", "ai", "thoughts", "chat"] + ["tools"] * info.tools
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=6)):
        if kind == "system":
            found.append(SystemMessage(draw(_text | _texts)))
        elif kind == "human":
            found.append(HumanMessage(draw(contents(info))))
        elif kind == "named":
            found.append(HumanMessage(draw(_said), name="Ann"))
        elif kind == "ai":
            found.append(AIMessage(draw(_text | _texts)))
        elif kind == "thoughts":
            block = {"type": "reasoning", "reasoning": draw(_said)}
            found.append(AIMessage([block, {"type": "text", "text": draw(_said)}]))
        elif kind == "chat":
            found.append(
                ChatMessage(draw(_said), role=draw(st.sampled_from(["user", "assistant"])))
            )
        else:
            found += draw(tool_turns())
    return found


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def settings_of(draw: st.DrawFn, info: catalog.ModelInfo) -> dict[str, Any]:
    """Fields of the model that make sense for it."""
    found: dict[str, Any] = {
        "temperature": draw(_maybe(st.floats(0, 1))),
        "top_p": draw(_maybe(st.floats(0.01, 1))),
        "max_tokens": draw(_maybe(st.integers(1, info.max_output or 1024))),
        "stop": draw(_maybe(_said | st.lists(_said, max_size=4))),
        "do_sample": draw(_maybe(st.booleans())),
        "request_id": draw(_maybe(st.text("abc-1", min_size=6, max_size=64))),
        "user_id": draw(_maybe(st.text("abc-1", min_size=6, max_size=128))),
        "sensitive_word_check": draw(_maybe(st.just({"type": "ALL", "status": "ENABLE"}))),
    }
    if info.thinking != "none":
        forms = [True, False, "auto", {"type": "enabled"}, {"type": "disabled"}]
        found["thinking"] = draw(_maybe(st.sampled_from(forms)))
        found["clear_thinking"] = draw(_maybe(st.booleans()))
        histories = ["tool_loop", "all", "none"]
        found["reasoning_history"] = draw(_maybe(st.sampled_from(histories)))
    if info.effort_levels:
        efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
        found["reasoning_effort"] = draw(_maybe(st.sampled_from(efforts)))
    if info.kind == "voice":
        found["watermark_enabled"] = draw(_maybe(st.booleans()))
    if info.kind == "character":
        meta = {"user_info": "u", "bot_info": "b", "bot_name": "B", "user_name": "U"}
        found["meta"] = draw(_maybe(st.just(meta)))
    return {key: value for key, value in found.items() if value is not None}


@st.composite
def bindings(draw: st.DrawFn, info: catalog.ModelInfo) -> tuple[list[Any], dict[str, Any]]:
    """Tools, and the arguments of a call."""
    tools: list[Any] = []
    if info.tools:
        offered = [FUNCTION, BARE, ANTHROPIC] + SERVER * bool(info.server_tools)
        tools = draw(st.lists(st.sampled_from(offered), max_size=3, unique_by=repr))
    kwargs: dict[str, Any] = {}
    named = [t for t in tools if t.get("type") not in {"web_search", "retrieval", "mcp"}]
    if named:
        choices = [None, "auto", "any", "required", "none", True]
        kwargs["tool_choice"] = draw(st.sampled_from(choices))
        kwargs["strict"] = draw(st.sampled_from([None, True]))
        kwargs["parallel_tool_calls"] = draw(st.sampled_from([None, True]))
    if info.kind in {"chat", "vision"}:
        formats = [
            None,
            {"type": "text"},
            {"type": "json_object"},
            {"type": "json_schema", "json_schema": {"name": "Person", "schema": SCHEMA}},
        ]
        kwargs["response_format"] = draw(st.sampled_from(formats))
    return tools, {key: value for key, value in kwargs.items() if value is not None}
