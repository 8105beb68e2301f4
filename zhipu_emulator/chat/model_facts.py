"""Model facts, read from ``model_facts.json``: what each chat model takes and how it thinks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class ChatFacts:
    """One chat model.

    Attributes:
        context: Tokens of prompt and answer together.
        max_output: Largest ``max_tokens``.
        default_output: ``max_tokens`` when none is sent; None: as much as ``max_output``.
        thinking: ``"inline"`` models put ``<think>`` into the content.
        inputs: Kinds of content parts.
        tools: Kinds of tools.
        effort: The values of ``reasoning_effort`` with a meaning; others are ignored.
        tool_stream: Whether tool calls can be streamed in pieces.
        max_images: Image parts in a request.
        image_data: Whether images may come as base64.
        file_id: Whether uploaded files may be named by id.
        audio_output: Whether the answer is spoken too.
        listed: Whether GET /models has it.
        cached_usage: Whether usage has cached tokens.
        reasoning_usage: When usage has reasoning tokens.
        leading_newline: Whether reasoning begins with a line break.
        greets: Whether the first message may be the assistant's.
        display: The name in asynchronous results, when it is not the upper-cased code.
    """

    context: int
    max_output: int
    default_output: int | None
    thinking: Literal["none", "hybrid", "always", "inline"]
    inputs: tuple[str, ...]
    tools: tuple[str, ...]
    effort: tuple[str, ...] = ()
    tool_stream: bool = False
    max_images: int = 0
    image_data: bool = True
    file_id: bool = False
    audio_output: bool = False
    listed: bool = False
    cached_usage: bool = True
    reasoning_usage: Literal["always", "thinking", "never"] = "always"
    leading_newline: bool = False
    greets: bool = False
    display: str | None = None


def _load() -> dict[str, ChatFacts]:
    text = files("zhipu_emulator.chat").joinpath("model_facts.json").read_text("utf-8")
    rows: dict[str, dict[str, Any]] = json.loads(text)
    for row in rows.values():
        row.update({name: tuple(value) for name, value in row.items() if isinstance(value, list)})
    return {name: ChatFacts(**row) for name, row in rows.items()}


CHAT_MODELS: Mapping[str, ChatFacts] = _load()


def display_name(model: str) -> str:
    """The name that asynchronous results carry: ``GLM-4.5-Flash`` for ``glm-4.5-flash``."""
    facts = CHAT_MODELS.get(model)
    if facts is not None and facts.display:
        return facts.display
    first, *rest = model.split("-")
    return "-".join([first.upper(), *(part.capitalize() for part in rest)])
