"""Speak a text: `ZhipuAITextToSpeechTool`, for agents and on its own."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Self
from uuid import uuid4

from langchain_core.callbacks import AsyncCallbackManagerForToolRun, CallbackManagerForToolRun
from langchain_core.runnables import RunnableConfig, run_in_executor
from langchain_core.tools import BaseTool, ToolException
from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import override

from langchain_zhipu._errors import model_error, raised_as_model_errors
from langchain_zhipu._keeping import KeepsAnswers
from zhipu_client import Request, ZhipuError, audio
from zhipu_client.adapting import GivenPath, attach, check_folder, keeping, save_paid

__all__ = ["ZhipuAITextToSpeechTool"]


class SpeechArguments(BaseModel):
    """The tool's arguments."""

    text: str = Field(min_length=1, description="What to say; 1,024 characters at most.")


class ZhipuAITextToSpeechTool(KeepsAnswers, BaseTool, defer_build=False):
    """Speaks a text with GLM-TTS: ``POST /audio/speech`` (open.bigmodel.cn only).

    A tool for agents: the model reads a sentence, ``ToolMessage.artifact`` is an audio block. And
    plain Python: `speak` and `aspeak` return a WAV file, `stream` and `astream` yield the audio as
    it is made, in bare samples (16 bit, one channel, ``zhipu_client.audio.SAMPLE_RATE`` a second).

    Args:
        model: ``glm-tts``.
        voice: One of ``zhipu_client.audio.VOICES``, or the id of a voice of your own.
        speed: 0.5 to 2; None for the service's 1.
        volume: Above 0 to 10; None for the service's 1.
        save_to: A folder for the WAV files; the artifact then has the file's address and no bytes.
        checkpoint: A file that keeps what was said, streams left out: the same text with the same
            settings is paid for once.
        handle_tool_error: True (default) returns the error's text to the model; False raises the
            error.
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``.

    Raises:
        InvalidRequestError: No key was found, or a value is out of its range.

    Example:
        ```python
        from pathlib import Path

        from langchain_zhipu import ZhipuAITextToSpeechTool

        voice = ZhipuAITextToSpeechTool(voice="tongtong")
        Path("hello.wav").write_bytes(voice.speak("Hello."))

        for samples in voice.stream("A longer text, played while it is made."):
            print(len(samples))
        ```
    """

    model_config = ConfigDict(extra="forbid")

    name: str = "text_to_speech"
    description: str = "Say a text aloud. The user hears it by itself."
    args_schema: Any = SpeechArguments
    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    handle_tool_error: Any = True
    handle_validation_error: Any = True

    model: str = "glm-tts"
    voice: str = "tongtong"
    speed: float | None = None
    volume: float | None = None
    save_to: GivenPath | None = None

    @model_validator(mode="after")
    def _zhipu_speech_values(self) -> Self:
        self._request("checked here")
        return self

    def speak(self, text: str) -> bytes:
        """Return a text as a WAV file.

        Args:
            text: What to say, up to 1,024 characters.

        Raises:
            InvalidRequestError: The text is empty or too long; nothing was sent.
            ZhipuError: The service refused or failed.
        """
        with raised_as_model_errors():
            return self._sync_client().send(self._request(text))

    async def aspeak(self, text: str) -> bytes:
        """Return a text as a WAV file, asynchronously; see `speak`."""
        with raised_as_model_errors():
            return await self._async_client().send(self._request(text))

    @override
    def stream(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Any]:
        """Yield the audio of a text as it is made, as bytes of bare samples.

        Args:
            input: A text, or ``{"text": ...}``. A call of a tool is answered as by `invoke`.
            config: Callbacks of LangChain; for calls of a tool only.
            **kwargs: Further arguments of `invoke`.

        Raises:
            StreamIncompleteError: The stream broke. This and all that ends it, an interrupt too,
                has the samples so far as ``partial``.
        """
        text = _text_of(input)
        if text is None:
            yield from super().stream(input, config, **kwargs)
            return
        heard = bytearray()
        with (
            raised_as_model_errors(),
            _kept(heard),
            self._sync_client().stream(self._streamed(text)) as chunks,
        ):
            for chunk in chunks:
                heard += chunk.audio
                yield chunk.audio

    @override
    async def astream(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """Yield the audio of a text as it is made, asynchronously; see `stream`."""
        text = _text_of(input)
        if text is None:
            async for found in super().astream(input, config, **kwargs):
                yield found
            return
        heard = bytearray()
        with raised_as_model_errors(), _kept(heard):
            async with self._async_client().stream(self._streamed(text)) as chunks:
                async for chunk in chunks:
                    heard += chunk.audio
                    yield chunk.audio

    def _run(
        self, text: str, run_manager: CallbackManagerForToolRun | None = None
    ) -> tuple[str, dict[str, Any]]:
        del run_manager
        with self._reported():
            check_folder("save_to", self.save_to)
            return self._said(self._sync_client().send(self._request(text)))

    async def _arun(
        self, text: str, run_manager: AsyncCallbackManagerForToolRun | None = None
    ) -> tuple[str, dict[str, Any]]:
        del run_manager
        with self._reported():
            await run_in_executor(None, check_folder, "save_to", self.save_to)
            spoken = await self._async_client().send(self._request(text))
            with keeping(partial=spoken):
                return await run_in_executor(None, self._said, spoken)

    def _request(self, text: str) -> Request[bytes]:
        return audio.speech(
            model=self.model, input=text, voice=self.voice, speed=self.speed, volume=self.volume
        )

    def _streamed(self, text: str) -> Any:
        return audio.speech_stream(
            model=self.model, input=text, voice=self.voice, speed=self.speed, volume=self.volume
        )

    def _said(self, spoken: bytes) -> tuple[str, dict[str, Any]]:
        block: dict[str, Any] = {"type": "audio", "mime_type": "audio/wav"}
        if self.save_to is None:
            block["base64"] = base64.b64encode(spoken).decode("ascii")
            return "The text was said.", block
        path = Path(self.save_to) / f"{uuid4().hex}.wav"
        save_paid(path, spoken, "the audio", partial=spoken)
        return f"The text was said. It is saved as {path}.", {
            **block,
            "url": path.resolve().as_uri(),
        }

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Return errors to the model or raise them, as configured."""
        try:
            yield
        except ZhipuError as error:
            if not self.handle_tool_error:
                raise model_error(error) from error
            raise ToolException(f"Nothing was said: {error}") from error


@contextmanager
def _kept(heard: bytearray) -> Iterator[None]:
    """Put what was heard on whatever ends a stream."""
    try:
        yield
    except BaseException as error:
        attach(error, partial=bytes(heard))
        raise


def _text_of(given: Any) -> str | None:
    """Return the text to say, or None for a call of a tool."""
    if isinstance(given, str):
        return given
    if isinstance(given, dict) and given.get("type") != "tool_call":
        return SpeechArguments.model_validate(given).text
    return None
