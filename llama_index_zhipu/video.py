"""A tool for agents: make videos."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Unpack

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package

from zhipu_client import Request, adownload, await_for, download, tasks, videos, wait_for
from zhipu_client.adapting import (
    ConnectionOptions,
    booleans,
    called,
    check_folder,
    file_of_task,
    first_url,
    path,
    saving,
)

from ._keeping import KeepsAnswers
from ._tool_spec import ConnectedToolSpec

__all__ = ["ZhipuAIVideoGeneratorToolSpec"]


class ZhipuAIVideoGeneratorToolSpec(ConnectedToolSpec):
    """A tool that makes a video (CogVideoX, Vidu) and waits for it, which takes minutes.

    Args:
        api_key: The key; None takes it from the environment.
        model: ``cogvideox-3`` or another video model of `zhipu_client.models`.
        interval: Seconds between the first two polls, above 0 to 3600.
        wait: Seconds to wait in all, up to a week.
        options: Further arguments of `zhipu_client.videos.create`: ``size``, ``duration``,
            ``fps``, ``quality``, ``with_audio``, ...
        on_progress: Called with what each poll found, a `zhipu_client.tasks.TaskResult`.
        save_to: A folder to save videos to; the tool then returns their paths. None returns
            addresses only, which expire.
        max_bytes: The most bytes of a video that is saved.
        allow_loopback: Fetch videos from this machine too, for your own servers.
        checkpoint: A file that keeps which videos were begun, and what came of them: a program that
            was killed goes on where it was. The same description with the same settings is the
            same video then; one that failed is made anew.
        **connection: ``base_url``, ``timeout`` and the other settings of all adapters, see
            `ZhipuSettings`.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or a value is out of its range.
        zhipu_client.TaskFailedError: The service could not make the video.
        zhipu_client.TaskTimeoutError: It took longer than ``wait``. This and every other error
            after the first answer, an interrupt and a cancellation too, has ``task_id``: see
            `result`.
        zhipu_client.DownloadError: It was made, but not saved; ``partial`` has its address.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIVideoGeneratorToolSpec

        generator = ZhipuAIVideoGeneratorToolSpec()
        print(generator.generate_video("a kite in the wind"))

        task_id = generator.submit("a dragon boat race")  # and later, elsewhere:
        print(generator.result(task_id))
        ```
    """

    _settings = KeepsAnswers
    spec_functions = [("generate_video", "agenerate_video")]  # noqa: RUF012

    def __init__(
        self,
        api_key: Any = None,
        *,
        model: str = "cogvideox-3",
        interval: float = 2.0,
        wait: float = 900.0,
        options: dict[str, Any] | None = None,
        on_progress: Callable[[tasks.TaskResult], Any] | None = None,
        save_to: str | Path | None = None,
        max_bytes: int = 512 * 1024 * 1024,
        allow_loopback: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
        **connection: Unpack[ConnectionOptions],
    ) -> None:
        booleans(allow_loopback=allow_loopback)
        super().__init__(api_key=api_key, checkpoint=checkpoint, **connection)
        self.model = model
        self.interval = interval
        self.wait = wait
        self.options = videos.checked_options(options)
        self.on_progress = on_progress
        self.save_to = None if save_to is None else path("save_to", save_to)
        self.max_bytes = max_bytes
        self.allow_loopback = allow_loopback
        # Checked here: after the request the video is paid for, and a wrong value would lose it.
        self._waiting("checked here")

    def generate_video(self, prompt: str, image_url: str | None = None) -> str:
        """Make a short video from a description and return where it is.

        Args:
            prompt (str): What to show, up to 512 characters.
            image_url (Optional[str]): The address of an image to begin with.
        """
        return self.result(self.submit(prompt, image_url))

    async def agenerate_video(self, prompt: str, image_url: str | None = None) -> str:
        """Make a short video from a description and return where it is."""
        return await self.aresult(await self.asubmit(prompt, image_url))

    def submit(self, prompt: str | None = None, image_url: Any = None) -> str:
        """Have a video made and return the id of its task at once.

        Args:
            prompt: What to show, up to 512 characters; a prompt or an image is needed.
            image_url: The address of an image to begin with, or a data URL; a list of two for the
                first and the last frame, of one to three as references (see the models).
        """
        check_folder("save_to", self.save_to)
        return self._zhipu._client.send(self._request(prompt, image_url)).id or ""

    async def asubmit(self, prompt: str | None = None, image_url: Any = None) -> str:
        """Have a video made and return the id of its task, asynchronously; see `submit`."""
        await asyncio.to_thread(check_folder, "save_to", self.save_to)
        return (await self._zhipu._aclient.send(self._request(prompt, image_url))).id or ""

    def result(self, task_id: str) -> str:
        """Wait for the video of a task, which another process may have submitted."""
        client = self._zhipu._client
        url = first_url(wait_for(client, self._waiting(task_id)), "video", task_id)
        if self.save_to is None:
            return url
        file = file_of_task(self.save_to, task_id, ".mp4")
        with saving("the video", url, partial=url, task_id=task_id):
            download(client, url, to=file, **self._download())
        return str(file)

    async def aresult(self, task_id: str) -> str:
        """Wait for the video of a task, asynchronously; see `result`."""
        client = self._zhipu._aclient
        url = first_url(await await_for(client, self._waiting(task_id)), "video", task_id)
        if self.save_to is None:
            return url
        file = file_of_task(self.save_to, task_id, ".mp4")
        with saving("the video", url, partial=url, task_id=task_id):
            await adownload(client, url, to=file, **self._download())
        return str(file)

    def _request(self, prompt: str | None, image_url: Any) -> Request[videos.Task]:
        return videos.create(model=self.model, prompt=prompt, image_url=image_url, **self.options)

    def _download(self) -> dict[str, Any]:
        return {
            "kind": "video/",
            "max_bytes": self.max_bytes,
            "allow_loopback": self.allow_loopback,
        }

    def _waiting(self, task_id: str) -> tasks.Waiting:
        with called(timeout="wait"):
            return tasks.waiting(
                task_id, interval=self.interval, timeout=self.wait, on_progress=self.on_progress
            )
