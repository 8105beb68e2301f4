"""Draw images: `ZhipuAIImageGenerator`, for agents and on its own."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

from langchain_core.callbacks import AsyncCallbackManagerForToolRun, CallbackManagerForToolRun
from langchain_core.runnables import run_in_executor
from langchain_core.tools import BaseTool, ToolException
from pydantic import BaseModel, ConfigDict, Field, model_validator

from langchain_zhipu._errors import raised_but_downloads
from langchain_zhipu._keeping import KeepsAnswers
from zhipu_client import (
    Downloaded,
    DownloadError,
    Request,
    ZhipuError,
    adownload,
    await_result,
    download,
    images,
    models,
    wait_result,
)
from zhipu_client.adapting import (
    GivenPath,
    TrueOrFalse,
    check_folder,
    first_url,
    keeping,
    save_paid,
    write_whole,
)

__all__ = ["GeneratedImage", "ZhipuAIImageGenerator"]

_MiB = 1024 * 1024
_DESCRIPTION = (
    "Draw an image from a description. Say in detail what is to be seen, in which style and light. "
    "The image is shown to the user by itself."
)


class PromptArguments(BaseModel):
    """The tool's arguments when the size is fixed."""

    prompt: str = Field(
        min_length=1, description="What to draw, in detail; 1,000 characters at most."
    )


class PromptAndSizeArguments(PromptArguments):
    """The tool's arguments when nothing is fixed."""

    size: str | None = Field(
        default=None,
        description='Width and height in pixels, such as "1024x1024". Leave it out unless a '
        "format is wanted.",
    )


@dataclass(frozen=True, slots=True)
class GeneratedImage:
    """A generated image. A notebook shows it.

    Attributes:
        content: Its bytes; empty when it was not fetched.
        mime_type: Its type (``image/png``).
        url: Where the service keeps it for a while.
        path: The file that it was saved to, or None.
        prompt: The prompt.
        size: The requested size, or None.
        model: The model that drew it.

    Examples:
        >>> from langchain_zhipu.image_generators import GeneratedImage
        >>> image = GeneratedImage(b"PNG", "image/png", "https://cdn.example.com/kite.png")
        >>> image.mime_type, len(image.content)
        ('image/png', 3)
    """

    content: bytes = field(repr=False)
    mime_type: str
    url: str
    path: Path | None = None
    prompt: str = ""
    size: str | None = None
    model: str = ""

    def block(self) -> dict[str, Any]:
        """Return the image as a content block: the file's URL if it was saved, else its bytes."""
        extras = {"prompt": self.prompt, "model": self.model}
        found: dict[str, Any] = {"type": "image", "mime_type": self.mime_type}
        if self.path is not None:
            found["url"] = self.path.resolve().as_uri()
            extras["source_url"] = self.url
        elif self.content:
            found["base64"] = base64.b64encode(self.content).decode("ascii")
            extras["source_url"] = self.url
        else:
            found["url"] = self.url
        return {**found, "extras": extras}

    def save(self, path: str | Path) -> Path:
        """Write the bytes into a file and return its path."""
        target = Path(path)
        write_whole(target, self.content)
        return target

    def _repr_png_(self) -> bytes | None:
        return self.content if self.mime_type == "image/png" and self.content else None

    def _repr_jpeg_(self) -> bytes | None:
        return self.content if self.mime_type == "image/jpeg" and self.content else None


class ZhipuAIImageGenerator(KeepsAnswers, BaseTool, defer_build=False):
    """Draws images with GLM-Image and CogView: ``POST /images/generations``.

    A tool for agents: the model reads a sentence, ``ToolMessage.artifact`` is an image block. A
    Runnable: ``generator.invoke("a red kite")``. And plain Python: `generate` and `agenerate`
    return a `GeneratedImage`, which a notebook shows.

    Prompt and size are checked against the rules of the model before anything is sent. The image
    is fetched at once, since its address expires: https only, from public hosts only (and the
    host of ``base_url``), no more than ``max_bytes``, and only if it is an image.

    Args:
        model: ``glm-image`` (default), ``cogview-4``, ``cogview-4-250304`` or ``cogview-3-flash``
            (free).
        size: Width and height in pixels (``"1280x1280"``); if it is set, the agent
            cannot choose it. None for the model's own default.
        quality: ``hd`` or ``standard``; None for the model's own default.
        watermark_enabled: False leaves the watermark out, which the account must be allowed to.
        endpoint: ``sync`` waits for the answer, ``async`` (glm-image only) makes a task and asks
            for its result.
        fetch: False leaves the image where it is and returns its address only.
        save_to: A folder to save images to; the artifact then has the file's address and no bytes.
        max_bytes: The most bytes of an image.
        wait_timeout: Seconds to wait for a task of the ``async`` endpoint.
        poll_interval: Seconds between the first two polls of a task.
        allow_loopback: Fetch images from this machine too, for your own servers.
        checkpoint: A file that keeps the images that were drawn: a program that was killed goes on
            where it was. The same prompt with the same settings is the same image then.
        handle_tool_error: True (default) returns the error's text to the model; False raises the
            error.
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``.

    Raises:
        InvalidRequestError: No key was found, or a value is out of its range.

    Example:
        ```python
        from langchain_zhipu import ChatZhipuAI, ZhipuAIImageGenerator
        from langchain.agents import create_agent

        draw = ZhipuAIImageGenerator(model="cogview-4", size="1024x1024")
        image = draw.generate("a red kite over a green hill, watercolour")
        image.save("kite.png")

        agent = create_agent(ChatZhipuAI(model="glm-4.7"), tools=[draw])
        answer = agent.invoke({"messages": [("user", "Generate an image of a red kite.")]})
        for message in answer["messages"]:
            if message.type == "tool":
                print(message.artifact["mime_type"])
        ```
    """

    model_config = ConfigDict(extra="forbid")

    name: str = "generate_image"
    description: str = _DESCRIPTION
    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    handle_tool_error: Any = True
    handle_validation_error: Any = True

    model: str = "glm-image"
    size: str | None = None
    quality: Literal["hd", "standard"] | None = None
    watermark_enabled: TrueOrFalse | None = None
    user_id: str | None = None
    endpoint: Literal["sync", "async"] = "sync"
    fetch: TrueOrFalse = True
    save_to: GivenPath | None = None
    max_bytes: int = Field(default=32 * _MiB, ge=1)
    wait_timeout: float = Field(default=600.0, gt=0)
    poll_interval: float = Field(default=1.0, gt=0)
    allow_loopback: TrueOrFalse = False

    @model_validator(mode="after")
    def _zhipu_image_values(self) -> Self:
        self._request("a")  # refuses what this model cannot do
        info = models.get(self.model)
        if self.args_schema is None:
            self.args_schema = PromptAndSizeArguments if self.size is None else PromptArguments
        if (
            self.description == _DESCRIPTION
            and info is not None
            and info.sizes
            and self.size is None
        ):
            self.description = f"{_DESCRIPTION} Good sizes: {', '.join(info.sizes)}."
        return self

    def generate(self, prompt: str, *, size: str | None = None) -> GeneratedImage:
        """Draw an image and return it.

        Args:
            prompt: What to draw; up to 1,000 characters for glm-image.
            size: Width and height in pixels, in place of the field.

        Raises:
            InvalidRequestError: The model cannot draw this size, or the prompt is too long.
            DownloadError: It was drawn, and paid for, but not fetched; ``partial`` has its address.
            ZhipuError: The service refused or failed.
        """
        with raised_but_downloads():
            return self._generate(prompt, size)

    async def agenerate(self, prompt: str, *, size: str | None = None) -> GeneratedImage:
        """Draw an image and return it, asynchronously; the arguments of `generate`."""
        with raised_but_downloads():
            return await self._agenerate(prompt, size)

    def _run(
        self,
        prompt: str,
        size: str | None = None,
        run_manager: CallbackManagerForToolRun | None = None,
    ) -> tuple[str, dict[str, Any]]:
        del run_manager
        with self._told():
            return _told_and_shown(self._generate(prompt, size))

    async def _arun(
        self,
        prompt: str,
        size: str | None = None,
        run_manager: AsyncCallbackManagerForToolRun | None = None,
    ) -> tuple[str, dict[str, Any]]:
        del run_manager
        with self._told():
            image = await self._agenerate(prompt, size)
            if image.path is None:
                return _told_and_shown(image)
            return await run_in_executor(None, _told_and_shown, image)  # it looks up the folder

    def _generate(self, prompt: str, size: str | None) -> GeneratedImage:
        self._check_folder()
        client = self._sync_client()
        found = client.send(self._request(prompt, size))
        task_id = None
        if self.endpoint == "async":
            task_id = found.id
            found = wait_result(
                client, found, interval=self.poll_interval, timeout=self.wait_timeout
            )
        url = first_url(found, "image", task_id)
        if not self.fetch:
            return self._image(None, url, prompt, size)
        with keeping(partial=self._image(None, url, prompt, size)):
            fetched = download(client, url, **self._download())
            return self._image(fetched, url, prompt, size)

    async def _agenerate(self, prompt: str, size: str | None) -> GeneratedImage:
        if self.save_to is not None:
            await run_in_executor(None, self._check_folder)
        client = self._async_client()
        found = await client.send(self._request(prompt, size))
        task_id = None
        if self.endpoint == "async":
            task_id = found.id
            found = await await_result(
                client, found, interval=self.poll_interval, timeout=self.wait_timeout
            )
        url = first_url(found, "image", task_id)
        if not self.fetch:
            return self._image(None, url, prompt, size)
        with keeping(partial=self._image(None, url, prompt, size)):
            fetched = await adownload(client, url, **self._download())
            if self.save_to is None:
                return self._image(fetched, url, prompt, size)
            return await run_in_executor(None, self._image, fetched, url, prompt, size)

    def _request(self, prompt: str, size: str | None = None) -> Request[Any]:
        create = images.create if self.endpoint == "sync" else images.create_async
        return create(
            model=self.model,
            prompt=prompt,
            size=size or self.size,
            quality=self.quality,
            watermark_enabled=self.watermark_enabled,
            user_id=self.user_id,
        )

    def _check_folder(self) -> None:
        """Raise InvalidRequestError if images cannot be saved, before one is drawn and paid for."""
        check_folder("save_to", self.save_to)

    def _download(self) -> Mapping[str, Any]:
        return {
            "kind": "image/",
            "max_bytes": self.max_bytes,
            "allow_loopback": self.allow_loopback,
        }

    def _image(
        self, fetched: Downloaded | None, url: str, prompt: str, size: str | None
    ) -> GeneratedImage:
        content = b"" if fetched is None else fetched.content
        kind = "image/png" if fetched is None else fetched.mime_type
        image = GeneratedImage(content, kind, url, None, prompt, size or self.size, self.model)
        if self.save_to is None or not content:
            return image
        name = hashlib.sha256(content).hexdigest()[:16]
        path = Path(self.save_to) / f"{name}.{kind.rsplit('/', 1)[1]}"
        failed = partial(DownloadError, url=url)
        save_paid(path, content, "the image", partial=image, failed=failed)
        return replace(image, path=path)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Give errors to the model or raise them, as configured."""
        try:
            yield
        except DownloadError as error:
            if not self.handle_tool_error:
                raise
            # Or the model has it drawn, and paid for, once more.
            drawn: GeneratedImage = error.partial
            what = "saved" if drawn.content else "fetched"
            message = f"The image was drawn, but not {what} ({error}). Its address is {drawn.url}"
            raise ToolException(message) from error
        except ZhipuError as error:
            if self.handle_tool_error:
                raise ToolException(f"No image was drawn: {error}") from error
            with raised_but_downloads():
                raise


def _told_and_shown(image: GeneratedImage) -> tuple[str, dict[str, Any]]:
    where = f" It is saved as {image.path}." if image.path is not None else ""
    size = f" of {image.size} pixels" if image.size else ""
    address = f" Its address is {image.url}" if not image.content else ""
    return f"The image{size} was drawn and is shown to the user.{where}{address}", image.block()
