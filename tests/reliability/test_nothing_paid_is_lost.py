"""Whatever ends a bulk run, what was paid for is kept: on the error, and in the callback before."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from . import scenarios as say
from .bulk_runs import ITEMS, RUNS, Bulk, files_in, paid
from .server import FaultServer
from .subjects import KEY

DONE = 3
_PATIENCE = 60.0  # seconds that a busy machine has for the first requests


class Stop(Exception):
    """What a callback raises."""


def _settings(server: FaultServer) -> dict[str, Any]:
    return {"base_url": server.base_url, "api_key": KEY, "max_retries": 0, "max_in_flight": 1}


@contextmanager
def _when_the_next_is_asked(server: FaultServer, do: Callable[[], None]) -> Iterator[None]:
    """Do something once what is paid for has come, and the request after it is under way."""

    def watch() -> None:
        server.wait_for(lambda s: len(s.requests) > DONE, _PATIENCE)
        do()  # else nothing would ever end this run; what is kept says that it was too early

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@contextmanager
def _signal(server: FaultServer, error: type[BaseException]) -> Iterator[None]:
    """Raise an error in this thread, wherever it is then: what Ctrl-C and an alarm do."""

    def raise_it(*_: Any) -> None:
        raise error

    def send() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, raise_it)
    try:
        with _when_the_next_is_asked(server, send):
            yield
    finally:
        signal.signal(signal.SIGUSR1, before)


def _cancelled(bulk: Bulk, server: FaultServer) -> None:
    async def main() -> None:
        task = asyncio.ensure_future(bulk.call())
        loop = asyncio.get_running_loop()
        with _joined(server, lambda: loop.call_soon_threadsafe(task.cancel)):
            await task

    asyncio.run(main())


def _timed_out(bulk: Bulk, server: FaultServer) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(None) as limit:
            with _joined(server, lambda: loop.call_soon_threadsafe(limit.reschedule, loop.time())):
                await bulk.call()

    asyncio.run(main())


def _ctrl_c(bulk: Bulk, server: FaultServer) -> None:
    def send() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    async def main() -> None:
        with _joined(server, send):
            await bulk.call()

    asyncio.run(main())


@contextmanager
def _joined(server: FaultServer, do: Callable[[], Any]) -> Iterator[None]:
    def watch() -> None:
        server.wait_for(lambda s: len(s.requests) > DONE, _PATIENCE)
        do()

    threading.Thread(target=watch, daemon=True).start()
    yield


WAYS: dict[str, tuple[type[BaseException], Callable[[Bulk, FaultServer], None]]] = {
    "cancel": (asyncio.CancelledError, _cancelled),
    "timeout": (TimeoutError, _timed_out),
    "ctrl-c": (KeyboardInterrupt, _ctrl_c),
}


@pytest.fixture
def files(tmp_path: Path) -> Any:
    return files_in(tmp_path)


def _served() -> FaultServer:
    return FaultServer(paid(DONE, say.stalled(), say.answer))


def _check(bulk: Bulk, error: BaseException, told: list[Any]) -> None:
    assert bulk.kept(error) == DONE * bulk.each
    assert len([one for one in told if not _is_end(one)]) == DONE * bulk.each


def _is_end(piece: Any) -> bool:
    """Return True for the mark of a job's end in a chain."""
    return isinstance(piece, tuple) and piece[-1] is None


@pytest.mark.parametrize("way", [KeyboardInterrupt, TimeoutError, Stop], ids=lambda w: w.__name__)
@pytest.mark.parametrize("name", RUNS)
def test_a_blocking_run_that_is_interrupted(
    name: str, way: type[BaseException], files: Any
) -> None:
    told: list[Any] = []
    with _served() as server:
        bulk = RUNS[name](_settings(server), files, told.append, False)
        with pytest.raises(way) as caught, _signal(server, way):
            bulk.call()
    _check(bulk, caught.value, told)


@pytest.fixture(autouse=True)
def _ctrl_c_is_heard() -> Iterator[None]:
    # A shell starts what runs in its background with Ctrl-C ignored, and Python leaves it so.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", RUNS)
def test_an_asynchronous_run_that_is_ended(name: str, way: str, files: Any) -> None:
    told: list[Any] = []
    kind, end = WAYS[way]
    with _served() as server:
        bulk = RUNS[name](_settings(server), files, told.append, True)
        with pytest.raises(kind) as caught:
            end(bulk, server)
    _check(bulk, caught.value, told)


# In a task, asyncio takes a KeyboardInterrupt out of the loop, past everybody who waits.
@pytest.mark.parametrize(
    ("is_async", "error"),
    [(False, Stop), (False, KeyboardInterrupt), (False, StopIteration), (True, Stop)],
    ids=["sync", "sync-ctrl-c", "sync-stop-iteration", "async"],
)
@pytest.mark.parametrize("name", RUNS)
def test_an_error_of_the_callback(
    name: str, is_async: bool, error: type[BaseException], files: Any
) -> None:
    told: list[Any] = []
    bulk: Bulk

    def tell(piece: Any) -> None:
        told.append(piece)
        if len([one for one in told if not _is_end(one)]) == DONE * bulk.each:
            raise error

    with FaultServer(paid(ITEMS, say.stalled(), say.answer)) as server:
        bulk = RUNS[name](_settings(server), files, tell, is_async)
        # Python makes another error of one that leaves a generator.
        kinds = (error, RuntimeError) if error is StopIteration else error
        with pytest.raises(kinds) as caught:
            asyncio.run(bulk.call()) if is_async else bulk.call()
        # The one that the callback was for is kept, too. A request may have come meanwhile.
        kept = _kept_anywhere(bulk, caught.value)
        assert DONE * bulk.each <= kept <= len(server.requests) * bulk.each


def _kept_anywhere(bulk: Bulk, error: BaseException) -> int:
    from zhipu_client.work import partial_of

    point = partial_of(error, "resume_from")
    progress = getattr(point, "progress", None)
    more = len(progress.done) if progress is not None else 0
    return bulk.kept(error) + more


@pytest.mark.parametrize("name", [name for name in RUNS if "pages" in name or "embed" in name])
def test_what_is_left_is_all_that_is_paid_for_again(name: str, files: Any) -> None:
    with FaultServer(paid(ITEMS + 1, say.stalled(), say.answer)) as server:
        server.script = [*([server.script[0]] * DONE), say.error(400, "1210"), server.script[0]]
        bulk = RUNS[name](_settings(server), files, None, False)
        with pytest.raises(Exception, match=r"something went wrong") as caught:
            bulk.call()
        assert bulk.resume is not None
        bulk.resume(caught.value)
        assert len(server.requests) == ITEMS + 1


def test_iterators_that_are_closed_say_what_was_done(files: Any) -> None:
    from zhipu_client import AsyncClient, Client, aiterate, iterate, ocr

    left: list[Any] = []

    async def main(settings: dict[str, Any], job: Any) -> None:
        pages = aiterate(AsyncClient(**settings), job, on_left=left.append)
        async with aclosing(pages):
            async for _ in pages:
                break

    with FaultServer(paid(ITEMS, say.stalled(), say.answer)) as server:
        settings = {"base_url": server.base_url, "api_key": KEY, "max_retries": 0}
        # The second page is asked for with the first, and may have come when that is handed over.
        job = ocr.pages(files["book"], pages_per_request=1, in_flight=2)
        with closing(iterate(Client(**settings), job, on_left=left.append)) as pages:
            next(pages)
        asyncio.run(main(settings, job))
    assert len(left) == 2
    for partial in left:
        assert {page.number for page in partial.done} <= {2, 3, 4, 5}


@pytest.mark.parametrize("name", ["langchain", "llama_index"])
@pytest.mark.parametrize("way", ["sync", "async"])
def test_readers_that_are_left_know_where(name: str, way: str, files: Any) -> None:
    async def aleft(pages: Any) -> None:
        async with aclosing(pages):
            async for _ in pages:
                break

    with FaultServer(paid(ITEMS + 1, say.stalled(), say.answer)) as server:
        settings = {**_settings(server), "pages_per_request": 1}
        if name == "langchain":
            from langchain_zhipu import ZhipuAIOCRLoader

            reader: Any = ZhipuAIOCRLoader(files["book"], **settings)
            pages = reader.lazy_load() if way == "sync" else reader.alazy_load()
        else:
            from llama_index_zhipu import ZhipuAIOCRReader

            reader = ZhipuAIOCRReader(**settings)
            ask = reader.lazy_load_data if way == "sync" else reader.apages
            pages = ask(files["book"])
        if way == "sync":
            with closing(pages):
                next(pages)
        else:
            asyncio.run(aleft(pages))
        point = reader.left_off
        asked = len(server.requests)
        if name == "langchain":
            rest = ZhipuAIOCRLoader(files["book"], **settings, resume_from=point).load()
        else:
            rest = reader.load_data(files["book"], resume_from=point)
        assert len(rest) == ITEMS - 1
        assert ITEMS - asked <= len(server.requests) - asked <= ITEMS - 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError, Stop])
@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_wait_that_is_ended_has_the_id(error: type[BaseException], way: str) -> None:
    from zhipu_client import tasks
    from zhipu_client._io.polling import await_for, wait_for

    class Broken:
        def send(self, request: Any) -> Any:
            raise error

    class ABroken:
        async def send(self, request: Any) -> Any:
            raise error

    with pytest.raises(error) as caught:
        if way == "sync":
            wait_for(Broken(), tasks.waiting("task-7"))
        else:
            await_for(ABroken(), tasks.waiting("task-7")).send(None)
    assert caught.value.task_id == "task-7"  # type: ignore[attr-defined]


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("name", ["langchain", "llama_index"])
def test_an_image_whose_fetching_is_interrupted_has_its_address(
    name: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    url = "https://files.example.com/kite.png"
    with FaultServer(say.answer({"created": 1, "data": [{"url": url}]})) as server:
        settings = {"base_url": server.base_url, "api_key": KEY, "max_retries": 0}
        draw: Callable[[], Any]
        if name == "langchain":
            from langchain_zhipu import ZhipuAIImageGenerator, image_generators

            module: Any = image_generators
            made = ZhipuAIImageGenerator(**settings)
            draw = lambda: (made.generate if way == "sync" else made.agenerate)("a kite")  # noqa: E731
        else:
            from llama_index_zhipu import ZhipuAIImageGeneratorToolSpec, tools

            module = tools
            spec = ZhipuAIImageGeneratorToolSpec(**settings, output="image")
            draw = lambda: (spec.generate_image if way == "sync" else spec.agenerate_image)("kite")  # noqa: E731
        monkeypatch.setattr(module, "download", interrupt)
        monkeypatch.setattr(module, "adownload", interrupt)
        with pytest.raises(KeyboardInterrupt) as caught:
            draw() if way == "sync" else asyncio.run(draw())
    partial = caught.value.partial  # type: ignore[attr-defined]
    assert getattr(partial, "url", partial) == url


def test_an_error_of_the_counter_of_tokens_loses_no_vector() -> None:
    from langchain_zhipu import ZhipuAIEmbeddings

    def count(usage: Any) -> None:
        raise Stop

    with FaultServer(paid(ITEMS, say.stalled(), say.answer)) as server:
        model = ZhipuAIEmbeddings(**_settings(server), on_usage=count)
        with pytest.raises(Stop) as caught:
            model.embed_documents(["a", "b"])
    assert caught.value.partial.missing == []  # type: ignore[attr-defined]
