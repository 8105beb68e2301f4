"""A table of scanned receipts: OCR, then one object a receipt, several at once.

    python cookbook/llama_index/receipts.py [receipt.pdf ...]

Without files two small samples are made. Without a key the emulator of this project answers: it
fills the fields by simple rules.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from cookbook.access import access
from cookbook.paper import Text, Title, pdf
from llama_index_zhipu import ZhipuAI, create_ocr_extractor
from zhipu_client import ZhipuError

#: What a receipt becomes: a template is enough, its texts describe the fields.
RECEIPT = {"shop": "Name of the shop.", "date": "When, as YYYY-MM-DD.", "total": 0.0}


def samples() -> list[bytes]:
    """Two receipts as PDFs."""
    told = [("Tea House", "2026-03-01", "7.70"), ("Harbour Bakery", "2026-03-02", "4.20")]
    return [
        pdf(
            [
                [
                    Title("Receipt"),
                    Text(f"Shop: {shop}"),
                    Text(f"Date: {day}"),
                    Text(f"Total: {sum_}"),
                ]
            ]
        )
        for shop, day, sum_ in told
    ]


async def table(sources: list[Any], reach: dict[str, Any]) -> list[dict[str, Any]]:
    """Read receipts: paths, addresses or bytes."""
    extract = create_ocr_extractor(ZhipuAI(model="glm-4.7", **reach), RECEIPT)
    rows: list[dict[str, Any]] = await asyncio.gather(*map(extract.acall, sources))
    return rows


def main(arguments: list[str]) -> int:
    """Read receipts and show them as a table."""
    try:
        with access() as reach:
            rows = asyncio.run(table(list(arguments) or samples(), reach))
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    for row in rows:
        print(f"{row['date']}  {row['shop']:<24} {row['total']:>8.2f}")
    print(f"{'':10}  {'Sum':<24} {sum(row['total'] for row in rows):>8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
