"""`ZhipuAIEmbedding`, text embeddings for LlamaIndex."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.base.embeddings.base import BaseEmbedding, Embedding
from llama_index.core.bridge.pydantic import Field, PrivateAttr

from zhipu_client import arun, embeddings, run
from zhipu_client.embeddings import PartialEmbeddings

from ._bulk import Bulk, current
from ._connection import SeveralRequests

__all__ = ["DEFAULT_MODEL", "ZhipuAIEmbedding"]

DEFAULT_MODEL = "embedding-3"


class _Usage:
    """A counter of tokens for several threads; copies begin at zero."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}

    def add(self, usage: Mapping[str, Any] | None) -> None:
        with self._lock:
            for name, count in (usage or {}).items():
                if isinstance(count, int):
                    self._counts[name] = self._counts.get(name, 0) + count

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)

    def __deepcopy__(self, memo: dict[int, Any]) -> _Usage:
        return _Usage()

    def __copy__(self) -> _Usage:
        return _Usage()

    def __reduce__(self) -> tuple[Any, ...]:
        return _Usage, ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Usage)

    def __hash__(self) -> int:
        return hash(_Usage)


class ZhipuAIEmbedding(SeveralRequests, BaseEmbedding):
    """Text embeddings of Zhipu AI (open.bigmodel.cn only).

    The arguments of ``llama_index.embeddings.zhipuai.ZhipuAIEmbedding`` are all accepted, ``model``
    is the same as ``model_name``. LlamaIndex passes ``embed_batch_size`` texts at a time; more
    than the service takes in one request are split, and sent ``max_in_flight`` requests at a time.

    Attributes:
        model_name: ``embedding-3`` (default) or ``embedding-2``.
        dimensions: Length of a vector: 2048, 1024, 512 or 256 with embedding-3; always 1024 with
            embedding-2. None (default) for the model's own default, the first of these. An index
            filled by the older package, which had another default, needs ``dimensions=1024``.
        embed_batch_size: Texts that LlamaIndex passes at a time, 1 to 2048 (default 64, the
            most in one request).
        num_workers: How many such batches LlamaIndex runs at once in async calls.
        max_in_flight: Requests at once for one batch, 1 to 64.
        extra_body: Further fields of each request body, sent unchecked.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or a text is empty.
        zhipu_client.ZhipuError: A call failed; the subclasses say how.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIEmbedding

        embed_model = ZhipuAIEmbedding(dimensions=512)
        vectors = embed_model.get_text_embedding_batch(["你好", "hello"])
        print(len(vectors[0]), embed_model.usage["total_tokens"])
        ```
    """

    model_name: str = Field(default=DEFAULT_MODEL, description="The model code.")
    dimensions: int | None = Field(default=None, gt=0, description="Length of a vector.")
    embed_batch_size: int = Field(default=64, gt=0, le=2048, description="Texts at a time.")
    num_workers: int | None = Field(default=4, description="Batches at once in async calls.")
    extra_body: dict[str, Any] | None = Field(default=None, description="Further body fields.")

    _usage: _Usage = PrivateAttr(default_factory=_Usage)

    _aliases: ClassVar[Mapping[str, str]] = {**SeveralRequests._aliases, "model": "model_name"}
    _ignored: ClassVar[frozenset[str]] = frozenset({"api_version", "reuse_client"})

    def __init__(
        self,
        model: str | None = None,
        api_key: Any = None,
        dimensions: int | None = None,
        timeout: Any = None,
        callback_manager: Any = None,
        **kwargs: Any,
    ) -> None:
        given = {
            "model_name": model,
            "api_key": api_key,
            "timeout": timeout,
            "callback_manager": callback_manager,
        }
        kwargs |= {name: value for name, value in given.items() if value is not None}
        super().__init__(dimensions=dimensions, **kwargs)

    @classmethod
    def class_name(cls) -> str:
        """Return the name by which `load_embed_model` finds this class."""
        return "ZhipuAIEmbedding"

    @property
    def model(self) -> str:
        """Return the model code, by its other name."""
        return self.model_name

    @property
    def usage(self) -> dict[str, int]:
        """Return the tokens of all requests of this object: ``prompt_tokens``, ``total_tokens``."""
        return self._usage.counts()

    def to_payload(self) -> dict[str, Any]:
        """Return the settings that traces may show."""
        return {**super().to_payload(), "dimensions": self.dimensions}

    def get_text_embedding_batch(
        self, texts: list[str], show_progress: bool = False, **kwargs: Any
    ) -> list[Embedding]:
        """Return one vector a text, in their order; a text that is refused costs no request.

        Args:
            texts: Texts that are not empty.
            show_progress: Show a progress bar.
            **kwargs: ``resume``, the ``partial`` of the error that ended an earlier call with the
                same texts.

        Raises:
            InvalidRequestError: A text is empty; ``field`` has its position (``texts[3]``).
            ZhipuError: A request failed for good. ``partial`` has the finished vectors. So it has
                of Ctrl-C, a cancellation and an error of a callback, see
                `zhipu_client.work.partial_of`.
        """
        # LlamaIndex passes them in parts, which would be counted from 0 again.
        embeddings.check_texts(texts, "texts")
        bulk = Bulk(texts, kwargs.pop("resume", None), self.on_result)
        with bulk:
            missing = bulk.missing
            bulk.fill(super().get_text_embedding_batch(missing, show_progress, **kwargs))
        return bulk.vectors

    async def aget_text_embedding_batch(
        self, texts: list[str], show_progress: bool = False, **kwargs: Any
    ) -> list[Embedding]:
        """Return vectors, asynchronously; see `get_text_embedding_batch`."""
        embeddings.check_texts(texts, "texts")
        bulk = Bulk(texts, kwargs.pop("resume", None), self.on_result)
        with bulk:
            missing = bulk.missing
            bulk.fill(await super().aget_text_embedding_batch(missing, show_progress, **kwargs))
        return bulk.vectors

    def _job(self, texts: list[str]) -> embeddings.Bulk:
        return embeddings.bulk(
            texts,
            model=self.model_name,
            dimensions=self.dimensions,
            in_flight=self.max_in_flight,
            extra_body=self.extra_body,
            dialect=self._dialect_name(),
        )

    def _one(self, text: str) -> Any:
        return embeddings.create(
            model=self.model_name,
            input=text,
            dimensions=self.dimensions,
            extra_body=self.extra_body,
            dialect=self._dialect_name(),
        )

    def _read(self, reply: embeddings.EmbeddingReply) -> Embedding:
        self._usage.add(reply.usage)
        return embeddings.only_vector(reply)

    def _get_query_embedding(self, query: str) -> Embedding:
        return self._read(self._client.send(self._one(query)))

    async def _aget_query_embedding(self, query: str) -> Embedding:
        return self._read(await self._aclient.send(self._one(query)))

    def _get_text_embedding(self, text: str) -> Embedding:
        return self._read(self._client.send(self._one(text)))

    async def _aget_text_embedding(self, text: str) -> Embedding:
        return self._read(await self._aclient.send(self._one(text)))

    def _get_text_embeddings(self, texts: list[str]) -> list[Embedding]:
        with self._counted(texts) as bulk:
            found = run(self._client, self._job(texts), on_result=bulk.of(texts))
        return self._count(bulk, found)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[Embedding]:
        with self._counted(texts) as bulk:
            found = await arun(self._aclient, self._job(texts), on_result=bulk.of(texts))
        return self._count(bulk, found)

    @contextmanager
    def _counted(self, texts: list[str]) -> Iterator[Bulk]:
        """Return what notes the vectors; tokens of a run that fails are paid for, and count too."""
        bulk = current.get() or Bulk(texts, None, self.on_result)
        try:
            yield bulk
        except BaseException as error:
            partial = getattr(error, "partial", None)
            if isinstance(partial, PartialEmbeddings):
                self._usage.add(partial.usage)
                bulk.count(partial.usage)
            raise

    def _count(self, bulk: Bulk, found: embeddings.Embeddings) -> list[Embedding]:
        self._usage.add(found.usage)
        bulk.count(found.usage)
        return found.vectors
