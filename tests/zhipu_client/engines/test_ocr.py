"""Reading documents page by page: splitting, order, failures, going on."""

from __future__ import annotations

import asyncio
import base64
import io
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from zhipu_client import BadRequestError, InvalidRequestError, Request, ServerError, ocr

from .conftest import FakeClient, make_pdf

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def page(number: int) -> list[dict[str, Any]]:
    return [
        {
            "index": 0,
            "label": "text",
            "native_label": "doc_title",
            "content": f"Title {number}",
            "bbox_2d": [1, 2, 3, 4],
            "height": 200,
            "width": 100,
        },
        {"index": 1, "label": "text", "native_label": "text", "content": f"Text of {number}."},
    ]


def answer(numbers: list[int], **more: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "request_id": "r-1",
        "model": "GLM-OCR",
        "md_results": "\n\n".join(f"# Title {n}\n\nText of {n}." for n in numbers),
        "layout_details": [page(n) for n in numbers],
        "data_info": {
            "num_pages": len(numbers),
            "pages": [{"width": 100, "height": 200} for _ in numbers],
        },
        "usage": {"total_tokens": 10},
        **more,
    }


def read_pdf(body: dict[str, Any]) -> list[int]:
    """The numbers that are written on the pages that a body asks for."""
    content = base64.b64decode(body["file"].partition(",")[2])
    pages = PdfReader(io.BytesIO(content)).pages
    wanted = pages[body.get("start_page_id", 1) - 1 : body.get("end_page_id")]
    return [int(page.extract_text().split()[3]) for page in wanted]


def local(body: dict[str, Any]) -> dict[str, Any]:
    return answer(read_pdf(body))


class Remote:
    """A service that reads an address with so many pages."""

    def __init__(self, pages: int, *, limit: int = 100, tells: bool = False) -> None:
        self.pages, self.limit, self.tells = pages, limit, tells

    def __call__(self, body: dict[str, Any]) -> Any:
        first = body.get("start_page_id", 1)
        last = min(body.get("end_page_id", self.pages), self.pages)
        if first > self.pages:
            return BadRequestError("start_page_id参数非法", status=400, code="1214")
        if last - first + 1 > self.limit:
            return BadRequestError("文件页数超过限制", status=400, code="1210")
        found = answer(list(range(first, last + 1)))
        if self.tells:
            found["data_info"]["num_pages"] = self.pages
        return found


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.pdf"
    path.write_bytes(make_pdf(70))
    return path


def numbers(pages: list[ocr.OCRPage]) -> list[int]:
    return [one.number for one in pages]


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


@pytest.mark.parametrize("tells", [False, True])
@pytest.mark.parametrize("pages", [1, 99, 100, 101, 250, 300])
def test_an_address_of_unknown_length(collect, make_client, pages: int, tells: bool) -> None:
    client = make_client(Remote(pages, tells=tells))
    found, error = collect(client, ocr.pages("https://example.com/a.pdf"))
    assert error is None
    assert numbers(found) == list(range(1, pages + 1))
    assert client.bodies[0] == {"model": "glm-ocr", "file": "https://example.com/a.pdf"}
    sent = [(body.get("start_page_id"), body.get("end_page_id")) for body in client.bodies[1:]]
    assert len(sent) <= (11 if tells else 4)


def test_a_range_of_an_address_is_read_at_once(collect, make_client) -> None:
    client = make_client(Remote(250), seconds=0.25)
    job = ocr.pages("https://example.com/a", first_page=11, last_page=60, pages_per_request=10)
    found, error = collect(client, job)
    assert error is None
    assert numbers(found) == list(range(11, 61))
    assert client.most == 4


def test_a_range_behind_the_end_of_an_address_ends_with_it(collect, make_client) -> None:
    client = make_client(Remote(45))
    found, error = collect(client, ocr.pages("https://example.com/a", last_page=100))
    assert error is None
    assert numbers(found) == list(range(1, 46))


def test_an_address_that_fails_otherwise_is_an_error(collect, make_client) -> None:
    client = make_client(lambda body: BadRequestError("文件解析失败", status=400, code="1210"))
    found, error = collect(client, ocr.pages("https://example.com/a.pdf"))
    assert isinstance(error, BadRequestError)
    assert found == []
    assert len(client.bodies) == 2
    found, error = collect(client, ocr.pages("https://example.com/a.png?x=.pdf"))
    assert isinstance(error, BadRequestError)
    assert len(client.bodies) == 3, "a picture has no pages to ask for"


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


def test_tables_as_markdown() -> None:
    html = (
        "<table><tr><th colspan=2>Sum</th><th>n</th></tr>"
        "<tr><td rowspan='2'>a|b</td><td>1<br>2</td><td>x</td></tr><tr><td>3</td><td/></tr></table>"
    )
    assert ocr.table_to_markdown(html).splitlines() == [
        "| Sum |  | n |",
        "| --- | --- | --- |",
        "| a\\|b | 1 2 | x |",
        "|  | 3 |  |",
    ]
    assert ocr.table_to_markdown("no table") == "no table"


def test_text_is_put_together_from_regions_where_it_cannot_be_cut() -> None:
    from zhipu_client.ocr._pages import split_markdown

    pages = [page(1), page(2)]
    assert split_markdown("something else", pages) == [
        "# Title 1\n\nText of 1.",
        "# Title 2\n\nText of 2.",
    ]
    assert split_markdown("", [page(1)]) == ["# Title 1\n\nText of 1."]
    assert split_markdown("x", []) == []


def test_text_without_any_region_is_on_the_first_page_or_where_it_says() -> None:
    from zhipu_client.ocr._pages import split_markdown

    assert split_markdown("One.\n\nTwo.", [[], [], []]) == ["One.\n\nTwo.", "", ""]
    text = "One.\n\n![](page=1,bbox=[0, 0, 9, 9])\n\nTwo."
    assert split_markdown(text, [[], [], []]) == [
        "One.",
        "![](page=1,bbox=[0, 0, 9, 9])\n\nTwo.",
        "",
    ]


def test_page_numbers_and_repeated_words_do_not_mislead_the_cut() -> None:
    from zhipu_client.ocr._pages import split_markdown

    pages = [
        [{"content": "Notes"}, {"content": "2"}, {"native_label": "number", "content": "1"}],
        [{"content": "Notes"}, {"content": "1"}, {"label": "image", "content": ""}],
        [{"content": "End"}],
    ]
    text = "Notes\n\n2\n\nNotes\n\n1\n\n<img src='https://x'/>\n\n## End"
    assert split_markdown(text, pages) == [
        "Notes\n\n2",
        "Notes\n\n1\n\n<img src='https://x'/>",
        "## End",
    ]


def test_a_server_without_a_path_reads_layouts() -> None:
    for url in ("http://127.0.0.1:8000", "http://127.0.0.1:8000/"):
        assert ocr.endpoint_of("openai", None, url) == "layout"
        assert ocr.endpoint_of("openai", "chat", url) == "chat"
    assert ocr.endpoint_of("openai", None, "http://127.0.0.1:8000/v1") == "chat"
