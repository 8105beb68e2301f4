"""Extract an object from a scanned document: GLM-OCR reads it, a chat model fills the schema."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping
from pathlib import PurePath
from typing import Any, Generic, Literal, TypeVar, overload

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.llms.llm import LLM
from llama_index.core.prompts import ChatPromptTemplate
from llama_index.core.schema import Document
from llama_index.core.types import BasePydanticProgram
from pydantic import BaseModel, RootModel, TypeAdapter, ValidationError, model_validator
from pydantic.errors import PydanticUserError

from zhipu_client import InvalidRequestError
from zhipu_client.adapting import ConnectionSettings, booleans, refuse
from zhipu_client.conversation import (
    extraction_prompt,
    extraction_schema,
    problems,
    schema_from_template,
)

from ._chat.errors import StructuredOutputError
from ._chat.structured import StructuredOutputMixin
from .readers import ZhipuAIOCRReader

__all__ = ["OCRExtractor", "create_ocr_extractor", "schema_from_template"]

_PROMPT = ChatPromptTemplate(
    [
        ChatMessage(role=MessageRole.SYSTEM, content="{system}"),
        ChatMessage(role=MessageRole.USER, content="{document}"),
    ]
)


Model = TypeVar("Model", bound=BaseModel)


@overload
def create_ocr_extractor(
    llm: LLM,
    schema: type[Model],
    *,
    reader: ZhipuAIOCRReader | None = ...,
    instructions: str = ...,
    include_raw: Literal[False] = ...,
    **kwargs: Any,
) -> OCRExtractor[Model]: ...
@overload
def create_ocr_extractor(
    llm: LLM,
    schema: type | Mapping[str, Any],
    *,
    reader: ZhipuAIOCRReader | None = ...,
    instructions: str = ...,
    include_raw: bool = ...,
    **kwargs: Any,
) -> OCRExtractor[Any]: ...


def create_ocr_extractor(
    llm: LLM,
    schema: type | Mapping[str, Any],
    *,
    reader: ZhipuAIOCRReader | None = None,
    instructions: str = "",
    include_raw: bool = False,
    **kwargs: Any,
) -> OCRExtractor[Any]:
    """Return a program that reads a document and fills a schema.

    It is OCR followed by ``llm.structured_predict``. It is called with what `ZhipuAIOCRReader`
    takes (a path, an address, bytes), or with documents that were already read; ``acall``,
    ``stream_call`` and ``astream_call`` do the same asynchronously and with the object as far as it
    has come.

    Args:
        llm: A chat model, usually ``ZhipuAI``.
        schema: A pydantic class, a TypedDict, a JSON Schema, or a template: the object as it
            should come out, such as ``{"number": "", "total": 0.0, "items": [{"name": ""}]}``. A
            string in a template that is not empty describes the field. For all but a pydantic
            class the object is a dict.
        reader: The reader of the document; None makes one that reads it as a whole, with the key
            and base URL of ``llm`` if that is a ``ZhipuAI``.
        instructions: Further instructions for the chat model.
        include_raw: Return ``{"raw", "parsed", "parsing_error"}`` in place of the object; ``raw``
            is the answer of the model (None from other classes than ``ZhipuAI``).
        kwargs: Further arguments of the chat call, such as ``temperature``.

    Raises:
        InvalidRequestError: The schema or template is empty. While running: see
            `ZhipuAIOCRReader`.
        StructuredOutputError: While running: the answer does not fit, and neither does the
            corrected one.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAI, create_ocr_extractor
        from pydantic import BaseModel

        class Invoice(BaseModel):
            number: str
            total: float

        extractor = create_ocr_extractor(ZhipuAI(model="glm-4.7"), Invoice)
        invoice = extractor("invoice.pdf")
        print(invoice.number, invoice.total)
        ```
    """
    return OCRExtractor(
        llm,
        _class_of(schema),
        reader=reader or _reader_for(llm),
        system=extraction_prompt(instructions),
        include_raw=include_raw,
        llm_kwargs=kwargs,
    )


class OCRExtractor(BasePydanticProgram[Model], Generic[Model]):
    """A program from a document to an object; made by `create_ocr_extractor`.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAI, create_ocr_extractor
        from pydantic import BaseModel

        class Invoice(BaseModel):
            number: str
            total: float

        extractor = create_ocr_extractor(ZhipuAI(model="glm-4.7"), Invoice)
        print(extractor.output_cls, extractor("invoice.pdf").total)
        ```
    """

    def __init__(
        self,
        llm: LLM,
        output_cls: type[BaseModel],
        *,
        reader: ZhipuAIOCRReader,
        system: str,
        include_raw: bool,
        llm_kwargs: dict[str, Any],
    ) -> None:
        booleans(include_raw=include_raw)
        self._llm = llm
        self._output_cls = output_cls
        self._reader = reader
        self._system = system
        self._include_raw = include_raw
        self._llm_kwargs = llm_kwargs

    @property
    def output_cls(self) -> type[Any]:
        """The class of what comes out; for a schema or template, one that keeps a dict."""
        return self._output_cls

    def __call__(self, source: Any) -> Model:
        """Read a document and return the object."""
        found: Model = self._predicted(self._values(self._documents(source)))
        return found

    async def acall(self, source: Any) -> Model:
        """Read a document and return the object, asynchronously."""
        found: Model = await self._apredicted(self._values(await self._adocuments(source)))
        return found

    def stream_call(self, source: Any) -> Generator[Model, None, None]:
        """Read a document and yield the object as far as it has come, the whole one last."""
        values = self._values(self._documents(source))
        for found in self._llm.stream_structured_predict(
            self._output_cls, _PROMPT, self._llm_kwargs, **values
        ):
            yield _plain(found)

    async def astream_call(self, source: Any) -> AsyncGenerator[Model, None]:
        """Do as `stream_call`, asynchronously."""
        values = self._values(await self._adocuments(source))
        stream = await self._llm.astream_structured_predict(
            self._output_cls, _PROMPT, self._llm_kwargs, **values
        )

        async def objects() -> AsyncGenerator[Any, None]:
            async for found in stream:
                yield _plain(found)

        return objects()

    def _predicted(self, values: dict[str, Any]) -> Any:
        llm, asked = self._llm, (self._output_cls, _PROMPT, self._llm_kwargs)
        if not self._include_raw:
            return _plain(llm.structured_predict(*asked, **values))
        try:
            if isinstance(llm, StructuredOutputMixin):
                found, response = llm.structured_response(*asked, **values)
                return _raw(response, found)
            return _raw(None, llm.structured_predict(*asked, **values))
        except _UNPARSABLE as error:
            return _raw(getattr(error, "response", None), None, error)

    async def _apredicted(self, values: dict[str, Any]) -> Any:
        llm, asked = self._llm, (self._output_cls, _PROMPT, self._llm_kwargs)
        if not self._include_raw:
            return _plain(await llm.astructured_predict(*asked, **values))
        try:
            if isinstance(llm, StructuredOutputMixin):
                found, response = await llm.astructured_response(*asked, **values)
                return _raw(response, found)
            return _raw(None, await llm.astructured_predict(*asked, **values))
        except _UNPARSABLE as error:
            return _raw(getattr(error, "response", None), None, error)

    def _values(self, documents: list[Document]) -> dict[str, Any]:
        text = "\n\n".join(document.text for document in documents)
        return {"system": self._system, "document": text}

    def _documents(self, source: Any) -> list[Document]:
        read = _read_already(source)
        return self._reader.load_data(source) if read is None else read

    async def _adocuments(self, source: Any) -> list[Document]:
        read = _read_already(source)
        return await self._reader.aload_data(source) if read is None else read


#: What is a ``parsing_error``, and not the failure of a call.
_UNPARSABLE = (StructuredOutputError, ValidationError)


def _raw(response: Any, found: Any, error: Exception | None = None) -> dict[str, Any]:
    return {"raw": response, "parsed": _plain(found), "parsing_error": error}


def _read_already(source: Any) -> list[Document] | None:
    """Return documents that were read; None for what a reader takes."""
    if isinstance(source, Document):
        return [source]
    if isinstance(source, (list, tuple)) and all(isinstance(one, Document) for one in source):
        return list(source)
    if not isinstance(source, (str, PurePath, bytes)):
        raise InvalidRequestError(
            f"a document is a path, an address, bytes or Documents, got {type(source).__name__}",
            field="source",
        )
    return None


def _reader_for(llm: Any) -> ZhipuAIOCRReader:
    settings: dict[str, Any] = {}
    if isinstance(llm, ConnectionSettings):
        # OCR uses the same server and key as the chat model.
        settings = {name: getattr(llm, name) for name in ConnectionSettings.model_fields}
    return ZhipuAIOCRReader(split="none", **settings)


class _Object(RootModel[dict[str, Any]]):
    """The base of classes that are made of a JSON Schema: they keep a dict."""


def _class_of(schema: type | Mapping[str, Any]) -> type[BaseModel]:
    """Return a pydantic class for what says what comes out."""
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return schema
    made = extraction_schema(schema if isinstance(schema, Mapping) else _schema_of(schema))

    class Extraction(_Object):
        @model_validator(mode="after")
        def _fits(self) -> Extraction:
            wrong = problems(self.root, made)
            if wrong:
                raise ValueError("; ".join(wrong))
            return self

        @classmethod
        def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
            return made

    return Extraction


def _schema_of(kind: Any) -> dict[str, Any]:
    try:
        schema = TypeAdapter(kind).json_schema()
    except PydanticUserError as error:
        raise refuse("schema", kind, f"cannot be made a JSON Schema ({error.message})") from error
    if "properties" not in schema and "$ref" not in schema:
        raise refuse("schema", kind, "must be of an object: a class, or a dict")
    return schema


def _plain(found: Any) -> Any:
    """Return the dict that a made class keeps, also of a part of it; anything else as it is."""
    if isinstance(found, _Object):
        return found.root
    if isinstance(found, BaseModel) and "root" in type(found).model_fields:
        return dict(found.model_extra or {})  # a part, in LlamaIndex's own class
    return found
