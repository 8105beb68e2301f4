"""Knowledge bases: ``/api/llm-application/open/...`` (open.bigmodel.cn only).

They are made, filled and removed here, and searched. They lie beside the other endpoints, not below
the base URL, and report failures with HTTP 200 and a ``code`` in the body, which is made into the
usual errors. The shapes here come from the service's published schema alone; the rest of this
package was checked against recorded answers.

Example:
    ```python
    from pathlib import Path

    from zhipu_client import Client, knowledge, wait_for

    client = Client()
    base = client.send(knowledge.create(name="Handbook")).data.id
    sent = client.send(knowledge.upload(base, file=Path("handbook.pdf")))
    wait_for(client, knowledge.waiting(sent))
    found = client.send(knowledge.retrieve(query="opening hours", knowledge_ids=[base]))
    print([piece.text for piece in knowledge.found_in(found)])
    client.send(knowledge.delete(base))
    ```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhipu_client._old_names import renamed
from zhipu_client.knowledge._bases import (
    Base,
    BaseList,
    BaseReply,
    Capacity,
    CapacityReply,
    EmbeddingModel,
    Page,
    Volume,
    capacity,
    create,
    delete,
    describe,
    list,
    update,
)
from zhipu_client.knowledge._documents import (
    Document,
    DocumentList,
    DocumentPage,
    DocumentReply,
    ImageList,
    Uploaded,
    Uploads,
    add_urls,
    delete_document,
    document,
    document_images,
    documents,
    embed,
    upload,
)
from zhipu_client.knowledge._envelope import Done
from zhipu_client.knowledge._search import Found, KnowledgeReply, Slice, found_in, retrieve
from zhipu_client.knowledge._waiting import DocumentWaiting, waiting

__all__ = [
    "Base",
    "BaseList",
    "BaseReply",
    "Capacity",
    "CapacityReply",
    "Document",
    "DocumentList",
    "DocumentPage",
    "DocumentReply",
    "DocumentWaiting",
    "Done",
    "EmbeddingModel",
    "Found",
    "ImageList",
    "KnowledgeReply",
    "Page",
    "Slice",
    "Uploaded",
    "Uploads",
    "Volume",
    "add_urls",
    "capacity",
    "create",
    "delete",
    "delete_document",
    "describe",
    "document",
    "document_images",
    "documents",
    "embed",
    "found_in",
    "list",
    "retrieve",
    "update",
    "upload",
    "waiting",
]


if not TYPE_CHECKING:  # to a type checker it would permit any attribute
    __getattr__ = renamed(__name__, {"bases": "list"})
