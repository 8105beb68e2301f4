"""Pages that a service does not send: never unnoticed, and what came is kept."""

from __future__ import annotations

from typing import Any

import pytest

from zhipu_client import BadRequestError, ServerError, ocr

from .conftest import make_pdf
from .pages import Remote, answer, numbers, read_pdf

REFUSED = "仅支持PDF、JPG、PNG；PDF最多100页"


@pytest.mark.parametrize("more", [{"last_page": 70}, {"first_page": 2}])
def test_a_refusal_of_the_file_is_not_taken_for_its_end(collect, make_client, more) -> None:
    remote = Remote(250)

    def refusing(body: dict[str, Any]) -> Any:
        if body["start_page_id"] > 40:
            return BadRequestError(REFUSED, status=400, code="1214")
        return remote(body)

    found, error = collect(make_client(refusing), ocr.pages("https://example.com/a", **more))
    assert isinstance(error, BadRequestError)
    read = numbers(found)
    assert read == list(range(read[0], read[-1] + 1))
    assert error.resume_from == read[-1] + 1  # type: ignore[attr-defined]


def test_a_refusal_in_other_words_behind_a_short_part_is_the_end(collect, make_client) -> None:
    def refusing(body: dict[str, Any]) -> Any:
        if body["start_page_id"] > 45:
            return BadRequestError("no such pages", status=400, code="1214")
        return Remote(45)(body)

    job = ocr.pages("https://example.com/a", last_page=100)
    found, error = collect(make_client(refusing), job)
    assert error is None
    assert numbers(found) == list(range(1, 46))


def test_pages_left_out_in_the_middle_of_an_address(collect, run, make_client) -> None:
    short = True

    def leaving_out(body: dict[str, Any]) -> Any:
        first, last = body["start_page_id"], body["end_page_id"]
        return answer(list(range(first, last + 1 - (5 if short and first == 21 else 0))))

    client = make_client(leaving_out)
    job = {"last_page": 60, "in_flight": 1}
    found, error = collect(client, ocr.pages("https://example.com/a", **job))
    assert isinstance(error, ServerError)
    assert "pages 36 to 40" in str(error)
    assert numbers(found) == list(range(1, 36))
    assert error.resume_from == 36  # type: ignore[attr-defined]
    assert numbers(error.partial.done) == list(range(41, 61))

    with pytest.raises(ServerError) as caught:
        run(client, ocr.pages("https://example.com/a", **job))
    assert numbers(caught.value.partial.done) == [*range(1, 36), *range(41, 61)]

    short = False
    before = len(client.bodies)
    job["resume_from"] = caught.value.partial
    assert numbers(run(client, ocr.pages("https://example.com/a", **job))) == list(range(1, 61))
    asked = [(body["start_page_id"], body["end_page_id"]) for body in client.bodies[before:]]
    assert asked == [(36, 40)], "nothing is paid for twice"


@pytest.mark.parametrize("more", [{}, {"last_page": 40}])
def test_the_last_pages_that_the_service_speaks_of_do_not_come(
    collect, make_client, more: dict[str, int]
) -> None:
    def ending_early(body: dict[str, Any]) -> Any:
        first, last = body.get("start_page_id", 1), body.get("end_page_id", 20)
        found = answer(list(range(first, min(last, 35) + 1)))
        found["data_info"]["num_pages"] = 40
        return found

    found, error = collect(make_client(ending_early), ocr.pages("https://example.com/a", **more))
    assert isinstance(error, ServerError)
    assert "pages 36 to 40" in str(error)
    assert numbers(found) == list(range(1, 36))


def test_pages_of_a_file_that_came_are_on_the_error(run, make_client) -> None:
    short = True

    def leaving_out(body: dict[str, Any]) -> Any:
        read = read_pdf(body)
        return answer(read[:-1] if short else read)

    client = make_client(leaving_out)
    with pytest.raises(ServerError) as caught:
        run(client, ocr.pages(make_pdf(3)))
    assert numbers(caught.value.partial.done) == [1, 2]
    short = False
    job = ocr.pages(make_pdf(3), resume_from=caught.value.partial)
    assert numbers(run(client, job)) == [1, 2, 3]
    assert read_pdf(client.bodies[-1]) == [3]
