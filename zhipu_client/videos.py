"""Making videos: ``POST /videos/generations``, which always answers with a task."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zhipu_client import _check, models
from zhipu_client._given import mapping
from zhipu_client._replies import parse_as
from zhipu_client._request import Request
from zhipu_client._task import Task, TaskResult, retrieve
from zhipu_client.errors import InvalidRequestError

__all__ = [
    "MAX_PROMPT", "OPTIONS", "RULES", "Task", "TaskResult", "VideoRules", "checked_options",
    "create", "retrieve",
]  # fmt: skip

#: How PNG and JPEG begin.
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


@dataclass(frozen=True, slots=True)
class VideoRules:
    """What one video model takes: a view of `zhipu_client.models`, kept for one release.

    Attributes:
        images: The fewest and the most pictures.
        sizes: The values of ``size``; the first is the default unless the picture decides.
        durations: Seconds; the first is the default. None: the parameter is not taken.
        fps: Pictures a second; the first is the default. None: the parameter is not taken.
        prompt: The prompt is needed.
        options: Further parameters that the model takes.
    """

    images: tuple[int, int]
    sizes: tuple[str, ...]
    durations: tuple[int, ...] | None = None
    fps: tuple[int, ...] | None = None
    prompt: bool = False
    options: frozenset[str] = frozenset()


if TYPE_CHECKING:
    #: The most characters of a prompt; kept for one release, see `zhipu_client.models`.
    MAX_PROMPT: int
    #: The rules of each known model, by its code; kept for one release.
    RULES: Mapping[str, VideoRules]

_VALUES: Mapping[str, tuple[str, ...]] = {
    "quality": ("speed", "quality"),
    "style": ("general", "anime"),
    "aspect_ratio": ("16:9", "9:16", "1:1"),
    "movement_amplitude": ("auto", "small", "medium", "large"),
}


def create(
    *,
    model: str = "cogvideox-3",
    prompt: str | None = None,
    image_url: str | Sequence[str] | None = None,
    size: str | None = None,
    duration: int | None = None,
    fps: int | None = None,
    quality: str | None = None,
    with_audio: bool | None = None,
    style: str | None = None,
    aspect_ratio: str | None = None,
    movement_amplitude: str | None = None,
    watermark_enabled: bool | None = None,
    request_id: str | None = None,
    user_id: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[Task]:
    """Have a video made; the answer is a task, see `zhipu_client.wait_result`.

    Args:
        model: A video model of `zhipu_client.models`; others are sent unchecked.
        prompt: What to show, up to 512 characters; a prompt or a picture is needed.
        image_url: An address or base64 of a picture; a list of two for first and last frame
            (cogvideox-3, the ``start-end`` models) and of one to three for vidu2-reference.
        size: Width and height in pixels, ``"1920x1080"``.
        duration: Seconds: 5 or 10 for cogvideox-3; fixed for the Vidu models.
        fps: Pictures a second, 30 or 60; CogVideoX only.
        quality: ``speed`` or ``quality``; CogVideoX only.
        with_audio: Make sound too; CogVideoX and the Vidu models of 4 seconds.
        style: ``general`` or ``anime``; viduq1-text only.
        aspect_ratio: ``16:9``, ``9:16`` or ``1:1``; viduq1-text and vidu2-reference.
        movement_amplitude: ``auto``, ``small``, ``medium`` or ``large``; Vidu only.
        watermark_enabled: False leaves the watermark out, which the account must be allowed to.
            open.bigmodel.cn only.
        request_id: Your own id of the call, 6 to 64 characters.
        user_id: Your own id of the end user, 6 to 128 characters.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: A value is outside of its limits, or the model does not take it.

    Examples:
        >>> from zhipu_client import videos
        >>> videos.create(prompt="a kite in the wind", duration=5).kind
        'paid'
    """
    _check.booleans(with_audio=with_audio, watermark_enabled=watermark_enabled)
    body = _check.body(
        extra_body,
        model=model,
        prompt=prompt,
        image_url=_one_or_more(image_url),
        size=size,
        duration=duration,
        fps=fps,
        quality=quality,
        with_audio=with_audio,
        style=style,
        aspect_ratio=aspect_ratio,
        movement_amplitude=movement_amplitude,
        watermark_enabled=watermark_enabled,
        request_id=request_id,
        user_id=user_id,
    )
    _check.ids(request_id, user_id)
    _check_body({name: value for name, value in body.items() if name not in (extra_body or ())})
    return Request(
        method="POST",
        path="/videos/generations",
        parse=parse_as(Task),
        json=body,
        kind="paid",
        model=model,
    )


#: What a video may be given beside its model, its prompt and its pictures.
OPTIONS = frozenset(create.__kwdefaults__ or ()) - {"model", "prompt", "image_url"}


def checked_options(given: Any) -> dict[str, Any]:
    """Return further parameters of `create`, checked by their names.

    Args:
        given: The parameters by name, or None.

    Raises:
        InvalidRequestError: There is no such parameter, or this is not a dict.

    Examples:
        >>> from zhipu_client import videos
        >>> videos.checked_options({"fps": 30})
        {'fps': 30}
        >>> videos.checked_options({"durations": 5})
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: options has no 'durations': did you mean 'duration'?
    """  # noqa: E501
    found = mapping("options", given)
    for name in sorted(found.keys() - OPTIONS):
        meant = _check.suggestion(name, OPTIONS)
        known = ", ".join(sorted(OPTIONS))
        hint = f": did you mean {meant!r}?" if meant else f"; there are {known}"
        raise InvalidRequestError(f"options has no {name!r}{hint}", field="options", value=name)
    return found


def _check_body(body: Mapping[str, Any]) -> None:
    model, prompt = body.get("model", ""), body.get("prompt")
    pictures = _pictures(body.get("image_url"))
    _check.text("model", model)
    if prompt is not None:
        _check.text("prompt", prompt, models.limits_of(model, "cogvideox-3").max_chars)
    if not prompt and not pictures:
        raise _check.refuse("prompt", prompt, "or image_url is needed")
    for name, values in _VALUES.items():
        _check.choice(name, body.get(name), values)
    info = _filming(model)
    if info is None:
        return
    if info.prompt_required and not prompt:
        raise _check.refuse("prompt", prompt, f"is needed for {model}")
    least, most = info.min_images, info.max_images or 0
    if not least <= len(pictures) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise _check.refuse("image_url", len(pictures), f"for {model} must have {wanted} pictures")
    lists = {"size": info.sizes, "duration": info.durations, "fps": info.fps}
    for name in (*lists, *_VALUES, "with_audio"):
        if name in body and not lists.get(name) and name not in info.options:
            raise _check.refuse(name, body[name], f"is not taken by {model}")
    for name, allowed in lists.items():
        _check.choice(name, body.get(name), allowed, model)
    for picture in pictures:
        _check_content(picture)


def _filming(model: str) -> models.ModelInfo | None:
    """Return the facts of a video model whose sizes are documented; None for all others."""
    info = models.get(model)
    return info if info is not None and info.kind == "video" and info.sizes else None


def _rules() -> dict[str, VideoRules]:
    return {
        info.id: VideoRules(
            images=(info.min_images, info.max_images or 0),
            sizes=info.sizes,
            durations=info.durations or None,
            fps=info.fps or None,
            prompt=info.prompt_required,
            options=info.options,
        )
        for info in models.MODELS.values()
        if _filming(info.id) is not None
    }


def __getattr__(name: str) -> Any:
    if name == "RULES":
        return _rules()
    if name == "MAX_PROMPT":
        return models.MODELS["cogvideox-3"].max_chars
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _one_or_more(image_url: Any) -> str | list[str] | None:
    if image_url is None or isinstance(image_url, str):
        return image_url
    return _check.strings("image_url", image_url) or None


def _pictures(image_url: str | Sequence[str] | None) -> list[str]:
    if image_url is None:
        return []
    pictures = [image_url] if isinstance(image_url, str) else _check.strings("image_url", image_url)
    for picture in pictures:
        _check.text("image_url", picture)
    return pictures


def _check_content(picture: str) -> None:
    """Refuse base64 of something else than an image; an address is the service's to fetch."""
    head, comma, data = picture.partition(",")
    if comma and head.startswith("data:"):
        encoded = data if head.endswith(";base64") else None
    else:
        encoded = None if "://" in picture[:64] else picture
    if encoded is None:
        return
    try:
        start = b64decode(encoded[:64], validate=True)
    except ValueError:
        start = b""
    webp = start[:4] == b"RIFF" and start[8:12] == b"WEBP"
    if not webp and not start.startswith(_PICTURES):
        shown = start[:8] or encoded[:16]
        raise _check.refuse("image_url", shown, "must be an address, or base64 of an image")
