"""What users of LangChain take for granted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.exceptions import ModelPermissionDeniedError, ModelRateLimitError
from langchain_core.globals import set_llm_cache
from langchain_core.load import dumps
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, trim_messages
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import ConfigurableField
from langchain_core.tracers import BaseTracer

from langchain_zhipu import ChatZhipuAI, register
from tests.langchain_zhipu.chat.wire import USAGE, body, delta
from zhipu_client import Timeout
from zhipu_emulator import Answer


@pytest.fixture
def cache() -> Iterator[InMemoryCache]:
    found = InMemoryCache()
    set_llm_cache(found)
    yield found
    set_llm_cache(None)


def refused(code: str = "1302") -> Answer:
    return Answer(json={"error": {"code": code, "message": "m"}}, status=429)


def test_rate_limiter_is_asked(make: Any, say: Any) -> None:
    class Counting(InMemoryRateLimiter):
        asked = 0

        def acquire(self, *, blocking: bool = True) -> bool:
            Counting.asked += 1
            return True

    say("a", "b")
    model = make(rate_limiter=Counting(requests_per_second=1000))
    model.invoke("hi")
    list(model.stream("hi"))
    assert Counting.asked == 2


def test_cache_hits_and_never_leaks_between_settings(make: Any, sent: Any, cache: Any) -> None:
    model = make(temperature=0.1)
    model.invoke("hi")
    model.invoke("hi")
    assert len(sent()) == 1
    variants = [
        {"temperature": 0.2}, {"thinking": False}, {"reasoning_effort": "low"}, {"top_p": 0.5},
        {"max_tokens": 50}, {"do_sample": False}, {"extra_body": {"seed": 1}}, {"stop": ["x"]},
        {"model_kwargs": {"y": 1}}, {"tool_choice_mode": "native"}, {"clear_thinking": False},
        {"user_id": "user-12"},
    ]  # fmt: skip
    for extra in variants:
        make(**{"temperature": 0.1, **extra}).invoke("hi")
    assert len(sent()) == 1 + len(variants)
    model.invoke("hi", top_p=0.9)
    model.bind(thinking=False).invoke("hi")
    assert len(sent()) == 3 + len(variants)


def test_a_copy_with_other_settings_has_another_cache_key(make: Any, sent: Any, cache: Any) -> None:
    model = make()
    model.invoke("hi")
    model.model_copy(update={"temperature": 0.9}).invoke("hi")
    model.temperature = 0.5
    model.invoke("hi")
    assert [r.get("temperature") for r in sent()] == [None, 0.9, 0.5]


def test_fallbacks_take_over(make: Any, server: Any) -> None:
    server.script(refused("1113"))
    found = make().with_fallbacks([make(model="glm-4.6")]).invoke("hi")
    assert found.response_metadata["model_name"] == "glm-4.6"


def test_with_retry_does_not_double_retries(make: Any, server: Any) -> None:
    server.script(*[refused()] * 3)
    model = make(max_retries=0)
    retried = model.with_retry(
        retry_if_exception_type=(ModelRateLimitError,),
        wait_exponential_jitter=False,
        stop_after_attempt=3,
    )
    with pytest.raises(ModelRateLimitError):
        retried.invoke("hi")
    assert len(server.requests) == 3


def test_balance_is_not_retried_as_a_rate_limit(make: Any, server: Any) -> None:
    server.script(refused("1113"))
    retried = make().with_retry(
        retry_if_exception_type=(ModelRateLimitError,), wait_exponential_jitter=False
    )
    with pytest.raises(ModelPermissionDeniedError):
        retried.invoke("hi")
    assert len(server.requests) == 1


async def test_astream_events_v2(model: ChatZhipuAI, server: Any) -> None:
    server.script(Answer(chunks=[delta(content="a"), delta(content="b"), delta("stop", USAGE)]))
    events = [event async for event in model.astream_events("hi", version="v2")]
    names = [event["event"] for event in events]
    assert names[0] == "on_chat_model_start"
    assert names[-1] == "on_chat_model_end"
    end: Any = events[-1]["data"]["output"]
    assert end.content == "ab"
    assert end.usage_metadata["total_tokens"] == 16
    chunks: list[Any] = [e["data"]["chunk"] for e in events if e["event"] == "on_chat_model_stream"]
    assert "".join(chunk.text for chunk in chunks) == "ab"


@pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning")
async def test_stream_events_v3(model: ChatZhipuAI, server: Any) -> None:
    pieces = [delta(reasoning_content="hm"), delta(content="a"), delta("stop", USAGE)]
    server.script(Answer(chunks=pieces), Answer(chunks=pieces))
    stream: Any = model.stream_events("hi", version="v3")
    message = stream.output
    assert [block["type"] for block in message.content] == ["reasoning", "text"]
    astream: Any = await model.astream_events("hi", version="v3")
    again = await astream.output
    assert again.content == message.content
    assert again.usage_metadata == message.usage_metadata


def test_trim_messages_counts_with_the_model(make: Any) -> None:
    model = make(token_counting="estimate")
    history = [SystemMessage("be brief"), HumanMessage("很长的问题" * 200), AIMessage("ok")]
    history += [HumanMessage("hi")]
    kept = trim_messages(
        history, max_tokens=60, token_counter=model, include_system=True, start_on="human"
    )
    assert [m.content for m in kept] == ["be brief", "hi"]


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


def test_init_chat_model_after_register(make: Any) -> None:
    from langchain.chat_models import init_chat_model

    register()
    register()
    found = init_chat_model("zhipu:glm-4.6", api_key="id.secret", temperature=0.3)
    assert isinstance(found, ChatZhipuAI)
    assert (found.model, found.temperature) == ("glm-4.6", 0.3)


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
    model.bind(tools=[secret]).invoke("hi", config={"callbacks": [Keeping()]})
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


def test_messages_of_ours_survive_dumps_and_load(model: ChatZhipuAI, server: Any) -> None:
    from langchain_core._api.beta_decorator import LangChainBetaWarning
    from langchain_core.load import loads

    server.script(Answer(json=body("stop", USAGE, content="a", reasoning_content="b")))
    message = model.invoke("hi")
    with pytest.warns(LangChainBetaWarning):
        again = loads(dumps(message), allowed_objects=[AIMessage])
    assert again == message
    assert again.content_blocks == message.content_blocks


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
    with pytest.warns(UserWarning, match="seed"):
        model = make(seed=7)
    assert model.model_kwargs == {"seed": 7}
    model.invoke("hi")
    assert sent()[0]["seed"] == 7


def test_importing_loads_neither_http_nor_other_adapters() -> None:
    program = (
        "import sys, langchain_zhipu; from langchain_zhipu import ChatZhipuAI;"
        "ChatZhipuAI(api_key='id.secret');"
        "print([m for m in ('openai', 'tiktoken', 'transformers', 'langchain', 'langgraph',"
        " 'langchain_zhipu.embeddings', 'zhipuai', 'zai') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert result.stdout.strip() == "[]", result.stderr[-500:]
