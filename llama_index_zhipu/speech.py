"""Speech: a tool that speaks a text, and a reader that transcribes recordings."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.base.llms.types import AudioBlock, TextBlock
from llama_index.core.bridge.pydantic import Field
from llama_index.core.readers.base import BasePydanticReader
from llama_index.core.schema import Document

from zhipu_client import Request, audio, models
from zhipu_client.adapting import check_folder, keeping, naming, save_paid

from ._connection import KeepsAnswers
from ._documents import Given, given_file
from ._tool_spec import ConnectedToolSpec

__all__ = ["ZhipuAISpeechToolSpec", "ZhipuAITranscriptionReader"]


class ZhipuAISpeechToolSpec(ConnectedToolSpec):
    """A tool that speaks a text (GLM-TTS; open.bigmodel.cn only).

    Args:
        api_key: The key; None takes it from the environment.
        model: ``glm-tts``.
        voice: One of `zhipu_client.audio.VOICES`, or the id of a voice of your own.
        speed: 0.5 to 2; None for the service's 1.
        volume: Above 0 to 10; None for the service's 1.
        folder: A folder for the WAV files; the tool then returns their paths. None returns the
            audio itself, an `AudioBlock`.
        **connection: ``base_url``, ``timeout`` and the other settings of all adapters.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or a value is out of its range.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAISpeechToolSpec

        print(ZhipuAISpeechToolSpec(folder="spoken").text_to_speech("Hello."))
        ```
    """

    spec_functions = [("text_to_speech", "atext_to_speech")]  # noqa: RUF012

    def __init__(
        self,
        api_key: Any = None,
        *,
        model: str = "glm-tts",
        voice: str = "tongtong",
        speed: float | None = None,
        volume: float | None = None,
        folder: str | Path | None = None,
        **connection: Any,
    ) -> None:
        super().__init__(api_key=api_key, **connection)
        self.model = model
        self.voice = voice
        self.speed = speed
        self.volume = volume
        self.folder = None if folder is None else Path(folder)
        self._request("checked here")

    def text_to_speech(self, text: str) -> Any:
        """Say a text aloud.

        Args:
            text (str): What to say, up to 1,024 characters.
        """
        check_folder("folder", self.folder)
        return self._kept(self._zhipu._client.send(self._request(text)))

    async def atext_to_speech(self, text: str) -> Any:
        """Say a text aloud."""
        await asyncio.to_thread(check_folder, "folder", self.folder)
        sound = await self._zhipu._aclient.send(self._request(text))
        with keeping(partial=sound):
            return await asyncio.to_thread(self._kept, sound)

    def _request(self, text: str) -> Request[bytes]:
        return audio.speech(
            model=self.model, input=text, voice=self.voice, speed=self.speed, volume=self.volume
        )

    def _kept(self, sound: bytes) -> Any:
        if self.folder is None:
            return [TextBlock(text="The text was said."), AudioBlock(audio=sound, format="wav")]
        path = self.folder / f"{uuid4().hex}.wav"
        save_paid(path, sound, "the sound", partial=sound)
        return str(path)


class ZhipuAITranscriptionReader(KeepsAnswers, BasePydanticReader):
    """Transcribes a recording (GLM-ASR).

    Works as a ``file_extractor`` of `SimpleDirectoryReader` too.

    Attributes:
        model: ``glm-asr-2512``.
        prompt: The text before the recording, below 8,000 characters.
        hotwords: Up to 100 words that are likely to occur.
        request_info: Keep ``request_id`` as metadata; it differs at each load.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or the file is not a WAV or MP3 of up
            to 25 MiB and 30 seconds.
        zhipu_client.ZhipuError: A call failed; the subclasses say how.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAITranscriptionReader

        (memo,) = ZhipuAITranscriptionReader().load_data("memo.wav")
        print(memo.text)
        ```
    """

    is_remote: bool = True
    model: str = Field(default="glm-asr-2512", description="The model code.")
    prompt: str | None = Field(default=None, description="The text before the recording.")
    hotwords: list[str] | None = Field(default=None, description="Words likely to occur.")
    request_info: bool = Field(default=False, description="Keep ids of requests.")

    @classmethod
    def class_name(cls) -> str:
        """Return the name of this class in dicts."""
        return "ZhipuAITranscriptionReader"

    def load_data(
        self,
        file: Any,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
    ) -> list[Document]:
        """Transcribe a recording.

        Args:
            file: A WAV or MP3: a path, bytes, an open file or ``io.BytesIO``, an upload of a web
                framework.
            extra_info: Metadata for the document.
            fs: A file system of fsspec that the path is on.
        """
        given = given_file(file, extra_info, fs, self._most())
        with naming(given.name):
            request = self._request(given.content(self._most()), given.info)
            return [self._document(self._client.send(request), given)]

    async def aload_data(
        self,
        file: Any,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
    ) -> list[Document]:
        """Transcribe a recording, asynchronously; the arguments of `load_data`."""
        given = await asyncio.to_thread(given_file, file, extra_info, fs, self._most())
        with naming(given.name):
            content = await asyncio.to_thread(given.content, self._most())
            request = self._request(content, given.info)
            return [self._document(await self._aclient.send(request), given)]

    def _most(self) -> int:
        """Return the most bytes of a recording that the service takes."""
        return models.limits_of(self.model, "glm-asr-2512").max_file_bytes or 0

    def _request(self, content: bytes, info: dict[str, Any]) -> Request[audio.Transcription]:
        return audio.transcribe(
            model=self.model,
            file=content,
            filename=info.get("file_name"),
            prompt=self.prompt,
            hotwords=self.hotwords,
        )

    def _document(self, found: audio.Transcription, given: Given) -> Document:
        facts = {"request_id": found.request_id if self.request_info else None}
        return given.document(found.text or "", facts)
