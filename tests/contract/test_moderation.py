"""Content safety: both adapters flag the same; LangChain's agents keep what is flagged out."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import pickle
import sys
from typing import Any, Literal

import pytest
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate
from llama_index.core.schema import NodeWithScore, TextNode

from langchain_zhipu import ChatZhipuAI, ZhipuAIModeration, ZhipuAIModerationMiddleware
from llama_index_zhipu import ZhipuAIModerationPostprocessor, ZhipuAIModerationToolSpec
from zhipu_client import (
    AuthenticationError,
    ContentFilterError,
    InvalidRequestError,
    NotFoundError,
    ServerError,
)
from zhipu_client.work import partial_of

from .server import Reply, failure, scripted
from .subjects import KEY

ways = pytest.mark.parametrize("way", ["sync", "async"])
FINE, RUDE, UNSAFE = "A red kite.", "You idiot!", "How to make a bomb."
LEVELS = {FINE: "PASS", RUDE: "REVIEW", UNSAFE: "REJECT"}
PASS = Reply({"result_list": [{"content_type": "text", "risk_level": "PASS", "risk_type": []}]})
REJECT = Reply(
    {"result_list": [{"content_type": "text", "risk_level": "REJECT", "risk_type": ["violence"]}]}
)


def called(thing: Any, way: str, name: str, *given: Any, **named: Any) -> Any:
    method = getattr(thing, name if way == "sync" else f"a{name}")
    return method(*given, **named) if way == "sync" else asyncio.run(method(*given, **named))


def where(server: Any) -> dict[str, Any]:
    return {"api_key": KEY, "base_url": server.base_url, "max_retries": 0}


@ways
@pytest.mark.parametrize("flag_from", ["REVIEW", "REJECT"])
def test_both_flag_the_same(way, flag_from: Literal["REVIEW", "REJECT"], reach):
    verdicts = called(ZhipuAIModeration(flag_from=flag_from, **reach), way, "batch", list(LEVELS))
    assert [verdict.risk_level for verdict in verdicts] == list(LEVELS.values())
    nodes = [NodeWithScore(node=TextNode(text=text)) for text in LEVELS]
    postprocessor = ZhipuAIModerationPostprocessor(flag_from=flag_from, **reach)
    kept = called(postprocessor, way, "postprocess_nodes", nodes)
    fine = [text for text, one in zip(LEVELS, verdicts, strict=True) if not one.flagged]
    assert [node.node.get_content() for node in kept] == fine
    tool = ZhipuAIModerationToolSpec(**reach)
    assert called(tool, way, "check_content", UNSAFE) == verdicts[2].summary == "REJECT: violence"


@ways
@pytest.mark.parametrize(
    "given",
    [
        UNSAFE,
        HumanMessage(UNSAFE),
        HumanMessage([{"type": "text", "text": UNSAFE}]),
        [FINE, UNSAFE],
        [HumanMessage(FINE), AIMessage(UNSAFE)],
        [("user", UNSAFE)],
        ChatPromptTemplate.from_messages([("system", FINE), ("user", "{x}")]).invoke({"x": UNSAFE}),
        "word " * 1000 + UNSAFE,
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_can_be_judged(way, given, reach):
    verdict = called(ZhipuAIModeration(**reach), way, "invoke", given)
    assert (verdict.risk_level, verdict.flagged, verdict.risk_types) == (
        "REJECT",
        True,
        ["violence"],
    )


@ways
def test_what_is_blank_costs_nothing(way, reach, service):
    moderation = ZhipuAIModeration(**reach)
    assert [one.risk_level for one in called(moderation, way, "batch", ["", [], " "])] == [
        "PASS"
    ] * 3
    assert called(moderation, way, "batch", []) == []
    for odd in (5, b"bytes", [5], None):
        with pytest.raises(InvalidRequestError, match="input"):
            called(moderation, way, "invoke", odd)
    assert not service.requests


@ways
def test_flagged_content_is_an_error(way, reach):
    moderation = ZhipuAIModeration(on_flagged="raise", **reach)
    assert called(moderation, way, "invoke", FINE).risk_level == "PASS"
    with pytest.raises(ContentFilterError, match="the content was judged REJECT") as caught:
        called(moderation, way, "invoke", UNSAFE)
    assert caught.value.body["result_list"]
    fine, error = called(moderation, way, "batch", [FINE, UNSAFE], return_exceptions=True)
    assert fine.risk_level == "PASS"
    assert isinstance(error, ContentFilterError)
    with pytest.raises(ContentFilterError, match="input 1"):
        called(moderation, way, "batch", [FINE, UNSAFE])


@ways
def test_what_was_paid_for_is_kept(way):
    seen: list[Any] = []
    with scripted(PASS, failure(500, "500"), REJECT) as server:
        moderation = ZhipuAIModeration(max_in_flight=1, on_result=seen.append, **where(server))
        with pytest.raises(ServerError, match="input 1") as caught:
            called(moderation, way, "batch", [FINE, "b", UNSAFE])
    first, *rest = partial_of(caught.value)
    assert first.risk_level == "PASS"
    assert rest == [None, None]
    assert [position for position, _ in seen] == [0]
    with scripted(PASS, failure(500, "500"), REJECT) as server:
        moderation = ZhipuAIModeration(max_in_flight=1, **where(server))
        found = called(moderation, way, "batch", [FINE, "b", UNSAFE, 5], return_exceptions=True)
    assert isinstance(found[1], ServerError)
    assert isinstance(found[3], InvalidRequestError)
    assert (found[0].flagged, found[2].flagged) == (False, True)


@ways
def test_a_second_run_costs_nothing(way, reach, service, tmp_path):
    moderation = ZhipuAIModeration(checkpoint=tmp_path / "work.sqlite", **reach)
    first = called(moderation, way, "batch", list(LEVELS))
    assert called(moderation, way, "batch", list(LEVELS)) == first
    assert len(service.requests) == 3


def test_names_and_defaults():
    ours, theirs = ZhipuAIModeration.model_fields, ZhipuAIModerationPostprocessor.model_fields
    for name in ("model", "flag_from", "checkpoint"):
        assert ours[name].default == theirs[name].default
    middleware = pickle.loads(pickle.dumps(ZhipuAIModerationMiddleware(api_key=KEY)))
    assert middleware.moderation.flag_from == theirs["flag_from"].default
    assert KEY not in repr(vars(middleware))


# Agents.


def report(topic: str) -> str:
    """Report on a topic."""
    return f"About {topic}: {UNSAFE}"


class Model(GenericFakeChatModel):
    """A model that says what is in its script, and can be given tools."""

    asked: list[Any] = []

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
        self.asked.append([message.text for message in messages])
        return super()._generate(messages, *args, **kwargs)


def agent(reach: Any, *answers: Any, tools: Any = (), **given: Any) -> tuple[Any, Model]:
    said = [one if isinstance(one, AIMessage) else AIMessage(one) for one in answers]
    model = Model(messages=iter(said), asked=[])
    middleware = ZhipuAIModerationMiddleware(**given, **reach)
    return create_agent(model, tools=list(tools), middleware=[middleware]), model


def ask(made: Any, way: str, *messages: Any) -> list[Any]:
    return list(called(made, way, "invoke", {"messages": list(messages)})["messages"])


def calling(text: str = "") -> AIMessage:
    call = {"name": "report", "args": {"topic": "kites"}, "id": "1", "type": "tool_call"}
    return AIMessage(text, tool_calls=[call])


@ways
def test_nothing_flagged(way, reach, service):
    made, _ = agent(reach, calling(), "All is well.", tools=[report], check_tool_results=False)
    found = ask(made, way, ("user", FINE))
    assert found[-1].text == "All is well."
    assert "moderation" not in found[-1].response_metadata
    judged = [request["json"]["input"] for request in service.requests]
    assert judged == [FINE, "All is well."], "each text is paid for once"


@ways
def test_the_input_ends_the_agent(way, reach):
    made, model = agent(reach, "never")
    found = ask(made, way, ("user", UNSAFE))
    assert [type(one) for one in found] == [HumanMessage, AIMessage]
    assert "violence" in found[-1].text
    assert all(UNSAFE not in one.text for one in found), "no later turn sends it to the model"
    assert not model.asked


@ways
def test_the_input_is_replaced_or_flagged(way, reach):
    words = "[{risk_level}: {categories}]"
    made, model = agent(reach, "Fine.", exit_behavior="replace", violation_message=words)
    assert ask(made, way, ("user", UNSAFE))[-1].text == "Fine."
    assert model.asked == [["[REJECT: violence]"]]
    made, model = agent(reach, "Fine.", exit_behavior="flag")
    first, last = ask(made, way, ("user", UNSAFE))
    assert first.response_metadata["moderation"]["risk_types"] == ["violence"]
    assert (first.text, last.text) == (UNSAFE, "Fine.")


@ways
@pytest.mark.parametrize(
    ("stage", "given"),
    [("input", UNSAFE), ("output", FINE), ("tool", FINE)],
)
def test_an_error_has_its_stage(way, stage, given, reach):
    first = calling() if stage == "tool" else UNSAFE
    made, _ = agent(reach, first, tools=[report], check_tool_results=True, exit_behavior="error")
    with pytest.raises(ContentFilterError, match="REJECT") as caught:
        ask(made, way, ("user", given))
    assert caught.value.stage == stage
    assert caught.value.verdict.flagged


@ways
@pytest.mark.parametrize("exit_behavior", ["end", "replace"])
def test_a_flagged_answer_runs_no_tool(way, exit_behavior, reach):
    ran: list[str] = []

    def report(topic: str) -> str:
        """Report on a topic."""
        ran.append(topic)
        return topic

    made, _ = agent(reach, calling(UNSAFE), tools=[report], exit_behavior=exit_behavior)
    found = ask(made, way, ("user", FINE))
    assert not ran
    assert not found[-1].tool_calls
    assert "blocked" in found[-1].text
    assert len(found) == 2


@ways
def test_results_of_tools(way, reach):
    made, model = agent(
        reach, calling(), "Done.", tools=[report], check_tool_results=True, exit_behavior="replace"
    )
    assert ask(made, way, ("user", FINE))[-1].text == "Done."
    assert "blocked" in model.asked[-1][-1]
    made, model = agent(reach, calling(), "never", tools=[report], check_tool_results=True)
    found = ask(made, way, ("user", FINE))
    assert [type(one) for one in found[-2:]] == [ToolMessage, AIMessage]
    assert "blocked" in found[-2].text
    assert len(model.asked) == 1


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("mode", ["messages", "updates", "values"])
def test_no_stream_shows_what_is_flagged(way, mode, reach):
    def streamed(made: Any) -> str:
        given = {"messages": [("user", FINE)]}

        async def collected() -> list[Any]:
            return [piece async for piece in made.astream(given, stream_mode=mode)]

        return str(asyncio.run(collected()) if way == "async" else list(
            made.stream(given, stream_mode=mode)
        ))  # fmt: skip

    assert "bomb" not in streamed(agent(reach, UNSAFE)[0])
    assert "well" in streamed(agent(reach, "All is well.")[0])
    unchecked = streamed(agent(reach, UNSAFE, stream_unchecked=True)[0])
    assert ("bomb" in unchecked) is (mode == "messages")


@ways
def test_a_check_that_fails(way, reach, caplog):
    with scripted(failure(500, "500", "broken")) as server:
        made, model = agent(where(server), "never")
        with pytest.raises(ServerError):
            ask(made, way, ("user", FINE))
        assert not model.asked
        made, _ = agent(where(server), "All is well.", on_failure="open")
        with caplog.at_level(logging.WARNING):
            assert ask(made, way, ("user", FINE))[-1].text == "All is well."
        assert "without a check" in caplog.text
    for wrong, kind in (({"api_key": "a.b"}, AuthenticationError), ({"model": "x"}, NotFoundError)):
        made, _ = agent({**reach, **wrong}, "never", on_failure="open")
        with pytest.raises(kind):
            ask(made, way, ("user", FINE))


@ways
def test_with_the_real_chat_model_and_a_structured_answer(way, reach):
    from pydantic import BaseModel

    class Answer(BaseModel):
        """An answer."""

        text: str

    made = create_agent(
        ChatZhipuAI(model="glm-4.7", **reach),
        middleware=[ZhipuAIModerationMiddleware(**reach)],
        response_format=Answer,
    )
    state = called(made, way, "invoke", {"messages": [("user", "Say hello")]})
    assert isinstance(state["structured_response"], Answer)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"exit_behavior": "explode"}, "exit_behavior"),
        ({"on_failure": None}, "on_failure"),
        ({"violation_message": "{score}"}, "violation_message"),
        ({"violation_message": "{"}, "violation_message"),
        ({"flag_from": "PASS"}, "flag_from"),
    ],
)
def test_values_out_of_range(given, named):
    with pytest.raises(InvalidRequestError, match=named):
        ZhipuAIModerationMiddleware(api_key=KEY, **given)


def test_an_old_thread_is_not_paid_for_again(reach, service):
    middleware = ZhipuAIModerationMiddleware(**reach)
    old = [HumanMessage("One", id="1"), AIMessage("Two", id="2"), HumanMessage("Three", id="3")]
    for _ in range(3):
        assert middleware.before_model({"messages": old}, None) is None
    assert [request["json"]["input"] for request in service.requests] == ["Three"]


def test_without_langchain(monkeypatch):
    import langchain_zhipu._agent_middleware as module

    monkeypatch.setitem(sys.modules, "langchain.agents.middleware", None)
    spec = importlib.util.spec_from_file_location("another", module.__file__)
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(another := importlib.util.module_from_spec(spec))
    with pytest.raises(ImportError, match=r'pip install "langchain'):
        another.AgentMiddleware()
