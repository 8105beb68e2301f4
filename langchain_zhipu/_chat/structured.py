"""``with_structured_output``: the arguments bound to the model, and the parsers after it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import reduce
from operator import add, itemgetter
from typing import Any, Literal, cast

from langchain_core import exceptions
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.output_parsers import (
    BaseCumulativeTransformOutputParser,
    JsonOutputParser,
    PydanticOutputParser,
)
from langchain_core.output_parsers.base import OutputParserLike
from langchain_core.output_parsers.openai_tools import (
    JsonOutputKeyToolsParser,
    PydanticToolsParser,
)
from langchain_core.outputs import ChatGeneration, Generation
from langchain_core.runnables import (
    Runnable,
    RunnableConfig,
    RunnableMap,
    RunnablePassthrough,
    RunnableSerializable,
)
from langchain_core.utils.function_calling import convert_to_openai_function
from langchain_core.utils.pydantic import TBaseModel, is_basemodel_subclass
from typing_extensions import override

from langchain_zhipu._chat.recursive import whole_function, whole_parameters
from langchain_zhipu._chat.tools import wire_tools
from zhipu_client import InvalidRequestError
from zhipu_client.adapting import boolean
from zhipu_client.conversation import decoded, json_text, problems

__all__ = ["Method", "Schema", "binding", "chained", "parser"]

#: From langchain-core 1.7.5 on, its parsers recognise a refusal block.
_REFUSAL: type[Exception] | None = getattr(exceptions, "ModelRefusalError", None)
_KNOWS_REFUSALS = _REFUSAL is not None

#: What parsers raise: OutputParserException and pydantic's error are ValueErrors.
_UNPARSABLE = (ValueError,) if _REFUSAL is None else (ValueError, _REFUSAL)

Method = Literal["function_calling", "json_mode", "json_schema"]
Schema = Mapping[str, Any] | type


class _CallRequired(BaseCumulativeTransformOutputParser[Any]):
    """A mixin for parsers of tool calls: an answer without a call is an error, not None."""

    def _refuse_none(self, message: BaseMessage) -> None:
        finish = message.response_metadata.get("finish_reason")
        if finish == "sensitive" and _KNOWS_REFUSALS:
            return  # LangChain raises its own error
        if isinstance(message, AIMessage) and not message.tool_calls:
            raise OutputParserException(
                f"the answer calls no tool (finish_reason {finish}): no structured output",
                llm_output=message.text,
            )

    def _looked_at(self, result: list[Generation], *, partial: bool) -> list[Generation]:
        """Return the generations that LangChain's parser should read."""
        first = result[0]
        if not isinstance(first, ChatGeneration):
            return result
        if not partial:
            self._refuse_none(first.message)
            return result
        last = getattr(first.message, "chunk_position", None) == "last"
        if isinstance(first.message, AIMessageChunk) and not last:
            # LangChain's own chunks complete a partial call, so that a reader sees it grow.
            fields = {**first.message.__dict__, "tool_calls": [], "invalid_tool_calls": []}
            return [ChatGeneration(message=AIMessageChunk(**fields))]
        return result

    def _watched(self, items: Iterator[Any]) -> Iterator[Any]:
        total: Any = None
        for item in items:
            if isinstance(item, BaseMessage):
                total = item if total is None else total + item
            yield item
        if total is not None:
            self._refuse_none(total)

    async def _awatched(self, items: AsyncIterator[Any]) -> AsyncIterator[Any]:
        total: Any = None
        async for item in items:
            if isinstance(item, BaseMessage):
                total = item if total is None else total + item
            yield item
        if total is not None:
            self._refuse_none(total)

    @override
    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        return super().parse_result(self._looked_at(result, partial=partial), partial=partial)

    @override
    def _transform(self, input: Iterator[Any]) -> Iterator[Any]:
        return super()._transform(self._watched(input))

    @override
    def _atransform(self, input: AsyncIterator[Any]) -> AsyncIterator[Any]:
        return super()._atransform(self._awatched(input))


class _PydanticCallParser(_CallRequired, PydanticToolsParser):
    """As LangChain's; an answer without a call is an error."""


class _JsonCallParser(_CallRequired, JsonOutputKeyToolsParser):
    """As LangChain's; an answer without a call is an error."""

    #: The schema that the arguments must fit; None where the model itself refuses others.
    wanted: dict[str, Any] | None = None

    @override
    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        found = super().parse_result(result, partial=partial)
        if not partial and self.wanted is not None:
            _refuse_misfit(found, self.wanted, result)
        return found


def _only_calls(result: list[Generation]) -> bool:
    """Return whether the model called a tool that was offered beside the schema."""
    message = result[0].message if isinstance(result[0], ChatGeneration) else None
    return isinstance(message, AIMessage) and bool(message.tool_calls) and not message.text.strip()


def _refuse_cut(result: list[Generation]) -> None:
    """Refuse JSON that is not whole: LangChain's parsers complete what was cut."""
    text = json_text(result[0].text, arrays=True)
    try:
        json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise OutputParserException(
            f"the answer is not whole JSON: {error}", llm_output=result[0].text
        ) from error


def _refuse_misfit(found: Any, wanted: Mapping[str, Any], result: list[Generation]) -> None:
    """Refuse a dict that does not fit its schema, as a class refuses it by itself."""
    wrong = problems(found, wanted) if isinstance(found, dict) else ()
    if wrong:
        raise OutputParserException(
            f"the answer does not fit the schema: {'; '.join(wrong)}", llm_output=result[0].text
        )


class _PydanticTextParser(PydanticOutputParser[TBaseModel]):
    """Reads JSON in the text; values that the model left as JSON text are what the class wants."""

    wanted: dict[str, Any]

    @override
    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        if _only_calls(result):
            return None
        found = super().parse_result(result, partial=partial)
        if not partial:
            _refuse_cut(result)
        return found

    @override
    def _parse_obj(self, obj: Any) -> Any:
        return super()._parse_obj(decoded(obj, self.wanted) if isinstance(obj, dict) else obj)


class _JsonTextParser(JsonOutputParser):
    """The same for schemas other than classes."""

    wanted: dict[str, Any]
    #: Whether what does not fit the schema is refused here.
    checked: bool = False

    @override
    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        if _only_calls(result):
            return None
        found = super().parse_result(result, partial=partial)
        if not partial:
            _refuse_cut(result)
        made = decoded(found, self.wanted) if isinstance(found, dict) else found
        if self.checked and not partial:
            _refuse_misfit(made, self.wanted, result)
        return made


def function_of(schema: Schema) -> dict[str, Any]:
    """Return a schema of any kind as a function: name, description and parameters.

    Raises:
        InvalidRequestError: It cannot be read as a schema.
    """
    if isinstance(schema, Mapping) and "properties" in schema and not schema.get("title"):
        schema = {"title": "answer", **schema}
    try:
        found = whole_function(schema)
        if found is not None:
            return found
        whole = whole_parameters(schema)
        found = dict(convert_to_openai_function(cast(Any, schema)))
        return found if whole is None else {**found, "parameters": whole}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidRequestError(
            f"schema cannot be used for structured output: {str(error).splitlines()[0][:200]}",
            field="schema",
            value=str(schema)[:80],
        ) from error


def with_tools(
    arguments: Mapping[str, Any], method: Method, *, strict: bool | None
) -> dict[str, Any]:
    """Return the arguments of each call, their ``tools`` as the wire takes them.

    Raises:
        InvalidRequestError: The method has no place for other tools.
    """
    boolean("strict", strict)
    tools = arguments.get("tools")
    if not tools:
        return dict(arguments)
    if method == "function_calling":
        raise InvalidRequestError(
            'tools beside the schema need method="json_schema": by "function_calling" the schema '
            "itself is the only tool",
            field="tools",
        )
    return {**arguments, "tools": wire_tools(tools, strict=strict)}


def binding(schema: Schema | None, method: Method, *, lenient: bool) -> dict[str, Any]:
    """Return the call arguments for one of the JSON methods."""
    if method not in {"json_mode", "json_schema"}:
        raise InvalidRequestError(
            f"method is {method!r}, but must be function_calling, json_mode or json_schema",
            field="method",
            value=method,
        )
    if schema is None and method == "json_schema":
        raise InvalidRequestError("schema is None, but json_schema needs one", field="schema")
    response: dict[str, Any] = {"type": "json_object"}
    if schema is not None:
        function = function_of(schema)
        parameters = function.get("parameters") or {"type": "object"}
        if method == "json_schema":
            inner = {"name": function["name"], "schema": parameters}
            response = {"type": "json_schema", "json_schema": inner}
        else:
            response["schema"] = {"title": function["name"], **parameters}
    return {
        "response_format": response,
        "structured": {"lenient": lenient, "schema": schema},
        "ls_structured_output_format": shown(schema, method),
    }


def shown(schema: Schema | None, method: Method) -> dict[str, Any]:
    """Return what LangChain's tracing says of structured output.

    A schema that it cannot convert is given as JSON Schema.
    """
    function = whole_function(schema)
    if function is not None:
        about = {"title": function["name"], "description": function["description"]}
        schema = {**about, **function["parameters"]}
    return {"kwargs": {"method": method}, "schema": schema}


def parser(
    schema: Schema | None, method: Method, *, checked: bool = False
) -> OutputParserLike[Any]:
    """Return the parser of the answer: to an instance for a pydantic class, else to a dict.

    Args:
        schema: The schema.
        method: How it is asked for.
        checked: ``include_raw``: a dict that does not fit is refused here, as the model passes it
            on.

    Raises:
        InvalidRequestError: ``checked`` is not True or False.
    """
    boolean("include_raw", checked, optional=False)
    is_model = isinstance(schema, type) and is_basemodel_subclass(schema)
    if method != "function_calling":
        wanted = function_of(schema).get("parameters") or {} if schema is not None else {}
        if is_model:
            return _PydanticTextParser(pydantic_object=cast(Any, schema), wanted=wanted)
        return _JsonTextParser(wanted=wanted, checked=checked)
    if is_model:
        return _PydanticCallParser(tools=[cast(Any, schema)], first_tool_only=True)
    function = function_of(cast(Schema, schema))
    return _JsonCallParser(
        key_name=function["name"],
        first_tool_only=True,
        wanted=function.get("parameters") if checked else None,
    )


class _Read(RunnableSerializable[Any, Any]):
    """A parser that ends a stream with None instead of raising; `_Failure` gives the error.

    It reads the whole message only: what is half of a value may look like a whole one, and values
    could not be added up.
    """

    reader: Any

    @override
    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        return self.reader.invoke(input, config, **kwargs)

    @override
    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        return await self.reader.ainvoke(input, config, **kwargs)

    @override
    def transform(
        self, input: Iterator[Any], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Any]:
        yield self._of(reduce(add, input))

    @override
    async def atransform(
        self, input: AsyncIterator[Any], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Any]:
        yield self._of(reduce(add, [chunk async for chunk in input]))

    def _of(self, message: Any) -> Any:
        return self._outcome(message)[0]

    def _outcome(self, message: Any) -> tuple[Any, Exception | None]:
        try:
            return self.reader.parse_result([ChatGeneration(message=message)]), None
        except _UNPARSABLE as error:
            return None, error


class _Failure(_Read):
    """The error of parsing a whole stream, or None.

    None without a stream: there the parser itself raises, and a fallback takes the error.
    """

    @override
    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        return None

    @override
    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        return None

    @override
    def _of(self, message: Any) -> Any:
        return self._outcome(message)[1]


def chained(
    model: Runnable[Any, Any], reader: OutputParserLike[Any], *, include_raw: bool
) -> Runnable[Any, Any]:
    """Return the bound model with its parser; ``include_raw`` adds the message and any error."""
    if not include_raw:
        return model | reader
    parsed = RunnablePassthrough.assign(
        parsed=itemgetter("raw") | _Read(reader=reader),
        parsing_error=itemgetter("raw") | _Failure(reader=reader),
    )
    failed = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=model) | parsed.with_fallbacks([failed], exception_key="parsing_error")
