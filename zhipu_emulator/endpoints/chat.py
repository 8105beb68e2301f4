"""POST /chat/completions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.routing import Route

from zhipu_emulator.chat import rendering
from zhipu_emulator.chat.preparing import prepare
from zhipu_emulator.http.responses import json_response, sse_response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

ON_CODING_BASE = True


def routes(state: State) -> list[Route]:
    """The synchronous and the streamed chat."""

    async def completions(request: Request) -> Response:
        ready = await prepare(request, state)
        if not ready.asked.stream:
            return json_response(ready.body(state))
        frames = rendering.frames(ready.reply, ready.asked, state, ready.usage, ready.audio)
        return sse_response(_paced(frames, state.options.token_delay))

    return [Route("/chat/completions", completions, methods=["POST"])]


async def _paced(frames: Iterable[bytes], delay: float) -> AsyncIterator[bytes]:
    for piece in frames:
        yield piece
        await asyncio.sleep(delay)  # 0 lets the loop see that the reader has gone
