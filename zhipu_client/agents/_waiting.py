"""How to wait for an agent that works asynchronously. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zhipu_client import _check
from zhipu_client._replies import parse_as, read
from zhipu_client._request import Request
from zhipu_client._task import Plan
from zhipu_client.agents._replies import AgentReply, check_result, state_of
from zhipu_client.errors import TaskFailedError, ZhipuError

__all__ = ["Waiting", "path_of", "retrieve", "waiting"]


def path_of(below_base_url: bool, rest: str = "") -> str:
    """Return the path of a route of the agents.

    The documents of both sites have ``/api/v1/agents`` of the host; the official SDKs send to
    ``/v1/agents`` below their base URL.
    """
    return f"/v1/agents{rest}" if below_base_url else f"//api/v1/agents{rest}"


def retrieve(
    agent_id: str,
    async_id: str | None = None,
    *,
    conversation_id: str | None = None,
    custom_variables: Mapping[str, Any] | None = None,
    below_base_url: bool = False,
) -> Request[AgentReply]:
    """Ask how far an agent is: ``POST /v1/agents/async-result``.

    Args:
        agent_id: The agent.
        async_id: The ``async_id`` that `create` answered with. An agent that is asked by
            ``custom_variables`` instead (``intelligent_education_correction_polling``) has none.
        conversation_id: The conversation, of agents that have one.
        custom_variables: What the agent documents beside that.
        below_base_url: As for `create`.

    Raises:
        InvalidRequestError: An id is empty, or neither an id nor variables are given.

    Examples:
        >>> from zhipu_client import agents
        >>> agents.retrieve("vidu_template_agent", "42").json["async_id"]
        '42'
    """
    _check.booleans(below_base_url=below_base_url)
    _check.text("agent_id", agent_id)
    if async_id is not None or not custom_variables:
        _check.text("async_id", async_id)
    if conversation_id is not None:
        _check.text("conversation_id", conversation_id)
    return Request(
        method="POST",
        path=path_of(below_base_url, "/async-result"),
        parse=parse_as(AgentReply),
        json=_check.body(
            None,
            agent_id=agent_id,
            async_id=async_id,
            conversation_id=conversation_id,
            custom_variables=variables(custom_variables),
        ),
        check=check_result,
    )


def variables(given: Any) -> dict[str, Any] | None:
    """Return ``custom_variables`` as they are sent; refuse what is not an object."""
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise _check.refuse("custom_variables", given, "must be an object")
    return dict(given)


@dataclass(frozen=True, slots=True)
class Waiting(Plan[AgentReply]):
    """How to wait for an agent; attributes as in `Plan`.

    Attributes:
        agent_id: The agent.
        below_base_url: As for `create`.
        on_progress: Called with what each poll found. What it raises ends the wait, not the task.
    """

    agent_id: str = ""
    below_base_url: bool = False
    on_progress: Callable[[AgentReply], Any] | None = field(default=None, compare=False)

    def request(self) -> Request[AgentReply]:
        """Return the request that asks how far the agent is."""
        return retrieve(self.agent_id, self.task_id, below_base_url=self.below_base_url)

    def ended(self, found: AgentReply) -> bool:
        """Return True once the agent has answered; raise `TaskFailedError` when it has failed."""
        if self.on_progress is not None:
            self.on_progress(found)
        if found.state == "failed":
            raise self.failed(found.status, found, found.request_id)
        return state_of(found.status, not found.choices) == "succeeded"

    def failure(self, error: ZhipuError) -> Exception | None:
        """Return the error of a task whose poll says that it has failed, and why."""
        body = getattr(error, "body", None)
        if not isinstance(body, dict) or state_of(body.get("status")) != "failed":
            return None
        failed = self.failed(getattr(error, "message", error), read(AgentReply, body))
        if isinstance(failed, TaskFailedError):
            failed.code = getattr(error, "code", None)
        return failed


def waiting(
    task: AgentReply | str,
    *,
    agent_id: str | None = None,
    interval: float = 2.0,
    timeout: float = 900.0,
    below_base_url: bool = False,
    on_progress: Callable[[AgentReply], Any] | None = None,
) -> Waiting:
    """Return how to wait for an agent, for `zhipu_client.wait_for` and `await_for`.

    Args:
        task: What `create` answered, or its ``async_id``.
        agent_id: The agent; needed with an ``async_id``.
        interval: Seconds between the first two polls, above 0 to 3600.
        timeout: Seconds to wait in all, above 0 to a week.
        below_base_url: As for `create`.
        on_progress: Called with what each poll found, an `AgentReply`.

    Raises:
        InvalidRequestError: An id is missing, or a number is out of its range.

    Examples:
        >>> from zhipu_client import agents
        >>> agents.waiting("42", agent_id="vidu_template_agent").request().path
        '//api/v1/agents/async-result'
    """
    _check.booleans(below_base_url=below_base_url)
    async_id = task if isinstance(task, str) else task.async_id or ""
    known = None if isinstance(task, str) else task.agent_id
    _check.text("agent_id", agent_id or known)
    return Waiting(
        async_id,
        interval,
        timeout=timeout,
        agent_id=agent_id or known or "",
        below_base_url=below_base_url,
        on_progress=on_progress,
    )
