"""`ZhipuAI`, the chat models (GLM) as a LlamaIndex LLM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.base.llms.generic_utils import chat_response_to_completion_response
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
)
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback

from ._chat.hiding import HidesSecrets
from ._chat.model_calls import CallsOfTheModel, completion, completions
from ._chat.settings import DEFAULT_MODEL
from ._chat.stream import closing_stream
from ._chat.structured import StructuredOutputMixin
from ._chat.tasks import ChatTasks

if TYPE_CHECKING:
    from ._options import LLMOptions
else:  # for whoever evaluates the hints of the constructor
    LLMOptions = Any

__all__ = ["DEFAULT_MODEL", "ZhipuAI"]


class _LeftOut(str):
    """A default that is not the same object as an equal text of a caller."""

    __slots__ = ()


_LEFT_OUT = _LeftOut(DEFAULT_MODEL)


class ZhipuAI(HidesSecrets, StructuredOutputMixin, ChatTasks, CallsOfTheModel, defer_build=False):
    """A GLM chat model of Zhipu AI (BigModel, Z.ai), or of your own server with the same API.

    The arguments of ``llama_index.llms.zhipuai.ZhipuAI`` are all accepted, those of
    ``OpenAILike`` too (``api_base``, ``is_function_calling_model``, ``context_window``, …).
    A call can override each argument that goes into requests.

    Setup:
        Install the extra ``llama-index`` and set ``ZHIPUAI_API_KEY`` (a key of open.bigmodel.cn) or
        ``ZAI_API_KEY`` (of z.ai).

        ```bash
        pip install "zhipu-integrations[llama-index]"
        export ZHIPUAI_API_KEY=...
        ```

    Key init args (completion):
        ``model``, ``temperature``, ``max_tokens``, ``thinking``, ``reasoning_effort``, ``stop``:
        see Attributes. Each may be given to a call as well: ``llm.chat(..., temperature=0)``.

    Key init args (client):
        ``api_key``, ``base_url``, ``timeout``, ``max_retries``, ``max_concurrency``,
        ``default_headers``, ``proxy``, ``http_client``, ``http_async_client``: see `ZhipuSettings`.

    Instantiate:
        ```python
        from llama_index_zhipu import ZhipuAI

        llm = ZhipuAI(
            model="glm-4.7",
            temperature=0.2,
            max_tokens=2000,
            thinking=True,
            timeout=60,
            max_retries=2,
        )
        ```

    Complete:
        ```python
        print(llm.complete("What is 17 * 19?").text)
        ```

    Chat:
        ```python
        from llama_index.core.llms import ChatMessage

        messages = [
            ChatMessage(role="system", content="You translate English to French."),
            ChatMessage(role="user", content="I love programming."),
        ]
        print(llm.chat(messages).message.content)
        ```

    Stream:
        ``delta`` is what came, ``message`` the answer so far; the last one is what `chat` returns.

        ```python
        question = [ChatMessage(role="user", content="What is 17 * 19?")]
        for chunk in llm.stream_chat(question):
            print(chunk.additional_kwargs.get("thinking_delta") or chunk.delta or "", end="")
        ```

    Async:
        ```python
        import asyncio


        async def ask() -> None:
            print((await llm.achat(question)).message.content)
            async for chunk in await llm.astream_chat(question):
                print(chunk.delta, end="")


        asyncio.run(ask())
        ```

    Tool calling:
        Names may be in any language; calls that were cut are never run.

        ```python
        from llama_index.core.tools import FunctionTool


        def multiply(a: int, b: int) -> int:
            '''Multiply two whole numbers.'''
            return a * b


        tools = [FunctionTool.from_defaults(multiply)]
        response = llm.chat_with_tools(tools, user_msg="What is 17 times 19?")
        for call in llm.get_tool_calls_from_response(response):
            print(call.tool_name, call.tool_kwargs)
        print(llm.predict_and_call(tools, user_msg="What is 17 times 19?"))
        ```

    Structured output:
        See ``structured_output`` below for how it is asked for.

        ```python
        from llama_index.core.prompts import PromptTemplate
        from pydantic import BaseModel


        class Person(BaseModel):
            '''A person.'''

            name: str
            age: int


        prompt = PromptTemplate("{text}")
        print(llm.structured_predict(Person, prompt, text="Ada is 36 years old."))
        ```

    Reasoning:
        It is a block of its own, streamed, counted, kept in the messages and sent back.

        ```python
        answer = llm.chat(question, thinking=True)
        print([block.block_type for block in answer.message.blocks])  # ["thinking", "text"]
        ```

    Image input:
        By vision models, such as ``glm-4.6v``. URLs are passed on; the ``path`` of a block is read
        in a user's message.

        ```python
        from llama_index.core.llms import ImageBlock, TextBlock

        picture = ImageBlock(url="https://example.com/cat.png")
        seen = ChatMessage(role="user", blocks=[TextBlock(text="What is this?"), picture])
        print(ZhipuAI(model="glm-4.6v").chat([seen]).message.content)
        ```

    Web search:
        The service searches while it answers; results are blocks.

        ```python
        searching = ZhipuAI(model="glm-4.7", web_search=True)
        found = searching.chat([ChatMessage(role="user", content="What is new about GLM?")])
        print([block.block_type for block in found.message.blocks])
        ```

    Token usage:
        ```python
        usage = llm.chat(question).additional_kwargs
        print(usage["prompt_tokens"], usage["completion_tokens"])
        ```

    Response metadata:
        ```python
        response = llm.chat(question)
        print(response.raw["model"], response.additional_kwargs["finish_reason"])
        ```

    Errors:
        Each says what was wrong and what to do, and has the facts as attributes.

        ```python
        from zhipu_client import ZhipuError

        try:
            ZhipuAI(model="glm-0").complete("Hello")
        except ZhipuError as error:
            print(type(error).__name__, error.code, error)
        ```

    Attributes:
        model: A model code, ``"glm-4.7"`` when left out.
        temperature: 0.0 to 1.0 (own servers may take more); None for the model's own default, as
            for all that follow.
        top_p: 0.01 to 1.0.
        max_tokens: The most tokens of an answer, its reasoning included.
        do_sample: False for greedy decoding.
        stop: Up to 4 words that end the answer.
        thinking: True, False, ``"auto"`` (the service decides), or the service's own object.
        clear_thinking: False keeps the reasoning of earlier turns (GLM-4.7 and later), which is
            then all sent back. None: False where there are functions to call, on the two sites.
        reasoning_effort: ``"max"``, ``"high"``, ``"low"`` and others (GLM-5.2 and later).
        reasoning_history: Which earlier reasoning is sent back: of the ``"tool_loop"`` that is
            going on, of ``"all"`` turns, or ``"none"``. None means tool_loop, or all where
            ``clear_thinking`` is False; the README has a table.
        tool_stream: Stream the arguments of tool calls in pieces. None: where the model can.
        stream_usage: False does not ask for the tokens of a stream.
        think_tags: Whether text between ``<think>`` tags is reasoning. None: for the models that
            write it there, and on your own servers. ``"opened"``: the chat template opens the
            reasoning and the server has no parser for it, so that the answer begins within; then a
            stream has it apart from its first piece on.
        keep_box_marks: Keep ``<|begin_of_box|>`` and ``<|end_of_box|>`` in the text, which vision
            models put around answers and places.
        cost: True reckons what an answer costs, by the prices of the site that is asked; the name
            of a site, by its own: ``additional_kwargs["cost"]``. Missing where the price is
            not known, and on the coding plans.
        file_mode: How a document of a ``path`` in a user's message goes out: ``"inline"`` in the
            request; ``"auto"``: from 8 MiB on it is sent by itself, named by its id, and removed
            after the answer, an error or a cancellation. That is for models that are known to take
            ids (the glm-5.3-flash series) and sites that can remove files (not z.ai, nor the
            coding plans); all else stays inline.
        include_response_headers: True puts the headers of the HTTP response, without cookies and
            secrets, into ``additional_kwargs["headers"]`` (names in lower case). Where the model
            was asked once more, those of the last answer; of a stream, in its last response.
        repair_tool_calls: Read calls of the offered tools that the model wrote as markup into its
            text or its reasoning. None: on your own servers, in the text: some have no parser.
        tool_choice_mode: GLM takes only ``tool_choice="auto"``. ``"emulate"`` makes a model call a
            tool by instruction, and once more if it did not; ``"native"`` sends the choice, for
            servers that enforce it; ``"auto"`` emulates on the service, asks other servers to
            enforce it, and checks the answer of both.
        structured_output: How `structured_predict` asks: ``"json"`` mode, a ``"tool"``, a
            ``"prompt"``, or ``"auto"``: JSON mode where the model has it, then a prompt.
        response_format: ``{"type": "json_object"}``; ``json_schema`` is emulated.
        server_tools: Tools that the service runs: web_search, retrieval, mcp objects (OpenAI's form
            of the latter, too). What they said comes as a `CitableBlock` each; the calls as they
            came are in ``additional_kwargs["server_tool_calls"]`` of the response.
        web_search: True, or the options of the web search tool, adds it to the server tools.
            Results come as `CitationBlock`.
        user_id: Your own id of the end user, 6 to 128 characters.
        sensitive_word_check: The service's own object; needs an entitlement.
        watermark_enabled: Of generated sound.
        meta: For character models.
        extra: For CodeGeeX-4, as on the wire: what is before and behind the cursor.
        raise_on_content_filter: Raise `zhipu_client.ContentFilterError` for an answer that was
            cut by content safety. False: only ``additional_kwargs["finish_reason"]`` shows it.
        context_window: Overrides the catalogue's value, in tokens.
        is_function_calling_model: Overrides the catalogue's value.
        additional_kwargs: Further arguments for every request.
        extra_body: Further fields for every request body, sent unchecked.
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
        zhipu_client.InvalidRequestError: No key was found, or a value is out of its range.
        zhipu_client.ZhipuError: A call failed; the subclasses say how.
    """

    def __init__(
        self,
        model: str = _LEFT_OUT,
        api_key: Any = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        timeout: Any = None,
        additional_kwargs: dict[str, Any] | None = None,
        **kwargs: Unpack[LLMOptions],
    ) -> None:
        given: dict[str, Any] = {
            "model": None if model is _LEFT_OUT else model,
            "api_key": api_key,
            "temperature": temperature,
            "max_tokens": max_tokens,
            "timeout": timeout,
        }
        super().__init__(
            **{name: value for name, value in given.items() if value is not None},
            additional_kwargs=additional_kwargs or {},
            **kwargs,
        )

    @classmethod
    def class_name(cls) -> str:
        """Return the name by which `load_llm` finds this class."""
        return "ZhipuAI"

    # -- LlamaIndex's eight methods -----------------------------------------------------------

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer a conversation; arguments override the fields for this call."""
        return self._chat(messages, **kwargs)

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Answer a conversation in chunks, each with the whole answer so far."""
        return self._stream_chat(messages, **kwargs)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Answer a prompt, sent as one user message."""
        # Not through `chat`: its callback would count the tokens a second time.
        return chat_response_to_completion_response(
            self._chat(self._prompt(prompt, formatted), **kwargs)
        )

    @llm_completion_callback()
    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        """Answer a prompt in chunks."""
        return (completion(r) for r in self._stream_chat(self._prompt(prompt, formatted), **kwargs))

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer a conversation, asynchronously."""
        return await self._achat(messages, **kwargs)

    @closing_stream(llm_chat_callback())
    async def astream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> ChatResponseAsyncGen:
        """Answer a conversation in chunks, asynchronously."""
        return self._astream_chat(messages, **kwargs)

    @llm_completion_callback()
    async def acomplete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponse:
        """Answer a prompt, asynchronously."""
        return chat_response_to_completion_response(
            await self._achat(self._prompt(prompt, formatted), **kwargs)
        )

    @closing_stream(llm_completion_callback())
    async def astream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseAsyncGen:
        """Answer a prompt in chunks, asynchronously."""
        return completions(self._astream_chat(self._prompt(prompt, formatted), **kwargs))
