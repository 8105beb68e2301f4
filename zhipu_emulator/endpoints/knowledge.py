"""GET /api/llm-application/open/knowledge, POST …/knowledge/retrieve.

The bases are made of the emulator's own pages, one a language; nothing can be added to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.content import corpus
from zhipu_emulator.content.similarity import coverage, features
from zhipu_emulator.content.vectors import vector
from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.params import Params, illegal, missing, out_of_range
from zhipu_emulator.http.responses import json_response, language, read_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

PATH = "/api/llm-application/open/knowledge"
#: Id -> name, and whether its pages are Chinese.
BASES: Mapping[str, tuple[str, bool]] = {
    "1900000000000000001": ("English pages", False),
    "1900000000000000002": ("中文网页", True),
}
METHODS = ("embedding", "keyword", "mixed")
RERANKERS = ("rerank", "rerank-pro")
_DIMENSIONS = 256
_SLICES, _RECALLED, _MOST = 8, 10, 100


@dataclass(frozen=True)
class Piece:
    """One paragraph of a page, with its title, ready to be compared."""

    base: str
    document: str
    number: int
    name: str
    url: str
    text: str
    weights: Mapping[str, float]
    vector: tuple[float, ...]


def routes(state: State) -> list[Route]:
    """Nothing: the knowledge bases lie beside the base URL."""
    return []


def absolute_routes(state: State) -> list[Route]:
    """The two endpoints; api.z.ai does not offer them."""
    if state.options.site == "zai":
        return []

    async def listing(request: Request) -> Response:
        return _told(state, request, lambda: _listed(Params(dict(request.query_params))))

    async def retrieve(request: Request) -> Response:
        try:
            body = await read_json(request)
        except ServiceError as error:
            return _refused(request, error)
        return _told(state, request, lambda: answer(body))

    return [
        Route(PATH, listing, methods=["GET"]),
        Route(f"{PATH}/retrieve", retrieve, methods=["POST"]),
    ]


def _told(state: State, request: Request, make: Callable[[], Any]) -> Response:
    try:
        data = make()
    except ServiceError as error:
        return _refused(request, error)
    message = "success" if language(request) == "en" else "请求成功"
    stamp = int(state.options.clock() * 1000)
    return json_response({"data": data, "code": 200, "message": message, "timestamp": stamp})


def _refused(request: Request, error: ServiceError) -> Response:
    """Failures come with HTTP 200, and say so in the body only."""
    return json_response({"code": 400, "message": error.message(language(request))})


def _listed(params: Params) -> dict[str, Any]:
    page, size = params.integer("page", 1) or 1, params.integer("size", 10) or 10
    rows = [_base(identity) for identity in BASES]
    return {"list": rows[(page - 1) * size :][:size], "total": len(rows)}


def _base(identity: str) -> dict[str, Any]:
    texts = [piece.text for piece in pieces() if piece.base == identity]
    return {
        "id": identity,
        "embedding_id": 11,
        "name": BASES[identity][0],
        "description": "",
        "background": "blue",
        "icon": "book",
        "document_size": len({piece.document for piece in pieces() if piece.base == identity}),
        "length": sum(len(text.encode()) for text in texts),
        "word_num": sum(len(text) for text in texts),
    }


def answer(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The slices for a request, best first.

    Raises:
        ServiceError: Everything that the endpoint refuses.
    """
    params = Params(body)
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
    for identity in bases:
        if identity not in BASES:
            raise illegal("knowledge_ids", f"知识库{identity}不存在", f"No base {identity}.")
    share = {"embedding": 1.0, "keyword": 0.0}.get(method, share)
    scored = sorted(_scored(query, bases, documents, share), key=lambda pair: -pair[0])[:recalled]
    if reranked:
        scored = sorted(_scored(query, bases, documents, 0.0, of=scored), key=lambda p: -p[0])
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


def _scored(
    query: str,
    bases: list[str],
    documents: list[str] | None,
    share: float,
    of: list[tuple[float, Piece]] | None = None,
) -> Iterator[tuple[float, Piece]]:
    """Pieces with their scores, of which the nearness of vectors makes ``share``."""
    asked, place = features(query), vector(query, _DIMENSIONS)
    for piece in pieces() if of is None else [piece for _, piece in of]:
        if piece.base not in bases or (documents is not None and piece.document not in documents):
            continue
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


@cache
def pieces() -> tuple[Piece, ...]:
    """All paragraphs of all pages."""
    made = []
    for number, page in enumerate(corpus.documents(), 1):
        chinese = any(char > "\u2e7f" for char in page.title)
        base = next(name for name, (_, wanted) in BASES.items() if wanted is chinese)
        for place, text in enumerate(page.paragraphs):
            seen = f"{page.title}\n{text}"
            made.append(
                Piece(
                    base=base,
                    document=str(1_910_000_000_000_000_000 + number),
                    number=place,
                    name=page.title,
                    url=page.url,
                    text=text,
                    weights=features(seen),
                    vector=tuple(vector(seen, _DIMENSIONS)),
                )
            )
    return tuple(made)
