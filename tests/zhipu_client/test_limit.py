"""The adaptive limit: open, closed by a refusal, growing, reopened."""

from __future__ import annotations

from zhipu_client._adaptive_limit import FORGET_AFTER, REOPEN_AFTER, AdaptiveLimit


def started(limit: AdaptiveLimit, number: int) -> None:
    for _ in range(number):
        limit.start()


def test_open_until_the_first_refusal() -> None:
    limit = AdaptiveLimit()
    started(limit, 1000)
    assert limit.free()
    assert limit.limit is None


def test_a_refusal_closes_it_to_a_share_of_what_was_in_flight() -> None:
    limit = AdaptiveLimit()
    started(limit, 10)
    limit.refused(0.0)
    assert limit.limit == 7
    assert not limit.free()


def test_a_burst_of_refusals_finds_the_level() -> None:
    limit = AdaptiveLimit()
    started(limit, 40)
    for _ in range(35):
        limit.refused(0.0)
        limit.end()
    assert limit.limit == 4  # 0.7 of the six that were in flight at the last refusal


def test_never_below_one() -> None:
    limit = AdaptiveLimit()
    limit.start()
    limit.refused(0.0)
    assert limit.limit == 1


def test_a_full_round_of_successes_raises_it_by_one() -> None:
    limit = AdaptiveLimit(limit=3)
    started(limit, 3)
    limit.succeeded(0.0)
    limit.succeeded(0.0)
    assert limit.limit == 3
    limit.succeeded(0.0)
    assert limit.limit == 4


def test_successes_below_the_limit_prove_nothing() -> None:
    limit = AdaptiveLimit(limit=3)
    limit.start()
    for _ in range(10):
        limit.succeeded(0.0)
    assert limit.limit == 3


def test_a_careful_call_takes_no_place_that_is_being_tried_out() -> None:
    limit = AdaptiveLimit()
    limit.start()
    limit.refused(0.0)
    limit.succeeded(0.0)
    assert limit.limit == 2
    assert limit.free()
    assert not limit.free(careful=True)
    limit.end()
    assert limit.free(careful=True)


def test_time_alone_is_no_reason_to_reopen() -> None:
    limit = AdaptiveLimit()
    started(limit, 10)
    limit.refused(0.0)
    assert not limit.free()
    limit.succeeded(100 * REOPEN_AFTER)  # the first that was served, in a hundred minutes
    assert limit.limit == 7


def test_a_minute_of_served_requests_reopens_it_for_those_who_need_not_wait() -> None:
    limit = AdaptiveLimit()
    started(limit, 10)
    limit.refused(0.0)
    for _ in range(9):
        limit.end()
    limit.succeeded(1000.0)
    limit.succeeded(1000.0 + REOPEN_AFTER - 1)
    assert limit.limit == 7
    limit.succeeded(1000.0 + REOPEN_AFTER + 1)
    assert limit.limit is None


def test_calls_that_wait_are_not_all_let_loose_at_once() -> None:
    limit = AdaptiveLimit()
    started(limit, 10)
    limit.refused(0.0)
    limit.end()
    for time in (100.0, 100.0 + REOPEN_AFTER + 1):
        limit.succeeded(time, waiting=True)
    assert limit.limit == 14
    limit.succeeded(100.0 + REOPEN_AFTER + 2, waiting=True)  # a new minute has begun
    assert limit.limit == 14


def test_a_refusal_in_that_minute_begins_it_again() -> None:
    limit = AdaptiveLimit()
    started(limit, 5)
    limit.refused(0.0)
    limit.succeeded(10.0)
    limit.refused(50.0)
    limit.succeeded(10.0 + REOPEN_AFTER + 1)
    assert limit.limit == 3


def test_an_old_limit_that_nobody_uses_may_be_forgotten() -> None:
    limit = AdaptiveLimit()
    limit.start()
    limit.refused(0.0)
    limit.end()
    assert not limit.fresh(60.0)
    assert limit.fresh(FORGET_AFTER + 1)
