"""Settings of `ZhipuAI`, of its constructor and of one call; its metadata."""

from __future__ import annotations

import pytest
from llama_index.core.base.llms.types import ChatMessage, DocumentBlock, MessageRole

from llama_index_zhipu import ZhipuAI
from tests.llama_index_zhipu.asking import ASK
from zhipu_client import InvalidRequestError, Timeout


@pytest.mark.parametrize(
    ("model", "window", "tools"),
    [
        ("glm-4.7", 204_800, True),
        ("GLM-4.7", 204_800, True),
        ("zai-org/GLM-4.7-FP8", 204_800, True),
        ("glm-4.7-20260101", 204_800, True),
        ("accounts/fireworks/models/glm-4p6", 204_800, True),
        ("GLM-4.6V-AWQ-4bit", 131_072, True),
        ("hf.co/unsloth/GLM-4.5-Air-GGUF:Q4_K_M", 131_072, True),
        ("glm-5.2", 1_048_576, True),
        ("glm-4.5v", 65_536, True),
        ("glm-6", 204_800, True),
        ("glm-4.55", 131_072, True),
        ("my-own-finetune", 131_072, True),
    ],
)
def test_metadata(make, model, window, tools):
    found = make(model=model).metadata
    assert (found.context_window, found.is_function_calling_model) == (window, tools)
    assert (found.model_name, found.is_chat_model, found.num_output) == (model, True, -1)
    assert found.system_role == MessageRole.SYSTEM


def test_metadata_can_be_overridden(make):
    llm = make(context_window=1000, is_function_calling_model=False, max_tokens=50)
    found = llm.metadata
    assert (found.context_window, found.is_function_calling_model, found.num_output) == (
        1000,
        False,
        50,
    )


def test_arguments_of_the_old_package_and_of_openai_like(stub):
    old = ZhipuAI("glm-4", "key.secret", 0.3, 100, 12.0, {"top_p": 0.5})
    assert (old.model, old.temperature, old.max_tokens, old.timeout) == ("glm-4", 0.3, 100, 12.0)
    like = ZhipuAI(
        model="glm-4.7",
        api_base=stub.base_url,
        api_key="k",
        is_chat_model=True,
        is_function_calling_model=True,
        context_window=1234,
        max_retries=1,
        reuse_client=False,
        default_headers={"x-a": "1"},
    )
    assert like.base_url == stub.base_url
    assert like.metadata.context_window == 1234
    assert like.complete("?").text == "ok"


def test_an_argument_that_does_not_exist_is_told():
    with pytest.warns(UserWarning, match="temprature"):
        ZhipuAI(api_key="k", temprature=0.5)


def test_a_missing_key_is_told_at_once():
    with pytest.raises(InvalidRequestError, match="ZHIPUAI_API_KEY"):
        ZhipuAI()


@pytest.mark.parametrize("variable", ["ZHIPUAI_API_KEY", "ZHIPU_API_KEY", "ZAI_API_KEY"])
def test_the_key_from_the_environment(monkeypatch, stub, variable):
    monkeypatch.setenv(variable, "from.environment")
    ZhipuAI(base_url=stub.base_url).complete("?")
    assert stub.headers[0]["authorization"] == "Bearer from.environment"


async def test_the_key_from_a_function(stub, make):
    keys = iter(["k1", "k2"])
    llm = make(api_key=lambda: next(keys))
    llm.complete("?")
    await llm.acomplete("?")

    async def later():
        return "k3"

    await make(api_key=later).acomplete("?")
    sent = [headers["authorization"] for headers in stub.headers]
    assert sent == ["Bearer k1", "Bearer k2", "Bearer k3"]


def test_settings_may_be_changed(stub, llm):
    llm.complete("?")
    llm.api_key = "another.key"
    llm.timeout = Timeout(connect=1.0)
    llm.complete("?")
    assert stub.headers[1]["authorization"] == "Bearer another.key"


def test_messages_are_made_for_the_model_of_the_call(stub, make):
    url = "https://x.example/a.pdf"
    document = [ChatMessage(role="user", blocks=[DocumentBlock(url=url)])]
    make(model="glm-4.7").chat(document, model="glm-4.5v")
    (part,) = stub.requests[0]["messages"][0]["content"]
    assert part == {"type": "file_url", "file_url": {"url": url}}


@pytest.mark.parametrize(
    ("field", "value", "limit"),
    [
        ("thinking", 3, "'enabled' or 'disabled'"),
        ("reasoning_history", "some", "'tool_loop', 'all' or 'none'"),
        ("tool_choice_mode", "force", "'auto', 'native' or 'emulate'"),
        ("stop", 3, "valid string"),
        ("server_tools", "web_search", "valid list"),
        ("extra_body", "x", "valid dictionary"),
        ("max_tokens", 0, "greater than 0"),
        ("model", 5, "valid string"),
    ],
)
def test_a_call_takes_what_the_constructor_takes(stub, make, field, value, limit):
    llm = make()
    for attempt in (
        lambda: make(**{field: value}),
        lambda: llm.chat(ASK, **{field: value}),
        lambda: make(additional_kwargs={field: value}).chat(ASK),
    ):
        with pytest.raises(InvalidRequestError, match=limit) as caught:
            attempt()
        assert (caught.value.field, caught.value.value) == (field, value)
    assert not stub.requests


def test_a_call_takes_the_other_names_of_fields(stub, make):
    llm = make(additional_kwargs={"request_timeout": 7.0})
    llm.chat(ASK, model_name="glm-4.6")
    assert stub.requests[0]["model"] == "glm-4.6"
    assert "request_timeout" not in stub.requests[0]


@pytest.mark.parametrize(
    ("name", "field"),
    [("zhipuai_api_key", "api_key"), ("api_base", "base_url"), ("auth", "auth")],
)
def test_no_call_tells_the_settings_of_the_llm_abroad(stub, llm, name, field):
    with pytest.raises(InvalidRequestError, match="make another model") as caught:
        llm.chat(ASK, **{name: "planted"})
    assert caught.value.field == field
    assert "planted" not in str(caught.value)
    assert not stub.requests
