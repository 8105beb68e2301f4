"""From every shape of a failed answer to one typed error that says what a person needs."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import zhipu_client
from zhipu_client import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    ContextOverflowError,
    InsufficientBalanceError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
    StreamIncompleteError,
    ZhipuError,
)
from zhipu_client.errors import error_in
from zhipu_client.errors._codes import CODES
from zhipu_client.errors._failures import error_from, retry_after_seconds

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def nested(code: Any, message: str = "said the service") -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "1000", AuthenticationError),
        (401, "1003", AuthenticationError),
        (403, "1220", PermissionDeniedError),
        (400, "1210", BadRequestError),
        (400, "1214", BadRequestError),
        (400, "1211", NotFoundError),
        (400, "1233", NotFoundError),
        (400, "1261", ContextOverflowError),
        (400, "1301", ContentFilterError),
        (429, "1302", RateLimitError),
        (429, "1305", RateLimitError),
        (429, "1113", InsufficientBalanceError),
        (429, "1308", QuotaExceededError),
        (429, "1311", PermissionDeniedError),
        (500, "1234", ServerError),
        (200, "500", ServerError),
        (400, "9999", BadRequestError),
        (418, None, BadRequestError),
        (503, None, ServerError),
        (302, None, ServerError),
    ],
)
def test_the_code_names_the_error(status: int, code: str | None, kind: type[APIError]) -> None:
    error = error_from(status, {}, nested(code) if code else {})
    assert type(error) is kind
    assert (error.status, error.code, error.status_code) == (status, code, status)


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (nested("1302"), "1302", "said the service"),
        (nested(1302), "1302", "said the service"),
        ({"code": 1302, "message": "flat"}, "1302", "flat"),
        ({"code": 500, "msg": "404 NOT_FOUND", "success": False}, "500", "404 NOT_FOUND"),
        ({"error": "as text"}, None, "as text"),
        (
            {"timestamp": "t", "status": 404, "error": "Not Found", "path": "/v4/v1/chat"},
            None,
            "Not Found /v4/v1/chat",
        ),
        ({"detail": [{"loc": ["body"]}]}, None, '[{"loc": ["body"]}]'),
        ({"error": {"message": "[1302][slow down][2026]"}}, "1302", "slow down"),
        ({"error": {"message": "by type", "type": "1000"}}, "1000", "by type"),
        ({"error": {"code": ["odd"], "message": "odd"}}, None, "odd"),
        ({}, None, "the service answered HTTP 400 without a message"),
        ([], None, "the service answered HTTP 400 without a message"),
    ],
)
def test_shapes(body: Any, code: str | None, message: str) -> None:
    error = error_from(400, {}, body)
    assert (error.code, error.message) == (code, message)
    assert error.body == body


def test_a_web_page_is_told_in_words_not_in_markup() -> None:
    page = b"<html><head><title>502 Bad Gateway</title></head><body></body></html>"
    error = error_from(502, {}, page)
    assert isinstance(error, ServerError)
    assert error.message == "502 Bad Gateway"
    assert error.retryable


def test_an_empty_body() -> None:
    assert "HTTP 504" in str(error_from(504, {}, b""))


def test_the_text_holds_what_support_asks_for() -> None:
    error = error_from(400, {}, nested("1210", "bad"), request_id="abc", hint="Do this")
    assert str(error) == "bad (HTTP 400, code 1210, request_id abc). Do this"


def test_the_services_request_id_wins() -> None:
    body = {**nested("1305"), "request_id": "theirs"}
    assert error_from(429, {}, body, request_id="ours").request_id == "theirs"


def test_a_huge_message_becomes_a_short_text() -> None:
    error = error_from(400, {}, nested("1210", "x" * 20_000_000))
    assert len(str(error)) < 700
    assert len(repr(error)) < 700


@pytest.mark.parametrize(
    "body",
    [nested("x" * 20_000_000), {**nested("1302"), "request_id": "x" * 20_000_000}],
    ids=["code", "request_id"],
)
def test_nor_does_anything_else_that_the_text_names(body: Any) -> None:
    assert len(str(error_from(400, {}, body))) < 1200


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"error":' * 100_000, b'{"detail":' + b"[" * 9])
def test_a_body_of_nothing_but_brackets_is_a_typed_error(body: bytes) -> None:
    error = error_from(502, {}, body)
    assert isinstance(error, ServerError)
    assert len(str(error)) < 700


@pytest.mark.parametrize("code", [True, "", "  ", 1302.5, {}, "x" * 65])
def test_a_code_that_is_none(code: Any) -> None:
    error = error_from(429, {}, nested(code))
    assert error.code is None
    assert isinstance(error, RateLimitError)


def test_a_code_with_spaces_around_it() -> None:
    assert type(error_from(429, {}, nested(" 1113 "))) is InsufficientBalanceError


def test_a_used_up_plan_says_when_it_is_back() -> None:
    error = error_from(429, {}, nested("1308", "cap; reset at 2026-05-11 21:02:26"))
    assert error.reset_at == datetime(2026, 5, 11, 13, 2, 26, tzinfo=UTC)
    assert not error.retryable
    assert error_from(429, {}, nested("1308", "reset at 2026-99-99 99:99:99")).reset_at is None


def test_the_content_filter_tells_who_and_how_badly() -> None:
    body = {**nested("1301"), "contentFilter": [{"role": "user", "level": 1}]}
    error = error_from(400, {}, body)
    assert isinstance(error, ContentFilterError)
    assert error.content_filter == [{"role": "user", "level": 1}]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-4"}, 0.0),
        ({"retry-after": "Sun, 01 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 01 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "9"}, 9.0),
        ({"retry-after-ms": "nan", "retry-after": "9"}, 9.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("data", "failed"),
    [
        (nested("1"), True),
        ({"error": "text"}, True),
        ({"success": False}, True),
        ({"choices": [{}], "error": None}, False),
        ({"choices": [{}], "error": {"code": "1"}}, False),
        ({"success": True}, False),
        ([], False),
        (None, False),
    ],
)
def test_a_success_that_is_none(data: Any, failed: bool) -> None:
    assert error_in(data) is failed


def test_one_tree() -> None:
    named = [getattr(zhipu_client, name) for name in zhipu_client.__all__ if name.endswith("Error")]
    assert len(named) >= 16
    assert all(issubclass(kind, ZhipuError) for kind in named)
    assert issubclass(APITimeoutError, TimeoutError)
    assert issubclass(InvalidRequestError, ValueError)
    assert issubclass(InsufficientBalanceError, QuotaExceededError)


@pytest.mark.parametrize(
    "error",
    [
        error_from(429, {"retry-after": "2"}, nested("1302"), request_id="r", now=NOW),
        error_from(400, {}, {**nested("1301"), "contentFilter": [{"role": "user", "level": 0}]}),
        APIConnectionError("gone", sent=False, request_id="r"),
        APITimeoutError("slow"),
        StreamIncompleteError("cut", partial={"choices": []}, request_id="r"),
        InvalidRequestError("bad", field="f", value=3),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_cross_process_borders(error: ZhipuError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert copy.__dict__ == error.__dict__


def test_the_table_knows_which_429_are_worth_a_retry() -> None:
    retried = {code for code, meaning in CODES.items() if meaning.retry == "yes"}
    assert retried >= {"500", "1200", "1230", "1234", "1302", "1303", "1305", "1312", "1701"}
    never = {"1110", "1111", "1112", "1113", "1120", "1121", "1309", "1311", "1313", "1314", "1315"}
    assert all(CODES[code].retry == "no" for code in never)
    later = {"1304", "1308", "1310", *map(str, range(1316, 1322))}
    assert {code for code, meaning in CODES.items() if meaning.retry == "after_reset"} == later


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_chinese_message_has_its_meaning_beside_it(code: str) -> None:
    error = error_from(400, {}, nested(code, "请求失败。"), request_id="r", hint="Do this")
    meaning = CODES[code].meaning
    assert meaning.isascii()
    assert error.meaning == meaning
    assert str(error) == (f"请求失败。 [{meaning}] (HTTP 400, code {code}, request_id r). Do this")
    assert error.message == "请求失败。"  # the service's own words
    english = error_from(400, {}, nested(code, "It failed"))
    assert (str(english), english.meaning) == (f"It failed (HTTP 400, code {code})", meaning)


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        # A site's own words, in the console's shape, and quoted by a gateway.
        (200, {"code": 401, "msg": "令牌已过期或验证不正确", "success": False}, "401"),
        (400, {"error": {"message": "[1302][并发过高][2026]"}}, "1302"),
        (429, nested("429", "ZaiException - {'code': '1113', 'message': '余额不足'}"), "1113"),
        # Nothing is made up for what has no code of the service, nor for what is worded otherwise.
        # (Of an unknown code it is said that it is, see tests/contract/test_refusals_under_ok.py.)
        (400, nested(None, "参数错误"), None),
        (503, nested("503", "无可用渠道"), None),
        (400, nested("400", "无效的令牌"), None),
    ],
)
def test_no_meaning_is_invented(status: int, body: Any, meaning: str | None) -> None:
    error = error_from(status, {}, body)
    assert error.meaning == (meaning and CODES[meaning].meaning)
    assert str(error).count("[") == bool(meaning)


def test_the_meaning_stays_when_something_is_added() -> None:
    error = error_from(429, {}, nested("1113", "余额不足"))
    error.explain("It was about a.pdf")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert CODES["1113"].meaning in str(error)
    assert str(error).endswith("It was about a.pdf")


def test_reset_times_are_beijing_times() -> None:
    error = error_from(429, {}, nested("1310", "2026-05-11 08:00:00"))
    assert error.reset_at is not None
    assert error.reset_at.utcoffset() == timedelta(hours=8)
