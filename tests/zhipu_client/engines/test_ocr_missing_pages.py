"""Pages that a service does not send: never unnoticed, and what came is kept."""

from __future__ import annotations

from typing import Any

import pytest

from zhipu_client import BadRequestError, ocr

from .test_ocr import Remote, numbers

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
