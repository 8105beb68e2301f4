"""The ASGI application: one router module an endpoint, assembled here."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from zhipu_emulator.http import errors
from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.gateway import Gateway
from zhipu_emulator.http.responses import json_response, language

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from zhipu_emulator.http.state import State

BASES = ("/api/paas/v4", "/api/coding/paas/v4")

# Modules with ``routes(state) -> list[Route]``, paths relative to the base URL. The coding plan's
# base serves only those whose module says ``ON_CODING_BASE = True``. A module may also have
# ``absolute_routes(state)`` with paths from the root of the host.
ROUTERS = (
    "chat",
    "async_chat",
    "models",
    "async_results",
    "embeddings",
    "rerank",
    "tokenizer",
    "images",
    "videos",
    "published",
    "layout_parsing",
    "web_search",
    "reader",
    "moderations",
    "speech",
    "transcriptions",
    "voices",
    "files",
    "handwriting",
    "file_parser",
    "batches",
    "knowledge",
)


def create_app(state: State) -> ASGIApp:
    """The whole service on ``state``."""
    modules = [import_module(f"zhipu_emulator.endpoints.{name}") for name in ROUTERS]
    found: list[Route] = []
    for module in modules:
        bases = BASES if getattr(module, "ON_CODING_BASE", False) else BASES[:1]
        for base in bases:
            found.extend(_below(base, route) for route in module.routes(state))
        absolute = getattr(module, "absolute_routes", None)
        if absolute is not None:
            found.extend(absolute(state))
    app = Starlette(
        routes=found,
        exception_handlers={ServiceError: _refused, HTTPException: _unrouted},
    )
    app.router.redirect_slashes = False
    return Gateway(app, state)


def _below(base: str, route: Route) -> Route:
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
