"""Answers of agents, whole and as events; what collects and what reads events. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ConfigDict

from zhipu_client._event_reader import EventReader
from zhipu_client._half_characters import whole_text
from zhipu_client._replies import ReplyModel, read, rows
from zhipu_client._request import Reply
from zhipu_client._task import State
from zhipu_client.agents._output import Output, is_text, messages_in
from zhipu_client.errors import APIError, ServerError, StreamIncompleteError
from zhipu_client.errors._failures import error_from

__all__ = [
    "AgentEvent",
    "AgentReader",
    "AgentReply",
    "Collected",
    "check_answer",
    "check_result",
    "failure_in",
    "state_of",
]

_STATES: Mapping[str, State] = {
    "PENDING": "running",
    "PROCESSING": "running",
    "SUCCESS": "succeeded",
    "FAILED": "failed",
    "FAIL": "failed",
}
_IDS = ("id", "agent_id", "conversation_id", "async_id", "request_id")


class AgentReply(Output, ReplyModel):
    """What an agent has answered.

    Attributes:
        id: The id of the call.
        agent_id: The agent.
        conversation_id: What `create` takes to go on with the conversation, of agents that have
            one.
        async_id: The task, of agents that work asynchronously.
        status: ``pending``, ``success`` or ``failed``, of such a task.
        choices: The answer as it came; `messages`, `text` and `files` read it.
        usage: Tokens and calls.
    """

    # An id that came as a number is used as an id all the same.
    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: str | None = None
    agent_id: str | None = None
    conversation_id: str | None = None
    async_id: str | None = None
    request_id: str | None = None
    status: str | None = None
    choices: list[dict[str, Any]] | None = None
    usage: dict[str, Any] | None = None

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages: ``role``, ``phase`` (may be missing) and ``content``, a list of parts."""
        return messages_in({"choices": self.choices})

    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended: ``stop``, ``length``, ``sensitive``; None where it is not said."""
        return finish_of({"choices": self.choices})

    @property
    def state(self) -> State:
        """The state in one of three words: ``running``, ``succeeded`` or ``failed``."""
        return state_of(self.status, bool(self.async_id) and not self.choices)


def state_of(status: Any, running: bool = False) -> State:
    """Return a status in one of three words; one that is not known is what else is known of it."""
    return _STATES.get(str(status).upper(), "running" if running else "succeeded")


def finish_of(data: Mapping[str, Any]) -> str | None:
    """Return the last reason in an answer or an event why it ended."""
    reasons = (choice.get("finish_reason") for choice in rows(data.get("choices")))
    return next((str(reason) for reason in reversed(list(reasons)) if reason), None)


@dataclass(frozen=True, slots=True)
class AgentEvent(Output):
    """A piece of an agent's answer.

    Attributes:
        messages: What came in addition.
        finish_reason: Why the answer ended, at its end.
        usage: Tokens, at its end.
        ids: ``id``, ``agent_id``, ``conversation_id`` and ``async_id``, as far as it has them.
    """

    messages: list[dict[str, Any]] = field(default_factory=list)
    finish_reason: str | None = None
    usage: dict[str, Any] | None = None
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def phase(self) -> str | None:
        """``thinking``, ``tool`` or ``answer``; None where the agent has no phases."""
        return next((one.get("phase") for one in reversed(self.messages)), None)

    @property
    def conversation_id(self) -> str | None:
        """What `create` takes to go on with the conversation."""
        return self.ids.get("conversation_id")

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> AgentEvent:
        """Return the event of a decoded frame, or of a whole answer."""
        usage = data.get("usage")
        ids = {name: str(data[name]) for name in _IDS if data.get(name)}
        return cls(
            messages_in(data), finish_of(data), usage if isinstance(usage, dict) else None, ids
        )

    @classmethod
    def of_reply(cls, reply: AgentReply) -> AgentEvent:
        """Return a whole answer as one event."""
        return cls.of(reply.model_dump())


class Collected:
    """Events put together to a whole answer.

    Examples:
        >>> collected = Collected()
        >>> for text in ("Good ", "day"):
        ...     content = {"role": "assistant", "content": text}
        ...     collected.add(AgentEvent.of({"choices": [{"messages": [content]}]}))
        >>> collected.reply().text
        'Good day'
    """

    def __init__(self) -> None:
        self._messages: list[dict[str, Any]] = []
        self._facts: dict[str, Any] = {}
        self.finish_reason: str | None = None
        #: How many events brought the answer on.
        self.contents = 0

    @property
    def head(self) -> dict[str, Any]:
        """The role and the phase of the message that came last."""
        return dict(self._messages[-1]["head"]) if self._messages else {"role": "assistant"}

    def add(self, event: AgentEvent) -> None:
        """Add an event."""
        self._facts.update(event.ids)
        if event.usage:
            self._facts["usage"] = event.usage
        self.finish_reason = event.finish_reason or self.finish_reason
        content = False
        for message in event.messages:
            for part in message["content"]:
                content = content or part.get("type") != "text" or bool(part["text"])
                self._append(message, part)
        self.contents += content

    def _append(self, message: dict[str, Any], part: dict[str, Any]) -> None:
        head = {name: value for name, value in message.items() if name != "content"}
        if not self._messages or self._messages[-1]["head"] != head:
            self._messages.append({"head": head, "content": []})
        parts = self._messages[-1]["content"]
        if not is_text(part):
            parts.append(part)
        elif parts and isinstance(parts[-1], list):
            parts[-1].append(part["text"])
        else:
            parts.append([part["text"]])

    def reply(self) -> AgentReply:
        """Return what has come up to now as an answer."""
        messages = [
            {**one["head"], "content": [_joined(part) for part in one["content"]]}
            for one in self._messages
        ]
        choice: dict[str, Any] = {"index": 0, "messages": messages}
        if self.finish_reason:
            choice["finish_reason"] = self.finish_reason
        found: AgentReply = read(AgentReply, {**self._facts, "choices": [choice]})
        return found

    @property
    def empty(self) -> bool:
        """Whether nothing has come, not even an id."""
        return not self._messages and not self._facts


def _joined(part: Any) -> dict[str, Any]:
    return {"type": "text", "text": "".join(part)} if isinstance(part, list) else part


class AgentReader(EventReader):
    """Reads the events of an agent; see `zhipu_client._request.StreamReader`."""

    def __init__(self) -> None:
        super().__init__()
        self._collected = Collected()
        self._half = ""

    def feed(self, data: bytes, event: str) -> AgentEvent | None:
        """Read one event."""
        frame = self.decode(data, event)
        if frame is None:
            return None
        found = AgentEvent.of(frame)
        self._join_halves(found)
        self._collected.add(found)
        self.contents = self._collected.contents
        failure = failure_in(frame)
        if failure is not None:
            failure.partial = self.partial()
            raise failure
        if not found.messages and not found.finish_reason and not found.usage:
            return None
        return found

    def _join_halves(self, event: AgentEvent) -> None:
        """Keep half of a character back until the other half comes, at the next text or the end."""
        if event.finish_reason and self._half and not event.messages:
            part, self._half = {"type": "text", "text": whole_text(self._half)}, ""
            event.messages.append({**self._collected.head, "content": [part]})
        for message in event.messages:
            for part in message["content"]:
                if part.get("type") == "text" and part["text"]:
                    text, self._half = self._half + part["text"], ""
                    if "\ud800" <= text[-1] <= "\udbff" and not event.finish_reason:
                        text, self._half = text[:-1], text[-1]
                    part["text"] = whole_text(text)

    def partial(self) -> AgentReply | None:
        """Return what has come so far, with its ids."""
        return None if self._collected.empty else self._collected.reply()

    def finish(self) -> None:
        """Raise unless the answer is whole: a finish_reason, or the sentinel after content."""
        if self._collected.finish_reason or (self.whole and self.contents):
            return
        after = "in the middle of the answer" if self.contents else "before any content"
        raise StreamIncompleteError(
            f"the agent's stream ended {after}: no finish_reason came", partial=self.partial()
        )


def failure_in(
    data: Mapping[str, Any], status: int | None = None, headers: Mapping[str, str] | None = None
) -> APIError | None:
    """Return the failure that an answer or an event reports beside its choices, or None."""
    error = data.get("error")
    if isinstance(error, Mapping):
        error = error.get("code") or error.get("message")
    if error:
        return error_from(status, headers or {}, dict(data))
    if finish_of(data) == "network_error":
        message = "the service interrupted the agent (finish_reason network_error)"
        return ServerError(message, status=status, retryable=True, body=dict(data))
    return None


def check_result(reply: Reply) -> None:
    """Raise what an answer to `retrieve` or `conversation` reports beside its choices."""
    data = reply.data
    if not isinstance(data, dict):
        return
    failure = failure_in(data, reply.status, reply.headers)
    if failure is not None:
        failure.partial = read(AgentReply, data)
        raise failure


def check_answer(reply: Reply) -> None:
    """Raise unless an answer to `create` is one: choices, or a task."""
    check_result(reply)
    data = reply.data
    if not isinstance(data, dict):
        return
    if state_of(data.get("status")) == "failed":
        raise ServerError("the agent failed and does not say why", status=reply.status, body=data)
    if not data.get("choices") and not data.get("async_id"):
        raise ServerError(
            "the answer has neither choices nor an async_id: is base_url one of the service's?",
            status=reply.status,
            body=data,
        )
