"""Chat chunks: reading them, joining them to a whole answer, whole apart from cut. Pure.

One place for every dialect of the chat stream (GLM by era, vLLM, SGLang, gateways), used by the
client and by both adapters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypedDict

from zhipu_client._half_characters import HalfJoiner, decode, decode_spoiled, whole_characters
from zhipu_client.chat._tool_calls import Fragment, ToolCallMerger
from zhipu_client.chat._whole_calls import SERVER_CALLS, calls_of, is_served, unique_ids
from zhipu_client.errors import APIError, ServerError, StreamIncompleteError, error_in

__all__ = [
    "REASONING_KEYS",
    "SERVER_CALLS",
    "Accumulator",
    "ChatChunk",
    "ChatReader",
    "Fragment",
    "ToolCallMerger",
    "calls_of",
    "is_served",
    "message_of",
    "reasoning_of",
    "text_of",
    "unique_ids",
]

#: The keys of the reasoning: Zhipu and older vLLM / SGLang, then newer vLLM and gateways.
REASONING_KEYS = ("reasoning_content", "reasoning")

#: Keys of a chunk that say nothing about the answer as a whole, or are joined by hand.
_PLAIN = frozenset({"id", "created", "object", "model", "choices", "usage"})


class ChatChunk(TypedDict, total=False):
    """One decoded event of a chat stream, as it came: no key is guaranteed."""

    id: str
    created: int
    object: str
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, Any]
    web_search: list[dict[str, Any]]
    content_filter: list[dict[str, Any]]


def text_of(content: Any) -> str:
    """Return the text of a ``content`` value: a string, null, or a list of parts.

    Args:
        content: The ``content`` of a message or delta, as it came.

    Examples:
        >>> from zhipu_client.chat import text_of
        >>> text_of([{"type": "text", "text": "It is "}, {"type": "text", "text": "323."}])
        'It is 323.'
    """
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(
            part if isinstance(part, str) else str(part.get("text") or "")
            for part in content
            if isinstance(part, (str, dict))
        )
    return ""


def reasoning_of(message: Mapping[str, Any]) -> str:
    """Return the reasoning of a message or delta, whichever key carries it.

    Args:
        message: The message or delta, as it came.

    Examples:
        >>> from zhipu_client.chat import reasoning_of
        >>> reasoning_of({"content": "323", "reasoning_content": "17 * 20 - 17"})
        '17 * 20 - 17'
        >>> reasoning_of({"content": "323"})
        ''
    """
    for key in REASONING_KEYS:
        value = message.get(key)
        if value:
            return value if isinstance(value, str) else text_of(value)
    return ""


def message_of(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the message of a choice: some servers call it ``delta``, or send its text alone.

    Args:
        choice: An item of ``choices``, as it came.

    Examples:
        >>> from zhipu_client.chat import message_of
        >>> message_of({"message": {"content": "17 * 19 = 323"}})
        {'content': '17 * 19 = 323'}
    """
    for key in ("message", "delta"):
        value = choice.get(key)
        if isinstance(value, str):
            return {"content": value}
        if value and isinstance(value, Mapping):
            return value
    return {}


class Accumulator:
    """Joins the chunks of one stream to the body that the same answer has unstreamed.

    Args:
        names: The names of the tools on offer, as the wire has them: see `ToolCallMerger`.

    Examples:
        >>> whole = Accumulator()
        >>> for text in ("Hel", "lo"):
        ...     whole.add({"choices": [{"index": 0, "delta": {"content": text}}]})
        >>> whole.message()["choices"][0]["message"]["content"]
        'Hello'
    """

    __slots__ = (
        "_audio",
        "_audio_pieces",
        "_content",
        "_names",
        "_reasoning",
        "_role",
        "_served",
        "_sound",
        "_tools",
        "_top",
        "_usage",
        "chunks",
        "finish_reason",
        "fragments",
    )

    def __init__(self, names: Collection[str] = ()) -> None:
        self._names = names
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._tools: ToolCallMerger | None = None
        self._served: list[Mapping[str, Any]] = []
        self._audio: dict[str, Any] | None = None
        self._sound: list[str] = []
        self._audio_pieces = 0
        self._role = "assistant"
        self._top: dict[str, Any] = {}
        self._usage: Any = None
        self.finish_reason: str | None = None
        #: How many chunks were added.
        self.chunks = 0
        #: The pieces of the caller's tool calls in the last chunk that had any.
        self.fragments: list[Fragment] = []

    @property
    def id(self) -> str | None:
        """The answer's id, once a chunk has given it."""
        found = self._top.get("id")
        return str(found) if found else None

    @property
    def contents(self) -> int:
        """How many pieces of text, reasoning, calls or audio have come, the finish included."""
        tools = self._tools.pieces if self._tools is not None else 0
        pieces = len(self._content) + len(self._reasoning) + tools
        return pieces + self._audio_pieces + (self.finish_reason is not None)

    @property
    def has_content(self) -> bool:
        """True once any text, reasoning, tool call or audio has come."""
        return bool(self._content or self._reasoning or self._tools or self._audio)

    def add(self, chunk: Mapping[str, Any]) -> None:
        """Take the next chunk."""
        if not self.chunks:
            for key in ("id", "created", "model"):
                if key in chunk:
                    self._top[key] = chunk[key]
        self.chunks += 1
        if chunk.get("usage"):
            self._usage = chunk["usage"]
        if len(chunk) > 4:
            for key, value in chunk.items():
                if key not in _PLAIN and value is not None:
                    self._top[key] = value
        choices = chunk.get("choices")
        if choices:
            choice = choices[0]
            if choice.get("finish_reason"):
                self.finish_reason = choice["finish_reason"]
            delta = choice.get("delta") or choice.get("message")
            if delta:
                self._delta(delta)

    def _delta(self, delta: Mapping[str, Any]) -> None:
        content = delta.get("content")
        if content:
            self._content.append(content if isinstance(content, str) else text_of(content))
        reasoning = reasoning_of(delta)
        if reasoning:
            self._reasoning.append(reasoning)
        if delta.get("tool_calls") or delta.get("function_call"):
            self._add_calls(calls_of(delta))
        audio = delta.get("audio")
        if isinstance(audio, dict):
            # Joined at the end: hours of sound, joined piece by piece, take quadratic time.
            self._audio = {**(self._audio or {}), **audio}
            if isinstance(audio.get("data"), str):
                self._sound.append(audio["data"])
            self._audio_pieces += 1

    def _add_calls(self, calls: Iterable[Any]) -> None:
        own = []
        for call in calls:
            # What the service runs itself comes whole, with fields of its own.
            if is_served(call):
                self._served.append(call)
            else:
                own.append(call)
        if self._tools is None:
            self._tools = ToolCallMerger(self._names)
        self.fragments = self._tools.fragments(own)

    def rest(self) -> list[Fragment]:
        """Return the pieces of calls that were kept back until the answer was over."""
        return self._tools.rest() if self._tools is not None else []

    def message(self) -> dict[str, Any]:
        """Return the whole body; without ``finish_reason`` when none has come."""
        message: dict[str, Any] = {"role": self._role, "content": "".join(self._content)}
        if self._reasoning:
            message["reasoning_content"] = "".join(self._reasoning)
        if self._tools is not None:
            message["tool_calls"] = [*self._tools.calls(), *self._served]
        if self._audio is not None:
            message["audio"] = dict(self._audio)
            if self._sound:
                message["audio"]["data"] = "".join(self._sound)
        choice: dict[str, Any] = {"index": 0, "message": message}
        if self.finish_reason is not None:
            choice["finish_reason"] = self.finish_reason
        body: dict[str, Any] = {**self._top, "choices": [choice]}
        if self._usage is not None:
            body["usage"] = self._usage
        return body


class ChatReader:
    """Reads the events of one chat stream; see `zhipu_client._request.StreamReader`.

    Args:
        names: The names of the tools on offer, as the wire has them: see `ToolCallMerger`.
    """

    __slots__ = ("_answer", "_halves", "_is_spoiled", "done")

    def __init__(self, names: Collection[str] = ()) -> None:
        self._answer = Accumulator(names)
        self._halves = HalfJoiner()
        self._is_spoiled = False
        self.done = False

    def feed(self, data: bytes, event: str) -> ChatChunk | None:
        """Decode one event; None for the closing sentinel, unless half a character was left."""
        try:
            chunk, with_halves = decode(data)
        except ValueError as error:
            if data.strip() == b"[DONE]":
                self.done = True
                return self._last_half()
            chunk, with_halves = self._of_spoiled(data, error), False
        if not isinstance(chunk, dict) or event == "error" or error_in(chunk):
            raise self._failure(whole_characters(chunk) if with_halves else chunk)
        if with_halves or self._halves:
            chunk = self._halves.join(chunk)
        try:
            self._answer.add(chunk)
        except (AttributeError, LookupError, TypeError) as error:
            raise StreamIncompleteError(
                f"the stream has an event of {len(data)} bytes that is not a chunk of a chat",
                partial=self.partial(),
            ) from error
        if self._answer.finish_reason == "network_error":
            raise self._interrupted()
        read: ChatChunk = chunk
        return None if self._is_spoiled else read

    def _of_spoiled(self, data: bytes, error: ValueError) -> Any:
        """Return an event with bytes that are not UTF-8, as far as it can be read.

        From here on nothing is passed on. What is still to come was paid for, so it is read, and
        goes on the error of `finish`.
        """
        try:
            chunk = decode_spoiled(data)
        except ValueError:
            raise StreamIncompleteError(
                f"the stream has an event of {len(data)} bytes that is not JSON "
                "(a frame that was cut, two frames glued together, or bad UTF-8)",
                partial=self.partial(),
            ) from error
        self._is_spoiled = True
        return chunk

    def _last_half(self) -> ChatChunk | None:
        if not self._halves:
            return None
        chunk = self._halves.rest()
        self._answer.add(chunk)
        return chunk  # type: ignore[return-value]

    @property
    def contents(self) -> int:
        """See `zhipu_client._request.StreamReader`."""
        return self._answer.contents

    def finish(self) -> None:
        """Raise unless the answer is whole: a finish_reason, or the sentinel after content."""
        answer = self._answer
        if self._is_spoiled:
            raise StreamIncompleteError(
                "the stream has bytes that are not UTF-8: nothing was passed on from there; the "
                "answer with U+FFFD in their place is in `partial` of this error",
                partial=self.partial(),
            )
        if answer.finish_reason is not None or (self.done and answer.has_content):
            return
        after = "before any content" if not answer.has_content else "in the middle of the answer"
        raise StreamIncompleteError(
            f"the stream ended {after}: no finish_reason came after {answer.chunks} chunks",
            partial=self.partial(),
        )

    def partial(self) -> Any:
        """Return the answer up to now, or None when nothing has come."""
        return self._answer.message() if self._answer.chunks else None

    def _failure(self, frame: Any) -> APIError:
        from zhipu_client.errors._failures import error_from  # loaded where something fails

        error = error_from(None, {}, frame)
        error.partial = self.partial()
        return error

    def _interrupted(self) -> ServerError:
        error = ServerError(
            "the service interrupted the generation (finish_reason network_error)",
            retryable=True,
        )
        error.partial = self.partial()
        return error
