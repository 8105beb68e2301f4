"""The documents of a knowledge base: sent, listed, removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from zhipu_client import _check
from zhipu_client._replies import ReplyModel, parse_as
from zhipu_client._request import Reply, Request, Upload
from zhipu_client._task import State
from zhipu_client._uploads import content_of
from zhipu_client.errors import BadRequestError
from zhipu_client.knowledge._envelope import (
    DOCUMENTS,
    Done,
    Named,
    check_envelope,
    page_query,
    parse_data,
)

__all__ = [
    "Document",
    "DocumentList",
    "DocumentPage",
    "DocumentReply",
    "ImageList",
    "Uploaded",
    "Uploads",
    "add_urls",
    "delete_document",
    "document",
    "document_images",
    "documents",
    "embed",
    "upload",
]

MiB = 1024 * 1024
_MOST = 50 * MiB
#: The wire's number of what became of a document -> one of three words.
_STATES: Mapping[int, State] = {0: "running", 1: "succeeded", 2: "failed"}


class Document(Named):
    """A document of a knowledge base.

    Attributes:
        id: Its id.
        name: Its name.
        url: Where it came from or can be fetched, or None.
        knowledge_type: The service's number of how it is cut into pieces.
        sentence_size: Characters of a piece.
        length: Its bytes.
        word_num: Its characters.
        embedding_stat: 0: it is being embedded; 1: it can be found; 2: that failed.
        failInfo: Why it failed: ``embedding_code``, ``embedding_msg``.
    """

    name: str | None = None
    url: str | None = None
    knowledge_type: int | None = None
    sentence_size: int | None = None
    length: int | None = None
    word_num: int | None = None
    embedding_stat: int | None = None
    failInfo: dict[str, Any] | None = None  # noqa: N815 - the name on the wire

    @property
    def state(self) -> State:
        """Return ``running`` (unknown numbers too), ``succeeded`` or ``failed``."""
        return _STATES.get(self.embedding_stat or 0, "running")

    @property
    def failure(self) -> str | None:
        """Return why it cannot be found, in the service's words, or None."""
        why = self.failInfo.get("embedding_msg") if isinstance(self.failInfo, dict) else None
        return str(why) if why else None


class DocumentPage(ReplyModel):
    """One page of a list; on the wire, ``found`` is called ``list``."""

    found: list[Document] = Field(default_factory=list, alias="list")
    total: int | None = None


class DocumentList(Done):
    """Some of the documents: ``data.found``, out of ``data.total``."""

    data: DocumentPage = Field(default_factory=DocumentPage)


class DocumentReply(Done):
    """One document, in ``data``."""

    data: Document = Field(default_factory=Document)


class Uploads(ReplyModel):
    """What became of what was sent, as it came: rows of ids, and of reasons."""

    successInfos: list[dict[str, Any]] | None = None  # noqa: N815 - the name on the wire
    failedInfos: list[dict[str, Any]] | None = None  # noqa: N815 - the name on the wire


class Uploaded(Done):
    """The answer to documents that were sent."""

    data: Uploads = Field(default_factory=Uploads)

    @property
    def document_ids(self) -> list[str]:
        """Return the ids of the documents that were taken, in their order."""
        return [str(row["documentId"]) for row in _rows(self.data.successInfos, "documentId")]

    @property
    def failures(self) -> list[tuple[str, str]]:
        """Return what was not taken: names or addresses, each with the reason."""
        rows = _rows(self.data.failedInfos)
        return [
            (str(row.get("fileName") or row.get("url") or ""), str(row.get("failReason") or ""))
            for row in rows
        ]


class ImageList(Done):
    """The images of a document's pieces: ``data["images"]``, each with ``text`` and ``cos_url``."""

    data: dict[str, Any] | None = None


def upload(
    knowledge_id: str,
    *,
    file: Any,
    filename: str | None = None,
    knowledge_type: int | None = None,
    custom_separator: Sequence[str] | None = None,
    sentence_size: int | None = None,
    parse_image: bool | None = None,
    callback_url: str | None = None,
) -> Request[Uploaded]:
    """Add a document to a knowledge base: ``POST /document/upload_document/{id}``.

    It can be found once it is embedded: see `waiting`.

    Args:
        knowledge_id: The knowledge base.
        file: Bytes, an open file, an upload of a web framework or a ``pathlib.Path``, up to 50 MiB.
        filename: Its name, with the ending of its format; None for the file's own.
        knowledge_type: The service's number of how it is cut into pieces; 5 takes the two that
            follow.
        custom_separator: Where it is cut.
        sentence_size: Characters of a piece.
        parse_image: Whether images in it are read.
        callback_url: What the service calls once the document is embedded.

    Returns:
        A request whose answer has ``document_ids``.

    Raises:
        InvalidRequestError: The file is empty, too large or has no name. When the request is sent,
            `BadRequestError`: the service did not take it, for the reason in the text.

    Examples:
        >>> from zhipu_client import knowledge
        >>> knowledge.upload("42", file=b"Open from nine.", filename="hours.txt").path
        '//api/llm-application/open/document/upload_document/42'
    """
    _check.booleans(parse_image=parse_image)
    found = content_of(file, _MOST)
    name = found.filename if filename is None else filename
    _check.text("filename", name)
    if not found.content:
        raise _check.refuse("file", name, "must not be empty")
    fields = _cutting(knowledge_type, custom_separator, sentence_size, callback_url)
    if parse_image is not None:
        fields["parse_image"] = "true" if parse_image else "false"
    form = [
        (field, str(one))
        for field, value in fields.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    return Request(
        method="POST",
        path=f"{DOCUMENTS}/upload_document/{_check.segment('knowledge_id', knowledge_id)}",
        parse=parse_data(Uploaded, Uploads),
        form=tuple(form),
        uploads=(Upload("files", str(name), found.content),),
        kind="paid",
        check=_check_uploaded,
    )


def add_urls(
    knowledge_id: str,
    urls: Sequence[str],
    *,
    knowledge_type: int = 1,
    custom_separator: Sequence[str] | None = None,
    sentence_size: int | None = None,
    callback_url: str | None = None,
) -> Request[Uploaded]:
    """Have the service add web pages to a knowledge base: ``POST /document/upload_url``.

    Args:
        knowledge_id: The knowledge base.
        urls: The addresses, at least one. The service fetches them.
        knowledge_type: As for `upload`, with all that follow.
        custom_separator: Where they are cut.
        sentence_size: Characters of a piece.
        callback_url: What the service calls once a page is embedded.

    Raises:
        InvalidRequestError: There is no address. When the request is sent, `BadRequestError`: none
            of them was taken.

    Examples:
        >>> from zhipu_client import knowledge
        >>> knowledge.add_urls("42", ["https://example.com/hours"]).json["upload_detail"]
        [{'url': 'https://example.com/hours', 'knowledge_type': 1}]
    """
    _check.text("knowledge_id", knowledge_id)
    found = _check.strings("urls", urls)
    if not found:
        raise _check.refuse("urls", urls, "must name at least one")
    for place, url in enumerate(found):
        _check.text(f"urls[{place}]", url)
    fields = _cutting(knowledge_type, custom_separator, sentence_size, callback_url)
    rows = [{"url": url, **fields} for url in found]
    return Request(
        method="POST",
        path=f"{DOCUMENTS}/upload_url",
        parse=parse_data(Uploaded, Uploads),
        json={"knowledge_id": knowledge_id, "upload_detail": rows},
        kind="paid",
        check=_check_uploaded,
    )


def documents(
    knowledge_id: str, *, word: str | None = None, page: int | None = None, size: int | None = None
) -> Request[DocumentList]:
    """List the documents of a knowledge base: ``GET /document``.

    Args:
        knowledge_id: The knowledge base.
        word: Only those with this in their name.
        page: Which page, from 1 (the default).
        size: How many on a page, from 1 (10 where none is given).

    Examples:
        >>> from zhipu_client import knowledge
        >>> knowledge.documents("42", size=50).query
        (('knowledge_id', '42'), ('size', '50'))
    """
    _check.text("knowledge_id", knowledge_id)
    return Request(
        method="GET",
        path=DOCUMENTS,
        parse=parse_data(DocumentList, DocumentPage, Document),
        query=page_query(page, size, knowledge_id=knowledge_id, word=word),
        check=check_envelope,
    )


def document(document_id: str) -> Request[DocumentReply]:
    """Return the request for one document and its state: ``GET /document/{id}``.

    Args:
        document_id: The document's id.

    Examples:
        >>> from zhipu_client import knowledge
        >>> knowledge.document("7").path
        '//api/llm-application/open/document/7'
    """
    return Request(
        method="GET",
        path=_path(document_id),
        parse=parse_data(DocumentReply, Document),
        check=check_envelope,
    )


def document_images(document_id: str) -> Request[ImageList]:
    """List the images of a document's pieces: ``POST /document/slice/image_list/{id}``.

    Args:
        document_id: The document's id.

    Examples:
        >>> from zhipu_client import knowledge
        >>> knowledge.document_images("7").method
        'POST'
    """
    return Request(
        method="POST",
        path=f"{DOCUMENTS}/slice/image_list/{_check.segment('document_id', document_id)}",
        parse=parse_as(ImageList),
        check=check_envelope,
    )


def embed(document_id: str, *, callback_url: str | None = None) -> Request[Done]:
    """Have a document embedded anew: ``POST /document/embedding/{id}``.

    Args:
        document_id: The document.
        callback_url: What the service calls once it is embedded.

    Examples:
        >>> from zhipu_client import knowledge
        >>> knowledge.embed("7").path
        '//api/llm-application/open/document/embedding/7'
    """
    return Request(
        method="POST",
        path=f"{DOCUMENTS}/embedding/{_check.segment('document_id', document_id)}",
        parse=parse_as(Done),
        json=_check.body(None, callback_url=callback_url),
        kind="paid",
        check=check_envelope,
    )


def delete_document(document_id: str) -> Request[Done]:
    """Remove a document: ``DELETE /document/{id}``.

    Args:
        document_id: The document's id.

    Examples:
        >>> from zhipu_client import knowledge
        >>> knowledge.delete_document("7").method
        'DELETE'
    """
    return Request(
        method="DELETE", path=_path(document_id), parse=parse_as(Done), check=check_envelope
    )


def _path(document_id: str) -> str:
    return f"{DOCUMENTS}/{_check.segment('document_id', document_id)}"


def _cutting(
    kind: int | None, separators: Sequence[str] | None, size: int | None, callback_url: str | None
) -> dict[str, Any]:
    _check.within("knowledge_type", kind, 1, 100, whole=True)
    _check.within("sentence_size", size, 1, 100_000, "characters", whole=True)
    return _check.body(
        None,
        knowledge_type=kind,
        custom_separator=None
        if separators is None
        else _check.strings("custom_separator", separators),
        sentence_size=size,
        callback_url=callback_url,
    )


def _rows(given: Any, needed: str | None = None) -> list[dict[str, Any]]:
    found = given if isinstance(given, list) else []
    rows = [row for row in found if isinstance(row, dict)]
    return rows if needed is None else [row for row in rows if row.get(needed)]


def _check_uploaded(reply: Reply) -> None:
    """Raise where nothing at all was taken: the service calls that a success, too."""
    check_envelope(reply)
    found: Uploaded = parse_data(Uploaded, Uploads)(reply)
    if found.failures and not found.document_ids:
        named = "; ".join(
            f"{name or 'the file'}: {why or 'no reason'}" for name, why in found.failures
        )
        raise BadRequestError(
            f"the knowledge base did not take {named}", status=reply.status, body=reply.data
        )
