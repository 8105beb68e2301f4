"""From a scanned invoice to a checked object: OCR, then structured output.

    python cookbook/langchain/invoice.py [invoice.pdf]

Without a file a small sample is read. Without a key the emulator of this project answers: it fills
the fields by simple rules.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field

from langchain_zhipu import ChatZhipuAI, create_ocr_extractor
from zhipu_client import ZhipuError
from zhipu_emulator import sample, stand_in

SAMPLE = sample("invoice_hydrophones.pdf")


class Item(BaseModel):
    """A line of an invoice."""

    description: str = Field(description="What was sold.")
    quantity: int = Field(description="How many.")
    price: Decimal = Field(description="The price of one, without the currency.")


class Invoice(BaseModel):
    """An invoice."""

    invoice_number: str = Field(description="The invoice's number, such as A-17.")
    date: str = Field(description="When it was written, as YYYY-MM-DD.")
    customer: str = Field(description="Who has to pay.")
    currency: str = Field(description="The currency as three letters, such as EUR.")
    items: list[Item] = Field(description="All lines of the table.")
    total: Decimal = Field(description="The total amount, without the currency.")

    @property
    def adds_up(self) -> bool:
        """True when the lines come to the total: the cheapest check of what was read."""
        return sum((item.quantity * item.price for item in self.items), Decimal()) == self.total


def read_invoice(source: Any) -> Invoice:
    """Read one invoice: a path, an address or bytes."""
    extractor = create_ocr_extractor(ChatZhipuAI(model="glm-4.7"), Invoice)
    invoice: Invoice = extractor.invoke(source)
    return invoice


def main(arguments: list[str]) -> int:
    """Read an invoice and show it."""
    try:
        with stand_in():
            invoice = read_invoice(arguments[0] if arguments else SAMPLE)
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    print(f"Invoice {invoice.invoice_number} of {invoice.date} for {invoice.customer}")
    for item in invoice.items:
        print(
            f"  {item.quantity:>3} x {item.description:<24} {item.price:>10.2f} {invoice.currency}"
        )
    check = "adds up" if invoice.adds_up else "does not add up: have a look at it"
    print(f"  Total {invoice.total:.2f} {invoice.currency}, which {check}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
