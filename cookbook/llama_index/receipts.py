"""A table of scanned receipts: OCR, then one object a receipt, several at once.

    python cookbook/llama_index/receipts.py [receipt.pdf ...]

Without files two small samples are read. Without a key the emulator of this project answers: it
fills the fields by simple rules.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from llama_index_zhipu import ZhipuAI, create_ocr_extractor
from zhipu_client import ZhipuError
from zhipu_emulator import sample, stand_in

#: What a receipt becomes: a template is enough, its texts describe the fields.
RECEIPT = {"shop": "Name of the shop.", "date": "When, as YYYY-MM-DD.", "total": 0.0}
SAMPLES = sample("receipts")


async def table(sources: list[Any]) -> list[dict[str, Any]]:
    """Read receipts: paths, addresses or bytes."""
    extract = create_ocr_extractor(ZhipuAI(model="glm-4.7"), RECEIPT)
    rows: list[dict[str, Any]] = await asyncio.gather(*map(extract.acall, sources))
    return rows


def main(arguments: list[str]) -> int:
    """Read receipts and show them as a table."""
    try:
        with stand_in():
            rows = asyncio.run(table(list(arguments) or sorted(SAMPLES.iterdir(), reverse=True)))
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    for row in rows:
        print(f"{row['date']}  {row['shop']:<24} {row['total']:>8.2f}")
    print(f"{'':10}  {'Sum':<24} {sum(row['total'] for row in rows):>8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
