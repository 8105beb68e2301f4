"""Calls of agents: ``POST /v1/agents``, whole and streamed, and its ``/conversation``. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhipu_client import _check
from zhipu_client._replies import parse_as
from zhipu_client._request import Kind, Request, StreamRequest
from zhipu_client.agents._known import info_of
from zhipu_client.agents._messages import messages_for_wire
from zhipu_client.agents._replies import (
    AgentEvent,
    AgentReader,
    AgentReply,
    check_answer,
    check_result,
)
from zhipu_client.agents._waiting import path_of, variables

__all__ = ["Messages", "conversation", "create", "stream"]

#: A text, or messages as the wire has them.
Messages = str | Sequence[Mapping[str, Any]]


def create(
    *,
    agent_id: str,
    messages: Messages,
    custom_variables: Mapping[str, Any] | None = None,
    conversation_id: str | None = None,
    request_id: str | None = None,
    user_id: str | None = None,
    below_base_url: bool = False,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[AgentReply]:
    """Have an agent work, and get its answer in one piece: ``POST /v1/agents``.

    An agent that works asynchronously (``vidu_template_agent``) answers at once, with an
    ``async_id``: see `waiting`. ``slides_glm_agent`` and ``intelligent_education_solve_agent``
    answer to `stream` only.

    Args:
        agent_id: One of `AGENTS`, or another one.
        messages: A text, or a list of ``{"role", "content"}``. The content is a text, or a list of
            ``{"type": "text", "text"}``, ``{"type": "file_id", "file_id"}``,
            ``{"type": "file_url", "file_url"}`` and ``{"type": "image_url", "image_url"}``, whose
            value is the address itself.
        custom_variables: What the agent takes beside them, such as ``{"target_lang": "en"}``.
        conversation_id: The conversation to go on with, from an earlier answer.
        request_id: Your own id of the call, 6 to 64 characters.
        user_id: Your own id of the end user, 6 to 128 characters.
        below_base_url: False: the documented path, ``/api/v1/agents`` of the host. True:
            ``/v1/agents`` below the base URL, where the official SDKs send it.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: A value is missing or of another shape; ``field`` has its place.

    Examples:
        >>> from zhipu_client import agents
        >>> agents.create(agent_id="ai_drawing_agent", messages="a kite").kind
        'paid'
    """
    _check.booleans(below_base_url=below_base_url)
    return Request(
        method="POST",
        path=path_of(below_base_url),
        parse=parse_as(AgentReply),
        json=_body(
            extra_body, None, agent_id, messages, custom_variables, conversation_id, request_id,
            user_id,
        ),
        kind=_kind(agent_id),
        model=agent_id,
        check=check_answer,
    )  # fmt: skip


def stream(
    *,
    agent_id: str,
    messages: Messages,
    custom_variables: Mapping[str, Any] | None = None,
    conversation_id: str | None = None,
    request_id: str | None = None,
    user_id: str | None = None,
    below_base_url: bool = False,
    extra_body: Mapping[str, Any] | None = None,
) -> StreamRequest[AgentEvent]:
    """Have an agent work, and get its answer as it comes. Parameters are those of `create`.

    The phases of an agent that has some are ``thinking``, ``tool`` and ``answer``.

    Raises:
        InvalidRequestError: A value is missing or of another shape; ``field`` has its place.
        StreamIncompleteError: While it is read: it ended too early. ``partial`` is the `AgentReply`
            so far, with its ``conversation_id``.

    Example:
        ```python
        from zhipu_client import Client, agents

        request = agents.stream(agent_id="slides_glm_agent", messages="Three slides about tea")
        with Client().stream(request) as events:
            for event in events:
                print(event.phase, event.text, [step.tool for step in event.steps])
        ```
    """
    _check.booleans(below_base_url=below_base_url)
    return StreamRequest(
        method="POST",
        path=path_of(below_base_url),
        reader=AgentReader,
        json=_body(
            extra_body, True, agent_id, messages, custom_variables, conversation_id, request_id,
            user_id,
        ),
        kind=_kind(agent_id),
        model=agent_id,
    )  # fmt: skip


def _kind(agent_id: str) -> Kind:
    return "generate" if info_of(agent_id).billed == "tokens" else "paid"


def _body(
    extra: Mapping[str, Any] | None,
    streamed: bool | None,
    agent_id: str,
    messages: Messages,
    custom_variables: Mapping[str, Any] | None,
    conversation_id: str | None,
    request_id: str | None,
    user_id: str | None,
) -> dict[str, Any]:
    _check.text("agent_id", agent_id)
    if conversation_id is not None:
        _check.text("conversation_id", conversation_id)
    _check.ids(request_id, user_id)
    return _check.body(
        extra,
        agent_id=agent_id,
        messages=messages_for_wire(messages),
        stream=streamed,
        custom_variables=variables(custom_variables),
        conversation_id=conversation_id,
        request_id=request_id,
        user_id=user_id,
    )


def conversation(
    conversation_id: str,
    *,
    agent_id: str = "slides_glm_agent",
    include_pdf: bool | None = None,
    include_html: bool | None = None,
    pages: Sequence[Mapping[str, float]] | None = None,
    custom_variables: Mapping[str, Any] | None = None,
    below_base_url: bool = False,
) -> Request[AgentReply]:
    """Get what a conversation has made, as files: ``POST /v1/agents/conversation``.

    Args:
        conversation_id: The ``conversation_id`` of an answer.
        agent_id: ``slides_glm_agent``, the only one that is documented to have this.
        include_pdf: Make a PDF file of the slides.
        include_html: Make HTML files of them.
        pages: The sizes of slides: ``{"position", "width", "height"}``, the number of the slide
            from 1, and centimetres on open.bigmodel.cn or points on api.z.ai.
        custom_variables: Further variables, sent unchecked.
        below_base_url: As for `create`.

    Returns:
        A request whose answer has ``files``.

    Raises:
        InvalidRequestError: An id is empty, or a size is not a number above 0.

    Examples:
        >>> from zhipu_client import agents
        >>> agents.conversation("c-1", include_pdf=True).json["custom_variables"]
        {'include_pdf': True}
    """
    _check.booleans(
        include_pdf=include_pdf, include_html=include_html, below_base_url=below_base_url
    )
    _check.text("conversation_id", conversation_id)
    _check.text("agent_id", agent_id)
    given = _check.body(
        variables(custom_variables),
        include_pdf=include_pdf,
        include_html=include_html,
        pages=None if pages is None else [_page(n, page) for n, page in enumerate(pages)],
    )
    return Request(
        method="POST",
        path=path_of(below_base_url, "/conversation"),
        parse=parse_as(AgentReply),
        json=_check.body(
            None,
            agent_id=agent_id,
            conversation_id=conversation_id,
            custom_variables=given or None,
        ),
        check=check_result,
    )


def _page(number: int, page: Any) -> dict[str, Any]:
    place = f"pages[{number}]"
    if not isinstance(page, Mapping):
        raise _check.refuse(place, page, "must have position, width and height")
    _check.within(f"{place}.position", page.get("position", 0), 1, 10_000, whole=True)
    for name in ("width", "height"):
        _check.within(f"{place}.{name}", page.get(name, 0), 0, 100_000, open_low=True)
    return dict(page)
