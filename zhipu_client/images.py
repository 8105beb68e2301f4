"""Drawing images: ``POST /images/generations`` and ``POST /async/images/generations``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from pydantic import Field

from zhipu_client import _check, models
from zhipu_client._replies import ReplyModel, parse_as, rows
from zhipu_client._request import Request
from zhipu_client._task import Task

__all__ = [
    "RULES",
    "ImageReply",
    "ImageRules",
    "check_size",
    "create",
    "create_async",
]

M = TypeVar("M", bound=ReplyModel)

Quality = Literal["hd", "standard"]


@dataclass(frozen=True, slots=True)
class ImageRules:
    """What one image model can draw: a view of `zhipu_client.models`, kept for one release.

    Attributes:
        sizes: The preset sizes, the default first.
        least: The shortest side, in pixels.
        most: The longest side, in pixels.
        step: Each side is a multiple of this.
        pixels: The most pixels in all.
        prompt: The most characters of a prompt, or None.
        qualities: The values of ``quality``, the default first.
        asynchronous: The model works through the asynchronous endpoint too.
    """

    sizes: tuple[str, ...]
    least: int
    most: int
    step: int
    pixels: int
    prompt: int | None
    qualities: tuple[Quality, ...]
    asynchronous: bool = False


if TYPE_CHECKING:
    #: The rules of each known model, by its code; kept for one release.
    RULES: Mapping[str, ImageRules]

_SIZE = re.compile(r"^\s*(\d{1,5})\s*[xX×*]\s*(\d{1,5})\s*$")


class ImageReply(ReplyModel):
    """The answer of ``/images/generations``.

    Attributes:
        created: Unix seconds.
        data: ``[{"url"}]``, one image. The address expires (after a day to 30 days).
        content_filter: ``[{"role", "level"}]`` of the safety system, level 0 the most severe.
    """

    created: int | None = None
    data: list[dict[str, Any]] = Field(default_factory=list)
    content_filter: list[dict[str, Any]] | None = None

    @property
    def urls(self) -> list[str]:
        """The addresses of the images."""
        return [row["url"] for row in rows(self.data) if isinstance(row.get("url"), str)]


def check_size(model: str, size: str) -> str:
    """Check a size against the rules of its model.

    Args:
        model: The model code; a model that is not known takes any size.
        size: ``"1280x1280"``, width first, in pixels; ``×`` and ``*`` are read as ``x``.

    Returns:
        The size as the service takes it.

    Raises:
        InvalidRequestError: No size, or one that the model cannot draw.

    Examples:
        >>> from zhipu_client.images import check_size
        >>> check_size("cogview-4-250304", "1024 × 1024")
        '1024x1024'
    """
    found = _SIZE.match(str(size))
    if found is None:
        raise _check.refuse("size", size, 'must look like "1280x1280"')
    width, height = int(found.group(1)), int(found.group(2))
    plain = f"{width}x{height}"
    info = _drawing(model)
    if info is None or plain in info.sizes:
        return plain
    least, most, step = info.size_min or 1, info.size_max or 1, info.size_step or 1
    for side in (width, height):
        if not least <= side <= most or side % step:
            raise _check.refuse(
                "size",
                size,
                f"for {model} needs sides of {least} to {most} pixels in steps of {step}, or one "
                f"of {', '.join(info.sizes)}",
            )
    if info.max_pixels and width * height > info.max_pixels:
        raise _check.refuse(
            "size", size, f"for {model} may have at most {info.max_pixels:,} pixels"
        )
    return plain


def create(
    *,
    model: str = "glm-image",
    prompt: str,
    size: str | None = None,
    quality: Quality | None = None,
    watermark_enabled: bool | None = None,
    request_id: str | None = None,
    user_id: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[ImageReply]:
    """Draw one image and wait for it (5 to 30 seconds).

    Args:
        model: ``glm-image``, ``cogview-4``, ``cogview-4-250304`` or ``cogview-3-flash``.
        prompt: What to draw; up to 1,000 characters for glm-image.
        size: Width and height in pixels, ``"1280x1280"``. glm-image: sides of 512 to 2048 in
            steps of 32, or a preset; CogView: 512 to 2048 in steps of 16, up to 2,097,152 pixels.
        quality: ``hd`` (slower, the only one of glm-image) or ``standard``.
        watermark_enabled: False leaves the watermark out, which the account must be allowed to.
            open.bigmodel.cn only.
        request_id: Your own id of the call, 6 to 64 characters.
        user_id: Your own id of the end user, 6 to 128 characters.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: A value is outside of its limits; ``field`` names it.

    Examples:
        >>> from zhipu_client import images
        >>> images.create(prompt="a red kite", size="1568x1056").json["size"]
        '1568x1056'
    """
    _check.booleans(watermark_enabled=watermark_enabled)
    return _request(
        "/images/generations",
        ImageReply,
        extra_body,
        model=model,
        prompt=prompt,
        size=size,
        quality=quality,
        watermark_enabled=watermark_enabled,
        request_id=request_id,
        user_id=user_id,
    )


def create_async(
    *,
    model: str = "glm-image",
    prompt: str,
    size: str | None = None,
    quality: Quality | None = None,
    watermark_enabled: bool | None = None,
    request_id: str | None = None,
    user_id: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[Task]:
    """Have one image drawn; the answer is a task, see `zhipu_client.wait_result`.

    The parameters are those of `create`; glm-image is the only model.

    Raises:
        InvalidRequestError: A value is outside of its limits, or the model works only with
            `create`.

    Examples:
        >>> from zhipu_client import images
        >>> images.create_async(prompt="a red kite").path
        '/async/images/generations'
    """
    _check.booleans(watermark_enabled=watermark_enabled)
    info = _drawing(model)
    if info is not None and not info.asynchronous:
        raise _check.refuse("model", model, "must be glm-image for the asynchronous endpoint")
    return _request(
        "/async/images/generations",
        Task,
        extra_body,
        model=model,
        prompt=prompt,
        size=size,
        quality=quality,
        watermark_enabled=watermark_enabled,
        request_id=request_id,
        user_id=user_id,
    )


def _request(
    path: str, reply: type[M], extra: Mapping[str, Any] | None, /, **given: Any
) -> Request[M]:
    """Return the request for one image; refuses what the model cannot draw."""
    model = given["model"]
    _check.text("model", model)
    info = _drawing(model)
    _check.text("prompt", given["prompt"], info.max_chars if info else None)
    if info is not None:
        _check.choice("quality", given["quality"], info.qualities, model)
    _check.ids(given["request_id"], given["user_id"])
    if given["size"] is not None:
        given["size"] = check_size(model, given["size"])
    return Request(
        method="POST",
        path=path,
        parse=parse_as(reply),
        json=_check.body(extra, **given),
        kind="paid",
        model=model,
    )


def _drawing(model: str) -> models.ModelInfo | None:
    """Return the facts of an image model whose sizes are documented; None for all others."""
    info = models.get(model)
    return info if info is not None and info.kind == "image" and info.sizes else None


def _rules() -> dict[str, ImageRules]:
    return {
        info.id: ImageRules(
            sizes=info.sizes,
            least=info.size_min or 1,
            most=info.size_max or 1,
            step=info.size_step or 1,
            pixels=info.max_pixels or 1,
            prompt=info.max_chars,
            qualities=cast(tuple[Quality, ...], info.qualities),
            asynchronous=info.asynchronous,
        )
        for info in models.MODELS.values()
        if _drawing(info.id) is not None
    }


def __getattr__(name: str) -> Any:
    if name == "RULES":
        return _rules()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
