"""A voice agent on GLM-Realtime: it listens, speaks, and runs tools in between."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, Unpack

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.base.llms.types import AudioBlock, ChatMessage, MessageRole, TextBlock
from llama_index.core.tools.types import adapt_to_async_tool
from llama_index.core.voice_agents import BaseVoiceAgent
from llama_index.core.voice_agents.events import BaseVoiceAgentEvent

from zhipu_client import InvalidRequestError, ZhipuError, connect_realtime, realtime
from zhipu_client.adapting import ConnectionOptions, KeepsNoArguments, hint
from zhipu_client.conversation import read_arguments
from zhipu_client.realtime import Answer, Event, Session

from ._chat.tools import tool_spec
from ._connection import ZhipuSettings

if TYPE_CHECKING:
    from llama_index.core.tools import BaseTool
    from llama_index.core.voice_agents import BaseVoiceAgentInterface

    from zhipu_client import RealtimeConnection
    from zhipu_client.realtime import FunctionCall
else:
    BaseTool = hint("llama_index.core.tools", "BaseTool")
    BaseVoiceAgentInterface = hint("llama_index.core.voice_agents", "BaseVoiceAgentInterface")

__all__ = ["VoiceAgentEvent", "ZhipuAIVoiceAgent"]

logger = logging.getLogger(__name__)


class VoiceAgentEvent(BaseVoiceAgentEvent):
    """An event of the session, as `export_events` gives it.

    Attributes:
        type_t: Its name on the wire, such as ``response.done``.
        data: All that came, without the sound.

    Examples:
        >>> from llama_index_zhipu.voice_agents import VoiceAgentEvent
        >>> VoiceAgentEvent(type_t="response.done", data={"response": {"status": "completed"}}).data
        {'response': {'status': 'completed'}}
    """

    data: dict[str, Any]


class ZhipuAIVoiceAgent(KeepsNoArguments, BaseVoiceAgent):
    """Talks by voice with GLM-Realtime (extra ``realtime``; open.bigmodel.cn only).

    LlamaIndex's contract for voice agents: `start`, `send`, `interrupt`, `stop`, and
    `export_messages` with what both sides said. A task of the agent's own reads the session: it
    hands sound to the interface, runs the tools that the model calls, and gives their results back.
    Tools run beside it, so that the user can interrupt; the model reads why a tool failed, and a
    call that was cut never runs.

    Args:
        session: What the session is set to, see `zhipu_client.realtime.Session`; its ``tools`` are
            those given here.
        tools: LlamaIndex's tools.
        interface: Where sound goes: ``start()``, ``receive(samples)``, ``interrupt()`` and
            ``stop()`` are called, from the event loop. What the microphone hears is sent with
            `send`. None: take it from `answer`.
        api_key: The key; None takes it from the environment.
        **connection: ``base_url``, ``timeout`` and the other settings of all adapters, see
            `ZhipuSettings`.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or a value is out of its range.

    Example:
        ```python
        import asyncio

        from llama_index_zhipu import ZhipuAIVoiceAgent


        async def main() -> None:
            async with ZhipuAIVoiceAgent() as agent:
                await agent.say("What is 17 * 19?")
                print((await agent.answer()).content)


        asyncio.run(main())
        ```
    """

    def __init__(
        self,
        session: Session | None = None,
        *,
        tools: Sequence[BaseTool] | None = None,
        interface: BaseVoiceAgentInterface | None = None,
        api_key: Any = None,
        **connection: Unpack[ConnectionOptions],
    ) -> None:
        # The key stays with the settings: the base class would keep it as a plain attribute.
        super().__init__(interface=interface, tools=list(tools or ()))
        self._zhipu = ZhipuSettings(api_key=api_key, **connection)
        offered = [tool_spec(tool) for tool in tools or ()]
        given = session or Session()
        self.session = replace(given, tools=offered) if offered else given
        self._known = {tool.metadata.get_name(): tool for tool in tools or ()}
        self._state = realtime.SessionState(self.session)
        self._opened = AsyncExitStack()
        self._connection: RealtimeConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._work: set[asyncio.Task[None]] = set()
        #: The whole answers that nobody has taken yet; at the end, why nothing follows.
        self._answers: asyncio.Queue[ChatMessage | BaseException | None] = asyncio.Queue()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._zhipu.base_url!r})"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    async def start(self, *args: Any, **kwargs: Any) -> None:
        """Open the session, and begin to read it.

        Raises:
            zhipu_client.ZhipuError: What `zhipu_client.connect_realtime` raises.
            zhipu_client.InvalidRequestError: It was started before.
        """
        if self._connection is not None:
            raise InvalidRequestError("the voice agent was started before: make another one")
        opening = connect_realtime(self._zhipu._aclient, self.session)
        self._connection = await self._opened.enter_async_context(opening)
        try:
            if self.interface is not None:
                self.interface.start()
        except BaseException:  # nobody stops what did not start
            await self._opened.aclose()
            raise
        self._reader = asyncio.create_task(self._read(self._connection))

    async def send(self, audio: bytes, *args: Any, **kwargs: Any) -> None:
        """Send a piece of what the user says, in the session's ``input_audio_format``.

        Args:
            audio: The piece. With ``turn_detection="client_vad"``, `commit` ends the turn.
        """
        await self._open.append_audio(audio)

    async def commit(self) -> None:
        """End the user's turn, and ask for an answer; not with ``server_vad``."""
        await self._open.commit()

    async def say(self, text: str) -> None:
        """Say something in words, and ask for an answer."""
        self._messages.append(ChatMessage(role=MessageRole.USER, content=text))
        await self._open.say(text)

    async def answer(self) -> ChatMessage:
        """Return the model's next whole answer: text, sound as a WAV file, and its tokens.

        What it says before a tool runs is an answer, too; one that only calls tools is not.

        Raises:
            zhipu_client.ZhipuError: The session broke; ``partial`` is the answer so far.
            EOFError: The session is over, and no answer follows.
        """
        found = await self._answers.get()
        if isinstance(found, ChatMessage):
            return found
        self._answers.put_nowait(found)  # for whoever asks next, too
        if found is None:
            raise EOFError("the session is over, and no answer follows")
        raise found

    async def interrupt(self) -> None:
        """Stop what is being said, and the tools that run; what was said so far stays."""
        if self.interface is not None:
            self.interface.interrupt()
        for task in self._work:
            task.cancel()
        await self._open.interrupt()

    async def stop(self) -> None:
        """Close the session; tools that run are cancelled. What was said stays in the messages."""
        tasks = [*self._work, *([self._reader] if self._reader is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._opened.aclose()
        finally:
            if self.interface is not None and self._connection is not None:
                self.interface.stop()

    async def handle_message(self, message: Any, *args: Any, **kwargs: Any) -> Event:
        """Take an event of the session.

        Args:
            message: A typed event, or the dict on the wire.

        Returns:
            The event.
        """
        wire = json.dumps(message) if isinstance(message, Mapping) else ""
        event: Event = realtime.read_event(wire) if wire else message
        self._record(event)
        if self.interface is not None:
            if isinstance(event, realtime.AudioDelta):
                self.interface.receive(event.audio)
            elif isinstance(event, realtime.SpeechStarted):
                self.interface.interrupt()
        if isinstance(event, realtime.Failure):
            logger.warning("the realtime service refused something: %s", event.error)
        ended = self._state.take(event)
        if ended is not None:
            self._take(ended)
        return event

    @property
    def _open(self) -> RealtimeConnection:
        if self._connection is None:
            raise InvalidRequestError("the voice agent was not started: await start()")
        return self._connection

    async def _read(self, connection: RealtimeConnection) -> None:
        end: BaseException | None = None
        try:
            async for event in connection:
                await self.handle_message(event)
        except Exception as error:  # noqa: BLE001 - raised where somebody waits for an answer
            end = error
        finally:
            self._answers.put_nowait(end)

    def _record(self, event: Event) -> None:
        sound = isinstance(event, realtime.AudioDelta)
        data = {name: value for name, value in event.data.items() if not sound or name != "delta"}
        self._events.append(VoiceAgentEvent(type_t=event.type, data=data))
        if isinstance(event, realtime.UserTranscript) and event.text:
            self._messages.append(ChatMessage(role=MessageRole.USER, content=event.text))

    def _take(self, answer: Answer) -> None:
        if answer.text or answer.audio:
            message = _message(answer)
            self._messages.append(message)
            self._answers.put_nowait(message)
        if answer.calls and answer.status != "cancelled":
            task = asyncio.create_task(self._run(answer.calls))
            self._work.add(task)
            task.add_done_callback(self._work.discard)

    async def _run(self, calls: Sequence[FunctionCall]) -> None:
        """Run the tools of an answer at once, and give their results in the calls' order."""
        outputs = await asyncio.gather(*(self._output(call) for call in calls))
        for place, (call, output) in enumerate(zip(calls, outputs, strict=True), 1):
            about = {"tool_call_id": call.call_id, "name": call.name}
            self._messages.append(
                ChatMessage(role=MessageRole.TOOL, content=output, additional_kwargs=about)
            )
            try:
                await self._open.give(call.call_id, output, answer=place == len(calls))
            except ZhipuError as error:  # of a session that broke: `answer` raises it
                logger.info("the result of %s could not be given: %s", call.name, error)
                return

    async def _output(self, call: FunctionCall) -> str:
        """Return the result of a call as text, or why it has no result: the model reads either."""
        tool = self._known.get(call.name)
        if tool is None:
            return f"There is no tool {call.name!r}; there are: {', '.join(self._known) or 'none'}"
        read = read_arguments(call.arguments, tool.metadata.get_parameters_dict())
        if read.value is None:
            return f"The arguments cannot be used: {read.error}"
        try:
            # Not by LlamaIndex's own helper, which runs some tools that fail a second time.
            result = await adapt_to_async_tool(tool).acall(**read.value)
        except Exception as error:
            logger.info("the tool %s failed", call.name, exc_info=True)
            return f"The tool failed: {error}"
        return str(result.content)


def _message(answer: Answer) -> ChatMessage:
    """Return what the model said as a message."""
    blocks: list[Any] = [TextBlock(text=answer.text)] if answer.text else []
    if answer.audio:
        blocks.append(AudioBlock(audio=answer.wav, format="wav"))
    facts = {"status": answer.status, "usage": answer.usage}
    return ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks, additional_kwargs=facts)
