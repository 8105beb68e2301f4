"""Prices: dated, with their page; no number where none is known."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from zhipu_client import models
from zhipu_client.models import Costs
from zhipu_client.models._prices import _prices


def usage(told: Any = 1_000_000, written: Any = 1_000_000, cached: Any = None) -> dict[str, Any]:
    found: dict[str, Any] = {"prompt_tokens": told, "completion_tokens": written}
    if cached is not None:
        found["prompt_tokens_details"] = {"cached_tokens": cached}
    return found


def test_every_price_says_where_it_comes_from() -> None:
    assert len(_prices()) > 20
    for (model, site), price in _prices().items():
        assert (price.model, price.site) == (model, site)
        assert site in models.PRICED_SITES
        assert price.currency == {"zai": "USD", "bigmodel": "CNY"}[site]
        assert price.as_of.startswith("2026-")
        assert "docs." in price.source
        assert model.startswith("search_") or models.get(model) is not None
        if price.cached is not None and price.input is not None:
            assert price.cached <= price.input


@pytest.mark.parametrize(
    ("given", "amount"),
    [
        (usage(), 2.8),
        (usage(cached=0), 2.8),
        (usage(cached=400_000), 0.6 * 0.6 + 0.4 * 0.11 + 2.2),
        (usage(cached=2_000_000), 0.11 + 2.2),
        (usage(0, 0), 0.0),
    ],
)
def test_tokens_of_the_cache_cost_less(given: dict[str, Any], amount: float) -> None:
    found = models.cost_of("glm-4.7", "zai", given)
    assert found is not None
    assert found["amount"] == pytest.approx(amount)
    assert found["currency"] == "USD"
    half = models.cost_of("glm-4.7", "zai", given, batch=True)
    assert half is not None
    assert half["amount"] == pytest.approx(amount / 2)


def test_without_a_price_of_its_own_the_cache_costs_as_much() -> None:
    found = models.cost_of("glm-5.3", "zai", usage(cached=500_000))
    assert found is not None
    assert found["amount"] == pytest.approx(5.8)


@pytest.mark.parametrize(
    ("model", "site", "given"),
    [
        ("glm-4.7", "bigmodel", usage()),
        ("glm-4.7", "zai-coding", usage()),
        ("glm-9", "zai", usage()),
        ("search_std", "bigmodel", usage()),
        ("glm-4.7", "zai", {}),
        ("glm-4.7", "zai", usage(told=None)),
        ("glm-4.7", "zai", usage(told="12")),
        ("glm-4.7", "zai", usage(told=True)),
        ("glm-4.7", "zai", usage(written=-1)),
    ],
)
def test_where_something_is_not_known_there_is_no_number(
    model: str, site: str, given: dict[str, Any]
) -> None:
    assert models.cost_of(model, site, given) is None


def test_what_is_free_costs_nothing() -> None:
    assert models.cost_of("glm-4.7-flash", "bigmodel", usage())["amount"] == 0.0  # type: ignore[index]
    assert models.cost_of("GLM-4.7-Flash", "zai", usage())["amount"] == 0.0  # type: ignore[index]


def test_sums_cross_processes() -> None:
    costs = Costs()
    for amount in (0.1, 0.2):
        costs.add({"amount": amount, "currency": "USD"})
    costs.add({"amount": 1, "currency": "CNY"})
    costs.add(None)
    costs.add({"amount": "1"})
    other = pickle.loads(pickle.dumps(costs))
    assert other == costs
    assert (costs + other).amounts == {"USD": 0.6, "CNY": 2.0}
    assert ((costs + other).answers, (costs + other).unpriced) == (10, 4)
