"""Fields that a document tells in its own words: the number of the clause that is about them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field, create_model

import langchain_zhipu
import llama_index_zhipu
from zhipu_emulator import sample

COST = Field(description="水听器费用（元）")
CHINESE: dict[str, Any] = {"队长": (str, ...), "江豚数量": (int, ...), "费用": (int, COST)}
ENGLISH: dict[str, Any] = {"hydrophone_cost": (int, ...)}


@pytest.mark.parametrize(
    ("file", "fields", "values"),
    [
        ("report_zh.pdf", CHINESE, ["周敏", 46, 32800]),
        ("report.pdf", ENGLISH, [4100]),
    ],
)
async def test_a_report_fills_a_schema(
    model, llm, file: str, fields: dict[str, Any], values: list[object]
) -> None:
    wanted: type[BaseModel] = create_model("Wanted", **fields)
    found = wanted(**dict(zip(fields, values, strict=True)))
    extractor = langchain_zhipu.create_ocr_extractor(model, wanted)
    assert extractor.invoke(sample(file)) == found
    assert await extractor.ainvoke(sample(file)) == found
    program = llama_index_zhipu.create_ocr_extractor(llm, wanted)
    assert await program.acall(source=sample(file)) == found
