"""GLM-OCR on your own server: what was read is kept, whatever fails, in both adapters."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.contract.own_ocr.loading import each, kinds, load, numbers, way
from tests.reliability.scenarios import answer, reset_early
from tests.reliability.server import FaultServer
from tests.support.vision_servers import KINDS, cut, own_server, read
from zhipu_client import (
    BadRequestError,
    ContextOverflowError,
    InvalidRequestError,
    NotFoundError,
    ServerError,
    ZhipuError,
)


@each
@way
@kinds
def test_an_answer_that_was_cut_is_never_whole(adapter, way, kind, file):
    path = file(4)

    def made(body: Any, page: int) -> Any:
        return cut("# Page 3\n\nIt") if page == 3 else read(body, page)

    with own_server(kind, made) as own, pytest.raises(ServerError) as caught:
        load(adapter, way, path, **own.settings)
    error = caught.value
    assert f"page 3 of {path}" in str(error)
    assert "max_tokens" in str(error)
    assert error.cut_page.text == "# Page 3\n\nIt"
    assert_resumes(adapter, way, kind, path, error, total=4, missing=3)


@each
@pytest.mark.parametrize("reason", [None, "length", "abort"])
def test_an_answer_without_an_end_is_cut(adapter, reason, file):
    with (
        own_server("sglang", lambda body, page: ("# Page 1", reason)) as own,
        pytest.raises(ServerError, match=r"cut.*page 1 of"),
    ):
        load(adapter, "sync", file(1), **own.settings)


@each
def test_an_unknown_end_is_no_failure(adapter, file):
    with own_server("sglang", lambda body, page: (read(body, page), "eos_token")) as own:
        assert numbers(load(adapter, "sync", file(1), **own.settings)) == [1]


def assert_resumes(adapter, way, kind, path, error, *, total, missing):
    """What was read before the failure is kept, and only the rest is sent again."""
    resume = error.resume_from if adapter == "langchain" else error.partial
    progress = resume.progress if adapter == "langchain" else resume
    assert progress.next_page == missing
    kept = {page.number for page in progress.done}
    before = list(range(1, missing))
    if adapter == "langchain":
        assert numbers(error.documents) == before
    else:
        assert kept >= set(before)
    with own_server(kind) as own:
        found = load(adapter, way, path, resume, **own.settings)
        expected = [page for page in range(1, total + 1) if page not in kept]
        if adapter == "langchain":
            expected = [page for page in expected if page >= missing]
        assert own.pages == expected
    again = numbers(found)
    assert (before if adapter == "langchain" else []) + again == list(range(1, total + 1))


@each
@way
@kinds
@pytest.mark.parametrize("status", [400, 500])
def test_a_failure_keeps_what_was_read(adapter, way, kind, status, file):
    path = file(5)

    def made(body: Any, page: int) -> Any:
        return (status, "no more") if page == 4 else read(body, page)

    with own_server(kind, made) as own, pytest.raises(ZhipuError, match="no more") as caught:
        load(adapter, way, path, max_in_flight=1, **own.settings)
    assert f"page 4 of {path}" in str(caught.value)
    assert_resumes(adapter, way, kind, path, caught.value, total=5, missing=4)


@each
@way
def test_a_lost_connection_is_tried_again(adapter, way, file):
    lost: list[int] = []

    def made(body: Any, page: int) -> Any:
        if page == 2 and not lost:
            lost.append(page)
            return reset_early()
        return read(body, page)

    with own_server("vllm", made) as own:
        settings = {**own.settings, "max_retries": 2}
        assert numbers(load(adapter, way, file(3), **settings)) == [1, 2, 3]
    assert lost == [2]


@each
def test_an_image_that_is_too_large_for_the_server(adapter, file):
    said = (
        "The decoder prompt contains a(n) image item with length 4200, which exceeds the "
        "pre-allocated encoder cache size 3721."
    )
    with (
        own_server("vllm", lambda body, page: (400, said)) as own,
        pytest.raises(BadRequestError, match=r"encoder cache.*lower max_pixels"),
    ):
        load(adapter, "sync", file(1), **own.settings)
    said = "The input (5000 tokens) is longer than the model's context length (4096 tokens)."
    with (
        own_server("sglang", lambda body, page: (400, said)) as own,
        pytest.raises(ContextOverflowError, match=r"lower max_pixels"),
    ):
        load(adapter, "sync", file(1), **own.settings)


@each
def test_without_the_extra(adapter, file, monkeypatch):
    import sys

    path = file(1)
    with own_server("vllm", lambda body, page: "# Page 1") as own:
        monkeypatch.setitem(sys.modules, "pypdfium2", None)
        with pytest.raises(InvalidRequestError, match=r"scan\.pdf .*zhipu-integrations\[ocr\]"):
            load(adapter, "sync", path, **own.settings)
        assert own.bodies == []


def test_a_checkpoint_keeps_no_answer_that_was_cut():
    from zhipu_client.ocr._chat import page_request
    from zhipu_client.work._pictures import Picture

    keep = page_request(Picture("data:"), model="glm-ocr", prompt="Text Recognition:").keep
    assert keep is not None
    body = KINDS["vllm"][0]
    kept = {reason: keep(body("glm-ocr", "text", reason)) for reason in ("stop", "length", None)}
    assert kept == {"stop": True, "length": False, None: False}


@each
@way
def test_a_chat_server_whose_path_is_missing(adapter, way, file):
    with FaultServer(answer({"detail": "Not Found"}, 404)) as server:
        reach = {"base_url": server.url, "api_key": "not-needed", "max_retries": 0}
        with pytest.raises(NotFoundError, match=r"/v1.*scan\.pdf"):
            load(adapter, way, file(1), **reach)
        assert [request.path for request in server.requests] == ["/layout_parsing"]


@each
@way
def test_where_no_process_can_be_started(adapter, way, file, monkeypatch):
    import sys

    monkeypatch.setattr(sys, "executable", "")
    with own_server("vllm") as own:
        assert numbers(load(adapter, way, file(3), **own.settings)) == [1, 2, 3]


def test_a_page_that_draws_itself_ends_within_bounds(monkeypatch):
    """Each of two forms draws both: in this process it would take all memory."""
    import pikepdf

    from zhipu_client._io import pdf_process, pdfium, render_process

    assert pdf_process.MEMORY < 2 << 30
    # What is refused within 400 MB is refused within the real bound, some seconds later.
    smaller = f"import {render_process.__name__} as one; one.MEMORY = 400 << 20; "
    _, program = pdfium._PROGRAM
    monkeypatch.setattr(pdfium, "_PROGRAM", ("-c", program.replace("from ", smaller + "from ", 1)))

    out = io.BytesIO()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(300, 320))
        form = pdf.make_stream(b"/X Do /Y Do", BBox=[0, 0, 9, 9], Subtype=pikepdf.Name.Form)
        form.Type = pikepdf.Name.XObject
        form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=form, Y=form))
        page.Resources = form.Resources
        page.Contents = pdf.make_stream(b"/X Do")
        pdf.save(out)
    with own_server("vllm") as own:
        with pytest.raises(InvalidRequestError, match=r"takes more than .* to render page 1"):
            load("langchain", "sync", out.getvalue(), **own.settings)
        assert own.bodies == []
