"""Messages to and from the service's agents: inputs to the wire, answers to LangChain's blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, convert_to_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.prompt_values import PromptValue

from zhipu_client.adapting import counts, refuse
from zhipu_client.agents import AgentEvent, AgentReply

__all__ = ["ChunkMaker", "text_input", "to_message", "to_wire"]

_ROLES = {"human": "user", "ai": "assistant", "system": "system"}
#: The links in answers, and the blocks for them.
_LINKS = {"file_url": "file", "image_url": "image", "video_url": "video", "audio_url": "audio"}
#: What an earlier answer contains and an agent does not take.
_NOT_SENT = frozenset({"reasoning", "non_standard", "video", "audio"})


def to_wire(given: Any) -> Any:
    """Return an input as `zhipu_client.agents` takes messages.

    Args:
        given: A text, a message, a prompt, a list of messages (LangChain's, or dicts with role and
            content), or a state of a graph with ``messages``.

    Raises:
        InvalidRequestError: It is something else.
    """
    if isinstance(given, Mapping) and "messages" in given:
        given = given["messages"]
    if isinstance(given, str):
        return given
    if isinstance(given, PromptValue):
        given = given.to_messages()
    if isinstance(given, BaseMessage):
        given = [given]
    if not isinstance(given, Sequence) or isinstance(given, bytes):
        raise refuse("input", given, "must be a text, a message, a prompt or a list of messages")
    wire = [_message(number, one) for number, one in enumerate(given)]
    return [one for one in wire if one is not None]


def text_input(given: Any) -> str:
    """Return the text of an input that is one text: a string, a message or a prompt."""
    if isinstance(given, PromptValue):
        messages = given.to_messages()
        given = messages[0] if len(messages) == 1 else given.to_string()
    if isinstance(given, BaseMessage):
        given = given.text
    if not isinstance(given, str):
        raise refuse("input", given, "must be a text, a message or a prompt")
    return str(given)


def _message(number: int, given: Any) -> dict[str, Any] | None:
    place = f"messages[{number}]"
    if isinstance(given, Mapping) and "role" in given:
        return dict(given)  # as the wire has it: the client checks
    if not isinstance(given, BaseMessage):
        try:
            (given,) = convert_to_messages([given])
        except (TypeError, ValueError, NotImplementedError) as error:
            raise refuse(place, given, "must be a message") from error
    role = _ROLES.get(given.type)
    if role is None:
        raise refuse(place, given.type, "must be a message of user, assistant or system")
    if isinstance(given.content, str):
        return {"role": role, "content": given.content}
    sent = role != "assistant"
    parts = [
        _part(f"{place}.content[{n}]", block)
        for n, block in enumerate(given.content)
        if sent or not (isinstance(block, Mapping) and block.get("type") in _NOT_SENT)
    ]
    return {"role": role, "content": parts} if parts or sent else None


def _part(place: str, block: Any) -> Any:
    kind = block.get("type") if isinstance(block, Mapping) else None
    if kind == "text":
        return {"type": "text", "text": block.get("text")}
    if kind not in ("image", "file"):
        return block  # the client says what is wrong with it
    if block.get("file_id"):
        return {"type": "file_id", "file_id": block["file_id"]}
    if not block.get("url"):
        why = "must have a url or a file_id: agents take no bytes, send them by files.create"
        raise refuse(place, kind, why)
    return {"type": f"{kind}_url", f"{kind}_url": block["url"]}


class ChunkMaker:
    """Makes the chunks of one answer. Their sum has the content of the whole."""

    def __init__(self) -> None:
        self._index = -1
        self._head: Any = None
        self._known: dict[str, Any] = {}

    def chunk(self, event: AgentEvent) -> AIMessageChunk:
        """Return the chunk of an event."""
        blocks: dict[int, dict[str, Any]] = {}
        for message in event.messages:
            for part in message["content"]:
                self._add(blocks, message, part)
        facts = {**event.ids, "finish_reason": event.finish_reason, "output_version": "v1"}
        new = {name: v for name, v in facts.items() if v and name not in self._known}
        self._known.update(new)
        new.pop("id", None)
        return AIMessageChunk(
            content=list(blocks.values()),
            id=self._known.get("id"),
            response_metadata=new,
            usage_metadata=_usage(event.usage),
        )

    def _add(
        self, blocks: dict[int, dict[str, Any]], message: dict[str, Any], part: dict[str, Any]
    ) -> None:
        phase = message.get("phase")
        field = "reasoning" if phase == "thinking" else "text"
        if part.get("type") != "text" or phase == "tool":
            self._index, self._head = self._index + 1, None
            blocks[self._index] = {**_block(part), "index": self._index}
            return
        head = (message.get("role"), phase)
        if head != self._head:
            self._index, self._head = self._index + 1, head
        known = blocks.get(self._index, {"type": field, field: "", "index": self._index})
        blocks[self._index] = {**known, field: known[field] + part["text"]}


def _block(part: dict[str, Any]) -> dict[str, Any]:
    kind = str(part.get("type"))
    url = part.get(kind)
    if kind not in _LINKS or not isinstance(url, str):
        return {"type": "non_standard", "value": part}
    name = part.get("tag_en") or part.get("tag_cn") or part.get("tag")
    block: dict[str, Any] = {"type": _LINKS[kind], "url": url}
    return {**block, "extras": {"name": name}} if name else block


def _usage(usage: Mapping[str, Any] | None) -> UsageMetadata | None:
    found = counts(usage)
    if not found:
        return None
    given, made = found.get("prompt_tokens", 0), found.get("completion_tokens", 0)
    total = found.get("total_tokens", given + made)
    return UsageMetadata(input_tokens=given, output_tokens=made, total_tokens=total)


def to_message(reply: AgentReply) -> AIMessage:
    """Return a whole answer as a message; its ids are in ``response_metadata``."""
    chunk = ChunkMaker().chunk(AgentEvent.of_reply(reply))
    return AIMessage(
        content=chunk.content,
        id=chunk.id,
        response_metadata=chunk.response_metadata,
        usage_metadata=chunk.usage_metadata,
    )
