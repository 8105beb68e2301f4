"""The adaptive limit: open, closed by a refusal, growing, reopened."""

from __future__ import annotations

from zhipu_client._limit import REOPEN_AFTER, AdaptiveLimit


def started(limit: AdaptiveLimit, number: int) -> None:
    for _ in range(number):
        limit.start()


def test_open_until_the_first_refusal() -> None:
    limit = AdaptiveLimit()
    started(limit, 1000)
    assert limit.free(0.0)
    assert limit.limit is None


def test_a_refusal_closes_it_to_a_share_of_what_was_in_flight() -> None:
    limit = AdaptiveLimit()
    started(limit, 10)
    limit.refused(0.0)
    assert limit.limit == 7
    assert not limit.free(0.0)


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
    limit.succeeded()
    limit.succeeded()
    assert limit.limit == 3
    limit.succeeded()
    assert limit.limit == 4


def test_successes_below_the_limit_prove_nothing() -> None:
    limit = AdaptiveLimit(limit=3)
    limit.start()
    for _ in range(10):
        limit.succeeded()
    assert limit.limit == 3


def test_a_careful_call_takes_no_place_that_is_being_tried_out() -> None:
    limit = AdaptiveLimit()
    limit.start()
    limit.refused(0.0)
    limit.succeeded()
    assert limit.limit == 2
    assert limit.free(0.0)
    assert not limit.free(0.0, careful=True)
    limit.end()
    assert limit.free(0.0, careful=True)


def test_it_reopens_after_a_while_without_refusals() -> None:
    limit = AdaptiveLimit()
    started(limit, 10)
    limit.refused(100.0)
    assert not limit.free(100.0 + REOPEN_AFTER - 1)
    assert limit.free(100.0 + REOPEN_AFTER + 1)
    assert limit.limit is None
