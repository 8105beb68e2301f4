"""Extract an object from a scanned document: GLM-OCR reads it, a chat model fills the schema."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Literal, TypeVar, overload

from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from langchain_core.language_models import BaseChatModel
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import BaseModel

from langchain_zhipu.document_loaders import ZhipuAIOCRLoader, ZhipuAIOCRParser
from zhipu_client import InvalidRequestError
from zhipu_client.adapting import ConnectionSettings
from zhipu_client.conversation import extraction_prompt, extraction_schema, schema_from_template

__all__ = ["create_ocr_extractor", "schema_from_template"]


Model = TypeVar("Model", bound=BaseModel)


@overload
def create_ocr_extractor(
    model: BaseChatModel,
    schema: type[Model],
    *,
    parser: ZhipuAIOCRParser | None = ...,
    instructions: str = ...,
    include_raw: Literal[False] = ...,
    **kwargs: Any,
) -> Runnable[Any, Model]: ...
@overload
def create_ocr_extractor(
    model: BaseChatModel,
    schema: type | Mapping[str, Any],
    *,
    parser: ZhipuAIOCRParser | None = ...,
    instructions: str = ...,
    include_raw: Literal[True],
    **kwargs: Any,
) -> Runnable[Any, dict[str, Any]]: ...
@overload
def create_ocr_extractor(
    model: BaseChatModel,
    schema: type | Mapping[str, Any],
    *,
    parser: ZhipuAIOCRParser | None = ...,
    instructions: str = ...,
    include_raw: bool = ...,
    **kwargs: Any,
) -> Runnable[Any, Any]: ...


def create_ocr_extractor(
    model: BaseChatModel,
    schema: type | Mapping[str, Any],
    *,
    parser: ZhipuAIOCRParser | None = None,
    instructions: str = "",
    include_raw: bool = False,
    **kwargs: Any,
) -> Runnable[Any, Any]:
    """Return a runnable that reads a document and fills a schema.

    It is OCR followed by ``model.with_structured_output(schema)``, and runs, streams, batches and
    traces like any chain. Its input is what `ZhipuAIOCRLoader` takes (a path, an address, bytes),
    a ``Blob``, or documents that were already read.

    Args:
        model: A chat model, usually ``ChatZhipuAI``.
        schema: A pydantic class, a TypedDict, a JSON Schema, or a template: the object as it
            should come out, such as ``{"number": "", "total": 0.0, "items": [{"name": ""}]}``. A
            string in a template that is not empty describes the field.
        parser: The parser of the document; None makes one that reads it as a whole, with the key
            and base URL of ``model`` if that is a ``ChatZhipuAI``.
        instructions: Further instructions for the chat model.
        include_raw: Return ``{"raw", "parsed", "parsing_error"}`` in place of the object.
        kwargs: Further arguments of ``with_structured_output``, such as ``method``.

    Raises:
        InvalidRequestError: The schema or template is empty. While running: see
            `ZhipuAIOCRLoader`.

    Example:
        ```python
        from langchain_zhipu import ChatZhipuAI, create_ocr_extractor
        from pydantic import BaseModel

        class Invoice(BaseModel):
            number: str
            total: float

        extractor = create_ocr_extractor(ChatZhipuAI(model="glm-4.7"), Invoice)
        invoice = extractor.invoke("invoice.pdf")
        print(invoice.number, invoice.total)
        ```
    """
    made = extraction_schema(schema) if isinstance(schema, Mapping) else schema
    reader = _Reader(parser or _parser_for(model))
    read = RunnableLambda(reader.read, afunc=reader.aread, name="read_document")
    prompt = ChatPromptTemplate.from_messages(
        [("system", "{system}"), ("human", "{document}")]
    ).partial(system=extraction_prompt(instructions))
    structured = model.with_structured_output(made, include_raw=include_raw, **kwargs)
    return read | prompt | structured


def _parser_for(model: Any) -> ZhipuAIOCRParser:
    settings: dict[str, Any] = {}
    if isinstance(model, ConnectionSettings):
        # OCR uses the same server and key as the chat model.
        settings = {name: getattr(model, name) for name in ConnectionSettings.model_fields}
    return ZhipuAIOCRParser(mode="single", boxes=False, **settings)


class _Reader:
    """Reads the runnable's input as text."""

    def __init__(self, parser: ZhipuAIOCRParser) -> None:
        self._parser = parser

    def read(self, source: Any) -> dict[str, str]:
        documents = _documents(source)
        if documents is None:
            documents = (
                self._parser.parse(source) if _is_blob(source) else self._loader(source).load()
            )
        return _joined(documents)

    async def aread(self, source: Any) -> dict[str, str]:
        documents = _documents(source)
        if documents is None and _is_blob(source):
            documents = await self._parser.aparse(source)
        elif documents is None:
            documents = await self._loader(source).aload()
        return _joined(documents)

    def _loader(self, source: Any) -> ZhipuAIOCRLoader:
        if not isinstance(source, (str, PurePath, bytes)):
            raise InvalidRequestError(
                "a document is a path, an address, bytes, a Blob or Documents, got "
                f"{type(source).__name__}",
                field="source",
            )
        names = type(self._parser).model_fields
        return ZhipuAIOCRLoader(source, **{name: getattr(self._parser, name) for name in names})


def _is_blob(source: Any) -> bool:
    return isinstance(source, Blob)


def _documents(source: Any) -> list[Document] | None:
    if isinstance(source, Document):
        return [source]
    if isinstance(source, (list, tuple)) and all(isinstance(one, Document) for one in source):
        return list(source)
    return None


def _joined(documents: list[Document]) -> dict[str, str]:
    return {"document": "\n\n".join(document.page_content for document in documents)}
