"""Where our chat requests leave the service's OpenAPI file (of July 2026), and why that is right.

Each entry names what differs, what shows that the service takes it, and how to undo it: a request
with all of them undone must validate, with every field of it known to the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]

THINKING_PAGE = "https://docs.bigmodel.cn/cn/guide/capabilities/thinking-mode"
PYDANTIC_AI = "github.com/pydantic/pydantic-ai, tests/models/cassettes/test_zai (2026)"
FANTASY = "github.com/charmbracelet/fantasy, providertests/testdata, zai-glm-* (2025-11 to 2026-03)"
SDK = "zai-sdk 0.2.3, the parameters of chat.completions.create"


@dataclass(frozen=True)
class Deviation:
    """One way in which a request may differ from the file.

    Attributes:
        what: The difference.
        evidence: What shows that the service takes it.
        shapes: The request shapes that it concerns: text, vision, voice, character.
        undo: Makes the request as the file has it; true when it had anything to do.
    """

    what: str
    evidence: str
    shapes: frozenset[str]
    undo: Callable[[Body, str], bool]


def _assistants(body: Body) -> Iterator[Body]:
    return (message for message in body["messages"] if message["role"] == "assistant")


def _parts(body: Body) -> Iterator[Body]:
    for message in body["messages"]:
        if isinstance(message.get("content"), list):
            yield from message["content"]


def _known_model(codes: dict[str, tuple[str, ...]]) -> Callable[[Body, str], bool]:
    def undo(body: Body, shape: str) -> bool:
        differs = body["model"] not in codes[shape]
        if differs:
            body["model"] = codes[shape][0]
        return differs

    return undo


def _stream_options(body: Body, shape: str) -> bool:
    return body.pop("stream_options", None) is not None


def _reasoning(body: Body, shape: str) -> bool:
    removed = [message.pop("reasoning_content", None) for message in _assistants(body)]
    return any(removed)


def _tool_turns(body: Body, shape: str) -> bool:
    removed = [message.pop("tool_calls", None) for message in _assistants(body)]
    kept = [message for message in body["messages"] if message["role"] != "tool"]
    found = any(removed) or len(kept) < len(body["messages"])
    body["messages"] = kept
    return found


def _file_parts(body: Body, shape: str) -> bool:
    found = False
    for part in _parts(body):
        if part["type"] == "file":
            part.clear()
            part.update({"type": "file_url", "file_url": {"url": "https://x/y.pdf"}})
            found = True
    return found


def _mixed_tools(body: Body, shape: str) -> bool:
    tools = body.get("tools") or []
    mixed = len({tool["type"] for tool in tools}) > 1
    if mixed:
        body["tools"] = [tool for tool in tools if tool["type"] == tools[0]["type"]]
    return mixed


def _dropped(*keys: str) -> Callable[[Body, str], bool]:
    def undo(body: Body, shape: str) -> bool:
        removed = [body.pop(key, None) for key in keys]
        return removed != [None] * len(keys)

    return undo


def _forced(body: Body, shape: str) -> bool:
    return body.get("tool_choice", "auto") != "auto" and bool(body.pop("tool_choice"))


def _json_schema(body: Body, shape: str) -> bool:
    wanted = body.get("response_format") or {}
    differs = wanted.get("type") == "json_schema" or (shape == "vision" and bool(wanted))
    return differs and bool(body.pop("response_format"))


def _search_engine(body: Body, shape: str) -> bool:
    found = False
    for tool in body.get("tools") or ():
        if tool["type"] == "web_search" and "search_engine" not in tool["web_search"]:
            tool["web_search"]["search_engine"] = "search_std"
            found = True
    return found


def _stops(body: Body, shape: str) -> bool:
    words = body.get("stop") or []
    body["stop"] = words[:1]
    return len(words) > 1


_ALL = frozenset({"text", "vision", "voice", "character"})
_TEXT, _VISION = frozenset({"text"}), frozenset({"vision"})

_OTHERS = [
    Deviation(
        "stream_options, which the file does not have",
        f"accepted and without effect; recorded: streams with include_usage in {PYDANTIC_AI} "
        f"and {FANTASY}",
        _ALL,
        _stream_options,
    ),
    Deviation(
        "reasoning_content on assistant messages",
        f"{THINKING_PAGE} asks for it in tool loops and with clear_thinking=false; recorded: "
        f"test_zai_preserved_thinking_round_trip in {PYDANTIC_AI}",
        _TEXT | _VISION,
        _reasoning,
    ),
    Deviation(
        "tool_calls on assistant messages, and tool messages, for vision models: the file "
        "gives these models tools, but no messages to carry calls and results",
        "https://docs.bigmodel.cn/cn/guide/models/vlm/glm-4.6v (function calling); recorded: "
        f"glm-4.6v and glm-4.6v-flash with tools in {FANTASY}",
        _VISION,
        _tool_turns,
    ),
    Deviation(
        "content parts {type: file, file: {...}} with data or an uploaded file's id, where "
        "the file has only file_url",
        "https://docs.bigmodel.cn/api-reference (chat completion, September 2026): GLM-5.3-"
        "Flash takes file_data and file_id; 1210 for a file not uploaded as user_data names it",
        _VISION,
        _file_parts,
    ),
    Deviation(
        "tools of several kinds in one request: the file's anyOf wants all of one kind",
        "https://docs.bigmodel.cn/cn/faq/api-code says that the service picks by priority "
        "(function, retrieval, web_search); it does not refuse",
        _TEXT,
        _mixed_tools,
    ),
    Deviation(
        "reasoning_effort and tool_stream for vision models",
        "https://docs.bigmodel.cn/cn/guide/models/vlm/glm-5.3-flash: always thinks, at the "
        "efforts low, high and max; other models take unknown fields and ignore them",
        _VISION,
        _dropped("reasoning_effort", "tool_stream"),
    ),
    Deviation(
        "sensitive_word_check, and meta for models that do not act a part",
        f"{SDK}; fields that a model does not know are ignored (200)",
        _ALL,
        _dropped("sensitive_word_check"),
    ),
    Deviation(
        'tool_choice "required" or naming a function; only in tool_choice_mode="native"',
        f"answered 200 with the call in 16 recordings of {FANTASY}; servers of one's own "
        "(vLLM, SGLang) enforce it",
        _TEXT | _VISION,
        _forced,
    ),
    Deviation(
        "response_format json_schema, and any response_format for vision models; only in "
        'tool_choice_mode="native"',
        "https://docs.vllm.ai/en/latest/features/structured_outputs.html: for servers of "
        "one's own; the service ignores it (200)",
        _TEXT | _VISION,
        _json_schema,
    ),
    Deviation(
        "a web_search tool without search_engine, as the caller wrote it",
        "https://docs.bigmodel.cn/cn/guide/tools/web-search: the samples leave it out; the "
        "default is search_std",
        _TEXT,
        _search_engine,
    ),
    Deviation(
        "stream_options, which ask for the tokens of a stream",
        "recorded: 1,079 requests of other people's clients have it, and their answers have "
        "the usage",
        _ALL,
        _stream_options,
    ),
    Deviation(
        "up to 4 stop words for character models, where the file has 1",
        "the file itself has 4 for every other shape, and one for all in its prose; the "
        "service judges",
        frozenset({"character"}),
        _stops,
    ),
]


def deviations(codes: dict[str, tuple[str, ...]]) -> list[Deviation]:
    """All of them.

    Args:
        codes: The model codes that the file lists for each shape.
    """
    models = Deviation(
        "model codes that the file does not list: newer ones (glm-5.3, glm-5.3-flash), and "
        "older ones that still answer (glm-4-plus, glm-4v)",
        "https://docs.bigmodel.cn/cn/guide/start/model-overview; recorded: glm-5.3 in "
        f"{PYDANTIC_AI}",
        _ALL,
        _known_model(codes),
    )
    return [models, *_OTHERS]
