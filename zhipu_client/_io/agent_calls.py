"""Calls of agents, whichever way they answer: at once, streamed, or by a task."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from zhipu_client._io.clock import Clock
from zhipu_client._io.polling import await_for, wait_for
from zhipu_client._lazy import hint
from zhipu_client._request import Request, StreamRequest
from zhipu_client._task import Plan
from zhipu_client.errors import ZhipuError
from zhipu_client.work._job import attach

if TYPE_CHECKING:
    from zhipu_client._io.aio import AsyncClient
    from zhipu_client._io.sync import Client
else:
    AsyncClient = hint("zhipu_client._io.aio", "AsyncClient")
    Client = hint("zhipu_client._io.sync", "Client")

__all__ = ["acall_agent", "aiterate_agent", "call_agent", "iterate_agent"]

A = TypeVar("A")
E = TypeVar("E")
A_co = TypeVar("A_co", covariant=True)
E_contra = TypeVar("E_contra", contravariant=True)


class _Collecting(Protocol[A_co, E_contra]):
    """Events put together, such as `zhipu_client.agents.Collected`."""

    @property
    def empty(self) -> bool: ...

    def add(self, event: E_contra, /) -> None: ...

    def reply(self) -> A_co: ...


class Calling(Protocol[A, E]):
    """A call, such as `zhipu_client.agents.AgentCall`."""

    @property
    def stream_only(self) -> bool: ...

    @property
    def streams(self) -> bool: ...

    def request(self) -> Request[A]: ...

    def stream_request(self) -> StreamRequest[E]: ...

    def running(self, reply: A, /) -> bool: ...

    def waiting(self, task: A, /) -> Plan[A]: ...

    def collected(self) -> _Collecting[A, E]: ...

    def event(self, reply: A, /) -> E: ...

    def answer_in(self, error: ZhipuError, /) -> A | None: ...


def call_agent(client: Client, call: Calling[A, Any], *, clock: Clock | None = None) -> A:
    """Return the whole answer of an agent; one that works asynchronously is waited for.

    Args:
        client: A `Client`.
        call: A `zhipu_client.agents.AgentCall`.
        clock: Another clock, for tests.

    Raises:
        InvalidRequestError: Something of the call is wrong; nothing was sent.
        TaskFailedError: The agent took the task and failed at it.
        TaskTimeoutError: It was still at work when the time was over, and goes on. This and every
            other error of the wait, an interrupt too, has ``task_id``, the ``async_id``.
        ZhipuError: A request failed. Where something had come, it is ``partial``.

    Example:
        ```python
        from zhipu_client import Client, agents, call_agent

        deck = call_agent(Client(), agents.AgentCall("slides_glm_agent", "Three slides about tea"))
        print(deck.text, len(deck.pages), deck.conversation_id)
        ```
    """
    if call.stream_only:
        collected = call.collected()
        try:
            for event in iterate_agent(client, call, clock=clock):
                collected.add(event)
        except BaseException as error:
            _keep(error, collected)
            raise
        return collected.reply()
    return _waited(client, call, client.send(call.request()), clock)


async def acall_agent(
    client: AsyncClient, call: Calling[A, Any], *, clock: Clock | None = None
) -> A:
    """Do as `call_agent` with an `AsyncClient`; the event loop stays free.

    Args and errors are those of `call_agent`.

    Example:
        ```python
        import asyncio

        from zhipu_client import AsyncClient, acall_agent, agents

        async def main():
            call = agents.AgentCall("slides_glm_agent", "Three slides about tea")
            deck = await acall_agent(AsyncClient(), call)
            print(deck.text, len(deck.pages))

        asyncio.run(main())
        ```
    """
    if call.stream_only:
        collected = call.collected()
        try:
            async for event in aiterate_agent(client, call, clock=clock):
                collected.add(event)
        except BaseException as error:
            _keep(error, collected)
            raise
        return collected.reply()
    return await _awaited(client, call, await client.send(call.request()), clock)


def iterate_agent(
    client: Client, call: Calling[Any, E], *, clock: Clock | None = None
) -> Generator[E, None, None]:
    """Yield the events of an agent as they come; one that does not stream gives one event.

    Args:
        client: A `Client`.
        call: A `zhipu_client.agents.AgentCall`.
        clock: Another clock, for tests.

    Raises:
        StreamIncompleteError: The stream ended too early; ``partial`` is the answer so far.
        ZhipuError: As for `call_agent`.

    Example:
        ```python
        from zhipu_client import Client, agents, iterate_agent

        call = agents.AgentCall("slides_glm_agent", "Three slides about tea")
        for event in iterate_agent(Client(), call):
            print(event.phase, event.text)
        ```
    """
    if not call.streams:
        yield call.event(_waited(client, call, client.send(call.request()), clock))
        return
    try:
        with client.stream(call.stream_request()) as events:
            yield from events
    except ZhipuError as error:
        reply = call.answer_in(error)  # paid for, and whole, though not streamed
        if reply is None:
            raise
    else:
        return
    yield call.event(_waited(client, call, reply, clock))


async def aiterate_agent(
    client: AsyncClient, call: Calling[Any, E], *, clock: Clock | None = None
) -> AsyncGenerator[E, None]:
    """Do as `iterate_agent` with an `AsyncClient`.

    Args and errors are those of `iterate_agent`.

    Example:
        ```python
        import asyncio
        from contextlib import aclosing

        from zhipu_client import AsyncClient, agents, aiterate_agent

        async def main():
            call = agents.AgentCall("slides_glm_agent", "Three slides about tea")
            # Closed at once, even when the loop is left early.
            async with aclosing(aiterate_agent(AsyncClient(), call)) as events:
                async for event in events:
                    print(event.phase, event.text)

        asyncio.run(main())
        ```
    """
    if not call.streams:
        reply = await client.send(call.request())
        yield call.event(await _awaited(client, call, reply, clock))
        return
    try:
        async with client.stream(call.stream_request()) as events:
            async for event in events:
                yield event
    except ZhipuError as error:
        reply = call.answer_in(error)
        if reply is None:
            raise
    else:
        return
    yield call.event(await _awaited(client, call, reply, clock))


def _waited(client: Client, call: Calling[A, Any], reply: A, clock: Clock | None) -> A:
    if not call.running(reply):
        return reply
    return wait_for(client, call.waiting(reply), clock=clock)


async def _awaited(client: AsyncClient, call: Calling[A, Any], reply: A, clock: Clock | None) -> A:
    if not call.running(reply):
        return reply
    return await await_for(client, call.waiting(reply), clock=clock)


def _keep(error: BaseException, collected: _Collecting[Any, Any]) -> None:
    """Put what had come on whatever ends a stream, an interrupt too."""
    if getattr(error, "partial", None) is None and not collected.empty:
        attach(error, partial=collected.reply())
