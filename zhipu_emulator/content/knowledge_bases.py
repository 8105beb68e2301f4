"""Knowledge bases: those made of the emulator's own pages, and those that callers make and fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from zhipu_emulator.content import corpus
from zhipu_emulator.content.similarity import features
from zhipu_emulator.content.vectors import vector
from zhipu_emulator.http.params import illegal

if TYPE_CHECKING:
    from zhipu_emulator.http.state import State

__all__ = [
    "BASES", "DIMENSIONS", "Base", "Piece", "StoredDocument", "base_of", "bases_of", "cut",
    "document_of", "documents_of", "pieces_of",
]  # fmt: skip

#: Id -> name, and whether its pages are Chinese. Nothing can be added to these.
BASES: Mapping[str, tuple[str, bool]] = {
    "1900000000000000001": ("English pages", False),
    "1900000000000000002": ("中文网页", True),
}
DIMENSIONS = 256
_PIECE = 300  # characters of a piece, unless the caller says otherwise


@dataclass(frozen=True)
class Piece:
    """One paragraph of a document, with its title, ready to be compared."""

    base: str
    document: str
    number: int
    name: str
    url: str
    text: str
    weights: Mapping[str, float]
    vector: tuple[float, ...]


@dataclass
class Base:
    """A knowledge base that a caller made."""

    owner: str
    fields: dict[str, Any]


@dataclass
class StoredDocument:
    """A document that a caller added.

    Attributes:
        id: Its id.
        owner: The key that added it.
        base: The knowledge base that it is in.
        name: Its name.
        url: Where it came from.
        text: All of it.
        kind: ``knowledge_type``.
        separators: ``custom_separator``.
        size: ``sentence_size``.
        polls: How often it is still being embedded when somebody looks.
        failed: Whether that fails.
        pieces: What it was cut into.
    """

    id: str
    owner: str
    base: str
    name: str
    url: str
    text: str
    kind: int
    separators: list[str]
    size: int
    polls: int
    failed: bool
    pieces: tuple[Piece, ...] = field(default=(), repr=False)

    def look(self) -> int:
        """The number of its state, one look further."""
        if self.polls != 0:  # a negative number never gets there
            self.polls -= 1
            return 0
        return 2 if self.failed else 1

    @property
    def found(self) -> bool:
        """Whether a search finds it."""
        return self.polls == 0 and not self.failed


def bases_of(state: State, owner: str) -> dict[str, dict[str, Any]]:
    """All bases of an account, those of the emulator first."""
    own = {identity: _facts(identity, {"name": BASES[identity][0]}, _own()) for identity in BASES}
    stored: dict[str, Base] = state.store("bases")
    made = {
        identity: _facts(identity, base.fields, _pieces_in(state, identity))
        for identity, base in stored.items()
        if base.owner == owner
    }
    return {**own, **made}


def _facts(identity: str, fields: Mapping[str, Any], pieces: Sequence[Piece]) -> dict[str, Any]:
    inside = [piece for piece in pieces if piece.base == identity]
    return {
        "id": identity,
        "embedding_id": 11,
        "description": "",
        "background": "blue",
        "icon": "book",
        **fields,
        "document_size": len({piece.document for piece in inside}),
        "length": sum(len(piece.text.encode()) for piece in inside),
        "word_num": sum(len(piece.text) for piece in inside),
    }


def base_of(state: State, owner: str, identity: str) -> Base:
    """A base that the account has made, and may change."""
    stored: dict[str, Base] = state.store("bases")
    found = stored.get(identity)
    if found is None or found.owner != owner:
        raise illegal("id", f"知识库{identity}不存在", f"No base {identity}.")
    return found


def document_of(state: State, owner: str, identity: str) -> StoredDocument:
    """A document that the account has added."""
    stored: dict[str, StoredDocument] = state.store("documents")
    found = stored.get(identity)
    if found is None or found.owner != owner:
        raise illegal("id", f"文档{identity}不存在", f"No document {identity}.")
    return found


def documents_of(state: State, identity: str) -> list[StoredDocument]:
    """The documents of a base that was made."""
    stored: dict[str, StoredDocument] = state.store("documents")
    return [one for one in list(stored.values()) if one.base == identity]


def pieces_of(state: State, bases: Sequence[str]) -> Iterator[Piece]:
    """The pieces of these bases that a search finds."""
    yield from (piece for piece in _own() if piece.base in bases)
    for identity in bases:
        yield from _pieces_in(state, identity)


def _pieces_in(state: State, identity: str) -> list[Piece]:
    documents = documents_of(state, identity)
    return [piece for document in documents if document.found for piece in document.pieces]


def cut(document: StoredDocument) -> tuple[Piece, ...]:
    """The pieces of a document: at its separators, else at empty lines, none of them too long."""
    parts = [document.text]
    for separator in document.separators or ["\n\n"]:
        parts = [part for whole in parts for part in whole.split(separator)]
    size = document.size or _PIECE
    texts = [
        part[start : start + size].strip() for part in parts for start in range(0, len(part), size)
    ]
    return tuple(
        _piece(document.base, document.id, number, document.name, document.url, text)
        for number, text in enumerate(filter(None, texts))
    )


def _piece(base: str, document: str, number: int, name: str, url: str, text: str) -> Piece:
    seen = f"{name}\n{text}"
    weights, place = features(seen), tuple(vector(seen, DIMENSIONS))
    return Piece(base, document, number, name, url, text, weights, place)


@cache
def _own() -> tuple[Piece, ...]:
    """All paragraphs of all pages of the emulator."""
    made = []
    for number, page in enumerate(corpus.documents(), 1):
        chinese = any(char > "\u2e7f" for char in page.title)
        base = next(name for name, (_, wanted) in BASES.items() if wanted is chinese)
        document = str(1_910_000_000_000_000_000 + number)
        made += [
            _piece(base, document, place, page.title, page.url, text)
            for place, text in enumerate(page.paragraphs)
        ]
    return tuple(made)
