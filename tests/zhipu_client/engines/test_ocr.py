"""Reading documents page by page: splitting, order, failures, going on."""

from __future__ import annotations

import asyncio
import base64
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from tests.zhipu_client.engines.pages import PNG, answer, local, numbers, page, read_pdf
from zhipu_client import InvalidRequestError, Request, ServerError, ocr

from .conftest import FakeClient, make_pdf


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.pdf"
    path.write_bytes(make_pdf(70))
    return path


def test_250_pages_are_split_and_put_together(collect, make_client) -> None:
    book = make_pdf(250)
    client = make_client(local, seconds=0.06)
    steps: list[tuple[int, int | None]] = []
    job = ocr.pages(book, progress=lambda done, total: steps.append((done, total)))
    pages, error = collect(client, job)
    assert error is None
    assert numbers(pages) == list(range(1, 251))
    assert pages[41].text == "# Title 42\n\nText of 42."
    assert pages[41].regions == page(42)
    assert (pages[41].width, pages[41].height, pages[41].total_pages) == (100, 200, 250)
    assert len(client.bodies) == 13
    assert 2 <= client.most <= 4
    assert sum(one.usage["total_tokens"] for one in pages if one.usage) == 130
    assert steps[-1] == (250, 250)


def test_the_site_bounds_a_part(collect, make_client, book: Path) -> None:
    client = make_client(local, site="zai")
    pages, error = collect(client, ocr.pages(book, pages_per_request=100))
    assert error is None
    assert numbers(pages) == list(range(1, 71))
    assert max(len(read_pdf(body)) for body in client.bodies) == 30


def test_some_pages_of_a_file(collect, make_client, book: Path) -> None:
    client = make_client(local)
    pages, _ = collect(client, ocr.pages(book, first_page=30, last_page=33, pages_per_request=3))
    assert numbers(pages) == [30, 31, 32, 33]
    assert sorted(read_pdf(body) for body in client.bodies) == [[30, 31, 32], [33]]


def test_a_small_file_is_sent_as_it_is(collect, make_client, tmp_path: Path) -> None:
    content = make_pdf(3)
    client = make_client(local)
    pages, _ = collect(client, ocr.pages(content))
    assert numbers(pages) == [1, 2, 3]
    assert client.bodies == [
        {
            "model": "glm-ocr",
            "file": "data:application/pdf;base64," + base64.b64encode(content).decode(),
        }
    ]


def test_a_failed_part_comes_after_the_pages_before_it(collect, make_client, book: Path) -> None:
    broken = True

    def sometimes(body: dict[str, Any]) -> Any:
        found = read_pdf(body)
        return ServerError("broken", status=500) if broken and 41 in found else answer(found)

    client = make_client(sometimes, seconds=0.01)
    pages, error = collect(client, ocr.pages(book, pages_per_request=5))
    assert isinstance(error, ServerError)
    assert numbers(pages) == list(range(1, 41))
    assert error.resume_from == 41  # type: ignore[attr-defined]
    partial = error.partial
    assert partial.next_page == 41
    later = numbers(partial.done)
    assert set(later) <= set(range(46, 71))

    broken = False
    before = len(client.bodies)
    rest, error = collect(client, ocr.pages(book, pages_per_request=5, resume_from=partial))
    assert error is None
    assert numbers(rest) == list(range(41, 71))
    paid = [number for body in client.bodies[before:] for number in read_pdf(body)]
    assert sorted([*paid, *later]) == list(range(41, 71)), "nothing is paid for twice"


def test_going_on_from_a_page_number(collect, make_client, book: Path) -> None:
    client = make_client(local)
    pages, _ = collect(client, ocr.pages(book, resume_from=65))
    assert numbers(pages) == list(range(65, 71))


def test_run_keeps_all_pages_on_its_error(run, make_client, book: Path) -> None:
    broken = True

    def sometimes(body: dict[str, Any]) -> Any:
        found = read_pdf(body)
        return ServerError("broken", status=500) if broken and 41 in found else answer(found)

    client = make_client(sometimes)
    with pytest.raises(ServerError) as caught:
        run(client, ocr.pages(book, pages_per_request=5))
    assert numbers(caught.value.partial.done)[:40] == list(range(1, 41))
    broken = False
    pages = run(client, ocr.pages(book, resume_from=caught.value.partial))
    assert numbers(pages) == list(range(1, 71))


@pytest.mark.parametrize("raising", [1, 3, 6])
@pytest.mark.parametrize("in_flight", [1, 4])
def test_a_callback_that_raises_costs_no_page(collect, make_client, raising, in_flight) -> None:
    def progress(done: int, total: int | None) -> None:
        if done == raising:
            raise LookupError("not mine")

    client = make_client(local)
    settings = {"pages_per_request": 1, "in_flight": in_flight}
    book = make_pdf(6)
    pages, error = collect(client, ocr.pages(book, progress=progress, **settings))
    assert isinstance(error, LookupError)
    rest, error = collect(client, ocr.pages(book, resume_from=error.partial, **settings))
    assert error is None
    assert numbers(pages) + numbers(rest) == [1, 2, 3, 4, 5, 6]
    assert len(client.bodies) == 6


@pytest.mark.parametrize(
    "odd",
    [
        {"layout_details": [None, "x"]},
        {"layout_details": [["x"], [None]]},
        {"layout_details": {"a": 1}},
        {"data_info": [1]},
        {"data_info": {"pages": [None, "x"], "num_pages": "2"}},
        {"data_info": {"pages": {"a": 1}}},
        {"layout_visualization": {"a": 1}},
        {"usage": [1]},
        {"md_results": None},
    ],
)
def test_a_paid_answer_of_an_unknown_shape_is_read_as_far_as_it_is_known(
    collect, make_client, odd
) -> None:
    client = make_client(lambda body: answer(read_pdf(body), **odd))
    pages, error = collect(client, ocr.pages(make_pdf(2)))
    assert error is None
    assert numbers(pages) == [1, 2]
    assert "Text of 1." in pages[0].text or odd.keys() & {"layout_details"}


def test_a_part_that_was_read_in_part_is_an_error(collect, make_client, book: Path) -> None:
    client = make_client(lambda body: answer(read_pdf(body)[:-1]))
    found, error = collect(client, ocr.pages(book))
    assert isinstance(error, ServerError)
    assert "19 of 20 pages from page 1" in str(error)
    assert numbers(found) == list(range(1, 20)), "what came was paid for"
    assert error.resume_from == 20  # type: ignore[attr-defined]


def test_a_part_above_the_size_limit_is_halved(collect, make_client, monkeypatch) -> None:
    from zhipu_client import _files

    content = make_pdf(8, padding=4000)
    monkeypatch.setattr(_files, "MAX_BYTES", {**_files.MAX_BYTES, "application/pdf": 20_000})
    for module in ("_parts", "_work"):
        monkeypatch.setattr(f"zhipu_client.ocr.{module}.MAX_BYTES", _files.MAX_BYTES)
    client = make_client(local)
    pages, error = collect(client, ocr.pages(content))
    assert error is None
    assert numbers(pages) == list(range(1, 9))
    assert sorted(map(len, map(read_pdf, client.bodies))) in ([2] * 4, [4, 4])


def test_pictures(collect, make_client, tmp_path: Path) -> None:
    misnamed = tmp_path / "scan.pdf"
    misnamed.write_bytes(PNG)
    client = make_client(lambda body: answer([1]))
    pages, error = collect(client, ocr.pages(misnamed, need_layout_visualization=True))
    assert error is None
    assert numbers(pages) == [1]
    body = client.bodies[0]
    assert body["file"].startswith("data:image/png;base64,")
    assert body["need_layout_visualization"] is True


def test_references_to_pictures_count_from_the_document(collect, make_client, book: Path) -> None:
    def with_reference(body: dict[str, Any]) -> dict[str, Any]:
        found = read_pdf(body)
        data = answer(found)
        data["md_results"] = f"![](page=0,bbox=[1, 2, 3, 4])\n\n{data['md_results']}"
        data["layout_details"][0].insert(0, {"index": 0, "label": "image", "content": ""})
        return data

    pages, _ = collect(make_client(with_reference), ocr.pages(book, first_page=41, last_page=42))
    assert pages[0].text.startswith("![](page=40,bbox=")
    assert pages[1].text == "# Title 42\n\nText of 42."


def test_closing_early_stops_and_lets_the_file_go(book: Path) -> None:
    from zhipu_client import iterate

    client = FakeClient(local)
    pages = iterate(client, ocr.pages(book))
    assert next(pages).number == 1
    pages.close()  # type: ignore[attr-defined]
    assert len(client.bodies) <= 8


async def test_leaving_early_on_a_loop(book: Path) -> None:
    from zhipu_client import aiterate

    from .conftest import FakeAsyncClient

    client = FakeAsyncClient(local, seconds=0.01)
    pages = aiterate(client, ocr.pages(book))
    assert (await anext(pages)).number == 1
    await pages.aclose()  # type: ignore[attr-defined]
    assert len(asyncio.all_tasks()) == 1


def test_a_large_file_is_read_in_bounded_memory(tmp_path: Path) -> None:
    from zhipu_client import iterate

    class Forgetful(FakeClient):
        """Keeps no bodies: together they are larger than the file."""

        def _enter(self, request: Request[Any]) -> dict[str, Any]:
            body = super()._enter(request)
            self.bodies.clear()
            return body

    def sized(body: dict[str, Any]) -> dict[str, Any]:
        content = base64.b64decode(body["file"].partition(",")[2])
        # Not with pypdf, whose own garbage would be measured too.
        return answer([0] * len(re.findall(rb"/Type\s*/Page\b", content)))

    path = tmp_path / "large.pdf"
    path.write_bytes(make_pdf(200, padding=160_000))
    tracemalloc.start()
    count = sum(1 for _ in iterate(Forgetful(sized), ocr.pages(path, pages_per_request=5)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 200
    # A few parts at a time: half of this is usual, whatever the file's size.
    assert peak < path.stat().st_size


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"first_page": 0}, "first_page"),
    ({"first_page": 3, "last_page": 2}, "last_page"),
    ({"pages_per_request": 101}, "pages_per_request"),
    ({"in_flight": 0}, "in_flight"),
]


@pytest.mark.parametrize(("given", "field"), WRONG)
def test_wrong_values_are_refused_at_once(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ocr.pages("a.pdf", **given)
    assert caught.value.field == field


def test_a_page_behind_the_last_is_refused(collect, make_client, book: Path) -> None:
    client = make_client(local)
    _, error = collect(client, ocr.pages(book, first_page=71))
    assert isinstance(error, InvalidRequestError)
    assert client.bodies == []
