"""ZhipuAIOCRParser: blobs, by itself and in LangChain's own machinery."""

from __future__ import annotations

import pytest
from langchain_core.documents.base import Blob

from langchain_zhipu import ZhipuAIOCRParser
from zhipu_client import InvalidRequestError


@pytest.fixture
def parser(access) -> ZhipuAIOCRParser:
    return ZhipuAIOCRParser(**access)


def test_a_blob_with_a_path(parser, five_pages):
    blob = Blob.from_path(five_pages, metadata={"owner": "Mei"})
    documents = parser.parse(blob)
    assert len(documents) == 5
    assert documents[0].metadata["source"] == str(five_pages)
    assert documents[0].metadata["owner"] == "Mei"
    assert documents[4].metadata["page"] == 4


def test_a_blob_with_data_keeps_its_own_source(access, picture):
    parser = ZhipuAIOCRParser(keep_empty=True, **access)
    blob = Blob.from_data(picture, mime_type="application/pdf", path="mail/1/scan.png")
    (document,) = parser.lazy_parse(blob)
    assert document.metadata["source"] == "mail/1/scan.png"
    named = Blob.from_data(picture, metadata={"source": "mail:1"})
    assert parser.parse(named)[0].metadata["source"] == "mail:1"


async def test_async(parser, five_pages):
    blob = Blob.from_path(five_pages)
    found = await parser.aparse(blob)
    assert [d.page_content for d in found] == [d.page_content for d in parser.parse(blob)]


def test_no_document(parser):
    with pytest.raises(InvalidRequestError, match="neither PDF, PNG nor JPEG"):
        parser.parse(Blob.from_data("text"))
