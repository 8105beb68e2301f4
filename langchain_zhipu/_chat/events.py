"""Events of a streamed answer (LangChain's ``version="v3"``) with its calls as the core read them.

LangChain makes events of our chunks by itself, and reads the sum of a call's pieces as JSON: what
needs more reading than that (arguments encoded twice, ``null``) would be lost, with the answer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import _compat_bridge
from langchain_core.outputs import ChatGenerationChunk

from langchain_zhipu._chat.messages import invalid_call, tool_call
from zhipu_client.conversation import text_of_arguments

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

    from zhipu_client.conversation import Answer

__all__ = ["EventsOfCalls"]

if TYPE_CHECKING:
    _Base = BaseChatModel
else:  # a class of methods: as a model of pydantic, it would collect all fields once more
    _Base = object

_CALLS = frozenset({"tool_call", "invalid_tool_call"})


class _Watched:
    """The chunks of one stream, and the answer that came with the last of them."""

    def __init__(self) -> None:
        self.answer: Answer | None = None
        #: The numbers of the calls that came, and how many of them a second answer replaces.
        self._calls: set[Any] = set()
        self._replaced = 0
        #: Whether the text is that of two answers.
        self._again = False

    def see(self, chunk: ChatGenerationChunk) -> ChatGenerationChunk:
        """Note the answer, where the chunk has it."""
        message = chunk.message
        self.answer = getattr(message, "_answer", None) or self.answer
        if getattr(message, "_restarts", False):
            self._again, self._replaced = True, len(self._calls)
        self._calls.update(piece["index"] for piece in getattr(message, "tool_call_chunks", ()))
        return chunk

    def corrected(self, event: Any) -> Any:
        """Return the event with a finished call as it was read, and a text as it was accepted."""
        content = event.get("content")
        if event.get("event") != "content-block-finish" or self.answer is None:
            return event
        if not isinstance(content, dict):
            return event
        if content.get("type") == "text" and self._again:
            return {**event, "content": {**content, "text": self.answer.text}}
        if content.get("type") not in _CALLS:
            return event
        if self._replaced:
            self._replaced -= 1  # they end in the order in which they began
            error = "it did not fit, and the model was asked again"
            return {**event, "content": _not_run(content, error)}
        for call in self.answer.calls:
            if call.id == content.get("id"):
                read = tool_call(call) if call.error is None else invalid_call(call)
                return {**event, "content": {**content, **read}}
        return {**event, "content": _not_run(content, "it was a piece of another call")}


def _not_run(call: dict[str, Any], error: str) -> dict[str, Any]:
    """Return a call that is not one of the answer's, as one that must not run."""
    args = call.get("args")
    text = args if isinstance(args, str) else text_of_arguments(args)
    return {**call, "type": "invalid_tool_call", "args": text, "error": error}


class EventsOfCalls(_Base):
    """The hooks that LangChain asks for events, over the model's own chunks."""

    def _stream_chat_model_events(self, messages: Any, **kwargs: Any) -> Iterator[Any]:
        watched = _Watched()
        to_events: Callable[..., Iterator[Any]] = _compat_bridge.chunks_to_events
        for event in to_events(map(watched.see, self._stream(messages, **kwargs))):
            yield watched.corrected(event)

    async def _astream_chat_model_events(self, messages: Any, **kwargs: Any) -> AsyncIterator[Any]:
        watched = _Watched()

        async def chunks() -> AsyncIterator[ChatGenerationChunk]:
            async for chunk in self._astream(messages, **kwargs):
                yield watched.see(chunk)

        to_events: Callable[..., AsyncIterator[Any]] = _compat_bridge.achunks_to_events
        async for event in to_events(chunks()):
            yield watched.corrected(event)
