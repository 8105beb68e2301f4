"""`ZhipuAIEmbedding`, text embeddings for LlamaIndex."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Unpack

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.base.embeddings.base import BaseEmbedding, Embedding
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.schema import BaseNode

from zhipu_client import arun, embeddings, iterate, run
from zhipu_client.adapting import TrueOrFalse, add_usage
from zhipu_client.embeddings import PartialEmbeddings

from ._bulk import Bulk, current
from ._keeping import SeveralRequests
from ._options import EmbeddingOptions

__all__ = ["DEFAULT_MODEL", "ZhipuAIEmbedding"]

DEFAULT_MODEL = "embedding-3"


class _Usage:
    """A counter of tokens for several threads; copies begin at zero."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}

    def add(self, usage: Any) -> None:
        with self._lock:
            add_usage(self._counts, usage)

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


class ZhipuAIEmbedding(SeveralRequests, BaseEmbedding, defer_build=False):
    """Text embeddings of Zhipu AI (open.bigmodel.cn only).

    The arguments of ``llama_index.embeddings.zhipuai.ZhipuAIEmbedding`` are all accepted, ``model``
    is the same as ``model_name``. All texts of a call are split into requests, of which
    ``max_in_flight`` are sent at once, in blocking calls too.

    Attributes:
        model_name: ``embedding-3`` (default) or ``embedding-2``.
        dimensions: Length of a vector: 2048, 1024, 512 or 256 with embedding-3; always 1024 with
            embedding-2. None (default) for the model's own default, the first of these. An index
            filled by the older package, which had another default, needs ``dimensions=1024``.
        embed_batch_size: The most texts in a request, and of an event of LlamaIndex's; more than
            64, the most that the service takes, are for the events alone.
        num_workers: Not needed: ``max_in_flight`` decides. With an ``embeddings_cache`` or a
            ``rate_limiter`` LlamaIndex runs that many parts at once in async calls.
        max_in_flight: Requests at once, 1 to 64.
        truncate: Send only the beginning of a text that is too long for the model.
        on_error: What a text is that the service refuses: ``"raise"`` names it by its position,
            ``"skip"`` logs a warning; its vector is that of a blank text then.
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
    truncate: TrueOrFalse = Field(default=False, description="Cut texts that are too long.")
    on_error: Literal["raise", "skip"] = Field(default="raise", description="Of a refused text.")
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
        **kwargs: Unpack[EmbeddingOptions],
    ) -> None:
        given = {
            "model": model,
            "api_key": api_key,
            "timeout": timeout,
            "callback_manager": callback_manager,
        }
        own: dict[str, Any] = {**kwargs, **{n: v for n, v in given.items() if v is not None}}
        super().__init__(dimensions=dimensions, **own)

    def _check_values(self) -> None:
        super()._check_values()
        self._job([])  # refuses what this model cannot do

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
        self, texts: list[str], show_progress: bool | None = None, **kwargs: Any
    ) -> list[Embedding]:
        """Return one vector a text, in their order; a text that is refused costs no request.

        Args:
            texts: Texts that are not empty. Of LlamaIndex's own indices and pipelines, which give
                ``show_progress``, blank texts are taken: such a node gets a vector of length 1 that
                is like that of no text, and is not sent.
            show_progress: Show a progress bar.
            **kwargs: ``resume``, the ``partial`` of the error that ended an earlier call with the
                same texts.

        Raises:
            InvalidRequestError: A text is empty, or certainly too long; ``field`` has its position
                (``texts[3]``).
            ZhipuError: A request failed for good. ``partial`` has the finished vectors. So it has
                of Ctrl-C, a cancellation and an error of a callback, see
                `zhipu_client.work.partial_of`.
        """
        with self._bulk(texts, show_progress, kwargs.pop("resume", None)) as bulk:
            shown = bool(show_progress)
            bulk.fill(super().get_text_embedding_batch(bulk.missing, shown, **kwargs))
        return bulk.vectors

    async def aget_text_embedding_batch(
        self, texts: list[str], show_progress: bool | None = None, **kwargs: Any
    ) -> list[Embedding]:
        """Return vectors, asynchronously; see `get_text_embedding_batch`."""
        with self._bulk(texts, show_progress, kwargs.pop("resume", None)) as bulk:
            shown = bool(show_progress)
            try:
                found = await super().aget_text_embedding_batch(bulk.missing, shown, **kwargs)
            finally:
                await bulk.stop()
            bulk.fill(found)
        return bulk.vectors

    def __call__(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """Embed nodes, as a step of a pipeline; those without text are taken, too."""
        return super().__call__(nodes, **{"show_progress": False, **kwargs})

    async def acall(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """Embed nodes, asynchronously."""
        return await super().acall(nodes, **{"show_progress": False, **kwargs})

    def _bulk(
        self, texts: list[str], show_progress: bool | None, resume: PartialEmbeddings | None
    ) -> Bulk:
        # Before LlamaIndex passes them on in parts, which would be counted from 0 again.
        blank: Literal["refuse", "keep"] = "refuse" if show_progress is None else "keep"
        return Bulk(self._job(texts, blank, resume), self.on_result)

    def _job(
        self,
        texts: list[str],
        blank: Literal["refuse", "keep"] = "refuse",
        resume: PartialEmbeddings | None = None,
    ) -> embeddings.Bulk:
        most = embeddings.most_texts(self.model_name, self._dialect_name())
        return embeddings.bulk(
            texts,
            model=self.model_name,
            dimensions=self.dimensions,
            batch_size=min(self.embed_batch_size, most, 64),
            in_flight=self.max_in_flight,
            resume=resume,
            blank=blank,
            truncate=self.truncate,
            on_error=self.on_error,
            on_usage=self._count,
            extra_body=self.extra_body,
            dialect=self._dialect_name(),
        )

    def _one(self, text: str) -> Any:
        return embeddings.create(
            model=self.model_name,
            input=text,
            dimensions=self.dimensions,
            truncate=self.truncate,
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
        bulk = self._whole_call()
        if bulk is not None:
            job = bulk.job
            return bulk.part(len(texts), lambda: iterate(self._client, job))
        return run(self._client, self._part(texts)).vectors

    async def _aget_text_embeddings(self, texts: list[str]) -> list[Embedding]:
        bulk = self._whole_call()
        if bulk is not None:
            job, take = bulk.job, bulk.take
            return await bulk.apart(len(texts), lambda: arun(self._aclient, job, on_result=take))
        return (await arun(self._aclient, self._part(texts))).vectors

    def _whole_call(self) -> Bulk | None:
        """Return the call that a part belongs to; None where parts have to go out one by one."""
        return None if self.embeddings_cache or self.rate_limiter else current.get()

    def _part(self, texts: list[str]) -> embeddings.Bulk:
        bulk = current.get()
        return self._job(texts, "keep" if bulk is not None else "refuse")

    def _count(self, usage: Mapping[str, Any]) -> None:
        """Count the tokens of a request, also of a call that fails: they are paid for."""
        self._usage.add(usage)
        bulk = current.get()
        if bulk is not None:
            bulk.count(usage)
