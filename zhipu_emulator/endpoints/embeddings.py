"""POST /embeddings."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from zhipu_emulator.chat.tokens import count_text
from zhipu_emulator.content.vectors import vector_json
from zhipu_emulator.http.params import Params, illegal, out_of_range
from zhipu_emulator.http.responses import JSON_TYPE, encode, read_json

if TYPE_CHECKING:
    from starlette.requests import Request

    from zhipu_emulator.http.state import State

MAX_INPUTS = 64


@dataclass(frozen=True)
class Limits:
    """What one embedding model takes: dimensions (the first is the default) and tokens."""

    dimensions: tuple[int, ...]
    tokens_each: int
    tokens_all: int | None = None


MODELS: Mapping[str, Limits] = {
    "embedding-3": Limits((2048, 256, 512, 1024), 3072),
    "embedding-2": Limits((1024,), 512, 8192),
}


def routes(state: State) -> list[Route]:
    """The endpoint; api.z.ai does not offer it."""
    if state.options.site == "zai":
        return []
    return [Route("/embeddings", create, methods=["POST"])]


async def create(request: Request) -> Response:
    """Embed one text or up to 64."""
    body = await read_json(request)
    # Off the loop: 64 texts of 2,048 dimensions take some 40 ms, and other requests must flow.
    content = await asyncio.to_thread(answer, body)
    return Response(content, headers={"Content-Type": JSON_TYPE})


def answer(body: Mapping[str, Any]) -> bytes:
    """The JSON body for a request.

    Raises:
        ServiceError: Everything that the endpoint refuses.
    """
    params = Params(body)
    model = params.model(MODELS)
    limits = MODELS[model]
    texts = _texts(params.required("input"))
    dimensions = params.integer("dimensions", limits.dimensions[0], choices=limits.dimensions)
    params.caller_ids()
    tokens = _tokens(texts, limits)
    assert dimensions is not None  # noqa: S101 - it has a default
    rows = (
        b'{"index":%d,"object":"embedding","embedding":%b}' % (i, vector_json(text, dimensions))
        for i, text in enumerate(texts)
    )
    usage = {"prompt_tokens": tokens, "completion_tokens": 0, "total_tokens": tokens}
    return b'{"model":%b,"object":"list","data":[%b],"usage":%b}' % (
        encode(model),
        b",".join(rows),
        encode(usage),
    )


def _texts(value: Any) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list):
        raise illegal("input")
    if not texts:
        raise illegal("input", "输入不能为空", "The input must not be empty.")
    if len(texts) > MAX_INPUTS:
        raise illegal(
            "input", f"数组最大不得超过{MAX_INPUTS}条", f"At most {MAX_INPUTS} items are allowed."
        )
    for text in texts:
        if not isinstance(text, str):
            raise illegal("input")
        if not text.strip():
            raise illegal("input", "输入不能为空", "The input must not be empty.")
    return texts


def _tokens(texts: list[str], limits: Limits) -> int:
    counts = [count_text(text) for text in texts]
    if max(counts) > limits.tokens_each:
        raise out_of_range("input.tokens", 1, limits.tokens_each)
    total = sum(counts)
    if limits.tokens_all is not None and total > limits.tokens_all:
        raise out_of_range("input.tokens", 1, limits.tokens_all)
    return total
