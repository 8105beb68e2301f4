"""What router modules use to read requests and to answer in the service's form."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.responses import Response, StreamingResponse

from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.json_depth import decoded

if TYPE_CHECKING:
    from starlette.requests import Request

    from zhipu_emulator.http.state import Task

JSON_TYPE = "application/json; charset=UTF-8"
SSE_TYPE = "text/event-stream;charset=UTF-8"  # without the space, as recorded
DONE = b"data: [DONE]\n\n"


def dumps(value: Any) -> str:
    """Compact JSON, not escaped beyond need: as on the wire."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encode(value: Any) -> bytes:
    """``dumps`` as bytes; lone surrogates, which JSON can carry, come out escaped."""
    try:
        return dumps(value).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def alphabetical(value: Any) -> Any:
    """The same value with the keys of all objects in alphabetical order, as whole answers have."""
    if isinstance(value, Mapping):
        return {key: alphabetical(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [alphabetical(item) for item in value]
    return value


def json_response(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON answer; the keys stay in the order given."""
    return Response(encode(value), status, headers={**(headers or {}), "Content-Type": JSON_TYPE})


def task_begun(task: Task, model: str) -> Response:
    """The answer to a submission: the id of its task, which is polled from now on."""
    return json_response(
        {
            "id": task.id,
            "model": model,
            "request_id": task.request_id,
            "task_status": "PROCESSING",
        }
    )


def frame(value: Any) -> bytes:
    """One event of a stream."""
    return b"data: " + encode(value) + b"\n\n"


def sse_response(
    frames: Iterable[bytes] | AsyncIterator[bytes],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A stream; each item is one whole event (see ``frame``), ``DONE`` is the caller's to add."""
    events = frames if isinstance(frames, AsyncIterator) else _each(frames)
    return StreamingResponse(events, status, headers={"Content-Type": SSE_TYPE, **(headers or {})})


async def _each(frames: Iterable[bytes]) -> AsyncIterator[bytes]:
    # Given as it is, a plain iterator would be run in a thread for each event.
    for one in frames:
        yield one


async def read_json(request: Request) -> dict[str, Any]:
    """The body as an object.

    Raises:
        ServiceError: 1210 when it is not JSON or not an object.
    """
    try:
        value = decoded(await request.body())
    except ValueError:
        raise ServiceError("1210") from None
    if not isinstance(value, dict):
        raise ServiceError("1210")
    return value


def api_key(request: Request) -> str:
    """The key that was used."""
    key: str = request.scope["emulator.key"]
    return key


def language(request: Request) -> str:
    """``"zh"`` or ``"en"``."""
    found: str = request.scope["emulator.language"]
    return found


def is_coding(request: Request) -> bool:
    """Whether the request came in through the coding plan's base URL."""
    return str(request.scope["path"]).startswith("/api/coding/")
