"""One call of an agent, whichever way it answers: at once, streamed, or by a task. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zhipu_client import _check
from zhipu_client._replies import read
from zhipu_client._request import Request, StreamRequest
from zhipu_client.agents._known import AgentInfo, info_of
from zhipu_client.agents._replies import AgentEvent, AgentReply, Collected, failure_in
from zhipu_client.agents._requests import Messages, create, stream
from zhipu_client.agents._waiting import Waiting, waiting
from zhipu_client.errors import ServerError, ZhipuError

__all__ = ["AgentCall"]


@dataclass(frozen=True, slots=True)
class AgentCall:
    """A call of an agent, for `zhipu_client.call_agent` and `iterate_agent`.

    It says what is sent, and takes what comes, by what is documented of the agent: one that only
    streams is streamed and put together, one that works asynchronously is waited for.

    Attributes:
        agent_id: The agent.
        messages: As for `create`, with all up to ``below_base_url``.
        custom_variables: What the agent takes beside them.
        conversation_id: The conversation to go on with.
        below_base_url: Which path to use.
        interval: Seconds between the first two polls, above 0 to 3600.
        timeout: Seconds to wait for a task in all, above 0 to a week.
        on_progress: Called with what each poll found, an `AgentReply`.

    Examples:
        >>> from zhipu_client import agents
        >>> agents.AgentCall("slides_glm_agent", "Three slides about tea").stream_only
        True
    """

    agent_id: str
    messages: Messages = field(repr=False)
    custom_variables: Mapping[str, Any] | None = field(default=None, repr=False)
    conversation_id: str | None = None
    below_base_url: bool = False
    interval: float = 2.0
    timeout: float = 900.0
    on_progress: Callable[[AgentReply], Any] | None = field(default=None, compare=False, repr=False)

    @property
    def info(self) -> AgentInfo:
        """Return what is documented of the agent."""
        return info_of(self.agent_id)

    @property
    def stream_only(self) -> bool:
        """Return whether the agent answers in a stream only."""
        return self.info.streams == "only"

    @property
    def streams(self) -> bool:
        """Return whether the agent can be streamed."""
        return self.info.streams != "never"

    def _check(self) -> None:
        # What is wrong with the wait is said before anything is paid for.
        self.waiting("checked here")

    def _given(self) -> dict[str, Any]:
        return {
            "agent_id": self.agent_id,
            "messages": self.messages,
            "custom_variables": self.custom_variables,
            "conversation_id": self.conversation_id,
            "below_base_url": self.below_base_url,
        }

    def request(self) -> Request[AgentReply]:
        """Return the request for an answer in one piece."""
        self._check()
        return create(**self._given())

    def stream_request(self) -> StreamRequest[AgentEvent]:
        """Return the request for an answer as it comes."""
        self._check()
        return stream(**self._given())

    def submission(self) -> Request[AgentReply]:
        """Return the request that makes a task.

        Raises:
            InvalidRequestError: The agent is documented to answer at once.
        """
        if self.agent_id == self.info.id and not self.info.asynchronous and self.info.does:
            why = "answers at once and makes no task: call it instead"
            raise _check.refuse("agent_id", self.agent_id, why)
        return self.request()

    def submitted(self, reply: AgentReply) -> str:
        """Return the id of the task that an answer to `submission` has.

        Raises:
            ServerError: The agent has answered at once; the answer is its ``partial``.
        """
        if reply.async_id:
            return reply.async_id
        error = ServerError(
            f"{self.agent_id} answered at once and made no task: its answer is in `partial`",
            request_id=reply.request_id,
            body=reply.model_dump(),
        )
        error.partial = reply
        raise error

    def waiting(self, task: AgentReply | str) -> Waiting:
        """Return how to wait for the task of an answer."""
        return waiting(
            task,
            agent_id=self.agent_id,
            interval=self.interval,
            timeout=self.timeout,
            below_base_url=self.below_base_url,
            on_progress=self.on_progress,
        )

    def running(self, reply: AgentReply) -> bool:
        """Return whether an answer is a task that has to be waited for."""
        return reply.state == "running"

    def collected(self) -> Collected:
        """Return what puts the events together."""
        return Collected()

    def event(self, reply: AgentReply) -> AgentEvent:
        """Return a whole answer as an event."""
        return AgentEvent.of_reply(reply)

    def answer_in(self, error: ZhipuError) -> AgentReply | None:
        """Return the answer of an agent that was asked for a stream and answered in one piece."""
        body = getattr(error, "body", None)
        if not isinstance(error, ServerError) or error.code or not isinstance(body, dict):
            return None
        if failure_in(body) or not (body.get("choices") or body.get("async_id")):
            return None
        found: AgentReply = read(AgentReply, body)
        return found
