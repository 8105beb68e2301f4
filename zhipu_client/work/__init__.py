"""Long work as a value: many requests that `zhipu_client.run` and `iterate` carry out as one.

Endpoint modules make such jobs (`zhipu_client.ocr.pages`, `zhipu_client.embeddings.bulk`);
`Once` makes one of a single request, and `Chain` puts many jobs one after the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhipu_client._lazy import loader

if TYPE_CHECKING:
    from zhipu_client.work._chain import Chain, Once
    from zhipu_client.work._job import Progress, partial_of
    from zhipu_client.work._usage import Used
else:
    __getattr__ = loader(
        __name__,
        {
            "zhipu_client.work._chain": "Chain Once",
            "zhipu_client.work._job": "Progress partial_of",
            "zhipu_client.work._usage": "Used",
        },
    )

__all__ = ["Chain", "Once", "Progress", "Used", "partial_of"]
