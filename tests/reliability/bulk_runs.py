"""Everything that makes many paid requests in one call, driven alike: the bulk runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cookbook.paper import Title, pdf

from .server import Exchange, Scenario

__all__ = ["ITEMS", "RUNS", "Bulk", "files_in", "paid"]

ITEMS = 5
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
TEXTS = [f"text {number}" for number in range(ITEMS)]
#: A request of a rerank takes 128 documents.
DOCUMENTS = [f"document {number}" for number in range(128 * ITEMS)]
URLS = [f"https://example.com/{number}" for number in range(ITEMS)]


def answered(path: str, body: Any) -> Any:
    """Return what the service answers."""
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    if path.endswith("/embeddings"):
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        rows = [{"index": n, "embedding": [float(len(t))]} for n, t in enumerate(texts)]
        return {"model": "embedding-3", "data": rows, "usage": usage}
    if path.endswith("/rerank"):
        rows = [{"index": n, "relevance_score": 0.5} for n in range(len(body["documents"]))]
        return {"results": rows, "usage": usage}
    if path.endswith("/reader"):
        return {"id": "1", "reader_result": {"content": f"text of {body['url']}", "title": "t"}}
    if path.endswith("/moderations"):
        return {"id": "1", "result_list": [{"risk_level": "PASS", "content_type": "text"}]}
    info = {"num_pages": 1, "pages": [{"width": 10, "height": 10}]}
    details = [[{"index": 0, "label": "text", "content": "words", "bbox_2d": [0, 0, 1, 1]}]]
    return {"md_results": "words", "layout_details": details, "data_info": info, "usage": usage}


def paid(count: int, hold: Scenario, answer: Callable[[Any], Scenario]) -> Scenario:
    """Answer so many requests, and keep the next ones waiting."""

    async def serve(exchange: Exchange) -> None:
        if exchange.number >= count:
            await hold(exchange)
        else:
            await answer(answered(exchange.request.path, exchange.request.json))(exchange)

    return serve


def files_in(folder: Path) -> Mapping[str, Path]:
    """Make a document of `ITEMS` pages, and a folder of as many."""
    book = folder / "book.pdf"
    book.write_bytes(pdf([[Title(f"Page {number}")] for number in range(ITEMS)]))
    scans = folder / "scans"
    scans.mkdir()
    for number in range(ITEMS):
        (scans / f"scan{number}.png").write_bytes(_PNG)
    return {"book": book, "scans": scans}


@dataclass
class Bulk:
    """One bulk run.

    Attributes:
        call: Does it; a coroutine function where it is asynchronous.
        kept: What of the items is on the error that ended it.
        resume: Goes on from there, blocking; None where there is nothing to resume with.
        each: How many results one request has.
    """

    call: Callable[[], Any]
    kept: Callable[[BaseException], int]
    resume: Callable[[BaseException], Any] | None = None
    each: int = 1


Make = Callable[[dict[str, Any], Mapping[str, Path], Callable[[Any], Any] | None, bool], Bulk]


def _partial(error: BaseException, name: str = "partial") -> Any:
    from zhipu_client.work import partial_of

    return partial_of(error, name)


def _length(error: BaseException) -> int:
    return len(_partial(error) or ())


def _vectors(error: BaseException) -> int:
    partial = _partial(error)
    return ITEMS - len(partial.missing) if partial is not None else 0


def _client(job: Callable[[Any], Any], kept: Callable[[Any], int], each: int = 1) -> Make:
    def make(settings: dict[str, Any], files: Any, on_result: Any, is_async: bool) -> Bulk:
        from zhipu_client import AsyncClient, Client, arun, run

        settings = {name: value for name, value in settings.items() if name != "max_in_flight"}

        def once(error: BaseException | None = None) -> Any:
            made = job({"files": files, "resume": error and _partial(error)})
            return run(Client(**settings), made, on_result=on_result)

        async def aonce() -> Any:
            made = job({"files": files, "resume": None})
            return await arun(AsyncClient(**settings), made, on_result=on_result)

        return Bulk(aonce if is_async else once, kept, once, each)

    return make


def _embeddings(given: dict[str, Any]) -> Any:
    from zhipu_client import embeddings

    return embeddings.bulk(TEXTS, batch_size=1, in_flight=1, resume=given["resume"])


def _rerank(given: dict[str, Any]) -> Any:
    from zhipu_client import rerank

    return rerank.bulk(query="q", documents=DOCUMENTS, in_flight=1)


def _pages(given: dict[str, Any]) -> Any:
    from zhipu_client import ocr

    source = given["files"]["book"]
    return ocr.pages(source, pages_per_request=1, in_flight=1, resume_from=given["resume"])


def _moderations(given: dict[str, Any]) -> Any:
    from zhipu_client import moderations

    return moderations.bulk(TEXTS, in_flight=1)


def _web_pages(given: dict[str, Any]) -> Any:
    from zhipu_client import reader
    from zhipu_client.work import Chain, Once

    return Chain([(url, Once(reader.create(url=url))) for url in URLS], in_flight=1)


def _judged(error: BaseException) -> int:
    return len([reply for _, reply in _partial(error) or () if reply is not None])


def _loader(name: str, source: Callable[[Any], Any], **more: Any) -> Make:
    def make(settings: dict[str, Any], files: Any, on_result: Any, is_async: bool) -> Bulk:
        import langchain_zhipu

        def loader(**further: Any) -> Any:
            given = {**settings, **more, **further, "on_result": on_result}
            return getattr(langchain_zhipu, name)(source(files), **given)

        def resume(error: BaseException) -> Any:
            return loader(resume_from=_partial(error, "resume_from")).load()

        made = loader()
        return Bulk(
            made.aload if is_async else made.load,
            lambda error: len(_partial(error, "documents") or ()),
            resume if name == "ZhipuAIOCRLoader" else None,
        )

    return make


def _lc_embeddings(settings: dict[str, Any], files: Any, on_result: Any, is_async: bool) -> Bulk:
    from langchain_zhipu import ZhipuAIEmbeddings

    model = ZhipuAIEmbeddings(**settings, on_result=on_result, chunk_size=1)
    call = model.aembed_documents if is_async else model.embed_documents
    return Bulk(
        lambda: call(TEXTS),
        _vectors,
        lambda error: model.embed_documents(TEXTS, resume=_partial(error)),
    )


def _lc_rerank(settings: dict[str, Any], files: Any, on_result: Any, is_async: bool) -> Bulk:
    from langchain_zhipu import ZhipuAIRerank

    model = ZhipuAIRerank(**settings, on_result=on_result, top_n=None)
    call = model.arerank if is_async else model.rerank
    return Bulk(lambda: call(DOCUMENTS, "q"), lambda e: len(_partial(e).results), None, 128)


def _li_embeddings(settings: dict[str, Any], files: Any, on_result: Any, is_async: bool) -> Bulk:
    from llama_index_zhipu import ZhipuAIEmbedding

    # LlamaIndex starts all its parts at once.
    settings = {**settings, "max_concurrency": 1}
    model = ZhipuAIEmbedding(**settings, on_result=on_result, embed_batch_size=1, num_workers=1)
    call = model.aget_text_embedding_batch if is_async else model.get_text_embedding_batch
    return Bulk(
        lambda: call(TEXTS),
        _vectors,
        lambda error: model.get_text_embedding_batch(TEXTS, resume=_partial(error)),
    )


def _nodes(texts: list[str]) -> list[Any]:
    from llama_index.core.schema import NodeWithScore, TextNode

    return [NodeWithScore(node=TextNode(text=text)) for text in texts]


def _li_rerank(settings: dict[str, Any], files: Any, on_result: Any, is_async: bool) -> Bulk:
    from llama_index_zhipu import ZhipuAIRerank

    model = ZhipuAIRerank(**settings, on_result=on_result, top_n=None)
    call = model.apostprocess_nodes if is_async else model.postprocess_nodes
    nodes = _nodes(DOCUMENTS)
    return Bulk(lambda: call(nodes, query_str="q"), lambda e: len(_partial(e).results), None, 128)


def _li_moderation(settings: dict[str, Any], files: Any, on_result: Any, is_async: bool) -> Bulk:
    from llama_index_zhipu import ZhipuAIModerationPostprocessor

    model = ZhipuAIModerationPostprocessor(**settings, on_result=on_result)
    call = model.apostprocess_nodes if is_async else model.postprocess_nodes
    nodes = _nodes(TEXTS)
    return Bulk(lambda: call(nodes), _judged)


def _li_pages(settings: dict[str, Any], files: Any, on_result: Any, is_async: bool) -> Bulk:
    from llama_index_zhipu import ZhipuAIOCRReader

    reader = ZhipuAIOCRReader(**settings, on_result=on_result, pages_per_request=1)
    call = reader.aload_data if is_async else reader.load_data
    return Bulk(
        lambda: call(files["book"]),
        lambda error: len(_partial(error).done),
        lambda error: reader.load_data(files["book"], resume_from=_partial(error)),
    )


def _li_web(settings: dict[str, Any], files: Any, on_result: Any, is_async: bool) -> Bulk:
    from llama_index_zhipu import ZhipuAIWebReader

    reader = ZhipuAIWebReader(**settings, on_result=on_result)
    call = reader.aload_data if is_async else reader.load_data
    return Bulk(lambda: call(URLS), _length)


#: Where what comes through an iteration inside has one more page read ahead, that is not counted.
RUNS: Mapping[str, Make] = {
    "client-embeddings": _client(_embeddings, _vectors),
    "client-rerank": _client(_rerank, lambda e: len(_partial(e).results), 128),
    "client-pages": _client(_pages, lambda e: len(_partial(e).done)),
    "client-moderations": _client(_moderations, _judged),
    "client-web": _client(_web_pages, _judged),
    "langchain-embeddings": _lc_embeddings,
    "langchain-rerank": _lc_rerank,
    "langchain-pages": _loader(
        "ZhipuAIOCRLoader", lambda files: files["book"], pages_per_request=1
    ),
    "langchain-folder": _loader("ZhipuAIOCRLoader", lambda files: files["scans"]),
    "langchain-web": _loader("ZhipuAIWebReaderLoader", lambda files: URLS),
    "llama_index-embeddings": _li_embeddings,
    "llama_index-rerank": _li_rerank,
    "llama_index-pages": _li_pages,
    "llama_index-web": _li_web,
    "llama_index-moderation": _li_moderation,
}
