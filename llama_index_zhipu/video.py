"""A tool for agents: make videos."""

from __future__ import annotations

from typing import Any

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package

from zhipu_client import Request, await_result, tasks, videos, wait_result
from zhipu_client.adapting import first_url

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
        **connection: ``base_url``, ``timeout`` and the other settings of all adapters.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or a value is out of its range.
        zhipu_client.TaskFailedError: The service could not make the video.
        zhipu_client.TaskTimeoutError: It took longer than ``wait``; the error has the task's id.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIVideoGeneratorToolSpec

        print(ZhipuAIVideoGeneratorToolSpec().generate_video("a kite in the wind"))
        ```
    """

    spec_functions = [("generate_video", "agenerate_video")]  # noqa: RUF012

    def __init__(
        self,
        api_key: Any = None,
        *,
        model: str = "cogvideox-3",
        interval: float = 2.0,
        wait: float = 900.0,
        options: dict[str, Any] | None = None,
        **connection: Any,
    ) -> None:
        super().__init__(api_key=api_key, **connection)
        self.model = model
        self.interval = interval
        self.wait = wait
        self.options = dict(options or {})
        # Checked here: after the request the video is paid for, and a wrong value would lose it.
        tasks.waiting("checked here", interval=interval, timeout=wait)

    def generate_video(self, prompt: str, image_url: str | None = None) -> str:
        """Make a short video from a description and return its address.

        Args:
            prompt (str): What to show, up to 512 characters.
            image_url (Optional[str]): The address of a picture to begin with.
        """
        client = self._zhipu._client
        task = client.send(self._request(prompt, image_url))
        result = wait_result(client, task, interval=self.interval, timeout=self.wait)
        return first_url(result, "video")

    async def agenerate_video(self, prompt: str, image_url: str | None = None) -> str:
        """Make a short video from a description and return its address."""
        client = self._zhipu._aclient
        task = await client.send(self._request(prompt, image_url))
        result = await await_result(client, task, interval=self.interval, timeout=self.wait)
        return first_url(result, "video")

    def _request(self, prompt: str, image_url: str | None) -> Request[Any]:
        return videos.create(model=self.model, prompt=prompt, image_url=image_url, **self.options)
