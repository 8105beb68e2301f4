"""Make videos: `ZhipuAIVideoGenerator`, for agents and on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from langchain_core.callbacks import AsyncCallbackManagerForToolRun, CallbackManagerForToolRun
from langchain_core.runnables import run_in_executor
from langchain_core.tools import BaseTool, ToolException
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from langchain_zhipu._errors import raised_but_downloads
from langchain_zhipu._keeping import KeepsAnswers
from zhipu_client import (
    DownloadError,
    Request,
    ZhipuError,
    adownload,
    await_for,
    download,
    tasks,
    videos,
    wait_for,
)
from zhipu_client.adapting import (
    GivenPath,
    TrueOrFalse,
    called,
    check_folder,
    file_of_task,
    first_url,
    saving,
)

__all__ = ["GeneratedVideo", "ZhipuAIVideoGenerator"]

_MiB = 1024 * 1024


class VideoArguments(BaseModel):
    """The tool's arguments."""

    prompt: str = Field(
        min_length=1, description="What the video shows, in detail; 512 characters at most."
    )
    image_url: str | None = Field(
        default=None,
        description="The address of an image to begin with. Leave it out unless there is one.",
    )


@dataclass(frozen=True, slots=True)
class GeneratedVideo:
    """A generated video.

    Attributes:
        url: Where the service keeps it for a day.
        cover_url: The address of its first image, or None.
        task_id: The task that made it.
        path: The file that it was saved to, or None.
        prompt: The prompt, or None where only the task was known.
        model: The model that made it.

    Examples:
        >>> from langchain_zhipu.video_generators import GeneratedVideo
        >>> video = GeneratedVideo("https://cdn.example.com/kite.mp4", task_id="8868")
        >>> video.task_id, video.path
        ('8868', None)
    """

    url: str
    cover_url: str | None = None
    task_id: str = ""
    path: Path | None = None
    prompt: str | None = None
    model: str = ""

    def block(self) -> dict[str, Any]:
        """Return the video as a content block, with the file's URL if it was saved."""
        extras = {
            "prompt": self.prompt,
            "model": self.model,
            "task_id": self.task_id,
            "cover_url": self.cover_url,
        }
        known = {name: value for name, value in extras.items() if value}
        url = self.url
        if self.path is not None:
            url = self.path.resolve().as_uri()
            known["source_url"] = self.url
        return {"type": "video", "mime_type": "video/mp4", "url": url, "extras": known}


class ZhipuAIVideoGenerator(KeepsAnswers, BaseTool, defer_build=False):
    """Makes videos with CogVideoX and Vidu, and waits for them: ``POST /videos/generations``.

    A tool for agents: the model reads a sentence, ``ToolMessage.artifact`` is a video block. A
    Runnable: ``generator.invoke("a kite in the wind")``. And plain Python: `generate` makes one
    and waits; `submit` returns the id of a task at once, and `result` waits for it, now or in
    another process. Each has an asynchronous twin: `agenerate`, `asubmit`, `aresult`.

    A video takes minutes and is paid for once it is submitted: every error after that, an
    interrupt and a cancellation too, has its ``task_id``.

    Args:
        model: ``cogvideox-3`` (default), ``cogvideox-2``, ``cogvideox-flash`` (free),
            ``viduq1-text``, ``viduq1-image``, ``viduq1-start-end``, ``vidu2-image``,
            ``vidu2-start-end`` or ``vidu2-reference``.
        options: Further arguments of `zhipu_client.videos.create`: ``size``, ``duration``,
            ``fps``, ``quality``, ``with_audio``, ``aspect_ratio``, ...
        interval: Seconds between the first two polls, above 0 to 3600.
        wait: Seconds to wait in all, up to a week.
        on_progress: Called with what each poll found, a `zhipu_client.tasks.TaskResult`.
        save_to: A folder to save videos to; None returns addresses only, which expire.
        max_bytes: The most bytes of a video that is saved.
        allow_loopback: Fetch videos from this machine too, for your own servers.
        checkpoint: A file that keeps which videos were begun, and what came of them: a program that
            was killed goes on where it was. The same description with the same settings is the
            same video then; one that failed is made anew.
        handle_tool_error: True (default) returns the error's text to the model; False raises the
            error.
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``.

    Raises:
        InvalidRequestError: No key was found, or a value is out of its range.

    Example:
        ```python
        from langchain_zhipu import ZhipuAIVideoGenerator

        generator = ZhipuAIVideoGenerator(model="cogvideox-3", options={"duration": 5})
        video = generator.generate("a kite in the wind")
        print(video.url)

        task_id = generator.submit("a dragon boat race")  # and later, elsewhere:
        print(generator.result(task_id).url)
        ```
    """

    model_config = ConfigDict(extra="forbid")

    name: str = "generate_video"
    description: str = (
        "Make a short video from a description, which takes minutes. The video is shown to the "
        "user by itself."
    )
    args_schema: Any = VideoArguments
    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    handle_tool_error: Any = True
    handle_validation_error: Any = True

    model: str = "cogvideox-3"
    options: dict[str, Any] = Field(default_factory=dict)
    interval: float = 2.0
    wait: float = 900.0
    on_progress: SkipJsonSchema[Callable[[tasks.TaskResult], Any] | None] = Field(
        default=None, exclude=True, repr=False
    )
    save_to: GivenPath | None = None
    max_bytes: int = Field(default=512 * _MiB, ge=1)
    allow_loopback: TrueOrFalse = False

    @model_validator(mode="after")
    def _zhipu_video_values(self) -> Self:
        # Checked here: after the request the video is paid for, and a wrong value would lose it.
        self._waiting("checked here")
        videos.checked_options(self.options)
        return self

    # --- Plain Python

    def generate(self, prompt: str | None = None, *, image_url: Any = None) -> GeneratedVideo:
        """Make a video, wait for it and return it.

        Args:
            prompt: What to show, up to 512 characters; a prompt or an image is needed.
            image_url: The address of an image to begin with, or a data URL; a list of two for the
                first and the last frame, of one to three as references (see the models).

        Raises:
            InvalidRequestError: The model does not take this; nothing was sent.
            TaskFailedError: The service could not make it.
            TaskTimeoutError: It took longer than ``wait``, and goes on: see `result`.
            DownloadError: It was made, but not saved; ``partial`` has its address.
            ZhipuError: A call failed. Each error after the first answer has ``task_id``.
        """
        with raised_but_downloads():
            return self._result(self._submit(prompt, image_url), prompt)

    async def agenerate(
        self, prompt: str | None = None, *, image_url: Any = None
    ) -> GeneratedVideo:
        """Make a video, wait for it and return it, asynchronously; see `generate`."""
        with raised_but_downloads():
            return await self._aresult(await self._asubmit(prompt, image_url), prompt)

    def submit(self, prompt: str | None = None, *, image_url: Any = None) -> str:
        """Have a video made and return the id of its task at once; arguments as of `generate`."""
        with raised_but_downloads():
            return self._submit(prompt, image_url)

    async def asubmit(self, prompt: str | None = None, *, image_url: Any = None) -> str:
        """Have a video made and return the id of its task, asynchronously; see `submit`."""
        with raised_but_downloads():
            return await self._asubmit(prompt, image_url)

    def result(self, task_id: str) -> GeneratedVideo:
        """Wait for the video of a task, which another process may have submitted.

        Raises:
            TaskFailedError: The service could not make it, or does not know the task.
            TaskTimeoutError: It took longer than ``wait``, and goes on: call this again.
        """
        with raised_but_downloads():
            return self._result(task_id, None)

    async def aresult(self, task_id: str) -> GeneratedVideo:
        """Wait for the video of a task, asynchronously; see `result`."""
        with raised_but_downloads():
            return await self._aresult(task_id, None)

    # --- As a tool

    def _run(
        self,
        prompt: str,
        image_url: str | None = None,
        run_manager: CallbackManagerForToolRun | None = None,
    ) -> tuple[str, dict[str, Any]]:
        del run_manager
        with self._reported():
            return _sentence_and_block(self._result(self._submit(prompt, image_url), prompt))

    async def _arun(
        self,
        prompt: str,
        image_url: str | None = None,
        run_manager: AsyncCallbackManagerForToolRun | None = None,
    ) -> tuple[str, dict[str, Any]]:
        del run_manager
        with self._reported():
            video = await self._aresult(await self._asubmit(prompt, image_url), prompt)
            return await run_in_executor(None, _sentence_and_block, video)  # looks up the folder

    # --- The way there

    def _submit(self, prompt: str | None, image_url: Any) -> str:
        check_folder("save_to", self.save_to)
        return self._sync_client().send(self._request(prompt, image_url)).id or ""

    async def _asubmit(self, prompt: str | None, image_url: Any) -> str:
        if self.save_to is not None:
            await run_in_executor(None, check_folder, "save_to", self.save_to)
        return (await self._async_client().send(self._request(prompt, image_url))).id or ""

    def _result(self, task_id: str, prompt: str | None) -> GeneratedVideo:
        client = self._sync_client()
        found = wait_for(client, self._waiting(task_id))
        video = self._video(found, task_id, prompt)
        if self.save_to is None:
            return video
        path = file_of_task(self.save_to, task_id, ".mp4")
        with saving("the video", video.url, partial=video, task_id=task_id):
            download(client, video.url, to=path, **self._download())
            return self._video(found, task_id, prompt, path)

    async def _aresult(self, task_id: str, prompt: str | None) -> GeneratedVideo:
        client = self._async_client()
        found = await await_for(client, self._waiting(task_id))
        video = self._video(found, task_id, prompt)
        if self.save_to is None:
            return video
        path = file_of_task(self.save_to, task_id, ".mp4")
        with saving("the video", video.url, partial=video, task_id=task_id):
            await adownload(client, video.url, to=path, **self._download())
            return self._video(found, task_id, prompt, path)

    def _request(self, prompt: str | None, image_url: Any) -> Request[videos.Task]:
        return videos.create(model=self.model, prompt=prompt, image_url=image_url, **self.options)

    def _waiting(self, task_id: str) -> tasks.Waiting:
        with called(timeout="wait"):
            return tasks.waiting(
                task_id, interval=self.interval, timeout=self.wait, on_progress=self.on_progress
            )

    def _video(
        self, found: tasks.TaskResult, task_id: str, prompt: str | None, path: Path | None = None
    ) -> GeneratedVideo:
        url = first_url(found, "video", task_id)
        cover = found.cover_urls[0] if found.cover_urls else None
        return GeneratedVideo(url, cover, task_id, path, prompt, found.model or self.model)

    def _download(self) -> Mapping[str, Any]:
        return {
            "kind": "video/",
            "max_bytes": self.max_bytes,
            "allow_loopback": self.allow_loopback,
        }

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Return errors to the model or raise them, as configured."""
        try:
            yield
        except DownloadError as error:
            if not self.handle_tool_error:
                raise
            # Or the model has it made, and paid for, once more.
            message = (
                f"The video was made, but not saved ({error}). Its address is {error.partial.url}"
            )
            raise ToolException(message) from error
        except ZhipuError as error:
            task_id = getattr(error, "task_id", None)
            if self.handle_tool_error:
                known = f" Its task is {task_id}." if task_id else ""
                raise ToolException(f"No video came: {error}.{known}") from error
            with raised_but_downloads():
                raise


def _sentence_and_block(video: GeneratedVideo) -> tuple[str, dict[str, Any]]:
    where = f"It is saved as {video.path}." if video.path else f"Its address is {video.url}"
    return f"The video was made and is shown to the user. {where}", video.block()
