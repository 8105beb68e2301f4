"""Embeddings for vector stores: `ZhipuAIEmbeddings`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Literal

from langchain_core.embeddings import Embeddings
from pydantic import ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from langchain_zhipu._errors import raised_as_model_errors
from langchain_zhipu._keeping import SeveralRequests
from langchain_zhipu._progress import ProgressBar
from zhipu_client import arun, embeddings, run
from zhipu_client.adapting import TrueOrFalse, counts, keeping, refuse
from zhipu_client.embeddings import EmbeddingReply, PartialEmbeddings

__all__ = ["ZhipuAIEmbeddings"]


class ZhipuAIEmbeddings(SeveralRequests, Embeddings, defer_build=False):
    """Turns texts into vectors: ``POST /embeddings`` (open.bigmodel.cn only).

    Takes any number of texts: they are split into requests of up to 64 (fewer where the model
    limits the tokens of a request), identical texts are sent once, several requests are in flight
    at once, and the vectors come in the order of the texts.

    Takes the place of ``langchain_community.embeddings.ZhipuAIEmbeddings``. The default model here
    is ``embedding-3``; a store that was filled with the older default needs
    ``model="embedding-2"``.

    Args:
        model: ``embedding-3`` (default) or ``embedding-2``.
        dimensions: Length of a vector: 2048, 1024, 512 or 256 with embedding-3; always 1024 with
            embedding-2. None (default) for the model's own default, the first of these.
        chunk_size: The most texts in a request, 1 to 64 (your own server may take more).
        max_in_flight: The most requests of one call at once, 1 to 64. (``max_concurrency`` limits
            all calls of this object together.)
        on_result: Called with each text's position and its vector, ``(position, vector)``, as they
            come.
        truncate: Send only the beginning of a text that is too long for the model.
        on_error: What a text is that the service refuses: ``"raise"`` names it by its position,
            ``"skip"`` logs a warning; its vector is that of a blank text then.
        show_progress: Show the progress of `embed_documents` on standard error; by the other
            name that LangChain has for it, ``show_progress_bar``, too.
        on_usage: Called after each call with its tokens: ``{"prompt_tokens", "total_tokens"}``.
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``.

    Raises:
        InvalidRequestError: No key was found, or a value is out of its range.

    Example:
        ```python
        from langchain_core.vectorstores import InMemoryVectorStore
        from langchain_zhipu import ZhipuAIEmbeddings

        model = ZhipuAIEmbeddings(model="embedding-3", dimensions=512)
        store = InMemoryVectorStore(model)
        store.add_texts(["The Great Wall is long.", "Tea is a drink.", "长城很长。"])
        print(store.similarity_search("How long is the wall?", k=1))
        ```

        When a request fails for good, the error has the finished vectors, and only the rest is
        sent again:

        ```python
        from langchain_zhipu import ZhipuAIEmbeddings
        from zhipu_client import APIError

        model = ZhipuAIEmbeddings()
        texts = [f"text {number}" for number in range(300)]
        try:
            vectors = model.embed_documents(texts)
        except APIError as error:
            print(len(error.partial.missing), "texts are missing")
            vectors = model.embed_documents(texts, resume=error.partial)
        ```
    """

    model_config = ConfigDict(extra="forbid")

    model: str = "embedding-3"
    dimensions: int | None = None
    chunk_size: int = Field(default=64, ge=1, le=2048)
    truncate: TrueOrFalse = False
    on_error: Literal["raise", "skip"] = "raise"
    show_progress: TrueOrFalse = False
    on_usage: SkipJsonSchema[Callable[[Mapping[str, int]], Any] | None] = Field(
        default=None, exclude=True, repr=False
    )

    _aliases: ClassVar[Mapping[str, str]] = {
        **SeveralRequests._aliases,
        "model_name": "model",
        "show_progress_bar": "show_progress",
    }

    @property
    def show_progress_bar(self) -> bool:
        """Return `show_progress`, by its other name."""
        return self.show_progress

    def _check_values(self) -> None:
        super()._check_values()
        most = embeddings.most_texts(self.model, self._dialect_name())
        if self.chunk_size > most:
            raise refuse("chunk_size", self.chunk_size, f"must be less than or equal to {most}")
        self._job([], self.chunk_size, None, None)  # refuses what this model cannot do

    def embed_documents(
        self,
        texts: list[str],
        chunk_size: int | None = None,
        *,
        resume: PartialEmbeddings | None = None,
    ) -> list[list[float]]:
        """Turn texts into vectors.

        Args:
            texts: Any number of texts. An empty list sends no request. A blank text, such as that
                of an empty page, is not sent: its vector has length 1 and is like that of no text.
            chunk_size: The most texts in a request, in place of the field.
            resume: The ``partial`` of the error that ended an earlier call with the same texts.

        Raises:
            InvalidRequestError: A text cannot be sent, or is certainly too long; ``field`` has its
                position (``texts[3]``).
            ZhipuError: A request failed for good. ``partial`` has the finished vectors. So it has
                of Ctrl-C, a cancellation and an error of a callback, see
                `zhipu_client.work.partial_of`.
        """
        with raised_as_model_errors(), self._bar() as bar:
            job = self._job(texts, chunk_size, resume, bar)
            result = run(self._sync_client(), job, on_result=self.on_result)
        return self._reported(result)

    async def aembed_documents(
        self,
        texts: list[str],
        chunk_size: int | None = None,
        *,
        resume: PartialEmbeddings | None = None,
    ) -> list[list[float]]:
        """Turn texts into vectors, asynchronously; the arguments of `embed_documents`."""
        with raised_as_model_errors(), self._bar() as bar:
            job = self._job(texts, chunk_size, resume, bar)
            result = await arun(self._async_client(), job, on_result=self.on_result)
        return self._reported(result)

    def embed_query(self, text: str) -> list[float]:
        """Turn one text into a vector.

        Raises:
            InvalidRequestError: It is empty.
        """
        with raised_as_model_errors():
            return self._only(self._sync_client().send(self._request(text)))

    async def aembed_query(self, text: str) -> list[float]:
        """Turn one text into a vector, asynchronously."""
        with raised_as_model_errors():
            return self._only(await self._async_client().send(self._request(text)))

    def _job(
        self,
        texts: list[str],
        chunk_size: int | None,
        resume: PartialEmbeddings | None,
        bar: ProgressBar | None,
    ) -> embeddings.Bulk:
        return embeddings.bulk(
            texts,
            model=self.model,
            dimensions=self.dimensions,
            batch_size=chunk_size or self.chunk_size,
            in_flight=self.max_in_flight,
            progress=None if bar is None else bar.at,
            resume=resume,
            blank="keep",
            truncate=self.truncate,
            on_error=self.on_error,
            dialect=self._dialect_name(),
        )

    def _request(self, text: str) -> Any:
        return embeddings.create(
            model=self.model,
            input=[text],
            dimensions=self.dimensions,
            truncate=self.truncate,
            dialect=self._dialect_name(),
        )

    def _only(self, reply: EmbeddingReply) -> list[float]:
        self._report(counts(reply.usage))
        return embeddings.only_vector(reply)

    def _reported(self, result: embeddings.Embeddings) -> list[list[float]]:
        with keeping(partial=PartialEmbeddings([*result.vectors], result.usage)):
            self._report(result.usage)
        return result.vectors

    def _report(self, usage: Mapping[str, int]) -> None:
        if self.on_usage is not None:
            self.on_usage(usage)

    @contextmanager
    def _bar(self) -> Iterator[ProgressBar | None]:
        if not self.show_progress:
            yield None
            return
        with ProgressBar("texts") as bar:
            yield bar
