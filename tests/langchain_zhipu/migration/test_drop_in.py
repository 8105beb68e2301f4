"""`ChatZhipuAI` in place of the one of langchain-community: changing the import is enough."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from langchain_zhipu import ChatZhipuAI
from tests.programs import run_program

OLD, NEW = "langchain_community.chat_models", "langchain_zhipu"


def answers(module: str, server: Any) -> Any:
    # The old class takes the whole address of the endpoint; so must the new one.
    address = f"{server.base_url}/chat/completions"
    done = run_program(
        "tests.langchain_zhipu.migration.program",
        *(module, address, server.api_key),
        environment={"ZHIPUAI_API_KEY": server.api_key, "ZHIPUAI_API_BASE": address},
        warn="ignore",
    )
    assert done.returncode == 0, f"{module}: {done.stderr[-2000:]}"
    return json.loads(done.stdout)


def test_the_same_program_runs_with_either_import(server: Any) -> None:
    pytest.importorskip("langchain_community", reason="langchain-community is not installed")
    old, new = (answers(module, server) for module in (OLD, NEW))
    assert new.keys() == old.keys()
    # The default model has moved on; everything else is to be the same.
    assert old["invoke"].pop()
    assert new["invoke"].pop()
    assert new == old
    assert new["calls"] == [["get_weather", {"city": "Hangzhou"}]]
    assert new["structured"] == {"name": "Ann Lee", "city": "Paris"}
    assert "323" in new["chain"]


@pytest.mark.parametrize(
    "given",
    [
        {"api_key": "k.s", "api_base": "http://127.0.0.1:9/v4/chat/completions"},
        {"zhipuai_api_key": "k.s", "zhipuai_api_base": "http://127.0.0.1:9/v4"},
        {"api_key": "k.s", "base_url": "http://127.0.0.1:9/v4/"},
    ],
    ids=lambda given: "+".join(given),
)
def test_arguments_and_aliases(given: dict[str, str]) -> None:
    model = ChatZhipuAI(model_name="glm-4-plus", **given)  # type: ignore[arg-type]
    assert model.model == model.model_name == "glm-4-plus"
    assert model._sync_client().base_url == "http://127.0.0.1:9/v4"
    assert "k.s" not in repr(model)


def test_every_argument_of_the_old_class_is_taken(recwarn: Any) -> None:
    old = pytest.importorskip("langchain_community.chat_models.zhipuai").ChatZhipuAI
    names = set()
    for name, field in old.model_fields.items():
        names |= {name, field.alias or name}
    values = {
        "zhipuai_api_key": "k.s", "api_key": "k.s", "zhipuai_api_base": "http://127.0.0.1:9/v4",
        "api_base": "http://127.0.0.1:9/v4", "model_name": "glm-4-plus", "model": "glm-4-plus",
        "temperature": 0.95, "top_p": 0.7, "streaming": True, "max_tokens": 10,
    }  # fmt: skip
    own = names & values.keys()
    assert own == values.keys()
    inherited = names - own
    assert inherited <= set(ChatZhipuAI.model_fields)
    recwarn.clear()
    for name in own:
        model = ChatZhipuAI(**{"api_key": "k.s", name: values[name]})
        assert model.model_kwargs == {}
    assert not recwarn.list  # an unknown argument would warn


def test_old_programs_may_read_and_set_by_the_old_names(model: ChatZhipuAI, server: Any) -> None:
    assert model.zhipuai_api_base == server.base_url
    assert model.zhipuai_api_key.get_secret_value() == server.api_key
    model.model_name = "glm-4-plus"
    model.zhipuai_api_base = f"{server.coding_base_url}/chat/completions"
    model.zhipuai_api_key = server.api_key
    model.temperature = 0.3
    model.invoke([HumanMessage("hi")])
    body = server.requests[-1]["json"]
    assert (body["model"], body["temperature"]) == ("glm-4-plus", 0.3)
    assert "/coding/" in server.requests[-1]["path"]
    assert server.api_key not in repr(model)
