"""What is bound to a model stays so when tools or a schema are bound to it afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.load import dumpd
from langchain_core.runnables import RunnableBinding
from pydantic import BaseModel

from langchain_zhipu import ChatZhipuAI
from tests.contract.server import Reply, call, reply, scripted
from tests.contract.subjects import KEY
from tests.contract.tools import ADD, MULTIPLY


class Person(BaseModel):
    """A person."""

    name: str


class _Tags(BaseCallbackHandler):
    def __init__(self) -> None:
        self.seen: list[list[str]] = []

    def on_chat_model_start(self, *_: Any, tags: Any = None, **more: Any) -> None:
        self.seen.append([tag for tag in tags if ":" not in tag])


def _tools(bound: Any) -> Any:
    return bound.bind_tools([ADD])


def _by_call(bound: Any) -> Any:
    return bound.with_structured_output(Person)


def _by_json(bound: Any) -> Any:
    return bound.with_structured_output(Person, method="json_mode", include_raw=True)


def _answer(body: Any) -> Any:
    name = body["tools"][0]["function"]["name"] if body.get("tools") else None
    if name is None:
        return reply('{"name": "Ada"}')
    return reply("", tool_calls=[call(name, '{"name": "Ada", "a": 1, "b": 2}', "c1")])


@pytest.mark.parametrize("then", [_tools, _by_call, _by_json])
@pytest.mark.parametrize("streamed", [False, True])
def test_settings_stay(then: Any, streamed: bool) -> None:
    tags = _Tags()
    with scripted(Reply(_answer)) as server:
        model = ChatZhipuAI(model="glm-4.7", api_key=KEY, base_url=server.base_url)
        bound = model.bind(model="glm-5.3", temperature=0.25, tools=[MULTIPLY], tool_choice="any")
        asked = then(bound.with_config(tags=["mine"]))
        config = {"callbacks": [tags]}
        list(asked.stream("Who?", config)) if streamed else asked.invoke("Who?", config)
        (request,) = server.requests
    assert (request.json["model"], request.json["temperature"]) == ("glm-5.3", 0.25)
    names = [each["function"]["name"] for each in request.json.get("tools", ())]
    assert "multiply" not in names
    assert tags.seen == [["mine"]]


def test_it_is_stored_as_langchains_own() -> None:
    bound: Any = ChatZhipuAI(api_key=KEY).bind(model="glm-5.3")
    assert isinstance(bound.bind_tools([ADD]), RunnableBinding)
    assert dumpd(bound.bind_tools([ADD]))["id"][-1] == "RunnableBinding"
    assert bound.bind_tools([ADD], model="glm-4.6").kwargs["model"] == "glm-4.6"


def test_its_profile_is_that_of_the_model_that_is_bound() -> None:
    bound: Any = ChatZhipuAI(model="glm-4.7", api_key=KEY).bind(model="glm-4.6v")
    assert bound.profile["image_inputs"] is True
    assert bound.bind_tools([ADD]).profile["image_inputs"] is True
    assert bound.bind(model="glm-4.7").profile["image_inputs"] is False
