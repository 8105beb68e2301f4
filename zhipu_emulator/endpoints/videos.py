"""POST /videos/generations."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.content import drawing, sensitive
from zhipu_emulator.content.mp4 import mp4
from zhipu_emulator.content.published import publish
from zhipu_emulator.http.errors import ServiceError, content_filter
from zhipu_emulator.http.params import Params, illegal, missing
from zhipu_emulator.http.responses import api_key, read_json, task_begun

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

MAX_PROMPT = 512
MAX_IMAGE = 5 * 1024 * 1024
MAX_VIDU_IMAGE = 50 * 1024 * 1024


@dataclass(frozen=True)
class Rules:
    """What one video model takes.

    Attributes:
        sizes: Allowed sizes, the first is the default.
        durations: Seconds, the first is the default.
        images: How many pictures it takes, at least and at most.
        prompt: Whether a prompt is required whatever else comes.
        image_bytes: Largest picture.
        sites: Where it is offered.
        choices: Values of further parameters.
    """

    sizes: tuple[str, ...]
    durations: tuple[int, ...] = (5,)
    images: tuple[int, int] = (0, 1)
    prompt: bool = False
    image_bytes: int = MAX_VIDU_IMAGE
    sites: tuple[str, ...] = ("bigmodel",)
    choices: Mapping[str, tuple[Any, ...]] | None = None


_QUALITY: Mapping[str, tuple[Any, ...]] = {"quality": ("speed", "quality"), "fps": (30, 60)}
_RATIO: Mapping[str, tuple[Any, ...]] = {"aspect_ratio": ("16:9", "9:16", "1:1")}
_MOVEMENT: Mapping[str, tuple[Any, ...]] = {
    "movement_amplitude": ("auto", "small", "medium", "large")
}
_COGVIDEO_2 = Rules(
    (
        "1920x1080",
        "720x480",
        "1024x1024",
        "1280x960",
        "960x1280",
        "1080x1920",
        "2048x1080",
        "3840x2160",
    ),
    image_bytes=MAX_IMAGE,
    choices=_QUALITY,
)
MODELS: Mapping[str, Rules] = {
    "cogvideox-3": Rules(
        (
            "1920x1080",
            "1280x720",
            "720x1280",
            "1024x1024",
            "1080x1920",
            "2048x1080",
            "3840x2160",
        ),
        durations=(5, 10),
        images=(0, 2),
        image_bytes=MAX_IMAGE,
        sites=("bigmodel", "zai"),
        choices=_QUALITY,
    ),
    "cogvideox-2": _COGVIDEO_2,
    "cogvideox-flash": _COGVIDEO_2,
    "cogvideox": _COGVIDEO_2,
    "viduq1-text": Rules(
        ("1920x1080",),
        images=(0, 0),
        prompt=True,
        choices={"style": ("general", "anime"), **_RATIO, **_MOVEMENT},
    ),
    "viduq1-image": Rules(("1920x1080",), images=(1, 1), choices=_MOVEMENT),
    "vidu2-image": Rules(("1280x720",), (4,), images=(1, 1), choices=_MOVEMENT),
    "viduq1-start-end": Rules(("1920x1080",), images=(2, 2), choices=_MOVEMENT),
    "vidu2-start-end": Rules(("1280x720", "480x360"), (4,), images=(2, 2), choices=_MOVEMENT),
    "vidu2-reference": Rules(
        ("1280x720",), (4,), images=(1, 3), prompt=True, choices={**_RATIO, **_MOVEMENT}
    ),
}


@dataclass(frozen=True)
class Order:
    """A checked request."""

    model: str
    words: str
    width: int
    height: int
    seconds: int
    request_id: str | None


def routes(state: State) -> list[Route]:
    """The endpoint."""
    offered = {name: rules for name, rules in MODELS.items() if state.options.site in rules.sites}

    async def create(request: Request) -> Response:
        order = read_order(await read_json(request), offered)
        task_id = state.new_id()
        request_id = order.request_id or task_id
        result = {
            "model": order.model,
            "request_id": request_id,
            "video_result": [_links(request, state, order, task_id)],
        }
        task = state.add_task(
            api_key(request),
            result,
            task_id=task_id,
            request_id=request_id,
            status=state.options.task_status,
        )
        return task_begun(task, order.model)

    return [Route("/videos/generations", create, methods=["POST"])]


def read_order(body: Mapping[str, Any], offered: Mapping[str, Rules]) -> Order:
    """Check a request.

    Raises:
        ServiceError: Everything that the endpoint refuses.
    """
    params = Params(body)
    model = params.model(offered)
    rules = offered[model]
    prompt = params.text("prompt", "")
    if len(prompt) > MAX_PROMPT:
        raise ServiceError("1261")
    images = _images(params, rules)
    if not prompt.strip() and (rules.prompt or not images):
        raise missing("prompt")
    for name, values in (rules.choices or {}).items():
        if params.get(name) is not None and params.get(name) not in values:
            raise illegal(name)
    for name in ("with_audio", "watermark_enabled", "off_peak"):
        params.flag(name)
    size = params.text("size", rules.sizes[0], choices=rules.sizes)
    seconds = params.integer("duration", rules.durations[0], choices=rules.durations)
    request_id = params.caller_ids()
    if sensitive.risks(prompt):
        raise content_filter("user")
    width, height = (int(side) for side in size.split("x"))
    words = prompt.strip() or f"{len(images)} pictures"
    return Order(model, words, width, height, seconds or rules.durations[0], request_id)


#: How PNG, JPEG and WebP begin.
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")


def _images(params: Params, rules: Rules) -> list[str]:
    value = params.get("image_url")
    images = value if isinstance(value, list) else [] if value in (None, "") else [value]
    least, most = rules.images
    if not least <= len(images) <= most:
        raise illegal("image_url")
    for image in images:
        if not isinstance(image, str) or not image:
            raise illegal("image_url")
        if not image.startswith(("http://", "https://")):
            _check_picture(image, rules.image_bytes)
    return images


def _check_picture(encoded: str, limit: int) -> None:
    refusal = ServiceError("1210", "图片输入格式/解析错误", "The image cannot be read")
    try:
        content = base64.b64decode(encoded.rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise refusal from None
    # What a WebP and an MPO are is not looked at further: a film of the emulator shows words only.
    if len(content) > limit or not content.startswith(_PICTURES):
        raise refusal


def _links(request: Request, state: State, order: Order, made_id: str) -> dict[str, str]:
    small = min(1.0, 640 / max(order.width, order.height))  # nobody needs 3840 drawn pixels
    width, height = int(order.width * small) // 2 * 2, int(order.height * small) // 2 * 2
    film = partial(_film, order.words, width, height, order.seconds)
    cover = partial(drawing.png, order.words, width, height)
    return {
        "url": publish(request, state, f"{made_id}_0.mp4", film, "video/mp4"),
        "cover_image_url": publish(request, state, f"{made_id}_cover_0.png", cover, "image/png"),
    }


def _film(words: str, width: int, height: int, seconds: int) -> bytes:
    frames = [
        drawing.jpeg(words, width, height, f"emulator · {second + 1} s")
        for second in range(seconds)
    ]
    return mp4(frames, width, height, seconds)
