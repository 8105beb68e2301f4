"""What LangSmith and other tracers are told: parameters, metadata, outputs; never the key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core import exceptions as core
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from pydantic import BaseModel

from langchain_zhipu import ChatZhipuAI

Make = Callable[..., ChatZhipuAI]

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def test_langsmith_parameters(make: Make) -> None:
    plain = make()._get_ls_params()
    assert plain["ls_provider"] == "zhipu"
    assert plain["ls_model_name"] == "glm-4.7"
    assert plain["ls_model_type"] == "chat"
    assert {"ls_temperature", "ls_max_tokens", "ls_stop"}.isdisjoint(plain)
    full = make(temperature=0, max_tokens=5, stop="x")._get_ls_params()
    assert (full["ls_temperature"], full["ls_max_tokens"], full["ls_stop"]) == (0, 5, ["x"])
    called = make(temperature=0.1)._get_ls_params(
        stop=["y"], model="glm-4.6", temperature=0.7, max_tokens=8
    )
    assert called["ls_model_name"] == "glm-4.6"
    assert (called["ls_temperature"], called["ls_max_tokens"]) == (0.7, 8)
    assert called["ls_stop"] == ["y"]


def run_of(handler: RunCollectorCallbackHandler) -> Any:
    (run,) = handler.traced_runs
    return run


@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_a_run_has_metadata_parameters_and_usage(make: Make, server: Any, way: str) -> None:
    handler = RunCollectorCallbackHandler()
    model = make(thinking=True, metadata={"team": "a"}, tags=["t"]).bind_tools([TOOL])
    config: Any = {"callbacks": [handler], "run_name": "ask", "metadata": {"user": "b"}}
    found = getattr(model, way)("hi", config)
    if way == "stream":
        list(found)
    run = run_of(handler)
    metadata = run.extra["metadata"]
    assert run.name == "ask"
    assert (metadata["ls_provider"], metadata["ls_model_name"]) == ("zhipu", "glm-4.7")
    assert (metadata["team"], metadata["user"]) == ("a", "b")
    assert "t" in run.tags
    parameters = run.extra["invocation_params"]
    assert parameters["model"] == "glm-4.7"
    assert parameters["thinking"] is True
    assert parameters["tools"][0]["function"]["name"] == "f"
    output = run.outputs["generations"][0][0]["message"]["kwargs"]
    assert output["usage_metadata"]["output_token_details"]["reasoning"] > 0
    assert output["additional_kwargs"]["reasoning_content"]
    written = json.dumps([run.extra, run.serialized, run.inputs, run.outputs], default=str)
    assert server.api_key not in written


def test_versions_are_told(make: Make) -> None:
    handler = RunCollectorCallbackHandler()
    make().invoke("hi", {"callbacks": [handler]})
    assert "zhipu-integrations" in json.dumps(run_of(handler).extra["metadata"], default=str)


@pytest.mark.parametrize("method", ["function_calling", "json_mode", "json_schema"])
def test_structured_output_tells_its_schema(make: Make, method: Any) -> None:
    class Person(BaseModel):
        """A person."""

        name: str

    seen: list[Any] = []

    class Watch(RunCollectorCallbackHandler):
        def on_chat_model_start(self, *args: Any, **kwargs: Any) -> Any:
            seen.append(kwargs["options"]["ls_structured_output_format"])
            return super().on_chat_model_start(*args, **kwargs)

    handler = Watch()
    make().with_structured_output(Person, method=method).invoke(
        "My name is Ann Lee.", {"callbacks": [handler]}
    )
    assert seen[0]["schema"]["properties"]["name"]["type"] == "string"
    assert seen[0]["kwargs"]["method"] == method


def test_a_failed_run_tells_the_service_s_answer(make: Make, server: Any) -> None:
    handler = RunCollectorCallbackHandler()
    server.script("error=1214/400")
    with pytest.raises(core.ModelInvalidRequestError, match="1214"):
        make().invoke("hi", {"callbacks": [handler]})
    run = run_of(handler)
    assert "1214" in run.error
    assert server.api_key not in json.dumps([run.error, run.outputs, run.extra], default=str)


async def test_usage_is_added_up_over_calls(make: Make) -> None:
    handler = UsageMetadataCallbackHandler()
    one = make().invoke("hi", {"callbacks": [handler]}).usage_metadata
    two: Any = None
    async for chunk in make().astream("hi", {"callbacks": [handler]}):
        two = chunk if two is None else two + chunk
    assert one is not None
    total = handler.usage_metadata["glm-4.7"]["total_tokens"]
    assert total == one["total_tokens"] + two.usage_metadata["total_tokens"]
