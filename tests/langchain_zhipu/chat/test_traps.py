"""One test for each trap that LangChain's own rules set for an integration's messages.

They are sorted as the rules are: the contract of a chat model, merging of chunks, content blocks.
"""

from __future__ import annotations

import threading
from typing import Any

import pytest
from langchain_core import exceptions as core
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.messages.block_translators import get_translator

from langchain_zhipu import ChatZhipuAI
from tests.langchain_zhipu.chat.parts import drained, f
from tests.langchain_zhipu.chat.wire import (
    HEAD,
    USAGE,
    body,
    call,
    chunks_of,
    delta,
    from_wire,
    to_wire,
    total_of,
)
from zhipu_emulator import Answer


class TestContract:
    """Methods, routing, identity, caching, versions."""

    def test_the_four_methods_are_native(self) -> None:
        for name in ("_generate", "_agenerate", "_stream", "_astream"):
            assert getattr(ChatZhipuAI, name) is not getattr(BaseChatModel, name)

    async def test_async_runs_on_the_event_loop_and_in_no_thread(self, model: ChatZhipuAI) -> None:
        seen = set()
        from langchain_zhipu._chat import model_calls

        original = model_calls.Exchange
        model_calls.Exchange = lambda *a, **k: (  # type: ignore[assignment, misc]
            seen.add(threading.get_ident()),
            original(*a, **k),
        )[1]
        try:
            await model.ainvoke("hi")
            async for _ in model.astream("hi"):
                pass
        finally:
            model_calls.Exchange = original  # type: ignore[misc]
        assert seen == {threading.get_ident()}

    def test_a_stream_argument_is_dropped(self, model: ChatZhipuAI, say: Any, sent: Any) -> None:
        say("a", "b")
        model.invoke("hi", stream=True)
        model.invoke("hi", stream=False)
        assert [request.get("stream") for request in sent()] == [True, None]

    def test_streaming_false_set_explicitly_is_respected(self, make: Any, sent: Any) -> None:
        list(make(streaming=False).stream("hi"))
        assert "stream" not in sent()[0]

    def test_disable_streaming_with_tools(self, make: Any, sent: Any) -> None:
        model = make(disable_streaming="tool_calling")
        list(model.bind_tools([f]).stream("hi"))
        list(model.stream("hi"))
        assert [request.get("stream") for request in sent()] == [None, True]

    def test_one_message_id_for_all_chunks(self, model: ChatZhipuAI) -> None:
        ids = {chunk.id for chunk in model.stream("hi")}
        assert len(ids) == 1

    def test_on_llm_new_token_is_called_with_a_run_manager(self, model: ChatZhipuAI) -> None:
        told: list[str] = []

        class Manager:
            def on_llm_new_token(self, token: str, **kwargs: Any) -> None:
                told.append(token)
                assert kwargs["chunk"].text == token

        chunks = list(model._stream([HumanMessage("hi")], run_manager=Manager()))  # type: ignore[arg-type]
        assert len(told) == len(chunks)

    def test_every_sent_field_is_a_part_of_the_cache_key(self) -> None:
        from langchain_zhipu._chat.settings import SENT

        plain = ChatZhipuAI(api_key="a.b")
        values: dict[str, Any] = {
            "model": "glm-4.6", "temperature": 0.1, "top_p": 0.1, "max_tokens": 1, "stop": ["x"],
            "do_sample": False, "thinking": False, "reasoning_effort": "low",
            "clear_thinking": False, "reasoning_history": "all", "tool_stream": False,
            "tool_choice_mode": "native", "request_id": "request", "user_id": "user-12",
            "response_format": {"type": "json_object"}, "sensitive_word_check": {"type": "ALL"},
            "watermark_enabled": False, "meta": {"a": "b"}, "extra": {"a": 1},
            "extra_body": {"a": 1},
            "model_kwargs": {"a": 1}, "think_tags": True, "keep_box_marks": True,
            "stream_usage": False, "n": 2, "repair_tool_calls": True, "cost": "zai",
            "include_response_headers": True, "file_mode": "auto",
        }  # fmt: skip
        assert set(values) == set(SENT)
        keys = {ChatZhipuAI(api_key="a.b", **{k: v})._get_llm_string() for k, v in values.items()}
        keys.add(ChatZhipuAI(api_key="a.b", base_url="zai")._get_llm_string())
        assert len(keys | {plain._get_llm_string()}) == len(values) + 2

    def test_the_version_validator_has_a_name_of_its_own(self) -> None:
        versions = (ChatZhipuAI(api_key="a.b").metadata or {})["lc_versions"]
        assert {"langchain-core", "zhipu-integrations"} <= set(versions)

    def test_an_errors_response_reaches_the_trace(self, make: Any, server: Any) -> None:
        from langchain_core.language_models.chat_models import _generate_response_from_error

        server.script(Answer(json={"error": {"code": "1214", "message": "m"}}, status=400))
        with pytest.raises(core.ModelInvalidRequestError) as caught:
            make().invoke("hi")
        (traced,) = _generate_response_from_error(caught.value)
        metadata = traced.message.response_metadata
        assert metadata["status_code"] == 400
        assert metadata["body"]["error"]["code"] == "1214"
        assert metadata["request_id"]


class TestMerging:
    """Strings are concatenated, numbers added, lists joined by index."""

    def test_two_finishing_chunks_give_one_finish_reason_and_one_model(self) -> None:
        wire = [delta("tool_calls", tool_calls=[call("f", "{}", "c")]), delta("tool_calls", USAGE)]
        metadata = total_of(chunks_of(wire)).response_metadata
        assert metadata["finish_reason"] == "tool_calls"
        assert metadata["model_name"] == "glm-4.7"
        assert metadata["id"] == HEAD["id"]

    def test_floats_and_bools_do_not_meet(self) -> None:
        found = [{"title": "a", "score": 0.5, "hot": True}]
        end = {**delta("stop", USAGE), "web_search": found}
        total = total_of(chunks_of([delta(content="a"), end, end]))
        assert total.response_metadata["web_search"] == found

    def test_search_results_with_an_index_are_not_merged_into_one(self) -> None:
        found = [{"title": "x", "index": 0}, {"title": "y", "index": 0}]
        end = {**delta("stop", USAGE), "web_search": found}
        total = total_of(chunks_of([delta(content="a"), end]))
        assert total.response_metadata["web_search"] == found

    def test_content_starts_as_a_string_so_that_no_text_is_lost(self) -> None:
        wire = [delta(), delta(reasoning_content="r"), delta(content="abc"), delta("stop")]
        chunks = chunks_of(wire)
        assert all(isinstance(chunk.content, str) for chunk in chunks)
        assert total_of(chunks).content == "abc"

    @pytest.mark.parametrize("index", [-1, None, 0])
    def test_an_index_that_is_missing_or_negative_becomes_one(self, index: Any) -> None:
        wire = [delta(tool_calls=[call("f", '{"x"', "c", index)])]
        wire += [delta(tool_calls=[call(None, ": 1}", "c", index)]), delta("tool_calls")]
        assert total_of(chunks_of(wire)).tool_calls[0]["args"] == {"x": 1}

    def test_a_name_repeated_in_each_delta_is_one_name(self) -> None:
        wire = [delta(tool_calls=[call("f", p, "c", 0)]) for p in ('{"x"', ": ", "1}")]
        (found,) = total_of(chunks_of([*wire, delta("tool_calls")])).tool_calls
        assert (found["name"], found["id"], found["args"]) == ("f", "c", {"x": 1})

    @pytest.mark.parametrize("version", ["v0", "v1"])
    def test_cut_arguments_never_become_a_runnable_call(
        self, make: Any, server: Any, version: str
    ) -> None:
        wire = [
            delta(tool_calls=[call("f", '{"x": 10', "c", 0)]),
            delta("length", USAGE),
        ]
        server.script(Answer(chunks=wire))
        total = drained(make(output_version=version).bind_tools([f]).stream("hi"))
        assert total.tool_calls == []
        assert total.invalid_tool_calls[0]["args"] == '{"x": 10'
        kinds = [block["type"] for block in total.content_blocks]
        assert kinds == ["invalid_tool_call"]

    def test_raw_tool_calls_are_never_in_additional_kwargs(self) -> None:
        wire = [delta(tool_calls=[call("f", "{}", "c")]), delta("tool_calls")]
        assert all("tool_calls" not in chunk.additional_kwargs for chunk in chunks_of(wire))
        whole = from_wire(body("tool_calls", tool_calls=[call("f", "{}", "c")]))
        assert whole.additional_kwargs == {}


class TestBlocks:
    """Translator, output version v1, events v3."""

    def test_our_translator_is_registered(self) -> None:
        assert get_translator("zhipu") is not None

    @pytest.mark.parametrize("version", ["v0", "v1"])
    def test_r1_reasoning_and_a_call_do_not_merge_in_a_v1_stream(
        self, make: Any, server: Any, version: str
    ) -> None:
        wire = [delta(reasoning_content="I "), delta(reasoning_content="call.")]
        wire += [delta(tool_calls=[call("f", '{"x": 1}', "c", 0)]), delta("tool_calls", USAGE)]
        server.script(Answer(chunks=wire))
        total = drained(make(output_version=version).bind_tools([f]).stream("hi"))
        reasoning, tool_call = total.content_blocks
        assert (reasoning["type"], reasoning["reasoning"]) == ("reasoning", "I call.")
        assert (tool_call["type"], tool_call["args"]) == ("tool_call", {"x": 1})

    def test_v1_invoke_and_v1_stream_have_the_same_blocks(self, make: Any, server: Any) -> None:
        message = {"content": "a", "reasoning_content": "b"}
        pieces = [delta(reasoning_content="b"), delta(content="a"), delta("stop", USAGE)]
        server.script(Answer(json=body("stop", USAGE, **message)), Answer(chunks=pieces))
        model = make(output_version="v1")
        whole, streamed = model.invoke("hi"), drained(model.stream("hi"))

        def bare(blocks: Any) -> Any:
            return [{k: v for k, v in block.items() if k != "index"} for block in blocks]

        assert bare(streamed.content) == bare(whole.content)

    def test_a_v1_message_goes_back_as_text_reasoning_once_and_calls(
        self, make: Any, server: Any, sent: Any
    ) -> None:
        tool_call = call("f", '{"x": 1}', "c")
        first = body("tool_calls", content="t", reasoning_content="r", tool_calls=[tool_call])
        server.script(Answer(json=first))
        model = make(output_version="v1")
        message = model.invoke("hi")
        model.invoke([HumanMessage("hi"), message, ToolMessage("1", tool_call_id="c")])
        assert sent()[1]["messages"][1] == {
            "role": "assistant",
            "content": "t",
            "reasoning_content": "r",
            "tool_calls": [
                {
                    "id": "c",
                    "type": "function",
                    "function": {"name": "f", "arguments": '{"x": 1}'},
                }
            ],
        }

    @pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning")
    def test_a_v3_message_has_its_reasoning_twice_and_sends_it_once(
        self, model: ChatZhipuAI, server: Any
    ) -> None:
        pieces = [delta(reasoning_content="r"), delta(content="t"), delta("stop", USAGE)]
        server.script(Answer(chunks=pieces))
        message = model.stream_events("hi", version="v3").output
        assert message.additional_kwargs["reasoning_content"] == "r"
        assert message.content[0]["type"] == "reasoning"
        wire = to_wire([HumanMessage("hi"), message])
        assert wire[1]["reasoning_content"] == "r"

    def test_all_block_indices_are_strings_langchain_joins_by(self) -> None:
        wire = [
            delta(reasoning_content="r"),
            delta(content="t"),
            delta(tool_calls=[call("f", "{}", "c", 0)]),
        ]
        for chunk in chunks_of(wire)[:-1]:
            for block in chunk.content_blocks:
                assert str(block["index"]).startswith("lc_")  # type: ignore[typeddict-item]
