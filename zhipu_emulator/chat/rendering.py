"""An answer as bytes: the whole body, or the frames of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zhipu_emulator.chat.answer import pieces
from zhipu_emulator.chat.habits import halved
from zhipu_emulator.chat.spoken import in_pieces
from zhipu_emulator.http.responses import DONE, alphabetical, frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zhipu_emulator.chat.answer import Call, Reply
    from zhipu_emulator.chat.checks import ChatRequest
    from zhipu_emulator.http.state import State


def body(
    reply: Reply,
    request: ChatRequest,
    state: State,
    usage: Mapping[str, Any],
    audio: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The whole answer, keys in alphabetical order."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.content}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    if reply.served or reply.calls:
        # Consecutive negative numbers, as the service counts up for the calls of one answer.
        first = -state.new_number()
        message["tool_calls"] = [{"index": n, **call} for n, call in enumerate(reply.served)] + [
            {
                "id": f"call_{first + place}",
                "index": index,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for place, index, call in _numbered(reply)
        ]
    if audio is not None:
        message["audio"] = audio
    made = state.new_id()
    whole: dict[str, Any] = {
        "id": made,
        "request_id": request.request_id or made,
        "created": state.now(),
        "object": "chat.completion",
        "model": request.model,
        "choices": [{"index": 0, "finish_reason": reply.finish_reason, "message": message}],
        "usage": usage,
        **_extras(reply),
    }
    found: dict[str, Any] = alphabetical(whole)
    return found


def _extras(reply: Reply) -> dict[str, Any]:
    extras: dict[str, Any] = {}
    if reply.web_search is not None:
        extras["web_search"] = list(reply.web_search)
    if reply.content_filter:
        extras["content_filter"] = list(reply.content_filter)
    return extras


def frames(
    reply: Reply,
    request: ChatRequest,
    state: State,
    usage: Mapping[str, Any],
    audio: Mapping[str, Any] | None = None,
) -> Iterator[bytes]:
    """The events of a stream, in the order that every recording has."""
    made, created = state.new_id(), state.now()

    def chunk(choice: Mapping[str, Any], **extras: Any) -> bytes:
        return frame(
            {
                "id": made,
                "created": created,
                "object": "chat.completion.chunk",
                "model": request.model,
                "choices": [{"index": 0, **choice}],
                **extras,
            }
        )

    for index, call in enumerate(reply.served):
        yield chunk({"delta": {"role": "assistant", "tool_calls": [{"index": index, **call}]}})
    for text in pieces(reply.reasoning):
        yield chunk({"delta": {"role": "assistant", "reasoning_content": text}})
    words = pieces(reply.content)
    for text in halved(words) if "split_emoji" in reply.habits else words:
        yield chunk({"delta": {"role": "assistant", "content": text}})
    if audio is not None:
        for sound in in_pieces(audio) if "bare_sound" in reply.habits else [audio]:
            yield chunk({"delta": {"role": "assistant", "content": "", "audio": sound}})
    for delta in _call_deltas(reply, request, state):
        yield chunk({"delta": delta})
    last = {
        "finish_reason": reply.finish_reason,
        "delta": {"role": "assistant", "content": ""},
    }
    yield chunk(last, usage=usage, **_extras(reply))
    yield DONE


def _numbered(reply: Reply) -> Iterator[tuple[int, int, Call]]:
    """Each call with the number that its id is made from, and its index."""
    for number, call in enumerate(reply.calls):
        place = 0 if "same_call_id" in reply.habits else number
        index = 0 if "index_zero" in reply.habits else len(reply.served) + number
        yield place, index, call


def _call_deltas(reply: Reply, request: ChatRequest, state: State) -> Iterator[dict[str, Any]]:
    ids: dict[int, str] = {}
    for place, index, call in _numbered(reply):
        identity = ids.setdefault(place, f"call_{state.new_hex()}")
        head = {"id": identity, "index": index, "type": "function"}
        if not request.tool_stream:
            function = {"name": call.name, "arguments": call.arguments}
            yield {"tool_calls": [{**head, "function": function}]}
            continue
        # No recording of a split call is known: this follows the documents' sample code.
        start = {"name": call.name, "arguments": ""}
        yield {"role": "assistant", "tool_calls": [{**head, "function": start}]}
        for text in pieces(call.arguments):
            item = {"index": index, "function": {"arguments": text}}
            yield {"role": "assistant", "tool_calls": [item]}
