"""The ASGI application, put together from the modules in the folder of endpoints."""

from __future__ import annotations

import pkgutil
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route, WebSocketRoute

from zhipu_emulator import endpoints
from zhipu_emulator.http import errors
from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.gateway import Gateway
from zhipu_emulator.http.responses import json_response, language

if TYPE_CHECKING:
    from types import ModuleType

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from zhipu_emulator.http.state import State

BASES = ("/api/paas/v4", "/api/coding/paas/v4")


def create_app(state: State) -> ASGIApp:
    """The whole service on ``state``."""
    found = [route for module in _routers() for route in _routes(module, state)]
    app = Starlette(
        routes=found,
        exception_handlers={ServiceError: _refused, HTTPException: _unrouted},
    )
    app.router.redirect_slashes = False
    return Gateway(app, state)


def _routers() -> list[ModuleType]:
    """The modules in the folder of endpoints: adding an endpoint is adding a file there."""
    names = sorted(module.name for module in pkgutil.iter_modules(endpoints.__path__))
    return [import_module(f"{endpoints.__name__}.{name}") for name in names]


def _routes(module: ModuleType, state: State) -> list[BaseRoute]:
    """What one module serves: requests, and websockets (``WebSocketRoute``).

    It may have ``routes(state)``, paths relative to the base URL, and ``absolute_routes(state)``,
    paths from the root of the host. The coding plan's base serves only the former of those
    whose module has ``ON_CODING_BASE = True``.
    """
    bases = BASES if getattr(module, "ON_CODING_BASE", False) else BASES[:1]
    below = module.routes(state) if hasattr(module, "routes") else []
    found = [_below(base, route) for base in bases for route in below]
    return found + (module.absolute_routes(state) if hasattr(module, "absolute_routes") else [])


def _below(base: str, route: Route | WebSocketRoute) -> BaseRoute:
    if isinstance(route, WebSocketRoute):
        return WebSocketRoute(base + route.path, route.endpoint)
    return Route(base + route.path, route.endpoint, methods=list(route.methods or ["GET"]))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)  # noqa: S101 - registered for this type only
    return json_response(error.body(language(request)), error.status, error.headers)


async def _unrouted(request: Request, error: Exception) -> Response:
    """Unknown paths: a Spring 404 (or 405) below the API's bases, a flat 200 elsewhere."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    path = request.url.path
    if not path.startswith(("/api/paas/", "/api/coding/paas/")):
        return json_response(errors.flat(500, "404 NOT_FOUND"))
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json_response(
        errors.unrouted(error.status_code, error.detail, path, stamp), error.status_code
    )
