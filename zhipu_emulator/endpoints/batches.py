"""POST /batches, GET /batches, GET /batches/{id}, POST /batches/{id}/cancel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.content.batch_lines import URLS, read_lines
from zhipu_emulator.content.stored_files import store_file, stored_file
from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.paging import window
from zhipu_emulator.http.params import Params, illegal
from zhipu_emulator.http.responses import api_key, dumps, encode, json_response, read_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Message

    from zhipu_emulator.http.state import State

_PRIVATE = ("owner", "polls_left", "auto_delete")
_MAX_PAIRS, _MAX_KEY, _MAX_VALUE = 16, 64, 512
_OPEN = ("validating", "in_progress", "finalizing")


def routes(state: State) -> list[Route]:
    """The four endpoints; api.z.ai does not offer them."""
    if state.options.site == "zai":
        return []

    async def create(request: Request) -> Response:
        batch = _create(state, Params(await read_json(request)), api_key(request))
        state.store("batches")[batch["id"]] = batch
        return json_response(_shown(batch))

    async def listing(request: Request) -> Response:
        params = Params({name: value for name, value in request.query_params.items() if value})
        limit = params.integer("limit", 20, low=1, high=100) or 20
        mine = [b for b in state.store("batches").values() if b["owner"] == api_key(request)]
        page, more = window(mine, params.text("after", ""), limit)
        return json_response(
            {
                "object": "list",
                "data": [_shown(batch) for batch in page],
                "first_id": page[0]["id"] if page else None,
                "last_id": page[-1]["id"] if page else None,
                "has_more": more,
            }
        )

    async def retrieve(request: Request) -> Response:
        batch = _owned(state, request)
        await _advance(batch, state, request)
        return json_response(_shown(batch))

    async def cancel(request: Request) -> Response:
        batch = _owned(state, request)
        if batch["status"] in _OPEN:
            batch.update(status="cancelling", cancelling_at=_milliseconds(state))
        return json_response(_shown(batch))

    return [
        Route("/batches", create, methods=["POST"]),
        Route("/batches", listing, methods=["GET"]),
        Route("/batches/{batch_id}", retrieve, methods=["GET"]),
        Route("/batches/{batch_id}/cancel", cancel, methods=["POST"]),
    ]


def _create(state: State, params: Params, owner: str) -> dict[str, Any]:
    file_id = params.text("input_file_id")
    endpoint = params.text("endpoint", choices=URLS)
    auto_delete = params.flag("auto_delete_input_file", True)
    file = stored_file(state, file_id)
    if file is None or file["owner"] != owner or file["purpose"] != "batch":
        raise ServiceError("1214", "文件不存在", "The file does not exist")
    return {
        "id": f"batch_{state.new_number()}",
        "object": "batch",
        "endpoint": endpoint,
        "input_file_id": file_id,
        "completion_window": None,
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "created_at": _milliseconds(state),
        "in_progress_at": None,
        "expires_at": None,
        "finalizing_at": None,
        "completed_at": None,
        "failed_at": None,
        "expired_at": None,
        "cancelling_at": None,
        "cancelled_at": None,
        "request_counts": {
            "total": len(read_lines(file["content"])),
            "completed": None,
            "failed": None,
        },
        "metadata": _metadata(params.get("metadata")),
        "owner": owner,
        "polls_left": state.options.polls,
        "auto_delete": auto_delete,
    }


def _metadata(value: Any) -> Any:
    if value is None:
        return None
    if not isinstance(value, Mapping) or len(value) > _MAX_PAIRS:
        raise illegal("metadata")
    for key, text in value.items():
        if len(key) > _MAX_KEY or not isinstance(text, str) or len(text) > _MAX_VALUE:
            raise illegal("metadata")
    return dict(value)


async def _advance(batch: dict[str, Any], state: State, request: Request) -> None:
    """One step at each look: in_progress until the polls are used up, then all lines at once."""
    if batch["status"] == "cancelling":
        batch.update(status="cancelled", cancelled_at=_milliseconds(state))
    if batch["status"] not in _OPEN:
        return
    # Once begun, texts that are not known yet are empty, not null: so the service has it.
    batch.update(status="in_progress", completion_window="", output_file_id="", error_file_id="")
    batch["in_progress_at"] = batch["in_progress_at"] or _milliseconds(state)
    batch["request_counts"].update(completed=0, failed=0)
    if batch["polls_left"] != 0:
        batch["polls_left"] -= 1
        return
    batch["finalizing_at"] = _milliseconds(state)
    await _run(batch, state, request)
    batch.update(status="completed", completed_at=_milliseconds(state))
    if batch["auto_delete"]:
        state.store("files").pop(batch["input_file_id"], None)


async def _run(batch: dict[str, Any], state: State, request: Request) -> None:
    file = stored_file(state, batch["input_file_id"])
    good: list[str] = []
    bad: list[str] = []
    for line in read_lines(file["content"]) if file else []:
        # The answer's request_id is the line's custom_id.
        body = {**line["body"], "request_id": line["custom_id"], "stream": False}
        status, answer = await _ask(request, line["url"], body)
        answer.setdefault("request_id", line["custom_id"])
        row = {
            "response": {"status_code": status, "body": answer},
            "custom_id": line["custom_id"],
            "id": batch["id"],
        }
        (good if status == 200 else bad).append(dumps(row))
    batch["request_counts"].update(completed=len(good), failed=len(bad))
    for field, rows in (("output_file_id", good), ("error_file_id", bad)):
        if rows:
            name = f"{batch['id']}_{field.removesuffix('_file_id')}.jsonl"
            content = ("\n".join(rows) + "\n").encode("utf-8", "replace")
            batch[field] = store_file(state, batch["owner"], name, "batch", content)["id"]


async def _ask(request: Request, url: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """Send one line to the endpoint that it names, within this process."""
    content = encode(body)
    path = f"/api/paas{url}"
    scope = {
        **request.scope,
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "path_params": {},
    }
    status = 500
    parts: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))

    await request.app(scope, receive, send)
    answer: dict[str, Any] = json.loads(b"".join(parts))
    return status, answer


def _owned(state: State, request: Request) -> dict[str, Any]:
    batch: dict[str, Any] | None = state.store("batches").get(request.path_params["batch_id"])
    if batch is None or batch["owner"] != api_key(request):
        raise ServiceError("1214", "batch不存在", "The batch does not exist")
    return batch


def _shown(batch: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in batch.items() if name not in _PRIVATE}


def _milliseconds(state: State) -> int:
    return int(state.options.clock() * 1000)
