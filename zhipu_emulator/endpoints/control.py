"""``/emulator``: scripts, options and requests for other languages and for containers.

* ``POST /emulator/script``: orders as JSON, see ``zhipu_emulator.scripting.files``;
* ``GET /emulator/unused``: the orders that no request has taken, as texts;
* ``GET /emulator/requests``: what was asked, as ``Server.requests`` has it;
* ``POST /emulator/options``: some fields of ``Options``, such as ``{"latency": 0.5}``;
* ``POST /emulator/reset``: forgets requests, scripts and stored things.

They need a key like everything else, and are not recorded themselves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.json_depth import decoded
from zhipu_emulator.http.responses import json_response, read_json
from zhipu_emulator.scripting.reading import read

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

# Not those that open doors: keys, addresses to read, sizes.
CHANGEABLE = ("faults", "fault_rate", "habits", "habit_rate", "latency", "max_in_flight",
              "scripted_only", "token_delay")  # fmt: skip


def absolute_routes(state: State) -> list[Route]:
    """The paths below ``/emulator``."""

    async def script(request: Request) -> Response:
        try:
            orders = read(decoded(await request.body()))
        except ValueError as error:
            raise _refusal(error) from error
        state.script.extend(orders)
        return json_response({"scripted": len(orders)})

    async def unused(_: Request) -> Response:
        return json_response([str(order) for order in state.script.unused])

    async def requests(_: Request) -> Response:
        with state.lock:
            return json_response(state.requests.copy())

    async def options(request: Request) -> Response:
        state.options = _changed(state, await read_json(request))
        return json_response({name: getattr(state.options, name) for name in CHANGEABLE})

    async def reset(_: Request) -> Response:
        state.reset()
        return json_response({})

    return [
        Route("/emulator/script", script, methods=["POST"]),
        Route("/emulator/unused", unused, methods=["GET"]),
        Route("/emulator/requests", requests, methods=["GET"]),
        Route("/emulator/options", options, methods=["POST"]),
        Route("/emulator/reset", reset, methods=["POST"]),
    ]


def _refusal(error: Exception) -> ServiceError:
    return ServiceError("1210", str(error))


def _changed(state: State, values: dict[str, Any]) -> Any:
    for name in values:
        if name not in CHANGEABLE:
            known = ", ".join(CHANGEABLE)
            raise _refusal(ValueError(f"{name!r} cannot be changed; known are {known}"))
    lists: Any = {n: tuple(v) if isinstance(v, list) else v for n, v in values.items()}
    try:
        return replace(state.options, **lists)
    except (TypeError, ValueError) as error:
        raise _refusal(error) from error
