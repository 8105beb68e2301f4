"""`ChatZhipuAI`: GLM chat models for LangChain and LangGraph.

``zhipu_client.conversation`` decides what is sent and what an answer means; ``_chat`` maps the
types and has the calls (`_chat.model_calls`); this module has what is bound to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack, overload

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from pydantic import BaseModel
from typing_extensions import override

from langchain_zhipu._chat import blocks
from langchain_zhipu._chat.retries import RetriesByCode
from langchain_zhipu._chat.settings import ChatSettings
from langchain_zhipu._chat.tasks import ChatTasks
from langchain_zhipu._errors import raised_as_model_errors
from zhipu_client.adapting import importing

if TYPE_CHECKING:
    from langchain_zhipu._chat.bound import BoundChat
    from langchain_zhipu._chat.structured import Method, Schema
    from langchain_zhipu._chat.tools import ToolLike
    from langchain_zhipu._options import ChatOptions
else:  # LangChain evaluates the hints of methods; what they name is loaded by who needs it
    BoundChat = Runnable
    Method = Schema = ToolLike = Any

__all__ = ["ChatZhipuAI"]

Model = TypeVar("Model", bound=BaseModel)


class ChatZhipuAI(RetriesByCode, ChatTasks, ChatSettings, defer_build=False):
    """A GLM chat model of Zhipu AI (BigModel, Z.ai), or of your own server with the same API.

    Its endpoint is ``POST /chat/completions``; the arguments of ``ChatOpenAI`` and of
    ``langchain_community``'s ``ChatZhipuAI`` are taken by their names too.

    Setup:
        Install the extra ``langchain`` and set ``ZHIPUAI_API_KEY`` (a key of open.bigmodel.cn) or
        ``ZAI_API_KEY`` (of z.ai).

        ```bash
        pip install "zhipu-integrations[langchain]"
        export ZHIPUAI_API_KEY=...
        ```

    Key init args (completion):
        ``model``, ``temperature``, ``max_tokens``, ``thinking``, ``reasoning_effort``, ``stop``:
        see Attributes. Each may be given to a call as well: ``model.invoke(..., temperature=0)``.

    Key init args (client):
        ``api_key``, ``base_url``, ``timeout``, ``max_retries``, ``max_concurrency``,
        ``default_headers``, ``proxy``, ``http_client``, ``http_async_client``: see Attributes.

    Instantiate:
        ```python
        from langchain_zhipu import ChatZhipuAI

        model = ChatZhipuAI(
            model="glm-4.7",
            temperature=0.2,
            max_tokens=2000,
            thinking=True,
            timeout=60,
            max_retries=2,
        )
        ```

    Invoke:
        ```python
        messages = [
            ("system", "You translate English to French."),
            ("human", "I love programming."),
        ]
        answer = model.invoke(messages)
        print(answer.text)
        ```

    Stream:
        Chunks add up to exactly what ``invoke`` returns.

        ```python
        whole = None
        for chunk in model.stream("What is 17 * 19?"):
            print(chunk.text, end="")
            whole = chunk if whole is None else whole + chunk
        print(whole.usage_metadata)
        ```

    Async:
        ```python
        import asyncio


        async def ask() -> None:
            print((await model.ainvoke("What is 17 * 19?")).text)
            async for chunk in model.astream("What is 17 * 19?"):
                print(chunk.text, end="")
            await model.abatch(["What is 2 * 3?", "What is 3 * 4?"])


        asyncio.run(ask())
        ```

    Tool calling:
        Names may be in any language; calls that were cut are ``invalid_tool_calls``.

        ```python
        from pydantic import BaseModel, Field


        class GetWeather(BaseModel):
            '''Get the weather of a place now.'''

            location: str = Field(description="City and country, such as Paris, France")


        calling = model.bind_tools([GetWeather])
        print(calling.invoke("What is the weather in Paris, France?").tool_calls)
        ```

    Structured output:
        See `with_structured_output`.

        ```python
        class Person(BaseModel):
            '''A person.'''

            name: str
            age: int


        print(model.with_structured_output(Person).invoke("Ada is 36 years old."))
        ```

    Reasoning:
        It is a block of its own, streamed, counted, kept in the messages and sent back.

        ```python
        answer = model.invoke("What is 17 * 19?", thinking=True)
        print([block["type"] for block in answer.content_blocks])  # ["reasoning", "text"]
        ```

    Image input:
        By vision models, such as ``glm-4.6v``. URLs are passed on; a local file is a
        ``pathlib.Path`` object in a user's message.

        ```python
        from langchain_core.messages import HumanMessage

        picture = "https://example.com/cat.png"
        question = [
            {"type": "text", "text": "What is this?"},
            {"type": "image", "url": picture},
        ]
        seeing = ChatZhipuAI(model="glm-4.6v")
        print(seeing.invoke([HumanMessage(question)]).text)
        ```

    Web search:
        The service searches while it answers; results and citations are blocks.

        ```python
        searching = model.bind_tools([{"type": "web_search"}])
        print(searching.invoke("What is new about GLM?").content_blocks)
        ```

    Token usage:
        ```python
        usage = model.invoke("What is 17 * 19?").usage_metadata
        print(usage["input_tokens"], usage["output_tokens"])
        ```

    Response metadata:
        ```python
        metadata = model.invoke("What is 17 * 19?").response_metadata
        print(metadata["model_name"], metadata["finish_reason"])
        ```

    Errors:
        Each is an error of ``zhipu_client`` and LangChain's ``Model*Error`` at once, says what was
        wrong and what to do, and has the facts as attributes.

        ```python
        from zhipu_client import ZhipuError

        try:
            ChatZhipuAI(model="glm-0").invoke("Hello")
        except ZhipuError as error:
            print(type(error).__name__, error.code, error)
        ```

    Attributes:
        model: A model code, such as ``"glm-4.7"``.
        temperature: 0.0 to 1.0; None for the model's own.
        top_p: 0.01 to 1.0; None for the model's own.
        max_tokens: The most tokens of the answer, from 1 to the model's cap; reasoning counts.
        stop: Stop words; the service takes up to 4.
        do_sample: False makes the service ignore ``temperature`` and ``top_p``.
        thinking: True, False, ``"auto"`` (the service decides), or the wire's own dict.
        reasoning_effort: How much to think, for models from GLM-5.2 on (see ``profile``).
        clear_thinking: False keeps the reasoning of earlier turns in the conversation. None: False
            where functions are bound to GLM-4.7 or later, on the two sites.
        reasoning_history: Which earlier reasoning is sent back: of the running ``"tool_loop"``,
            ``"all"`` or ``"none"``. None follows ``clear_thinking``; the README has a table.
        tool_stream: Stream the arguments of calls in pieces. None: where the model can.
        stream_usage: False does not ask for the tokens of a stream.
        think_tags: Whether text between ``<think>`` tags is reasoning. None: for the models that
            write it there, and on your own servers. ``"opened"``: the chat template opens the
            reasoning and the server has no parser for it, so that the answer begins within; then a
            stream has it apart from its first piece on.
        keep_box_marks: Keep ``<|begin_of_box|>`` and ``<|end_of_box|>`` in the text, which vision
            models put around answers and places.
        cost: True reckons what an answer costs, by the prices of the site that is asked; the name
            of a site, by its own: ``response_metadata["cost"]``. Missing where the price is
            not known, and on the coding plans.
        file_mode: How a document of a ``path`` in a user's message goes out: ``"inline"`` in the
            request; ``"auto"``: from 8 MiB on it is sent by itself, named by its id, and removed
            after the answer, an error or a cancellation. That is for models that are known to take
            ids (the glm-5.3-flash series) and sites that can remove files (not z.ai, nor the
            coding plans); all else stays inline.
        include_response_headers: True puts the headers of the HTTP response, without cookies and
            secrets, into ``response_metadata["headers"]`` (names in lower case). Where the model
            was asked once more, those of the last answer; of a stream, in its last chunk.
        tool_choice_mode: How a requirement that GLM does not honour by itself (a forced tool, a
            JSON schema) is met: ``"emulate"`` instructs the model, checks the answer and asks once
            more; ``"native"`` leaves it to the server; ``"auto"`` emulates on the service, asks
            other servers to enforce it, and checks the answer of both.
        request_id: 6 to 64 characters, unique for each call; None for one made by the client.
        user_id: 6 to 128 characters; who is asking, against abuse.
        response_format: A schema class, or a dict of type json_object or json_schema.
        sensitive_word_check: As on the wire; needs an entitlement.
        watermark_enabled: For audio answers.
        meta: For character models, as on the wire.
        extra: For CodeGeeX-4, as on the wire: what is before and behind the cursor.
        extra_body: Further fields of the body, sent unchecked.
        n: How many answers `generate` returns, on your own servers, not streamed. The service
            gives one.
        model_kwargs: Further parameters; unknown constructor arguments land here.
        streaming: Use the streaming endpoint for ``invoke`` too.
        repair_tool_calls: Read calls of the offered tools that the model wrote as markup into its
            text or its reasoning. None: on your own servers, in the text: some have no parser.
        token_counting: ``"service"`` asks the tokenizer endpoint, ``"estimate"`` stays offline;
            ``"auto"`` asks where that is possible and safe, and estimates elsewhere.
        api_key: The key, a secret, or a function (also async) that returns one. None: from
            ``ZHIPUAI_API_KEY``, ``ZHIPU_API_KEY`` or ``ZAI_API_KEY``.
        base_url: ``"bigmodel"``, ``"zai"``, ``"bigmodel-coding"``, ``"zai-coding"``, or a URL.
            None: from ``ZHIPUAI_BASE_URL`` or ``ZAI_BASE_URL``, else by the key's variable.
        dialect: ``"zhipu"`` or ``"openai"``: what the server understands. None: by the URL.
        timeout: Seconds, or a ``zhipu_client.Timeout``.
        max_retries: Attempts after the first, for failures that pass; 2 when left out.
        max_concurrency: The most calls of this object at once; None for no ceiling.
        shared_limit: A name or a path: one limit for all processes of this machine that give it.
        usage_counter: A ``zhipu_client.UsageCounter``: adds up what all calls use.
        default_headers: Headers of every request.
        proxy: The URL of a proxy; None: from the environment.
        auth: ``"bearer"`` sends the key, ``"jwt"`` a token signed with it.
        http_client: An ``httpx.Client`` of your own for blocking calls.
        http_async_client: An ``httpx.AsyncClient`` of your own for asynchronous calls.
        on_attempt: A plain function that is called with a ``zhipu_client.AttemptEvent`` for each
            attempt, and when a stream begins.

    Raises:
        InvalidRequestError: A value can never be accepted, or no key was found. While running,
            the classes of `langchain_zhipu._errors`: each is an error of ``zhipu_client`` and one
            of ``langchain_core.exceptions``.
    """

    if TYPE_CHECKING:
        # Pydantic's own says only the fields, and not their other names.
        def __init__(self, **settings: Unpack[ChatOptions]) -> None: ...

    @override
    def bind(self, **kwargs: Any) -> BoundChat:
        with importing():
            from langchain_zhipu._chat.bound import BoundChat
        return BoundChat(bound=self, kwargs=kwargs, config={})

    @override
    def bind_tools(
        self,
        tools: Sequence[ToolLike],
        *,
        tool_choice: dict[str, Any] | str | bool | None = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools to the model.

        Args:
            tools: LangChain tools, functions, classes, tool dicts of any style, and tools that the
                service runs itself (``{"type": "web_search"}``, with options if need be:
                ``{"type": "web_search", "web_search": {"count": 5}}``).
            tool_choice: ``"auto"``, ``"any"`` (or ``"required"``, True), ``"none"``, or the name
                of the tool to call. See ``tool_choice_mode``.
            strict: True closes the schemas (``additionalProperties: false``).
            parallel_tool_calls: False keeps the first call of an answer only. Servers other than
                the service are asked for no more.
            **kwargs: Further arguments of each call, such as ``response_format``.

        Raises:
            InvalidRequestError: A tool with a bad schema, or a choice that is not offered.
        """
        with importing():
            from langchain_zhipu._chat.tools import to_bind  # which brings LangChain's own tools
        with raised_as_model_errors():
            found = to_bind(tools, tool_choice, strict=strict, parallel=parallel_tool_calls)
        return self.bind(**{**kwargs, **found})

    @overload
    def with_structured_output(
        self,
        schema: type[Model],
        *,
        method: Method = ...,
        include_raw: Literal[False] = ...,
        strict: bool | None = ...,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Model]: ...

    @overload
    def with_structured_output(
        self,
        schema: Schema | None = ...,
        *,
        method: Method = ...,
        include_raw: Literal[True],
        strict: bool | None = ...,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, dict[str, Any]]: ...

    @overload
    def with_structured_output(
        self,
        schema: Schema | None = ...,
        *,
        method: Method = ...,
        include_raw: bool = ...,
        strict: bool | None = ...,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]: ...

    @override
    def with_structured_output(
        self,
        schema: Schema | None = None,
        *,
        method: Method = "function_calling",
        include_raw: bool = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Return a model that answers with data of a given shape.

        Args:
            schema: A pydantic class (gives instances), a TypedDict, a JSON Schema or an OpenAI
                function (give dicts).
            method: ``"function_calling"``, ``"json_schema"``, or ``"json_mode"`` (which works
                without a schema). All three check the answer, and ask once more if it is wrong. In
                a stream the second answer then replaces what was shown of the first.
            include_raw: Return ``{"raw", "parsed", "parsing_error"}`` and never raise for parsing.
                In a stream, ``raw`` comes in chunks, the two others once, at the end.
            strict: True closes the schema.
            **kwargs: Further arguments of each call; ``tools`` that may be called instead, except
                by ``"function_calling"``.

        Raises:
            InvalidRequestError: Unknown method, or no schema. While running,
                ``OutputParserException`` where the second attempt does not fit either.
        """
        with importing():
            from langchain_zhipu._chat import structured  # brings LangChain's parsers
        with raised_as_model_errors():
            kwargs = structured.with_tools(kwargs, method, strict=strict)
            reader = structured.parser(schema, method, checked=include_raw)
            if method != "function_calling":
                bound = structured.binding(schema, method, lenient=include_raw)
                llm: Runnable[Any, Any] = self.bind(**bound, **kwargs)
                return structured.chained(llm, reader, include_raw=include_raw)
            function = structured.function_of(schema or {})
        llm = self.bind_tools(
            [function],
            tool_choice={"type": "tool", "name": function["name"]},
            strict=strict,
            structured={"lenient": include_raw, "schema": schema},
            ls_structured_output_format=structured.shown(schema, method),
            **kwargs,
        )
        return structured.chained(llm, reader, include_raw=include_raw)


blocks.register()
