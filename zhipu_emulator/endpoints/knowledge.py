"""The routes of ``/api/llm-application/open/knowledge``: bases made, changed, removed, searched.

Two bases are made of the emulator's own pages; nothing can be added to them. Documents of the
others are in `knowledge_documents`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.content.knowledge_bases import (
    BASES,
    DIMENSIONS,
    Base,
    Piece,
    base_of,
    bases_of,
    documents_of,
    pieces_of,
)
from zhipu_emulator.content.similarity import coverage, features
from zhipu_emulator.content.vectors import vector
from zhipu_emulator.http.envelopes import answered, rows_of
from zhipu_emulator.http.params import Params, illegal, missing, out_of_range
from zhipu_emulator.http.responses import api_key, read_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

__all__ = ["BASES", "PATH", "absolute_routes", "routes"]

PATH = "/api/llm-application/open/knowledge"
METHODS = ("embedding", "keyword", "mixed")
RERANKERS = ("rerank", "rerank-pro")
EMBEDDINGS = (3, 11, 12)
_SLICES, _RECALLED, _MOST = 8, 10, 100
#: What an account may keep: bytes and characters.
_ROOM = {"word_num": 10_000_000, "length": 1_000_000_000}


def routes(state: State) -> list[Route]:
    """Nothing: the knowledge bases lie beside the base URL."""
    return []


def absolute_routes(state: State) -> list[Route]:
    """All of them; api.z.ai does not offer them."""
    if state.options.site == "zai":
        return []

    def route(path: str, method: str, make: Callable[[State, str, str, Params], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            identity, owner = request.path_params.get("id", ""), api_key(request)

            async def data() -> Any:
                if method in ("POST", "PUT"):
                    params = Params(await read_json(request))
                else:
                    params = Params(dict(request.query_params))
                return make(state, owner, identity, params)

            return await answered(state, request, data)

        return Route(PATH + path, endpoint, methods=[method])

    return [
        route("", "GET", _listed),
        route("", "POST", _made),
        route("/retrieve", "POST", _retrieved),
        route("/capacity", "GET", _capacity),
        route("/{id}", "GET", _described),
        route("/{id}", "PUT", _changed),
        route("/{id}", "DELETE", _removed),
    ]


def _listed(state: State, owner: str, _: str, params: Params) -> dict[str, Any]:
    return rows_of(params, list(bases_of(state, owner).values()))


def _fields(params: Params) -> dict[str, Any]:
    """The fields of a base that a request sets."""
    names = ("name", "description", "background", "icon", "embedding_model", "callback_url")
    found: dict[str, Any] = {
        name: params.text(name) for name in names if params.get(name) is not None
    }
    number = params.get("embedding_id")
    if number is not None:
        if number not in EMBEDDINGS or isinstance(number, bool):
            raise illegal("embedding_id")
        found["embedding_id"] = number
    if params.get("contextual") is not None:
        found["contextual"] = params.integer("contextual", 0, low=0, high=1)
    return found


def _made(state: State, owner: str, _: str, params: Params) -> dict[str, Any]:
    params.text("name")
    params.required("embedding_id")
    identity = str(state.new_number())
    state.store("bases")[identity] = Base(owner, _fields(params))
    return {"id": identity}


def _described(state: State, owner: str, identity: str, _: Params) -> dict[str, Any]:
    found = bases_of(state, owner).get(identity)
    if found is None:
        base_of(state, owner, identity)  # says what is missing
    return dict(found or {})


def _changed(state: State, owner: str, identity: str, params: Params) -> None:
    base_of(state, owner, identity).fields.update(_fields(params))


def _removed(state: State, owner: str, identity: str, _: Params) -> None:
    base_of(state, owner, identity)
    for document in documents_of(state, identity):
        state.store("documents").pop(document.id, None)
    state.store("bases").pop(identity, None)


def _capacity(state: State, owner: str, _: str, __: Params) -> dict[str, Any]:
    own = [facts for identity, facts in bases_of(state, owner).items() if identity not in BASES]
    used = {name: sum(facts[name] for facts in own) for name in _ROOM}
    return {"used": used, "total": _ROOM}


def _retrieved(state: State, owner: str, _: str, params: Params) -> list[dict[str, Any]]:
    """The slices for a request, best first."""
    query = params.text("query")
    bases = _ids(params, "knowledge_ids") or []
    documents = _ids(params, "document_ids")
    top = params.integer("top_k", _SLICES, high=_MOST) or _SLICES
    recalled = max(params.integer("top_n", _RECALLED, high=_MOST) or _RECALLED, top)
    method = params.text("recall_method", "mixed", choices=METHODS)
    share = params.number("recall_ratio", 80, low=0, high=100) / 100
    reranked = params.integer("rerank_status", 0, low=0, high=1)
    params.text("rerank_model", "rerank", choices=RERANKERS)
    threshold = params.number("fractional_threshold", 0, low=-1, high=1)
    known = bases_of(state, owner)
    for identity in bases:
        if identity not in known:
            raise illegal("knowledge_ids", f"知识库{identity}不存在", f"No base {identity}.")
    share = {"embedding": 1.0, "keyword": 0.0}.get(method, share)
    pieces = [
        piece
        for piece in pieces_of(state, bases)
        if documents is None or piece.document in documents
    ]
    scored = sorted(_scored(query, pieces, share), key=lambda pair: -pair[0])[:recalled]
    if reranked:
        again = [piece for _, piece in scored]
        scored = sorted(_scored(query, again, 0.0), key=lambda pair: -pair[0])
    return [_slice(score, piece) for score, piece in scored[:top] if score > threshold]


def _ids(params: Params, name: str) -> list[str] | None:
    value = params.get(name)
    if value is None:
        if name == "knowledge_ids":
            raise missing(name)
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise illegal(name)
    if not value:
        raise out_of_range(f"{name}.length", 1, _MOST)
    return value


def _scored(query: str, pieces: Iterable[Piece], share: float) -> Iterator[tuple[float, Piece]]:
    """Pieces with their scores, of which the nearness of vectors makes ``share``."""
    asked, place = features(query), vector(query, DIMENSIONS)
    for piece in pieces:
        near = sum(a * b for a, b in zip(place, piece.vector, strict=True))
        score = share * near + (1 - share) * coverage(asked, piece.weights)
        yield round(score, 6), piece


def _slice(score: float, piece: Piece) -> dict[str, Any]:
    return {
        "text": piece.text,
        "score": score,
        "metadata": {
            "_id": f"{piece.document}_{piece.number}",
            "knowledge_id": piece.base,
            "doc_id": piece.document,
            "doc_name": piece.name,
            "doc_url": piece.url,
            "contextual_text": piece.name,
        },
    }
