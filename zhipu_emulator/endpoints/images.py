"""POST /images/generations and POST /async/images/generations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.content import drawing, sensitive
from zhipu_emulator.content.published import publish
from zhipu_emulator.http.errors import ServiceError, content_filter
from zhipu_emulator.http.params import Params, illegal
from zhipu_emulator.http.responses import api_key, json_response, read_json, task_begun

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State


@dataclass(frozen=True)
class Rules:
    """What one image model takes.

    Attributes:
        sizes: Sizes that are always good, the first is the default.
        low: Shortest side of your own size, pixels.
        step: Sides must be multiples of it.
        pixels: Largest area.
        qualities: The first is the default.
        prompt: Longest prompt in characters; None: no limit is documented.
        asynchronous: Whether the asynchronous endpoint takes the model.
    """

    sizes: tuple[str, ...]
    low: int
    step: int
    pixels: int
    qualities: tuple[str, ...]
    prompt: int | None = None
    asynchronous: bool = False

    def allows(self, width: int, height: int) -> bool:
        """Whether a picture may have this size."""
        if f"{width}x{height}" in self.sizes:
            return True
        sides = all(self.low <= side <= 2048 and side % self.step == 0 for side in (width, height))
        return sides and width * height <= self.pixels


_GLM = Rules(
    (
        "1280x1280",
        "1568x1056",
        "1056x1568",
        "1472x1088",
        "1088x1472",
        "1728x960",
        "960x1728",
    ),
    low=512,
    step=32,
    pixels=2**22,
    qualities=("hd",),
    prompt=1000,
    asynchronous=True,
)
_COGVIEW = Rules(
    (
        "1024x1024",
        "768x1344",
        "864x1152",
        "1344x768",
        "1152x864",
        "1440x720",
        "720x1440",
    ),
    low=512,
    step=16,
    pixels=2**21,
    qualities=("standard", "hd"),
)
MODELS: Mapping[str, Rules] = {
    "glm-image": _GLM,
    "cogview-4": _COGVIEW,
    "cogview-4-250304": _COGVIEW,
    "cogview-3-flash": _COGVIEW,
    "cogview-3-plus": _COGVIEW,
    "cogview-3": _COGVIEW,
}
_SIZE = re.compile(r"(\d{2,5})[x×*](\d{2,5})", re.IGNORECASE)  # the docs print the signs mixed


@dataclass(frozen=True)
class Order:
    """A checked request."""

    model: str
    prompt: str
    width: int
    height: int
    watermark: bool
    request_id: str | None


def routes(state: State) -> list[Route]:
    """Both endpoints."""

    async def create(request: Request) -> Response:
        order = read_order(await read_json(request))
        url = _link(request, state, order, state.new_id())
        return json_response({"created": state.now(), "data": [{"url": url}]})

    async def submit(request: Request) -> Response:
        order = read_order(await read_json(request))
        if not MODELS[order.model].asynchronous:
            raise ServiceError("1212")
        task_id = state.new_id()
        request_id = order.request_id or task_id
        url = _link(request, state, order, task_id)
        task = state.add_task(
            api_key(request),
            {
                "id": task_id,
                "image_result": [{"url": url}],
                "model": order.model,
                "request_id": request_id,
            },
            task_id=task_id,
            request_id=request_id,
            status=state.options.task_status,
        )
        return task_begun(task, order.model)

    return [
        Route("/images/generations", create, methods=["POST"]),
        Route("/async/images/generations", submit, methods=["POST"]),
    ]


def read_order(body: Mapping[str, Any]) -> Order:
    """Check a request.

    Raises:
        ServiceError: Everything that the endpoint refuses.
    """
    params = Params(body)
    model = params.model(MODELS)
    rules = MODELS[model]
    prompt = params.text("prompt")
    if rules.prompt is not None and len(prompt) > rules.prompt:
        raise ServiceError("1261")
    params.text("quality", rules.qualities[0], choices=rules.qualities)
    size = _SIZE.fullmatch(params.text("size", rules.sizes[0]).strip())
    if size is None or not rules.allows(int(size[1]), int(size[2])):
        raise illegal("size")
    if sensitive.risks(prompt):
        raise content_filter("user")
    return Order(
        model,
        prompt,
        int(size[1]),
        int(size[2]),
        params.flag("watermark_enabled", True),
        params.caller_ids(),
    )


def _link(request: Request, state: State, order: Order, made_id: str) -> str:
    note = "emulator · AI-generated" if order.watermark else "emulator"
    make = partial(drawing.png, order.prompt, order.width, order.height, note)
    suffix = "_watermark.png" if order.watermark else ".png"
    return publish(request, state, made_id + suffix, make, "image/png")
