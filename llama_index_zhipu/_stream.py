"""The chunks of one answer, each with everything up to it. Pure.

LlamaIndex wants every chunk to hold the whole answer so far; agents keep the last one as the
message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ContentBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
)

from zhipu_client.chat import ToolCallMerger, reasoning_of, text_of

from ._light import text_response
from ._messages import answer_blocks, facts_of, logprobs_of
from ._tools import call_blocks, call_dicts, split_calls

__all__ = ["AnswerReader"]

_OPEN, _CLOSE = "<think>", "</think>"


class _ThinkSplitter:
    """Tells ``<think>…</think>`` at the start of a text from the text, piece by piece."""

    __slots__ = ("_held", "_state")

    def __init__(self) -> None:
        self._held = ""
        self._state = "start"

    @property
    def plain(self) -> bool:
        """True once the rest is text: pieces need not come here any more."""
        return self._state == "text"

    def feed(self, piece: str) -> tuple[str, str]:
        """What the piece adds to the reasoning and to the text."""
        if self._state == "start":
            return self._start(piece)
        if self._state == "thinking":
            return self._thinking(piece)
        if self._state == "closed":
            return "", self._closed(piece)
        return "", piece

    def finish(self) -> tuple[str, str]:
        """What was still held back when the answer ended."""
        held, self._held = self._held, ""
        return (held, "") if self._state == "thinking" else ("", held)

    def _start(self, piece: str) -> tuple[str, str]:
        self._held += piece
        start = self._held.lstrip()
        if _OPEN.startswith(start):  # also while there is nothing but white space
            return "", ""
        held, self._held = self._held, ""
        if start.startswith(_OPEN):
            self._state = "thinking"
            return self._thinking(start[len(_OPEN) :])
        self._state = "text"
        return "", held

    def _thinking(self, piece: str) -> tuple[str, str]:
        piece = self._held + piece
        thought, closed, rest = piece.partition(_CLOSE)
        if closed:
            self._held, self._state = "", "closed"
            return thought, self._closed(rest)
        # The end may be the beginning of the closing tag.
        keep = next(n for n in range(len(_CLOSE) - 1, -1, -1) if piece.endswith(_CLOSE[:n]))
        self._held = piece[len(piece) - keep :] if keep else ""
        return piece[: len(piece) - keep], ""

    def _closed(self, piece: str) -> str:
        text = piece.lstrip("\n")
        if text:
            self._state = "text"
        return text


class AnswerReader:
    """Turns the chunks of one stream into responses.

    Args:
        names: Tool names on the wire -> the caller's, from `decode_names`.
        single_call: Keep only the first tool call.
    """

    def __init__(self, names: Mapping[str, str] | None = None, *, single_call: bool = False):
        self._names = names or {}
        self._single_call = single_call
        self._merger: ToolCallMerger | None = None
        self._splitter = _ThinkSplitter()
        self._text = ""
        self._reasoning = ""
        self._thinking: ThinkingBlock | None = None
        self._audio: dict[str, Any] | None = None
        self._served: list[Any] = []
        self._top: dict[str, Any] = {}
        self._finish: str | None = None
        #: The last response, which holds the whole answer.
        self.last: ChatResponse | None = None

    def feed(self, chunk: Mapping[str, Any]) -> ChatResponse | None:
        """The response for one chunk; None for a chunk that says nothing."""
        choices = chunk.get("choices")
        choice = choices[0] if choices else {}
        delta = choice.get("delta") or choice.get("message") or {}
        self._keep_top(chunk)
        if not choice and not chunk.get("usage"):
            return None
        if choice.get("finish_reason"):
            self._finish = choice["finish_reason"]
        thought, text = reasoning_of(delta), text_of(delta.get("content"))
        if not self._splitter.plain and (text or self._finish is not None):
            more, text = self._splitter.feed(text)
            if self._finish is not None:
                held, rest = self._splitter.finish()
                more, text = more + held, text + rest
            thought += more
        if delta.get("tool_calls"):
            self._take_calls(delta["tool_calls"])
        if isinstance(delta.get("audio"), Mapping):
            self._join_audio(delta["audio"])
        self._grow(thought, text)
        self.last = self._response(dict(chunk), thought, text)
        if choice.get("logprobs"):
            self.last.logprobs = logprobs_of(choice)
        return self.last

    def finish(self) -> ChatResponse | None:
        """One response more, when the answer was whole but no chunk said that it ended."""
        if self.last is None or "finish_reason" in self.last.additional_kwargs:
            return None
        thought, text = self._splitter.finish()
        self._grow(thought, text)
        raw = self.last.raw
        self.last = self._response(raw if isinstance(raw, dict) else {}, thought, text, ended=True)
        return self.last

    def _keep_top(self, chunk: Mapping[str, Any]) -> None:
        for key in ("usage", "web_search", "content_filter"):
            if chunk.get(key):
                self._top[key] = chunk[key]
        if "id" not in self._top and chunk.get("id"):
            self._top["id"] = chunk["id"]

    def _grow(self, thought: str, text: str) -> None:
        if thought:
            self._reasoning += thought
            self._thinking = ThinkingBlock(content=self._reasoning)
        if text:
            self._text += text

    def _response(
        self, raw: dict[str, Any], thought: str, text: str, ended: bool = False
    ) -> ChatResponse:
        ended = ended or self._finish is not None
        if not ended and self._merger is None:
            facts: dict[str, Any] = {"thinking_delta": thought} if thought else {}
            return text_response(self._thinking, self._text, delta=text, raw=raw, facts=facts)
        blocks, extra = self._whole() if ended else self._so_far()
        facts = {}
        if ended:
            facts = facts_of(self._top, self._finish, self._served)
            if "usage" in self._top and not raw.get("usage"):
                raw["usage"] = self._top["usage"]
        if thought:
            facts["thinking_delta"] = thought
        message = ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks, additional_kwargs=extra)
        return ChatResponse(message=message, delta=text, raw=raw, additional_kwargs=facts)

    def _so_far(self) -> tuple[list[ContentBlock], dict[str, Any]]:
        blocks: list[ContentBlock] = [TextBlock(text=self._text)]
        if self._thinking is not None:
            blocks.insert(0, self._thinking)
        calls = call_blocks(self._calls(), self._names, whole=False)
        return [*blocks, *calls], {"tool_calls": call_dicts(calls)} if calls else {}

    def _whole(self) -> tuple[list[ContentBlock], dict[str, Any]]:
        return answer_blocks(
            text=self._text,
            reasoning=self._reasoning,
            calls=call_blocks(self._calls(), self._names, whole=True),
            body=self._top,
            audio=self._audio,
        )

    def _calls(self) -> list[dict[str, Any]]:
        calls = self._merger.calls() if self._merger is not None else []
        for number, call in enumerate(calls):
            # Made up once: every chunk must name the same call alike.
            call["id"] = call["id"] or f"call_{self._top.get('id', 'stream')}_{number}"
        return calls[:1] if self._single_call else calls

    def _take_calls(self, calls: Sequence[Mapping[str, Any]]) -> None:
        asked, served = split_calls(calls)
        self._served += served
        if asked:
            self._merger = self._merger or ToolCallMerger()
            self._merger.fragments(asked)

    def _join_audio(self, audio: Mapping[str, Any]) -> None:
        joined = {**(self._audio or {}), **audio}
        if self._audio and self._audio.get("data") and audio.get("data"):
            joined["data"] = self._audio["data"] + audio["data"]
        self._audio = joined
