"""Answers that are made later: both adapters submit, wait, resume and fail alike."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.tools import StructuredTool
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.tools import FunctionTool

import zhipu_emulator
from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from tests.reliability.scenarios import answer as answer_with
from tests.reliability.scenarios import chosen
from tests.reliability.server import FaultServer
from zhipu_client import InvalidRequestError, TaskFailedError, TaskTimeoutError, ZhipuError

from .server import Reply, scripted
from .subjects import KEY

adapters = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
ways = pytest.mark.parametrize("way", ["sync", "async"])
QUICK = {"interval": 0.01}
SUBMITTED = Reply({"id": "t-1", "model": "glm-4.7", "task_status": "PROCESSING"})
RUNNING = Reply({"task_status": "PROCESSING"})


@pytest.fixture(scope="module")
def running():
    with zhipu_emulator.serve(polls=2) as server:
        yield server


def weather(city: str) -> str:
    """Look up the weather of a city."""
    return f"rain in {city}"


class Subject:
    """A chat model of one framework, with a tool of a Chinese name offered or without."""

    def __init__(self, adapter: str, way: str, *, tools: bool = False, **given: Any) -> None:
        self.way = way
        self.lines = adapter == "langchain"
        self.offered: dict[str, Any] = {}
        if self.lines:
            chat = ChatZhipuAI(model="glm-4.7", **given)
            tool = StructuredTool.from_function(weather, name="查天气")
            self.model: Any = chat.bind_tools([tool]) if tools else chat
        else:
            self.model = ZhipuAI(model="glm-4.7", **given)
            if tools:
                self.offered = {"tools": [FunctionTool.from_defaults(weather, name="查天气")]}

    def _call(self, name: str, *values: Any, **named: Any) -> Any:
        method = getattr(self.model, name if self.way == "sync" else f"a{name}")
        found = method(*values, **self.offered, **named)
        return asyncio.run(found) if self.way == "async" else found

    def submit(self, question: Any) -> str:
        return str(self._call("submit", question))

    def result(self, task_id: str, **named: Any) -> Any:
        return self._call("result", task_id, **{**QUICK, **named})

    def text(self, answer: Any) -> str:
        return str(answer.text if self.lines else answer.message.content)

    def calls(self, answer: Any) -> list[tuple[str, Any]]:
        if self.lines:
            return [(call["name"], call["args"]) for call in answer.tool_calls]
        found = self.model.get_tool_calls_from_response(answer)
        return [(call.tool_name, call.tool_kwargs) for call in found]

    def usage(self, answer: Any) -> Any:
        return (answer.usage_metadata if self.lines else answer.raw["usage"])["total_tokens"]


@adapters
@ways
def test_an_answer_and_its_progress(adapter, way, reach, service):
    subject = Subject(adapter, way, **reach)
    task_id = subject.submit("What is 17 * 19?")
    seen: list[str] = []
    answer = subject.result(task_id, on_progress=lambda found: seen.append(found.state))
    assert "323" in subject.text(answer)
    assert subject.usage(answer) > 0
    assert seen == ["running", "running", "succeeded"]
    assert service.requests[0]["path"].endswith("/async/chat/completions")
    assert "stream" not in service.requests[0]["json"]


@adapters
@ways
def test_a_conversation_with_tools(adapter, way, reach):
    question = "What is the weather in Paris?"
    said = [HumanMessage(question)] if adapter == "langchain" else [ChatMessage(content=question)]
    subject = Subject(adapter, way, tools=True, **reach)
    task_id = subject.submit(said)
    # In another process there is another object.
    answer = Subject(adapter, way, tools=True, **reach).result(task_id)
    assert subject.calls(answer) == [("查天气", {"city": "Paris"})]


@adapters
@ways
def test_what_ends_badly_names_the_task(adapter, way):
    failed = Reply({"id": "t-1", "task_status": "FAIL"})
    with scripted(SUBMITTED, RUNNING, failed) as server:
        subject = Subject(adapter, way, base_url=server.url, api_key=KEY, max_retries=0)
        task_id = subject.submit("?")
        assert task_id == "t-1"
        with pytest.raises(TaskFailedError, match=r"t-1 failed \(FAIL\)") as caught:
            subject.result(task_id)
    assert caught.value.task_id == "t-1"
    assert pickle.loads(pickle.dumps(caught.value)).task_id == "t-1"


@adapters
@ways
def test_one_that_takes_too_long_goes_on(adapter, way):
    found: dict[str, Any] = {"task_status": "PROCESSING"}
    with FaultServer(chosen(lambda _: answer_with(found))) as server:
        subject = Subject(adapter, way, base_url=server.url, api_key=KEY, max_retries=0)
        with pytest.raises(TaskTimeoutError, match="wait for it again") as caught:
            subject.result("t-1", interval=0.05, wait=0.01)
        assert caught.value.task_id == "t-1"
        found |= {"task_status": "SUCCESS", "choices": [{"message": {"content": "At last."}}]}
        assert subject.text(subject.result("t-1")) == "At last."


@adapters
@ways
def test_a_task_that_is_not_there(adapter, way, reach):
    with pytest.raises(ZhipuError, match="nope") as caught:
        Subject(adapter, way, **reach).result("nope")
    assert caught.value.task_id == "nope"


@adapters
@ways
@pytest.mark.parametrize("wrong", [{"interval": 0}, {"wait": -1}])
def test_wrong_numbers_are_refused_before_anything_is_sent(adapter, way, wrong, reach, service):
    with pytest.raises(InvalidRequestError):
        Subject(adapter, way, **reach).result("t-1", **wrong)
    assert not service.requests


@adapters
@ways
def test_the_international_site_has_none(adapter, way):
    subject = Subject(adapter, way, base_url="zai", api_key=KEY)
    with pytest.raises(InvalidRequestError, match="async/chat/completions"):
        subject.submit("?")
