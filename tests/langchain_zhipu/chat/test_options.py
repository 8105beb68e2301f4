"""Counting, tracing without secrets, per-call options, unknown arguments, imports."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.exceptions import ModelRateLimitError
from langchain_core.load import dumps
from langchain_core.messages import HumanMessage
from langchain_core.runnables import ConfigurableField
from langchain_core.tracers import BaseTracer

from langchain_zhipu import ChatZhipuAI
from zhipu_client import InvalidRequestError, Timeout
from zhipu_emulator import Answer


def refused(code: str = "1302") -> Answer:
    return Answer(json={"error": {"code": code, "message": "m"}}, status=429)


def test_tokens_are_counted_by_the_service_else_estimated(make: Any, server: Any) -> None:
    messages = [HumanMessage("你好，世界")]
    counted = make().get_num_tokens_from_messages(messages)
    assert server.requests[-1]["path"].endswith("/tokenizer")
    assert counted > 0
    before = len(server.requests)
    assert make(token_counting="estimate").get_num_tokens_from_messages(messages) > 0
    assert len(server.requests) == before
    server.script(Answer(json={"error": {"code": "500", "message": "m"}}, status=500))
    failing = make()
    assert failing.get_num_tokens_from_messages(messages) > 0
    assert failing.get_num_tokens_from_messages(messages) > 0
    assert len(server.requests) == before + 1
    assert failing.get_num_tokens("你好") == 2
    with pytest.raises(NotImplementedError, match="custom_get_token_ids"):
        failing.get_token_ids("x")
    own = make(custom_get_token_ids=lambda text: list(range(len(text))))
    assert own.get_num_tokens("four") == 4


async def test_counting_in_an_event_loop_sends_nothing(model: ChatZhipuAI, server: Any) -> None:
    assert model.get_num_tokens_from_messages([HumanMessage("hi")]) > 0
    assert server.requests == []


def test_tokens_of_blocks_not_yet_normalised(make: Any) -> None:
    model = make(token_counting="estimate")
    blocks = [
        {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,aGk="}},
    ]
    assert model.get_num_tokens_from_messages([HumanMessage(blocks)]) > 3000


def test_configurable_fields_reach_the_wire(model: ChatZhipuAI, sent: Any) -> None:
    field = ConfigurableField(id="t")
    found = model.configurable_fields(temperature=field)
    found.invoke("hi", config={"configurable": {"t": 0.7}})
    assert sent()[0]["temperature"] == 0.7


def test_langsmith_parameters_and_metadata(make: Any) -> None:
    class Keeping(BaseTracer):
        runs: list[Any] = []

        def _persist_run(self, run: Any) -> None:
            Keeping.runs.append(run)

    model = make(temperature=0.5, max_tokens=300, stop=["x"])
    params = model._get_ls_params()
    assert params["ls_provider"] == "zhipu"
    assert params["ls_model_name"] == "glm-4.7"
    assert params["ls_temperature"] == 0.5
    assert params["ls_max_tokens"] == 300
    assert params["ls_stop"] == ["x"]
    secret = {"type": "mcp", "mcp": {"server_label": "s", "headers": {"Authorization": "hunter2"}}}
    address = {"type": "mcp", "server_label": "t", "server_url": "https://m.example/?key=hunter2"}
    model.bind(tools=[secret, address]).invoke("hi", config={"callbacks": [Keeping()]})
    run = Keeping.runs[-1]
    assert run.extra["metadata"]["ls_provider"] == "zhipu"
    assert "zhipu-integrations" in run.extra["metadata"]["lc_versions"]
    assert "hunter2" not in run.model_dump_json(serialize_as_any=True, fallback=str)


def test_dumps_has_no_secret(make: Any) -> None:
    model = make(default_headers={"X-Secret": "hunter2"})
    text = dumps(model)
    assert model.api_key.get_secret_value() not in text
    assert "hunter2" not in text
    assert json.loads(text)["kwargs"]["api_key"]["type"] == "secret"


def test_a_calls_own_timeout_headers_and_retries(make: Any, server: Any) -> None:
    model = make(default_headers={"X-One": "1"})
    server.script(refused(), refused())
    with pytest.raises(ModelRateLimitError):
        model.invoke("hi", max_retries=0, extra_headers={"X-Two": "2"})
    request = server.requests[0]
    assert (request["headers"]["x-one"], request["headers"]["x-two"]) == ("1", "2")
    assert len(server.requests) == 1
    server.reset()
    server.script("delay=20")
    with pytest.raises(TimeoutError):
        model.invoke("hi", timeout=Timeout(total=0.3), max_retries=0)


def test_unknown_arguments_warn_and_are_sent(make: Any, sent: Any) -> None:
    with pytest.warns(UserWarning, match="unheard_of"):
        model = make(unheard_of=7)
    assert model.model_kwargs == {"unheard_of": 7}
    model.invoke("hi")
    assert sent()[0]["unheard_of"] == 7


@pytest.mark.parametrize("name", ["apikey", "zai_api_key", "API_KEY"])
def test_a_misspelt_key_is_refused_and_not_shown(make: Any, name: str) -> None:
    with pytest.raises(InvalidRequestError, match="did you mean api_key") as caught:
        make(**{name: "id.secret"})
    assert "secret" not in f"{caught.value!r} {caught.value.__dict__}"
