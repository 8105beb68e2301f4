"""One test for each trap that LangChain's own rules set around the calls of an integration.

They are sorted as the rules are: usage, errors, tools, agents, profile, registration, tokens and
HTTP.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import warnings
from typing import Any

import pytest
from langchain_core import exceptions as core
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.runnables import RunnableBinding

from langchain_zhipu import ChatZhipuAI
from tests.langchain_zhipu.chat.parts import f
from tests.langchain_zhipu.chat.wire import USAGE, body, delta, from_wire, to_wire
from zhipu_emulator import Answer


class TestUsage:
    def test_only_one_chunk_carries_usage(self, model: ChatZhipuAI) -> None:
        chunks = list(model.stream("hi"))
        assert sum(chunk.usage_metadata is not None for chunk in chunks) == 1

    def test_reasoning_tokens_are_not_counted_twice(self) -> None:
        usage = from_wire(body("stop", USAGE, content="x")).usage_metadata
        assert usage is not None
        assert usage["output_tokens"] == USAGE["completion_tokens"]

    def test_the_raw_usage_is_kept_for_old_readers(self) -> None:
        metadata = from_wire(body("stop", USAGE, content="x")).response_metadata
        assert metadata["token_usage"] == USAGE


class TestErrors:
    def test_codes_count_and_not_the_http_status(self, make: Any, server: Any) -> None:
        for code, kind in (
            ("1113", core.ModelPermissionDeniedError),
            ("1302", core.ModelRateLimitError),
        ):
            server.reset()
            server.script(Answer(json={"error": {"code": code, "message": "m"}}, status=429))
            with pytest.raises(kind):
                make(max_retries=0).invoke("hi")

    def test_a_200_with_an_error_body(self, make: Any, server: Any) -> None:
        server.script(Answer(json={"code": 1001, "msg": "m", "success": False}))
        with pytest.raises(core.ModelAuthenticationError):
            make(max_retries=0).invoke("hi")

    def test_an_error_in_the_middle_of_a_stream_is_a_model_error(
        self, make: Any, server: Any
    ) -> None:
        frame = {"error": {"code": "1234", "message": "m"}}
        server.script(Answer(chunks=[delta(content="a"), frame]))
        with pytest.raises(core.ModelAPIError):
            list(make(max_retries=0).stream("hi"))

    async def test_and_in_async_too(self, make: Any, server: Any) -> None:
        frame = {"error": {"code": "1234", "message": "m"}}
        server.script(Answer(chunks=[delta(content="a"), frame]))
        with pytest.raises(core.ModelAPIError):
            async for _ in make(max_retries=0).astream("hi"):
                pass

    def test_middleware_retries_only_what_can_succeed(self, make: Any, server: Any) -> None:
        from langchain.agents.middleware._retry import default_retry_on

        found = {}
        for code in ("1302", "1113", "1261", "1308"):
            server.reset()
            server.script(Answer(json={"error": {"code": code, "message": "m"}}, status=429))
            with pytest.raises(core.ModelError) as caught:
                make(max_retries=0).invoke("hi")
            found[code] = default_retry_on(caught.value)
        assert found == {"1302": True, "1113": False, "1261": False, "1308": False}


class TestTools:
    def test_the_signature_takes_what_agents_pass(self) -> None:
        names = set(inspect.signature(ChatZhipuAI.bind_tools).parameters)
        assert {"tools", "tool_choice", "strict", "parallel_tool_calls", "kwargs"} <= names

    def test_a_forced_choice_stays_a_binding(self, model: ChatZhipuAI) -> None:
        bound = model.bind_tools([f], tool_choice="any", response_format={"type": "text"})
        assert isinstance(bound, RunnableBinding)
        assert isinstance(bound.bound, ChatZhipuAI)

    def test_retrieval_is_a_tool_here(self, model: ChatZhipuAI, say: Any, sent: Any) -> None:
        tool = {"type": "retrieval", "retrieval": {"knowledge_id": "k"}}
        say("ok")
        model.bind_tools([tool]).invoke("hi")
        assert sent()[0]["tools"] == [tool]

    def test_strict_is_dropped_from_the_wire(self, model: ChatZhipuAI, say: Any, sent: Any) -> None:
        say("ok")
        model.bind_tools([f], strict=True).invoke("hi")
        assert "strict" not in json.dumps(sent()[0])

    def test_chinese_arguments_are_not_escaped(self) -> None:
        message = AIMessage("", tool_calls=[{"name": "f", "args": {"x": "北京"}, "id": "c"}])
        assert (
            "北京"
            in to_wire([HumanMessage("q"), message])[1]["tool_calls"][0]["function"]["arguments"]
        )

    def test_structured_output_keeps_streaming_and_tracing(self, model: ChatZhipuAI) -> None:
        schema = {"title": "A", "type": "object", "properties": {"x": {"type": "integer"}}}
        for method in ("function_calling", "json_mode", "json_schema"):
            chain: Any = model.with_structured_output(schema, method=method)  # type: ignore[arg-type]
            kwargs = chain.first.kwargs
            assert kwargs["ls_structured_output_format"]["kwargs"] == {"method": method}


class TestProfile:
    def test_the_hook_is_overridden_and_not_the_validator(self) -> None:
        assert "_set_model_profile" not in vars(ChatZhipuAI)
        assert ChatZhipuAI._resolve_model_profile is not BaseChatModel._resolve_model_profile

    def test_no_key_of_the_profile_is_unknown(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ChatZhipuAI(api_key="a.b", model="glm-5.3-flash")

    def test_a_given_profile_wins(self) -> None:
        model = ChatZhipuAI(api_key="a.b", profile={"max_input_tokens": 7})
        assert model.profile == {"max_input_tokens": 7}

    def test_agents_choose_the_providers_strategy(self) -> None:
        from langchain.agents.factory import _supports_provider_strategy

        assert _supports_provider_strategy(ChatZhipuAI(api_key="a.b"))

    def test_summarising_compares_the_same_provider_name(self, model: ChatZhipuAI) -> None:
        provider = model.invoke("hi").response_metadata["model_provider"]
        assert provider == model._get_ls_params()["ls_provider"]


class TestTheRest:
    def test_registration_is_never_done_by_importing(self) -> None:
        import subprocess
        import sys

        program = (
            "import langchain_zhipu, langchain_zhipu.chat_models;"
            "from langchain.chat_models.base import _BUILTIN_PROVIDERS as p;"
            "print('zhipu' in p)"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False
        )
        assert done.stdout.strip() == "False", done.stderr[-300:]

    def test_counting_tokens_needs_no_transformers_nor_tiktoken(self) -> None:
        model = ChatZhipuAI(api_key="a.b", token_counting="estimate")
        assert model.get_num_tokens("hello") == 1
        assert model.get_num_tokens_from_messages([HumanMessage("hello")], tools=[f]) > 5

    def test_a_thousand_event_loops_on_one_model(self, make: Any) -> None:
        model = make()
        for _ in range(5):
            assert asyncio.run(model.ainvoke("hi")).content

    def test_the_input_is_not_changed(self, model: ChatZhipuAI) -> None:
        history = [HumanMessage([{"type": "text", "text": "hi"}])]
        before = [message.model_copy(deep=True) for message in history]
        model.invoke(history)
        list(model.stream(history))
        assert history == before

    def test_bound_tools_are_not_changed(self, model: ChatZhipuAI) -> None:
        tool = {"type": "function", "function": {"name": "f", "strict": True, "parameters": {}}}
        before = json.dumps(tool)
        model.bind_tools([tool], tool_choice="f").invoke("hi")
        assert json.dumps(tool) == before

    def test_chunks_of_every_stream_are_of_langchains_class(self, model: ChatZhipuAI) -> None:
        assert all(isinstance(c, AIMessageChunk) for c in model.bind_tools([f]).stream("hi"))
