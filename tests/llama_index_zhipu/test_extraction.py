"""create_ocr_extractor: from a file to an object."""

from __future__ import annotations

import json

import pytest
from llama_index.core.schema import Document
from pydantic import BaseModel
from typing_extensions import TypedDict

import zhipu_emulator
from llama_index_zhipu import ZhipuAI, ZhipuAIOCRReader, create_ocr_extractor
from llama_index_zhipu._chat.errors import StructuredOutputError
from tests.llama_index_zhipu.pdf import pdf
from zhipu_client import InvalidRequestError, ZhipuError


class Invoice(BaseModel):
    """An invoice."""

    number: str
    total: float


class Typed(TypedDict):
    number: str
    total: float


SCHEMA = {
    "title": "Bill",
    "type": "object",
    "properties": {"number": {"type": "string"}, "total": {"type": "number"}},
    "required": ["number", "total"],
}
FOUND = {"number": "A-17", "total": 7.7}


@pytest.fixture
def invoice() -> bytes:
    return pdf(["Invoice A-17", "Total: 7.70 EUR"])


@pytest.fixture
def reach(emulator):
    return {"api_key": emulator.api_key, "base_url": emulator.base_url, "max_retries": 0}


@pytest.fixture
def llm(reach) -> ZhipuAI:
    return ZhipuAI(model="glm-4.7", **reach)


def prompts(emulator) -> list[str]:
    chats = [r["json"] for r in emulator.requests if r["path"].endswith("/chat/completions")]
    return [json.dumps(body["messages"]) for body in chats]


def filled(emulator, content=None, **fields) -> None:
    """What the chat model will answer."""
    text = json.dumps(fields) if content is None else content
    message = {"role": "assistant", "content": text}
    emulator.script(zhipu_emulator.Answer(message=message, path="/chat/completions"))


@pytest.mark.parametrize("kind", ["bytes", "path", "text", "document", "documents"])
def test_sources(emulator, llm, invoice, tmp_path, kind):
    path = tmp_path / "invoice.pdf"
    path.write_bytes(invoice)
    parts = [Document(text="# Invoice A-17"), Document(text="Total: 7.70 EUR")]
    source = {
        "bytes": invoice,
        "path": path,
        "text": str(path),
        "document": Document(text="Invoice A-17\n\nTotal: 7.70 EUR"),
        "documents": parts,
    }[kind]
    filled(emulator, **FOUND)
    assert create_ocr_extractor(llm, Invoice)(source) == Invoice(**FOUND)
    (prompt,) = prompts(emulator)
    assert "Invoice A-17" in prompt
    assert "Total: 7.70 EUR" in prompt


async def test_async_and_instructions(emulator, llm, invoice):
    filled(emulator, **FOUND)
    extractor = create_ocr_extractor(llm, Invoice, instructions="Amounts are in {EUR}.")
    assert (await extractor.acall(invoice)).total == 7.7
    assert "Amounts are in {EUR}." in prompts(emulator)[0]


@pytest.mark.parametrize("schema", [SCHEMA, {"number": "its number", "total": 0.0}, Typed])
async def test_what_is_no_class_gives_a_dict(emulator, llm, invoice, schema):
    extractor = create_ocr_extractor(llm, schema)
    for way in ("call", "acall"):
        filled(emulator, **FOUND)
        found = extractor(invoice) if way == "call" else await extractor.acall(invoice)
        assert found == FOUND


@pytest.mark.parametrize("schema", [SCHEMA, Invoice])
def test_an_answer_that_does_not_fit_is_corrected(emulator, llm, invoice, schema):
    filled(emulator, number="A-17")
    filled(emulator, **FOUND)
    found = create_ocr_extractor(llm, schema)(invoice)
    assert found in (FOUND, Invoice(**FOUND))
    assert len(prompts(emulator)) == 2


@pytest.mark.parametrize("schema", [SCHEMA, Invoice])
async def test_streams(emulator, llm, invoice, schema):
    extractor = create_ocr_extractor(llm, schema)
    whole = FOUND if schema is SCHEMA else Invoice(**FOUND)
    filled(emulator, **FOUND)
    assert list(extractor.stream_call(invoice))[-1] == whole
    filled(emulator, **FOUND)
    parts = [part async for part in await extractor.astream_call(invoice)]
    assert parts[-1] == whole
    kinds = {type(part) for part in parts[:-1]}
    assert kinds <= ({dict} if schema is SCHEMA else kinds)


def test_the_key_and_address_of_the_model_are_used_for_ocr(emulator, llm, invoice):
    create_ocr_extractor(llm, Invoice)(invoice)
    assert {r["path"].rsplit("/", 1)[1] for r in emulator.requests} == {
        "layout_parsing",
        "completions",
    }


def test_a_reader_of_ones_own(emulator, llm, reach, invoice):
    reader = ZhipuAIOCRReader(first_page=1, last_page=1, **reach)
    filled(emulator, **FOUND)
    assert create_ocr_extractor(llm, Invoice, reader=reader)(invoice).number == "A-17"


async def test_include_raw(emulator, llm, invoice):
    extractor = create_ocr_extractor(llm, Invoice, include_raw=True)
    for way in ("call", "acall"):
        filled(emulator, **FOUND)
        found = extractor(invoice) if way == "call" else await extractor.acall(invoice)
        assert set(found) == {"raw", "parsed", "parsing_error"}
        assert found["parsed"] == Invoice(**FOUND)
        assert json.loads(found["raw"].message.content) == FOUND
        filled(emulator, "no object")
        filled(emulator, "still none")
        found = extractor(invoice) if way == "call" else await extractor.acall(invoice)
        assert found["parsed"] is None
        assert isinstance(found["parsing_error"], StructuredOutputError)
        assert "still none" in found["raw"].message.content


def test_a_failed_call_is_no_parsing_error(emulator, llm, invoice):
    emulator.script("error=1210")
    with pytest.raises(ZhipuError):
        create_ocr_extractor(llm, Invoice, include_raw=True)(invoice)


def test_what_is_no_document(llm):
    with pytest.raises(InvalidRequestError, match="a document is a path"):
        create_ocr_extractor(llm, Invoice)(17)


@pytest.mark.parametrize("schema", [{}, {"a": {}}, list[int], int])
def test_what_is_no_schema(llm, schema):
    with pytest.raises(InvalidRequestError, match=r"must (not be empty|be of an object)"):
        create_ocr_extractor(llm, schema)
