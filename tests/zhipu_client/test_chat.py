"""What a chat request looks like on the wire, and what is refused before it is sent."""

from __future__ import annotations

from typing import Any

import pytest

from zhipu_client import InvalidRequestError, ServerError, chat
from zhipu_client._request import Reply

USER = [{"role": "user", "content": "hi"}]


def body(**params: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {"model": "glm-4.7", "messages": USER, **params}
    made = chat.create(**arguments).json
    assert made is not None
    return dict(made)


def tool(name: str = "f", parameters: Any = None) -> dict[str, Any]:
    schema = {"type": "object", "properties": {}} if parameters is None else parameters
    return {
        "type": "function",
        "function": {"name": name, "description": "d", "parameters": schema},
    }


def image(url: str) -> list[dict[str, Any]]:
    part = {"type": "image_url", "image_url": {"url": url}}
    return [{"role": "user", "content": [part]}]


def test_what_is_none_is_not_sent() -> None:
    assert body(temperature=None, tools=None, stop=None) == {"model": "glm-4.7", "messages": USER}
    assert body(tools=[], stop=[]) == {"model": "glm-4.7", "messages": USER}


def test_a_stream_asks_for_one() -> None:
    made = chat.stream(model="glm-4.7", messages=USER).json
    assert made is not None
    assert made["stream"] is True


def test_extra_body_is_merged_last_and_not_looked_at() -> None:
    made = body(temperature=0.5, extra_body={"temperature": 1.7, "vendor": 1})
    assert (made["temperature"], made["vendor"]) == (1.7, 1)


def test_a_single_stop_word_becomes_a_list() -> None:
    assert body(stop="END")["stop"] == ["END"]


def test_messages_that_can_be_read_once_are_sent() -> None:
    assert body(messages=iter(USER))["messages"] == USER


def test_the_callers_objects_are_not_changed() -> None:
    messages = [{"role": "user", "content": "hi"}]
    made = body(messages=messages)
    made["messages"].append({"role": "user"})
    assert messages == USER


@pytest.mark.parametrize(
    ("params", "field", "told"),
    [
        ({"model": ""}, "model", "glm-4.7"),
        ({"model": None}, "model", "None"),
        ({"messages": []}, "messages", "at least one"),
        ({"messages": "hi"}, "messages", "list"),
        ({"messages": ["hi"]}, "messages[0]", "role"),
        ({"messages": 5}, "messages", "list"),
        ({"messages": iter([])}, "messages", "at least one"),
        ({"stop": 5}, "stop", "up to 4"),
        ({"stop": {"a": 1}}, "stop", "up to 4"),
        ({"tools": 5}, "tools", "at most 128"),
        ({"tools": tool()}, "tools", "a list"),
        ({"extra_body": "x"}, "extra_body", "mapping"),
        ({"extra_body": [("a", 1)]}, "extra_body", "mapping"),
        ({"temperature": 1.5}, "temperature", "from 0 to 1 for glm-4.7"),
        ({"temperature": -0.1}, "temperature", "-0.1"),
        ({"temperature": float("nan")}, "temperature", "nan"),
        ({"temperature": "hot"}, "temperature", "number"),
        ({"top_p": 0.0}, "top_p", "0.01 to 1"),
        ({"max_tokens": 0}, "max_tokens", "at least 1"),
        ({"max_tokens": 2.5}, "max_tokens", "whole"),
        ({"max_tokens": 131073}, "max_tokens", "131072 for glm-4.7"),
        ({"model": "autoglm-phone", "max_tokens": 4097}, "max_tokens", "4096 for autoglm-phone"),
        ({"stop": list("abcde")}, "stop", "up to 4"),
        ({"stop": [""]}, "stop", "not empty"),
        ({"request_id": "short"}, "request_id", "6 to 64"),
        ({"user_id": "x" * 129}, "user_id", "6 to 128"),
        ({"tools": [tool(f"f{n}") for n in range(129)]}, "tools", "at most 128"),
        ({"tools": ["f"]}, "tools[0]", "type"),
        ({"tools": [tool(), tool("bad name")]}, "tools[1].function.name", "bad name"),
        ({"tools": [tool("x" * 65)]}, "tools[0].function.name", "64"),
        ({"tools": [tool(parameters="x")]}, "tools[0].function.parameters", "JSON Schema"),
        (
            {"tools": [tool(parameters={"type": "string"})]},
            "tools[0].function.parameters.type",
            '"object"',
        ),
        (
            {"tools": [tool(parameters={"properties": []})]},
            "tools[0].function.parameters.properties",
            "object",
        ),
        ({"tools": [{"type": "function"}]}, "tools[0].function", "object"),
    ],
)
def test_refused_before_sending(params: dict[str, Any], field: str, told: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        body(**params)
    assert caught.value.field == field
    assert told in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_picture_for_a_text_model_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r"image_url.*text for glm-4\.7"):
        body(messages=image("https://example.com/a.png"))


def test_a_picture_of_50_mb_where_5_are_allowed_is_refused() -> None:
    data = "data:image/png;base64," + "A" * (50_000_000 * 4 // 3)
    with pytest.raises(InvalidRequestError, match=r"50\.0 MB.*at most 5\.\d MB"):
        body(model="glm-4.6v", messages=image(data))
    assert body(model="glm-4.6v", messages=image(data[:1000]))


def test_a_picture_in_the_request_is_refused_where_only_urls_are_taken() -> None:
    with pytest.raises(InvalidRequestError, match=r"http.* URL for glm-4v-flash") as caught:
        body(model="glm-4v-flash", messages=image("data:image/png;base64," + "A" * 5000))
    assert len(str(caught.value)) < 300
    assert body(model="glm-4v-flash", messages=image("https://example.com/a.png"))


def test_what_one_page_of_the_documents_allows_is_sent() -> None:
    assert body(model="autoglm-phone", max_tokens=4096)["max_tokens"] == 4096


def test_too_many_pictures_are_refused() -> None:
    part = image("https://example.com/a.png")[0]["content"][0]
    many = [{"role": "user", "content": [part] * 51}]
    with pytest.raises(InvalidRequestError, match="51 images"):
        body(model="glm-4.6v", messages=many)


def test_other_servers_models_are_theirs_to_judge() -> None:
    made = body(
        model="zai-org/GLM-4.7",
        temperature=1.7,
        max_tokens=10**7,
        messages=image("https://example.com/a.png"),
    )
    assert made["temperature"] == 1.7


@pytest.mark.parametrize(("given", "sent"), [(0, 0.01), (1, 0.99), (0.5, 0.5)])
def test_old_models_take_no_temperature_of_0_or_1(given: float, sent: float) -> None:
    assert body(model="glm-4-flash", temperature=given)["temperature"] == sent
    assert body(temperature=given)["temperature"] == given


def test_server_tools_pass() -> None:
    search = {"type": "web_search", "web_search": {"enable": True}}
    assert body(tools=[search])["tools"] == [search]


def reply(data: Any) -> Reply:
    return Reply(200, {}, b"", data)


def test_a_reply_is_read_with_what_is_unknown_kept() -> None:
    data = {
        "id": "x",
        "choices": [
            {
                "index": 0,
                "finish_reason": "a new one",
                "message": {"content": "yes", "reasoning_content": "hm", "novelty": 1},
            }
        ],
        "usage": {"prompt_tokens": 1, "novel_tokens": 2},
        "novelty": {"a": 1},
    }
    request = chat.create(model="glm-4.7", messages=USER)
    answer = request.parse(reply(data))
    assert (answer.text, answer.reasoning) == ("yes", "hm")
    assert answer.choices[0].finish_reason == "a new one"
    assert answer.model_extra == {"novelty": {"a": 1}}
    assert request.as_dict().parse(reply(data)) is data


@pytest.mark.parametrize("usage", [7, "x", {"prompt_tokens": "many"}, []])
def test_a_field_of_another_type_costs_nobody_the_answer(usage: Any) -> None:
    data = {"choices": [{"message": {"content": "yes"}}], "usage": usage}
    answer = chat.create(model="glm-4.7", messages=USER).parse(reply(data))
    assert answer.text == "yes"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "no choices"),
        ({"choices": []}, "no choices"),
        ({"choices": {"0": {}}}, "no choices"),
        ({"choices": 5}, "no choices"),
        ([], "no choices"),
        ({"choices": [{"finish_reason": "network_error"}]}, "network_error"),
    ],
)
def test_an_answer_that_is_none_raises(data: Any, told: str) -> None:
    check = chat.create(model="glm-4.7", messages=USER).as_dict().check
    assert check is not None
    with pytest.raises(ServerError, match=told):
        check(reply(data))
