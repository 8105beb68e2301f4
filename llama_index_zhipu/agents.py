"""The service's ready-made agents, as tools and in plain Python."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Unpack

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package

from zhipu_client import (
    Request,
    acall_agent,
    agents,
    aiterate_agent,
    await_for,
    call_agent,
    iterate_agent,
    wait_for,
)
from zhipu_client.adapting import ConnectionOptions, booleans, called, mapping
from zhipu_client.agents import AgentCall, AgentEvent, AgentReply

from ._tool_spec import ConnectedToolSpec

__all__ = ["ZhipuAIAgentToolSpec"]


class ZhipuAIAgentToolSpec(ConnectedToolSpec):
    """Tools that call one of the service's agents: ``POST /v1/agents``.

    ``call_agent`` gives it a task, ``translate`` is for the agent ``general_translation``; take one
    of them with ``to_tool_list(["translate"])``. In plain Python `invoke` returns the whole answer,
    whichever way the agent answers: at once, by a stream that is put together, or by a task that is
    waited for. `stream` yields it as it comes, with the phases ``thinking``, ``tool`` and
    ``answer``. `submit` returns the id of a task at once, and `result` waits for it, now or in
    another process. Each has an asynchronous twin.

    Args:
        api_key: The key; None takes it from the environment.
        agent_id: One of `zhipu_client.agents.AGENTS`, or another one.
        custom_variables: What the agent takes beside messages, such as ``{"size": "1024*1024"}``.
        conversation_id: A conversation to go on with.
        interval: Seconds between the first two polls of a task, above 0 to 3600.
        wait: Seconds to wait for a task in all, up to a week.
        on_progress: Called with what each poll found, a `zhipu_client.agents.AgentReply`.
        below_base_url: False: the documented path, ``/api/v1/agents`` of the host. True:
            ``/v1/agents`` below the base URL, where the official SDKs send it.
        **connection: ``base_url``, ``timeout`` and the other settings of all adapters, see
            `ZhipuSettings`.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or a value is wrong; nothing was sent.
        zhipu_client.StreamIncompleteError: The stream ended too early; ``partial`` is the
            `AgentReply` so far, with its ``conversation_id``.
        zhipu_client.TaskFailedError: The agent took a task and failed at it.
        zhipu_client.TaskTimeoutError: It was still at work after ``wait``, and goes on: see
            `result`. Each error of a wait has ``task_id``.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIAgentToolSpec

        slides = ZhipuAIAgentToolSpec(agent_id="slides_glm_agent")
        deck = slides.invoke("Three slides about tea")
        print(deck.text, len(deck.pages))

        for event in slides.stream("Delete slide 2", conversation_id=deck.conversation_id):
            print(event.phase, event.text)

        print(ZhipuAIAgentToolSpec().translate("Good morning, world!", "zh-CN"))
        ```
    """

    spec_functions = [("call_agent", "acall_agent"), ("translate", "atranslate")]  # noqa: RUF012

    def __init__(
        self,
        api_key: Any = None,
        *,
        agent_id: str = "general_translation",
        custom_variables: Mapping[str, Any] | None = None,
        conversation_id: str | None = None,
        interval: float = 2.0,
        wait: float = 900.0,
        on_progress: Callable[[AgentReply], Any] | None = None,
        below_base_url: bool = False,
        **connection: Unpack[ConnectionOptions],
    ) -> None:
        booleans(below_base_url=below_base_url)
        super().__init__(api_key=api_key, **connection)
        self.agent_id = agent_id
        self.custom_variables = mapping("custom_variables", custom_variables)
        self.conversation_id = conversation_id
        self.interval = interval
        self.wait = wait
        self.on_progress = on_progress
        self.below_base_url = below_base_url
        # Checked here: after the request the answer is paid for, and a wrong value would lose it.
        with called(timeout="wait"):
            self._call("checked here").request()

    # --- As tools

    def call_agent(self, task: str, image_url: str | None = None) -> str:
        """Give a specialised agent a task, and return its answer with links to what it made.

        Args:
            task (str): What it is to do, in words.
            image_url (Optional[str]): The address of an image that the task is about.
        """
        return _told(self.invoke(_messages(task, image_url)))

    async def acall_agent(self, task: str, image_url: str | None = None) -> str:
        """Give a specialised agent a task, and return its answer with links to what it made."""
        return _told(await self.ainvoke(_messages(task, image_url)))

    def translate(self, text: str, target_lang: str = "zh-CN", source_lang: str = "auto") -> str:
        """Translate a text.

        Args:
            text (str): What to translate.
            target_lang (str): The code of the language to translate to, such as en, zh-CN or fr.
            source_lang (str): The code of the text's language; auto finds it out.
        """
        request = self._translation(text, target_lang, source_lang)
        return agents.translated(self._zhipu._client.send(request))

    async def atranslate(
        self, text: str, target_lang: str = "zh-CN", source_lang: str = "auto"
    ) -> str:
        """Translate a text."""
        request = self._translation(text, target_lang, source_lang)
        return agents.translated(await self._zhipu._aclient.send(request))

    # --- Plain Python

    def invoke(
        self,
        messages: agents.Messages,
        *,
        custom_variables: Mapping[str, Any] | None = None,
        conversation_id: str | None = None,
    ) -> AgentReply:
        """Return the answer of the agent.

        Args:
            messages: A text, or messages as `zhipu_client.agents.create` takes them.
            custom_variables: Variables of this call, added to those of the tool spec.
            conversation_id: The conversation to go on with in this call.
        """
        return call_agent(
            self._zhipu._client, self._call(messages, custom_variables, conversation_id)
        )

    async def ainvoke(
        self,
        messages: agents.Messages,
        *,
        custom_variables: Mapping[str, Any] | None = None,
        conversation_id: str | None = None,
    ) -> AgentReply:
        """Return the answer of the agent, asynchronously; see `invoke`."""
        return await acall_agent(
            self._zhipu._aclient, self._call(messages, custom_variables, conversation_id)
        )

    def stream(
        self,
        messages: agents.Messages,
        *,
        custom_variables: Mapping[str, Any] | None = None,
        conversation_id: str | None = None,
    ) -> Generator[AgentEvent, None, None]:
        """Yield the answer as it comes; arguments as of `invoke`."""
        call = self._call(messages, custom_variables, conversation_id)
        yield from iterate_agent(self._zhipu._client, call)

    async def astream(
        self,
        messages: agents.Messages,
        *,
        custom_variables: Mapping[str, Any] | None = None,
        conversation_id: str | None = None,
    ) -> AsyncGenerator[AgentEvent, None]:
        """Yield the answer as it comes, asynchronously; arguments as of `invoke`."""
        call = self._call(messages, custom_variables, conversation_id)
        async with aclosing(aiterate_agent(self._zhipu._aclient, call)) as events:
            async for event in events:
                yield event

    def submit(
        self,
        messages: agents.Messages,
        *,
        custom_variables: Mapping[str, Any] | None = None,
        conversation_id: str | None = None,
    ) -> str:
        """Have an agent that works asynchronously begin, and return the id of its task.

        Arguments are those of `invoke`.

        Raises:
            zhipu_client.InvalidRequestError: The agent is documented to answer at once.
            zhipu_client.ServerError: It has answered at once; the answer is ``partial``.
        """
        call = self._call(messages, custom_variables, conversation_id)
        return call.submitted(self._zhipu._client.send(call.submission()))

    async def asubmit(
        self,
        messages: agents.Messages,
        *,
        custom_variables: Mapping[str, Any] | None = None,
        conversation_id: str | None = None,
    ) -> str:
        """Have an agent begin, and return the id of its task, asynchronously; see `submit`."""
        call = self._call(messages, custom_variables, conversation_id)
        return call.submitted(await self._zhipu._aclient.send(call.submission()))

    def result(self, async_id: str) -> AgentReply:
        """Wait for the answer of a task, which another process may have submitted."""
        return wait_for(self._zhipu._client, self._waiting(async_id))

    async def aresult(self, async_id: str) -> AgentReply:
        """Wait for the answer of a task, asynchronously; see `result`."""
        return await await_for(self._zhipu._aclient, self._waiting(async_id))

    def conversation(
        self,
        conversation_id: str,
        *,
        include_pdf: bool | None = None,
        include_html: bool | None = None,
        pages: Sequence[Mapping[str, float]] | None = None,
    ) -> AgentReply:
        """Return what a conversation has made; its ``files`` have the links.

        Args:
            conversation_id: The conversation, of an answer.
            include_pdf: Make a PDF file of the slides.
            include_html: Make HTML files of them.
            pages: Sizes of slides, see `zhipu_client.agents.conversation`.
        """
        request = self._conversation(conversation_id, include_pdf, include_html, pages)
        return self._zhipu._client.send(request)

    async def aconversation(
        self,
        conversation_id: str,
        *,
        include_pdf: bool | None = None,
        include_html: bool | None = None,
        pages: Sequence[Mapping[str, float]] | None = None,
    ) -> AgentReply:
        """Return what a conversation has made, asynchronously; see `conversation`."""
        request = self._conversation(conversation_id, include_pdf, include_html, pages)
        return await self._zhipu._aclient.send(request)

    # --- The way there

    def _call(
        self,
        messages: agents.Messages,
        custom_variables: Mapping[str, Any] | None = None,
        conversation_id: str | None = None,
    ) -> AgentCall:
        return AgentCall(
            self.agent_id,
            messages,
            {**self.custom_variables, **(custom_variables or {})} or None,
            conversation_id or self.conversation_id,
            below_base_url=self.below_base_url,
            interval=self.interval,
            timeout=self.wait,
            on_progress=self.on_progress,
        )

    def _waiting(self, async_id: str) -> agents.Waiting:
        return self._call("a task that was submitted").waiting(async_id)

    def _translation(self, text: str, target_lang: str, source_lang: str) -> Request[AgentReply]:
        return agents.translate(
            text,
            target_lang=target_lang,
            source_lang=source_lang,
            below_base_url=self.below_base_url,
        )

    def _conversation(
        self,
        conversation_id: str,
        include_pdf: bool | None,
        include_html: bool | None,
        pages: Sequence[Mapping[str, float]] | None,
    ) -> Request[AgentReply]:
        return agents.conversation(
            conversation_id,
            agent_id=self.agent_id,
            include_pdf=include_pdf,
            include_html=include_html,
            pages=pages,
            below_base_url=self.below_base_url,
        )


def _messages(task: str, image_url: str | None) -> agents.Messages:
    if not image_url:
        return task
    parts = [
        {"type": "text", "text": task},
        {"type": "image_url", "image_url": image_url},
    ]
    return [{"role": "user", "content": parts}]


def _told(reply: AgentReply) -> str:
    """Return an answer as a model reads it: its text, then the links."""
    links = [f"{file.name or file.kind}: {file.url}" for file in reply.files]
    return "\n".join(filter(None, [reply.text, *links])) or "The agent answered without text."
