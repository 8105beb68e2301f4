"""GLM-OCR on your own server: both adapters read the same pages from it, sync and async."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.own_ocr.loading import each, kinds, load, numbers, text, way
from tests.reliability.scenarios import answer
from tests.support.vision_servers import KINDS, image_of, own_server, prompt_of, read
from zhipu_client import InvalidRequestError, NotFoundError


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
def test_a_model_of_another_name(adapter, file):
    said = "The model `glm-ocr` does not exist."
    with (
        own_server("vllm", lambda body, page: (404, said)) as own,
        pytest.raises(NotFoundError, match="`glm-ocr` does not exist"),
    ):
        load(adapter, "sync", file(1), **{**own.settings, "model": "glm-ocr"})


@each
def test_some_pages(adapter, file):
    with own_server("ollama") as own:
        found = load(adapter, "sync", file(9), first_page=4, last_page=6, **own.settings)
        assert numbers(found) == [4, 5, 6]
        assert own.pages == [4, 5, 6]
        with pytest.raises(InvalidRequestError, match=r"first_page is 12.*9 pages"):
            load(adapter, "sync", file(9), first_page=12, **own.settings)


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
