"""Many texts to objects, several at once: failures in their places, and what all of it cost.

    python cookbook/llama_index/batch_extraction.py [letter.txt ...]

The price is that of z.ai's list, with its date: `zhipu_client.models.price_of`. Without a key the
emulator of this project answers: it fills the fields by simple rules.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel, Field

from llama_index_zhipu import ZhipuAI, track_costs
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

LETTERS = (
    "Order number: B-17. Customer: Ann Lee. Total: 120.50",
    "Order number: B-18. Customer: Ben Oduya. Total: 80.00",
    "Order number: B-19. Customer: Cho Min. Total: 45.25",
)


class Order(BaseModel):
    """An order, read from a letter."""

    order_number: str = Field(description="The order's number, such as B-1.")
    customer: str = Field(description="Who orders.")
    total: float = Field(description="The total amount.")


async def orders_of(letters: list[str]) -> list[Order | BaseException]:
    """Read all letters; one that cannot be read does not lose the others, which are paid for."""
    llm = ZhipuAI(model="glm-4.7", cost="zai", max_concurrency=8)
    prompt = PromptTemplate("{letter}")
    return await asyncio.gather(
        *(llm.astructured_predict(Order, prompt, letter=letter) for letter in letters),
        return_exceptions=True,
    )


def main(arguments: list[str] | None = None) -> int:
    """Read letters, show a table and its price."""
    paths = sys.argv[1:] if arguments is None else arguments
    letters = [Path(path).read_text("utf-8") for path in paths] or list(LETTERS)
    try:
        with stand_in(), track_costs() as tracked:
            orders = asyncio.run(orders_of(letters))
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    read = [order for order in orders if isinstance(order, Order)]
    for number, order in enumerate(orders, start=1):
        if isinstance(order, Order):
            print(f"{order.order_number:<6} {order.customer:<12} {order.total:>8.2f}")
        else:
            print(f"letter {number}: {order}")
    print(f"{len(read)} of {len(letters)} were read; {sum(each.total for each in read):.2f} in all")
    for currency, amount in tracked.costs.amounts.items():
        print(f"cost: {amount:.6f} {currency} for {tracked.costs.answers} answers")
    return 0 if len(read) == len(letters) else 1


if __name__ == "__main__":
    sys.exit(main())
