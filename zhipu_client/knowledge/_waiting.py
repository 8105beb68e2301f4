"""The documents of a knowledge base: waited for until they can be found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from zhipu_client._request import Request
from zhipu_client._task import Plan
from zhipu_client.knowledge._documents import DocumentReply, Uploaded, document

__all__ = ["DocumentWaiting", "waiting"]


@dataclass(frozen=True, slots=True)
class DocumentWaiting(Plan[DocumentReply]):
    """How to wait until a document can be found, in seconds; see `waiting`."""

    what: ClassVar[str] = "document"

    def request(self) -> Request[DocumentReply]:
        """Return the request that asks how far it is."""
        return document(self.task_id)

    def ended(self, found: DocumentReply) -> bool:
        """Return True once it is embedded; raise `TaskFailedError` when that has failed."""
        state = found.data.state
        if state == "failed":
            raise self.failed(found.data.failure or found.data.embedding_stat, found)
        return state == "succeeded"


def waiting(
    uploaded: Uploaded | str, *, interval: float = 1.0, timeout: float = 900.0
) -> DocumentWaiting:
    """Return how to wait for a document, for `zhipu_client.wait_for` and `await_for`.

    Args:
        uploaded: What `upload` answered, or the id of a document. Of several the last one, which
            the service takes up last.
        interval: Seconds between the first two looks, above 0 to 3600; later ones are further
            apart, up to 10 seconds.
        timeout: Seconds to wait in all, above 0 to a week.

    Raises:
        InvalidRequestError: There is no document, or a number is out of its range.

    Examples:
        >>> from zhipu_client import knowledge
        >>> knowledge.waiting("7").request().path
        '//api/llm-application/open/document/7'
    """
    ids = [uploaded] if isinstance(uploaded, str) else uploaded.document_ids
    return DocumentWaiting(ids[-1] if ids else "", interval, timeout=timeout)
