"""create_ocr_extractor: from a file to an object."""

from __future__ import annotations

import json

import pytest
from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from pydantic import BaseModel

import zhipu_emulator
from cookbook.paper import Table, Text, Title, pdf
from langchain_zhipu import ChatZhipuAI, create_ocr_extractor
from langchain_zhipu.extraction import schema_from_template
from zhipu_client import InvalidRequestError


class Invoice(BaseModel):
    """An invoice."""

    number: str
    total: float


@pytest.fixture
def invoice() -> bytes:
    return pdf(
        [
            [
                Title("Invoice A-17"),
                Text("Total: 7.70 EUR"),
                Table([["Tea", "3.50"], ["Mug", "4.20"]]),
            ]
        ]
    )


@pytest.fixture
def model(access) -> ChatZhipuAI:
    return ChatZhipuAI(model="glm-4.7", **access)


def prompts(server) -> list[str]:
    chats = [r["json"] for r in server.requests if r["path"].endswith("/chat/completions")]
    return [json.dumps(body["messages"]) for body in chats]


def filled(server, **fields) -> None:
    """What the chat model will answer: a call of the schema's tool."""
    call = {"name": "Invoice", "arguments": json.dumps(fields)}
    message = {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
    }
    server.script(zhipu_emulator.Answer(message=message, path="/chat/completions"))


@pytest.mark.parametrize("kind", ["bytes", "path", "text", "blob", "documents"])
def test_sources(server, model, invoice, tmp_path, kind):
    path = tmp_path / "invoice.pdf"
    path.write_bytes(invoice)
    source = {
        "bytes": invoice,
        "path": path,
        "text": str(path),
        "blob": Blob.from_path(path),
        "documents": [Document("# Invoice A-17"), Document("Total: 7.70 EUR")],
    }[kind]
    server.script(*([None] if kind != "documents" else []))
    filled(server, number="A-17", total=7.7)
    extractor = create_ocr_extractor(model, Invoice, method="function_calling")
    assert extractor.invoke(source) == Invoice(number="A-17", total=7.7)
    (prompt,) = prompts(server)
    assert "Invoice A-17" in prompt
    assert "Total: 7.70 EUR" in prompt


async def test_async_and_instructions(server, model, invoice):
    server.script(None)
    filled(server, number="A-17", total=7.7)
    extractor = create_ocr_extractor(
        model, Invoice, instructions="Amounts are in EUR.", method="function_calling"
    )
    assert (await extractor.ainvoke(invoice)).total == 7.7
    assert "Amounts are in EUR." in prompts(server)[0]


def test_the_key_and_address_of_the_model_are_used_for_ocr(server, model, invoice):
    create_ocr_extractor(model, Invoice).invoke(invoice)
    assert {r["path"].rsplit("/", 1)[1] for r in server.requests} == {
        "layout_parsing",
        "completions",
    }


def test_a_template_says_what_comes_out(server, model, invoice):
    template = {"number": "the invoice's number", "total": 0.0}
    extractor = create_ocr_extractor(model, template)
    found = extractor.invoke(invoice)
    assert isinstance(found, dict)
    assert set(found) == {"number", "total"}


def test_templates_become_schemas():
    schema = schema_from_template(
        {"number": "its number", "paid": False, "items": [{"name": "", "count": 1}], "x": None}
    )
    assert schema["properties"] == {
        "number": {"type": "string", "description": "its number"},
        "paid": {"type": "boolean"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "count": {"type": "integer"}},
                "required": ["name", "count"],
            },
        },
        "x": {},
    }
    assert schema["required"] == ["number", "paid", "items", "x"]
    with pytest.raises(InvalidRequestError, match=r"template\.a must not be empty"):
        schema_from_template({"a": {}})
    with pytest.raises(InvalidRequestError, match=r"template\.a must be a text"):
        schema_from_template({"a": object()})


def test_include_raw(server, model, invoice):
    server.script(None)
    filled(server, number="A-17")
    extractor = create_ocr_extractor(model, Invoice, include_raw=True, method="function_calling")
    assert set(extractor.invoke(invoice)) == {"raw", "parsed", "parsing_error"}


def test_what_is_no_document(model):
    with pytest.raises(InvalidRequestError, match="a document is a path"):
        create_ocr_extractor(model, Invoice).invoke(17)
