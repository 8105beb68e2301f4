"""What a call costs, from dated prices. Where a price is not known there is no number. Pure.

The prices are in ``prices.json``, each with the page and the date that it comes from. They inform;
what is billed is said by the service.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from zhipu_client._check import booleans
from zhipu_client.models._table import MODELS

__all__ = ["PRICED_SITES", "Costs", "Price", "cost_of", "price_of"]

#: Whose prices there are. The coding plans are paid by the month.
PRICED_SITES = ("bigmodel", "zai")
_MILLION = 1_000_000
#: A batch costs half.
_BATCH = 0.5
_DIGITS = 10


def _text() -> bytes:
    loader: Any = __spec__.loader
    found: bytes = loader.get_data(str(Path(__file__).with_name("prices.json")))
    return found


#: Read with the module: the first look may be on somebody's event loop.
_TEXT = _text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of one model, or of one search engine, on one site.

    Attributes:
        model: The code.
        site: ``bigmodel`` or ``zai``.
        currency: ``CNY`` or ``USD``.
        input: Of a million tokens of prompt; None where it is priced otherwise.
        cached: Of a million tokens of prompt that the cache served; None: as ``input``.
        output: Of a million tokens of answer.
        call: Of one call.
        as_of: The day or month of the page.
        source: The page.
    """

    model: str
    site: str
    currency: str
    input: float | None = None
    cached: float | None = None
    output: float | None = None
    call: float | None = None
    as_of: str = ""
    source: str = ""


def price_of(model: str, site: str) -> Price | None:
    """Return the price of a model or search engine on a site; None where it is not known.

    Args:
        model: A code, such as ``"glm-4.7"`` or ``"search_std"``.
        site: ``"bigmodel"`` or ``"zai"``.

    Examples:
        >>> from zhipu_client import models
        >>> models.price_of("glm-4.7", "zai").output
        2.2
        >>> models.price_of("glm-4.7", "zai").currency
        'USD'
    """
    return _prices().get((model.lower(), site))


def cost_of(
    model: str, site: str, usage: Mapping[str, Any], *, batch: bool = False
) -> dict[str, Any] | None:
    """Return what the tokens of an answer cost; None where the price is not known.

    Args:
        model: The code that was asked.
        site: ``"bigmodel"`` or ``"zai"``.
        usage: The wire's ``usage``: ``prompt_tokens``, ``completion_tokens`` and, in
            ``prompt_tokens_details``, ``cached_tokens``.
        batch: Whether it was asked in a batch.

    Returns:
        ``{"amount", "currency", "as_of"}``, the amount in units of the currency.

    Examples:
        >>> from zhipu_client import models
        >>> usage = {"prompt_tokens": 1000, "completion_tokens": 500}
        >>> models.cost_of("glm-4.7", "zai", usage)
        {'amount': 0.0017, 'currency': 'USD', 'as_of': '2026-03'}
    """
    booleans(batch=batch)
    price = price_of(model, site)
    if price is None or price.input is None or price.output is None:
        return None
    told, written = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    if told is None or written is None:
        return None
    details = usage.get("prompt_tokens_details")
    cached = _count(details, "cached_tokens") if isinstance(details, Mapping) else None
    cached = min(cached or 0, told)
    of_cached = price.input if price.cached is None else price.cached
    amount = (told - cached) * price.input + cached * of_cached + written * price.output
    amount *= (_BATCH if batch else 1) / _MILLION
    return {
        "amount": round(amount, _DIGITS),
        "currency": price.currency,
        "as_of": price.as_of,
    }


@cache
def _prices() -> dict[tuple[str, str], Price]:
    data = json.loads(_TEXT)
    found: dict[tuple[str, str], Price] = {}
    for kind in ("tokens", "calls"):
        for site, rows in data[kind].items():
            for row in rows:
                found[row["model"], site] = Price(**{"site": site, **data["pages"][site], **row})
    for info in MODELS.values():  # what costs nothing costs nothing in any currency
        page = data["pages"]["bigmodel"]
        if info.free and info.kind in ("chat", "vision"):
            free = Price(model=info.id, site="bigmodel", input=0.0, cached=0.0, output=0.0, **page)
            found.setdefault((info.id, "bigmodel"), free)
    return found


def _count(usage: Mapping[str, Any], name: str) -> int | None:
    value = usage.get(name)
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count else None


@dataclass(slots=True)
class Costs:
    """What several answers cost together. Crosses processes; ``costs + others`` puts two together.

    Attributes:
        amounts: The sum in each currency.
        answers: How many answers were counted.
        unpriced: How many of them had no price: the sums are without these.

    Examples:
        >>> from zhipu_client.models import Costs
        >>> costs = Costs()
        >>> costs.add({"amount": 0.25, "currency": "USD"})
        >>> costs.add(None)
        >>> (costs + costs).amounts, costs.unpriced
        ({'USD': 0.5}, 1)
    """

    amounts: dict[str, float] = field(default_factory=dict)
    answers: int = 0
    unpriced: int = 0

    def add(self, cost: Any) -> None:
        """Count an answer, by what `cost_of` returned for it."""
        self.answers += 1
        if not isinstance(cost, Mapping) or not isinstance(cost.get("amount"), (int, float)):
            self.unpriced += 1
            return
        currency = str(cost.get("currency"))
        self.amounts[currency] = round(
            self.amounts.get(currency, 0.0) + float(cost["amount"]), _DIGITS
        )

    def __add__(self, other: Costs) -> Costs:
        amounts = {
            name: round(self.amounts.get(name, 0.0) + other.amounts.get(name, 0.0), _DIGITS)
            for name in {**self.amounts, **other.amounts}
        }
        return Costs(amounts, self.answers + other.answers, self.unpriced + other.unpriced)
