"""Speech: a tool that speaks a text."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, Unpack
from uuid import uuid4

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.base.llms.types import AudioBlock, TextBlock

from zhipu_client import Request, audio
from zhipu_client.adapting import (
    ConnectionOptions,
    check_folder,
    keeping,
    path,
    refuse,
    save_paid,
    warn_user,
)

from ._keeping import KeepsAnswers
from ._tool_spec import ConnectedToolSpec

__all__ = ["ZhipuAISpeechToolSpec"]


class ZhipuAISpeechToolSpec(ConnectedToolSpec):
    """A tool that speaks a text (GLM-TTS; open.bigmodel.cn only).

    Args:
        api_key: The key; None takes it from the environment.
        model: ``glm-tts``.
        voice: One of `zhipu_client.audio.VOICES`, or the id of a voice of your own.
        speed: 0.5 to 2; None for the service's 1.
        volume: Above 0 to 10; None for the service's 1.
        save_to: A folder for the WAV files; the tool then returns their paths. None returns the
            audio itself, an `AudioBlock`.
        folder: The former name of ``save_to``, accepted for one release.
        checkpoint: A file that keeps what was said: the same text with the same settings is paid
            for once.
        **connection: ``base_url``, ``timeout`` and the other settings of all adapters, see
            `ZhipuSettings`.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or a value is out of its range.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAISpeechToolSpec

        print(ZhipuAISpeechToolSpec(save_to="spoken").text_to_speech("Hello."))
        ```
    """

    _settings = KeepsAnswers
    spec_functions = [("text_to_speech", "atext_to_speech")]  # noqa: RUF012

    def __init__(
        self,
        api_key: Any = None,
        *,
        model: str = "glm-tts",
        voice: str = "tongtong",
        speed: float | None = None,
        volume: float | None = None,
        save_to: str | Path | None = None,
        folder: str | Path | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        **connection: Unpack[ConnectionOptions],
    ) -> None:
        super().__init__(api_key=api_key, checkpoint=checkpoint, **connection)
        self.model = model
        self.voice = voice
        self.speed = speed
        self.volume = volume
        self.save_to = None if save_to is None else path("save_to", save_to)
        if folder is not None:
            former = path("folder", folder)
            if self.save_to not in (None, former):
                raise refuse("folder", folder, "is the former name of save_to: give one of them")
            self.save_to = former
            note = "folder of ZhipuAISpeechToolSpec is called save_to"
            warn_user(note, DeprecationWarning)
        self._request("checked here")

    def text_to_speech(self, text: str) -> Any:
        """Say a text aloud.

        Args:
            text (str): What to say, up to 1,024 characters.
        """
        check_folder("save_to", self.save_to)
        return self._kept(self._zhipu._client.send(self._request(text)))

    async def atext_to_speech(self, text: str) -> Any:
        """Say a text aloud."""
        await asyncio.to_thread(check_folder, "save_to", self.save_to)
        sound = await self._zhipu._aclient.send(self._request(text))
        with keeping(partial=sound):
            return await asyncio.to_thread(self._kept, sound)

    def _request(self, text: str) -> Request[bytes]:
        return audio.speech(
            model=self.model, input=text, voice=self.voice, speed=self.speed, volume=self.volume
        )

    def _kept(self, sound: bytes) -> Any:
        if self.save_to is None:
            return [TextBlock(text="The text was said."), AudioBlock(audio=sound, format="wav")]
        file = self.save_to / f"{uuid4().hex}.wav"
        save_paid(file, sound, "the sound", partial=sound)
        return str(file)
