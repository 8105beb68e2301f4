"""What LangChain's page about `ChatOpenAI` shows runs with another class, in our own words.

What there is no such thing as for GLM is said: by an error before anything is sent, or one warning.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from langchain_core.messages import HumanMessage
from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel, Field

from langchain_zhipu import ChatZhipuAI as ChatOpenAI
from zhipu_client import InvalidRequestError


@pytest.fixture(autouse=True)
def _from_the_environment(server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page's programs have their key in the environment; and warnings are faults."""
    monkeypatch.setenv("ZAI_API_KEY", server.api_key)
    monkeypatch.setenv("ZAI_BASE_URL", server.base_url)
    for name in ("ZHIPUAI_API_KEY", "ZHIPU_API_KEY", "ZHIPUAI_BASE_URL", "ZHIPUAI_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture
def llm() -> ChatOpenAI:
    return ChatOpenAI(
        model="glm-4.7", temperature=0, max_tokens=None, timeout=None, max_retries=2,
        stream_usage=True, reasoning_effort=None,
    )  # fmt: skip


class GetWeather(BaseModel):
    """Look up the weather of a city."""

    city: str = Field(description="Name of the city")


class Riddle(BaseModel):
    """A riddle with its answer."""

    question: str
    answer: str


WEATHER = "What is the weather in Lisbon?"
CALLED = [("GetWeather", {"city": "Lisbon"})]


def called(message: Any) -> list[tuple[str, Any]]:
    return [(call["name"], call["args"]) for call in message.tool_calls]


def test_a_question_a_chain_a_batch(llm: ChatOpenAI) -> None:
    answer = llm.invoke([("system", "Be brief."), ("human", "What is 17 * 19?")])
    assert "323" in answer.text
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] > 0
    assert answer.response_metadata["finish_reason"] == "stop"
    prompt = ChatPromptTemplate.from_messages([("system", "You know {what}."), ("human", "{q}")])
    chain = prompt | llm
    assert "323" in chain.invoke({"what": "numbers", "q": "What is 17 * 19?"}).text
    assert [len(m.text) > 0 for m in llm.batch(["What is 2 + 3?", "hello"])] == [True, True]


def test_streams_and_their_tokens(llm: ChatOpenAI) -> None:
    for more in ({}, {"stream_usage": True}, {"stream_options": {"include_usage": True}}):
        chunks = list(llm.stream("hello", **more))
        total = sum(chunks[1:], chunks[0])
        assert total.text
        assert total.usage_metadata is not None
    quiet = ChatOpenAI(model="glm-4.7", stream_usage=False)
    list(quiet.stream("hello"))


async def _awaited(llm: ChatOpenAI) -> list[str]:
    streamed = "".join([chunk.text async for chunk in llm.astream("What is 17 * 19?")])
    whole = (await llm.ainvoke("What is 17 * 19?")).text
    both = [message.text for message in await llm.abatch(["What is 17 * 19?"] * 2)]
    return [streamed, whole, *both]


def test_the_same_awaited(llm: ChatOpenAI) -> None:
    assert ["323" in text for text in asyncio.run(_awaited(llm))] == [True] * 4


@pytest.mark.parametrize(
    "more",
    [{}, {"strict": True}, {"strict": True, "parallel_tool_calls": False},
     {"tool_choice": "GetWeather"}, {"tool_choice": "any"},
     {"tool_choice": {"type": "function", "function": {"name": "GetWeather"}}},
     {"response_format": Riddle, "strict": True}],
    ids=lambda more: "-".join(more) or "plain",
)  # fmt: skip
def test_tools(llm: ChatOpenAI, more: dict[str, Any]) -> None:
    assert called(llm.bind_tools([GetWeather], **more).invoke(WEATHER)) == CALLED


@pytest.mark.parametrize("method", [None, "function_calling", "json_schema", "json_mode"])
def test_a_structured_answer(llm: ChatOpenAI, method: Any) -> None:
    more = {} if method is None else {"method": method, "strict": method != "json_mode"}
    assert isinstance(llm.with_structured_output(Riddle, **more).invoke("A riddle"), Riddle)


@pytest.mark.parametrize("tool", [GetWeather, "function"])
def test_a_structured_answer_or_a_call(llm: ChatOpenAI, say: Any, tool: Any) -> None:
    def get_weather(city: str) -> str:
        """Look up the weather of a city."""
        return city

    model = llm.with_structured_output(
        Riddle, method="json_schema", strict=True, include_raw=True,
        tools=[GetWeather if tool is GetWeather else get_weather],
    )  # fmt: skip
    found: Any = model.invoke(WEATHER)
    assert [args for _, args in called(found["raw"])] == [{"city": "Lisbon"}]
    assert (found["parsed"], found["parsing_error"]) == (None, None)
    say('{"question": "q", "answer": "a"}')
    assert model.invoke("A riddle")["parsed"] == Riddle(question="q", answer="a")
    with pytest.raises(InvalidRequestError, match='method="json_schema"'):
        llm.with_structured_output(Riddle, tools=[GetWeather])


PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
IMAGES = {
    "url": {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
    "block": {"type": "image", "base64": PNG, "mime_type": "image/png"},
    "older": {"type": "image", "source_type": "base64", "data": PNG, "mime_type": "image/png"},
}


@pytest.mark.parametrize("image", IMAGES)
def test_an_image(image: str) -> None:
    question: list[Any] = [{"type": "text", "text": "What is this?"}, IMAGES[image]]
    assert "1 x 1" in ChatOpenAI(model="glm-4.6v").invoke([HumanMessage(question)]).text


GIVEN: dict[str, dict[str, Any]] = {
    "pair": {"timeout": (3.0, 20.0)},
    "httpx": {"timeout": httpx.Timeout(20, connect=3)},
    "other name": {"request_timeout": 30},
    "proxy": {"openai_proxy": None},
    "blank proxy": {"openai_proxy": ""},
    "organization": {"organization": "org-1"},
    "openai_organization": {"openai_organization": "org-1"},
    "seed": {"seed": 7},
    "max_completion_tokens": {"max_completion_tokens": 90},
    "not wanted": {"use_responses_api": False, "logprobs": None, "default_query": None},
    "streaming": {"streaming": True},
    "output_version": {"output_version": "v1"},
}
SENT = {"seed": {"seed": 7}, "max_completion_tokens": {"max_tokens": 90}}


@pytest.mark.parametrize("name", GIVEN)
def test_arguments_of_the_constructor(server: Any, name: str) -> None:
    model = ChatOpenAI(
        model_name="glm-4.6", openai_api_key=server.api_key, openai_api_base=server.base_url,
        **GIVEN[name],
    )  # fmt: skip
    assert model.invoke("hello").text
    assert (model.model_name, model.openai_api_base) == ("glm-4.6", server.base_url)
    assert model.openai_api_key.get_secret_value() == server.api_key
    assert model.openai_proxy is None or model.openai_proxy == ""
    assert model.request_timeout == model.timeout
    body = server.requests[-1]["json"]
    assert body["model"] == "glm-4.6"
    assert {key: body.get(key) for key in SENT.get(name, {})} == SENT.get(name, {})
    assert not {"use_responses_api", "openai_api_base", "organization"} & body.keys()


def test_clients_of_ones_own(server: Any) -> None:
    seen: list[str] = []

    async def anote(request: Any) -> None:
        seen.append(str(request.url))

    async def ask() -> str:
        async with httpx.AsyncClient(event_hooks={"request": [anote]}) as client:
            model = ChatOpenAI(model="glm-4.7", http_async_client=client)
            return (await model.ainvoke("hello")).text

    hooks = {"request": [lambda request: seen.append(str(request.url))]}
    with httpx.Client(event_hooks=hooks) as client:
        assert ChatOpenAI(model="glm-4.7", http_client=client).invoke("hello").text
    assert asyncio.run(ask())
    assert seen == [f"{server.base_url}/chat/completions"] * 2


#: Argument -> what its warning says. Of the constructor, or of a call.
NOT_HERE: dict[str, tuple[Any, str]] = {
    "logprobs": (True, "logprobs is not sent"),
    "n": (2, "n is not sent"),
    "service_tier": ("flex", "service_tier is not sent"),
    "frequency_penalty": (0.5, "frequency_penalty is not sent"),
    "logit_bias": ({"1": 2}, "logit_bias is not sent"),
    "reasoning": ({"effort": "low"}, 'reasoning_effort="low"'),
    "verbosity": ("low", "thinking=False"),
    "store": (True, "store is not sent"),
    "truncation": ("auto", "no Responses API"),
    "include": (["reasoning.encrypted_content"], "no Responses API"),
}
NO_SETTINGS: dict[str, tuple[Any, str]] = {
    "use_responses_api": (True, "no Responses API"),
    "use_previous_response_id": (True, "no Responses API"),
    "default_query": ({"a": "b"}, "http_client"),
    "tiktoken_model_name": ("gpt-4", "as GLM counts"),
    "stream_chunk_timeout": (5.0, "Timeout"),
    "disabled_params": ({"parallel_tool_calls": None}, "extra_body"),
}
NO_CALLS: dict[str, tuple[Any, str]] = {
    "previous_response_id": ("resp_1", "no Responses API"),
    "prediction": ({"type": "content", "content": "x"}, "is not sent"),
    "modalities": (["text", "audio"], "glm-4-voice"),
    "web_search_options": ({}, "web_search=True"),
    "prompt_cache_key": ("k", "beginning of the messages"),
    "prompt_cache_options": ({"mode": "x"}, "beginning of the messages"),
    "safety_identifier": ("u", "user_id"),
}


def warned(server: Any, name: str, settings: dict[str, Any], call: dict[str, Any]) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        assert ChatOpenAI(model="glm-4.7", **settings).invoke("hello", **call).text
    assert name not in server.requests[-1]["json"]
    return [str(w.message) for w in caught if issubclass(w.category, UserWarning)]


@pytest.mark.parametrize("name", NOT_HERE | NO_SETTINGS)
def test_a_setting_that_glm_does_not_have_is_said_once(server: Any, name: str) -> None:
    value, says = (NOT_HERE | NO_SETTINGS)[name]
    (found,) = warned(server, name, {name: value}, {})
    assert says in found


@pytest.mark.parametrize("name", NOT_HERE | NO_CALLS)
def test_an_argument_that_glm_does_not_have_is_said_once(server: Any, name: str) -> None:
    value, says = (NOT_HERE | NO_CALLS)[name]
    (found,) = warned(server, name, {}, {name: value})
    assert says in found


def test_what_a_warning_names_is_taken_without_one(server: Any) -> None:
    for llm in (ChatOpenAI(model="glm-4.7", web_search=True), ChatOpenAI(model="glm-4.7")):
        assert llm.invoke("What is new?", web_search=True).text
        assert server.requests[-1]["json"]["tools"][0]["type"] == "web_search"
    assert ChatOpenAI(model="glm-4.7", prompt_cache_options=None).model_kwargs == {}


BUILT_IN: list[tuple[dict[str, Any], str]] = [
    ({"type": "web_search_preview"}, "web_search=True"),
    ({"type": "file_search", "vector_store_ids": ["v"]}, "retrieval"),
    ({"type": "image_generation", "quality": "low"}, "image generator"),
    ({"type": "computer_use_preview"}, "not one of GLM's"),
    ({"type": "shell"}, "not one of GLM's"),
    ({"type": "custom", "name": "x", "description": "d"}, "not one of GLM's"),
    ({"type": "code_interpreter", "container": {"type": "auto"}}, "container"),
    ({"type": "mcp", "server_label": "d", "connector_id": "c"}, "connector_id"),
]


@pytest.mark.parametrize(("tool", "says"), BUILT_IN, ids=str)
def test_tools_that_openai_runs_are_refused_before_sending(
    llm: ChatOpenAI, server: Any, tool: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidRequestError, match=f"tools\\[0\\].*{says}"):
        llm.bind_tools([tool]).invoke("hello")
    assert server.requests == []
    assert llm.bind_tools([{"type": "web_search"}]).invoke("hello").text


def test_another_server_gets_them_as_they_are(server: Any) -> None:
    """Whoever has OpenAI's tools behind a gateway, or a strict mode, can use it."""
    llm = ChatOpenAI(model="glm-4.7", dialect="openai", max_retries=0)
    tools: list[Any] = [{"type": "shell"}, GetWeather]
    with pytest.raises(Exception, match="HTTP 400"):  # the emulator is the service
        llm.bind_tools(tools, strict=True).invoke("hello", reasoning={"effort": "low"})
    body = server.requests[-1]["json"]
    assert body["tools"][0] == {"type": "shell"}
    assert body["tools"][1]["function"]["strict"] is True
    assert body["reasoning"] == {"effort": "low"}
    server.reset()
    assert called(ChatOpenAI().bind_tools([GetWeather], strict=True).invoke(WEATHER)) == CALLED
    assert "strict" not in server.requests[-1]["json"]["tools"][0]["function"]
