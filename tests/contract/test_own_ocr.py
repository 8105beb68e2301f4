"""GLM-OCR on a server of one's own: both adapters read the same pages from it, sync and async."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.reliability.scenarios import answer, reset_early
from tests.reliability.server import FaultServer
from tests.support.vision_servers import (
    KINDS,
    cut,
    document,
    image_of,
    own_server,
    picture,
    prompt_of,
    read,
)
from zhipu_client import (
    BadRequestError,
    ContextOverflowError,
    InvalidRequestError,
    NotFoundError,
    ServerError,
    ZhipuError,
)

ADAPTERS = ("langchain", "llama_index")
WAYS = ("sync", "async")

each = pytest.mark.parametrize("adapter", ADAPTERS)
way = pytest.mark.parametrize("way", WAYS)
kinds = pytest.mark.parametrize("kind", KINDS)


def load(adapter: str, way: str, source: Any, resume: Any = None, **settings: Any) -> list[Any]:
    """The documents of a file."""
    if adapter == "langchain":
        from langchain_zhipu import ZhipuAIOCRLoader

        loader = ZhipuAIOCRLoader(source, resume_from=resume, **settings)
        return loader.load() if way == "sync" else asyncio.run(loader.aload())
    from llama_index_zhipu import ZhipuAIOCRReader

    reader = ZhipuAIOCRReader(**settings)
    more = {} if resume is None else {"resume_from": resume}
    if way == "sync":
        return reader.load_data(source, **more)
    return asyncio.run(reader.aload_data(source, **more))


def text(found: Any) -> str:
    return found.page_content if hasattr(found, "page_content") else found.text


def numbers(found: list[Any]) -> list[int]:
    """The pages by their label, which agrees with what was read on them."""
    for page in found:
        assert f"# Page {page.metadata['page_label']}\n" in text(page)
    return [int(page.metadata["page_label"]) for page in found]


@pytest.fixture
def file(tmp_path):
    def make(pages: int, name: str = "scan.pdf") -> Any:
        path = tmp_path / name
        path.write_bytes(document(pages))
        return path

    return make


@each
@way
@kinds
def test_pages_become_documents(adapter, way, kind, file):
    with own_server(kind) as own:
        found = load(adapter, way, file(5), request_info=True, **own.settings)
        assert numbers(found) == [1, 2, 3, 4, 5]
        assert own.pages == [1, 2, 3, 4, 5]
    for page in found:
        assert page.metadata["total_pages"] == 5
        assert page.metadata["has_layout"] is False
        assert page.metadata["request_id"]
        assert not {"boxes", "regions", "images"} & page.metadata.keys()


@each
@kinds
def test_nothing_goes_out_unasked(adapter, kind, file):
    with own_server(kind) as own:
        load(adapter, "sync", file(1), **own.settings)
        (body,) = own.bodies
    assert body.keys() == {"model", "messages"}
    assert body["model"] == KINDS[kind][2]
    assert prompt_of(body) == "Text Recognition:"
    assert image_of(body).format == "JPEG"


@each
@pytest.mark.parametrize(
    ("settings", "prompt"),
    [
        ({"task": "table"}, "Table Recognition:"),
        ({"task": "formula"}, "Formula Recognition:"),
        ({"task": "figure"}, "Figure Recognition:"),
        ({"prompt": "Read the stamp."}, "Read the stamp."),
    ],
)
def test_tasks_and_prompts(adapter, settings, prompt, file):
    extra = {"max_tokens": 4096}
    with own_server("vllm") as own:
        load(adapter, "sync", file(1), **own.settings, **settings, **extra)
        (body,) = own.bodies
    assert prompt_of(body) == prompt
    assert body["max_tokens"] == 4096


@each
def test_a_formula_is_one_in_markdown(adapter, file):
    with own_server("vllm", lambda body, page: r"\[ E = mc^2 \]") as own:
        (page,) = load(adapter, "sync", file(1), task="formula", **own.settings)
    assert text(page) == "$$\nE = mc^2\n$$"


TABLE = "<table><tr><td>Tea</td><td>3.50</td></tr></table>"


@each
@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (f"```html\n{TABLE}\n```", "| Tea | 3.50 |\n| --- | --- |"),
        ("```markdown\n# Menu\n```", "# Menu"),
        ("```python\nx = 1\n```", "```python\nx = 1\n```"),
        ("```\na\n```\n\nand\n\n```\nb\n```", "```\na\n```\n\nand\n\n```\nb\n```"),
        ("<think>A menu.</think>\nMenu", "Menu"),
        ("<|begin_of_box|>Menu<|end_of_box|>", "Menu"),
        ("", ""),
    ],
)
def test_what_stands_around_the_text_goes(adapter, said, wanted, file):
    with own_server("ollama", lambda body, page: said) as own:
        settings = {"tables": "markdown", "keep_empty": True, **own.settings}
        (page,) = load(adapter, "sync", file(1), **settings)
    assert text(page) == wanted


@each
@way
def test_several_pages_at_once(adapter, way, file):
    together = threading.Barrier(3)

    def wait(body: Any, page: int) -> Any:
        async def run(exchange: Any) -> None:
            await asyncio.to_thread(together.wait, 20)
            said = KINDS["ollama"][0]("glm-ocr", read(body, page), "stop")
            await answer(said)(exchange)

        return run

    with own_server("ollama", wait) as own:
        found = load(adapter, way, file(6), max_in_flight=3, **own.settings)
        assert own.server.most_in_flight == 3
    assert numbers(found) == [1, 2, 3, 4, 5, 6]


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
def test_a_model_of_another_name(adapter, file):
    said = "The model `glm-ocr` does not exist."
    with (
        own_server("vllm", lambda body, page: (404, said)) as own,
        pytest.raises(NotFoundError, match="`glm-ocr` does not exist"),
    ):
        load(adapter, "sync", file(1), **{**own.settings, "model": "glm-ocr"})


@each
@way
def test_images(adapter, way, tmp_path):
    path = tmp_path / "photo.png"
    small = picture(300, 300, "PNG")
    path.write_bytes(small)
    with own_server("vllm", lambda body, page: "# Photo") as own:
        (page,) = load(adapter, way, path, **own.settings)
        (body,) = own.bodies
        sent = image_of(body)
        assert (sent.format, sent.size) == ("PNG", (300, 300))  # as it is
        assert page.metadata["total_pages"] == 1
        width, height = ("page_width", "page_height") if adapter == "langchain" else (
            "width", "height")  # fmt: skip
        assert (page.metadata[width], page.metadata[height]) == (300, 300)
        large = picture(4000, 2000, "JPEG")
        load(adapter, way, large, **own.settings)
        sent = image_of(own.bodies[-1])
        assert sent.width * sent.height <= 2_800_000
        assert round(sent.width / sent.height, 2) == 2
        load(adapter, way, large, max_pixels=20_000, **own.settings)
        sent = image_of(own.bodies[-1])
        assert sent.size == (200, 100)


@each
def test_images_are_upright_and_on_white(adapter):
    from PIL import Image

    held = Image.Exif()
    held[0x0112] = 6  # a quarter to the right
    with own_server("vllm", lambda body, page: "# Photo") as own:
        load(adapter, "sync", picture(40, 20, "JPEG", exif=held), **own.settings)
        assert image_of(own.bodies[-1]).size == (20, 40)
        load(adapter, "sync", picture(40, 20, "PNG", "RGBA"), **own.settings)
        assert image_of(own.bodies[-1]).getpixel((5, 5)) == (255, 255, 255)
        load(adapter, "sync", picture(40, 20, "PNG", "I;16"), **own.settings)
        assert image_of(own.bodies[-1]).getpixel((5, 5)) == (0, 0, 0)


@each
def test_a_broken_image_is_named(adapter, tmp_path):
    path = tmp_path / "broken.png"
    path.write_bytes(picture(300, 300)[:20])
    with own_server("vllm") as own:
        with pytest.raises(InvalidRequestError, match=r"broken\.png cannot be read as an image"):
            load(adapter, "sync", path, **own.settings)
        assert own.bodies == []


@each
def test_a_broken_pdf_is_named(adapter, tmp_path):
    path = tmp_path / "broken.pdf"
    path.write_bytes(b"%PDF-1.7\nand nothing else")
    with own_server("vllm") as own:
        with pytest.raises(InvalidRequestError, match=r"broken\.pdf is broken: it cannot"):
            load(adapter, "sync", path, **own.settings)
        assert own.bodies == []


@each
def test_some_pages(adapter, file):
    with own_server("ollama") as own:
        found = load(adapter, "sync", file(9), first_page=4, last_page=6, **own.settings)
        assert numbers(found) == [4, 5, 6]
        assert own.pages == [4, 5, 6]
        with pytest.raises(InvalidRequestError, match=r"first_page is 12.*9 pages"):
            load(adapter, "sync", file(9), first_page=12, **own.settings)


@each
def test_bytes_and_data_urls(adapter):
    import base64

    content = document(2)
    url = "data:application/pdf;base64," + base64.b64encode(content).decode()
    with own_server("ollama") as own:
        for source in (content, url):
            assert numbers(load(adapter, "sync", source, **own.settings)) == [1, 2]


@each
def test_addresses_are_passed_on(adapter):
    with own_server("vllm", lambda body, page: "# Photo") as own:
        load(adapter, "sync", "https://example.com/photo.png?token=1", **own.settings)
        (body,) = own.bodies
        url = body["messages"][0]["content"][0]["image_url"]["url"]
        assert url == "https://example.com/photo.png?token=1"
        with pytest.raises(InvalidRequestError, match="download it"):
            load(adapter, "sync", "https://example.com/scan.pdf?token=1", **own.settings)
        assert len(own.bodies) == 1


@each
@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"task": "poem"}, "task"),
        ({"dpi": 5000}, "dpi"),
        ({"max_pixels": 5}, "max_pixels"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"endpoint": "both"}, "endpoint"),
        ({"endpoint": "layout", "task": "table"}, "task"),
        ({"endpoint": "layout", "prompt": "Read."}, "prompt"),
    ],
)
def test_what_cannot_be_is_refused_at_once(adapter, settings, field):
    reach = {"base_url": "http://127.0.0.1:9/v1", "api_key": "k"}
    with pytest.raises(InvalidRequestError) as caught:
        load(adapter, "sync", b"", **reach, **settings)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "settings", [{"mode": "element"}, {"crops": True}, {"layout_images": True}]
)
def test_layout_is_refused_where_there_is_none(settings):
    from langchain_zhipu import ZhipuAIOCRLoader

    with pytest.raises(InvalidRequestError, match="needs endpoint='layout'"):
        ZhipuAIOCRLoader("a.pdf", base_url="http://127.0.0.1:9/v1", api_key="k", **settings)


@each
@way
def test_a_document_as_a_whole(adapter, way, file):
    whole = {"mode": "single"} if adapter == "langchain" else {"split": "none"}
    with own_server("vllm") as own:
        (found,) = load(adapter, way, file(3), **whole, **own.settings)
    assert [f"# Page {n}" in text(found) for n in (1, 2, 3)] == [True] * 3
    assert found.metadata["total_pages"] == 3
    assert found.metadata["has_layout"] is False


@each
def test_pages_come_one_by_one(adapter, file):
    with own_server("vllm") as own:
        if adapter == "langchain":
            from langchain_zhipu import ZhipuAIOCRLoader

            pages = ZhipuAIOCRLoader(file(60), max_in_flight=2, **own.settings).lazy_load()
        else:
            from llama_index_zhipu import ZhipuAIOCRReader

            pages = ZhipuAIOCRReader(max_in_flight=2, **own.settings).lazy_load_data(file(60))
        first = next(pages)
        assert numbers([first]) == [1]
        assert len(own.bodies) < 12
        pages.close()


@each
@way
def test_the_service_s_chat_by_choice(adapter, way, file):
    """The emulator is the service here: its chat describes the picture of a page."""
    import zhipu_emulator

    with zhipu_emulator.serve() as emulator:
        reach = {"base_url": emulator.base_url, "api_key": emulator.api_key}
        (page,) = load(adapter, way, file(1), endpoint="chat", model="glm-4.6v", **reach)
        asked = [request["path"] for request in emulator.requests]
    assert "834 x 889 pixels" in text(page)
    assert asked == ["/api/paas/v4/chat/completions"]


def make_jobs(adapter: str, own: Any, path: Any) -> Callable[[], list[Any]]:
    return lambda: load(adapter, "sync", path, **own.settings)


@each
def test_many_threads_render_at_once(adapter, file):
    from concurrent.futures import ThreadPoolExecutor

    with own_server("vllm") as own, ThreadPoolExecutor(4) as threads:
        paths = [file(4, f"scan{n}.pdf") for n in range(4)]
        found = list(threads.map(lambda path: make_jobs(adapter, own, path)(), paths))
    assert [numbers(pages) for pages in found] == [[1, 2, 3, 4]] * 4


@each
def test_without_the_extra(adapter, file, monkeypatch):
    import sys

    path = file(1)
    with own_server("vllm", lambda body, page: "# Page 1") as own:
        monkeypatch.setitem(sys.modules, "pypdfium2", None)
        with pytest.raises(InvalidRequestError, match=r"scan\.pdf .*zhipu-integrations\[ocr\]"):
            load(adapter, "sync", path, **own.settings)
        assert own.bodies == []


@each
def test_images_need_no_extra(adapter, monkeypatch):
    import sys

    image = picture(30, 20)
    said = KINDS["vllm"][0]("glm-ocr", "# Photo", "stop")
    with FaultServer(answer(said)) as server, monkeypatch.context() as patched:
        patched.setitem(sys.modules, "PIL", None)
        reach = {"base_url": f"{server.url}/v1", "api_key": "not-needed"}
        (page,) = load(adapter, "sync", image, **reach)
    assert text(page) == "# Photo"


@pytest.fixture(scope="module")
def encrypted() -> bytes:
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(document(2))) as pdf:
        pdf.docinfo["/Title"] = "On boxes"
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="tea"))
    return out.getvalue()


@each
@way
def test_passwords(adapter, way, encrypted, tmp_path):
    path = tmp_path / "secret.pdf"
    path.write_bytes(encrypted)
    with own_server("vllm") as own:
        asked: list[Any] = []

        def known(of: Any) -> str:
            asked.append(str(of))
            return "tea"

        for password in ("tea", known):
            found = load(adapter, way, path, password=password, **own.settings)
            assert numbers(found) == [1, 2]
        assert asked == [str(path)]
        for password, why in ((None, "needs a password"), ("milk", "needs another password")):
            with pytest.raises(InvalidRequestError, match=rf"secret\.pdf {why}"):
                load(adapter, way, path, password=password, **own.settings)
        load(adapter, way, document(1), password=known, **own.settings)
        assert len(asked) == 1  # only for a file that needs one


def test_a_pdf_says_what_it_is(encrypted):
    with own_server("vllm") as own:
        first, _ = load("langchain", "sync", encrypted, password="tea", **own.settings)
    assert first.metadata["title"] == "On boxes"


@each
@way
def test_other_images_are_converted(adapter, way, tmp_path):
    from PIL import Image

    frames = [Image.new("L", (833, 889 + 56 * number), 10 * number) for number in (0, 1)]
    path = tmp_path / "fax.tiff"
    frames[0].save(path, save_all=True, append_images=frames[1:], dpi=(200, 200))
    with own_server("vllm") as own:
        assert numbers(load(adapter, way, path, **own.settings)) == [1, 2]
        assert own.pages == [1, 2]
        out = io.BytesIO()
        frames[0].save(out, "WEBP", lossless=True)
        assert numbers(load(adapter, way, out.getvalue(), **own.settings)) == [1]
        assert image_of(own.bodies[-1]).format == "PNG"
        with pytest.raises(InvalidRequestError, match="file parser"):
            load(adapter, way, b"PK\x03\x04 and so on", **own.settings)


@each
@way
def test_uploads_are_named_in_errors(adapter, way):
    upload = io.BytesIO(document(2))
    upload.name = "upload.pdf"

    def made(body: Any, page: int) -> Any:
        return cut() if page == 2 else read(body, page)

    with (
        own_server("vllm", made) as own,
        pytest.raises(ServerError, match=r"page 2.*upload\.pdf"),
    ):
        load(adapter, way, upload, **own.settings)


def test_what_was_filled_into_a_form_is_seen():
    import pikepdf

    out = io.BytesIO()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(300, 320))
        black = pdf.make_stream(
            b"0 g 0 0 100 50 re f", BBox=[0, 0, 100, 50], Subtype=pikepdf.Name.Form
        )
        field = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx,
                T="total", V="7", F=4, Rect=[100, 100, 200, 150], AP=pikepdf.Dictionary(N=black),
            )
        )  # fmt: skip
        page.Annots = pdf.make_indirect([field])
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field])
        pdf.save(out)
    with own_server("vllm") as own:
        load("langchain", "sync", out.getvalue(), **own.settings)
        image = image_of(own.bodies[0])
    at = round(150 / 300 * image.width), round((1 - 125 / 320) * image.height)
    assert image.getpixel(at)[0] < 128


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


@way
def test_the_parser_reads_blobs(way, file):
    from langchain_core.documents.base import Blob

    from langchain_zhipu import ZhipuAIOCRParser

    blob = Blob.from_path(file(2), metadata={"year": 1987})
    with own_server("sglang") as own:
        parser = ZhipuAIOCRParser(**own.settings)
        found = parser.parse(blob) if way == "sync" else asyncio.run(parser.aparse(blob))
    assert numbers(found) == [1, 2]
    assert {page.metadata["year"] for page in found} == {1987}


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
