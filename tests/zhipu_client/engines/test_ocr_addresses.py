"""Documents by their address: read in ranges, whose end only the service knows."""

from __future__ import annotations

import pytest

from tests.zhipu_client.engines.pages import Remote, numbers
from zhipu_client import BadRequestError, ocr


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


def test_a_server_without_a_path_reads_layouts() -> None:
    for url in ("http://127.0.0.1:8000", "http://127.0.0.1:8000/"):
        assert ocr.endpoint_of("openai", None, url) == "layout"
        assert ocr.endpoint_of("openai", "chat", url) == "chat"
    assert ocr.endpoint_of("openai", None, "http://127.0.0.1:8000/v1") == "chat"
