"""When a call is tried again, and after how long."""

from __future__ import annotations

import pytest

from zhipu_client import (
    APIConnectionError,
    APITimeoutError,
    InsufficientBalanceError,
    InvalidRequestError,
    StreamIncompleteError,
)
from zhipu_client._request import Kind
from zhipu_client._retry import MAX_DELAY, PATIENCE, RetryState, delay
from zhipu_client.errors._codes import CODES
from zhipu_client.errors._failures import error_from


def attempt(number: int = 0, *, kind: Kind = "generate", jitter: float = 0.0) -> RetryState:
    return RetryState(number, 2, kind, jitter)


def failure(status: int, code: str | None = None, **headers: str) -> Exception:
    body = {"error": {"code": code, "message": "m"}} if code else {}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return error_from(status, named, body)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_passing_failures_are_tried_again(status: int) -> None:
    assert delay(failure(status), attempt()) == 0.5


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 413, 422, 434, 435])
def test_lasting_failures_are_not(status: int) -> None:
    assert delay(failure(status), attempt()) is None


@pytest.mark.parametrize("code", sorted(CODES))
@pytest.mark.parametrize("status", [400, 429, 500])
def test_the_business_code_decides_over_the_status(code: str, status: int) -> None:
    expected = 0.5 if CODES[code].retry == "yes" else None
    assert delay(failure(status, code), attempt()) == expected


def test_an_empty_account_is_never_asked_again() -> None:
    error = failure(429, "1113")
    assert isinstance(error, InsufficientBalanceError)
    assert delay(error, attempt()) is None


def test_waits_grow_up_to_a_limit_and_are_spread() -> None:
    waits = [delay(failure(500), RetryState(n, 99, "read", 0.0)) for n in range(8)]
    assert waits[:4] == [0.5, 1.0, 2.0, 4.0]
    assert waits[-1] == MAX_DELAY
    spread = {delay(failure(500), attempt(jitter=n / 8)) for n in range(8)}
    assert len(spread) == 8
    assert all(wait is not None and 0.25 <= wait <= 0.5 for wait in spread)


def test_the_number_of_tries_is_obeyed() -> None:
    assert delay(failure(500), attempt(1)) is not None
    assert delay(failure(500), attempt(2)) is None
    assert delay(failure(500), RetryState(0, 0, "read", 0.0)) is None


def test_the_service_may_name_the_wait_within_reason() -> None:
    assert delay(failure(429, "1302", retry_after="7"), attempt()) == 7.0
    assert delay(failure(429, "1302", retry_after="0"), attempt()) == 0.0
    assert delay(failure(429, "1302", retry_after="3600"), attempt()) is None


def test_connections_that_broke() -> None:
    unsent, sent = APIConnectionError("x", sent=False), APIConnectionError("x")
    assert delay(unsent, attempt(kind="paid")) == 0.5
    assert delay(sent, attempt(kind="paid")) is None
    assert delay(sent, attempt(kind="generate")) == 0.5


def test_a_spent_timeout_is_not_spent_again() -> None:
    assert delay(APITimeoutError("x"), attempt()) is None
    assert delay(APITimeoutError("x", sent=False), attempt()) == 0.5


@pytest.mark.parametrize(("status", "again"), [(429, True), (503, True), (500, False)])
def test_paid_creations(status: int, again: bool) -> None:
    assert (delay(failure(status), attempt(kind="paid")) is not None) is again
    assert delay(StreamIncompleteError("x"), attempt(kind="paid")) is None


def test_our_own_refusals_are_final() -> None:
    assert delay(InvalidRequestError("x"), attempt()) is None


def test_too_many_in_flight_is_waited_for_by_time_and_not_by_tries() -> None:
    busy = failure(429, "1302")
    waited, waits = 0.0, []
    while (wait := delay(busy, RetryState(2, 2, "paid", 0.0, len(waits), waited))) is not None:
        waits.append(wait)
        waited += wait
    assert waits[:4] == [0.5, 1.0, 2.0, 4.0]
    assert max(waits) == MAX_DELAY
    assert waited == PATIENCE
    assert delay(busy, RetryState(0, 0, "read", 0.0)) is None
    assert delay(failure(429, "1305"), RetryState(2, 2, "read", 0.0)) is None


def test_a_call_that_was_refused_very_often_still_gets_a_number() -> None:
    assert delay(failure(429, "1302"), RetryState(0, 2, "read", 0.0, 5000, 1.0)) == MAX_DELAY
