"""Bodies and streams have the keys, the order and the types of the service's."""

from __future__ import annotations

import base64
import io
import json
import re
import wave

import pytest

ID = re.compile(r"\d{14}[0-9a-f]{16}")
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
TWO_CITIES = "What is the weather in Lima and Quito?"


def test_whole_answer_has_alphabetical_keys(ask, satisfies) -> None:
    body = satisfies(ask("Hello"), "chat_completion")
    assert list(body) == [
        "choices", "created", "id", "model", "object", "request_id", "usage"
    ]  # fmt: skip
    assert list(body["choices"][0]) == ["finish_reason", "index", "message"]
    assert list(body["choices"][0]["message"]) == ["content", "reasoning_content", "role"]
    assert ID.fullmatch(body["id"])
    assert body["request_id"] == body["id"]
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert 0 < usage["completion_tokens_details"]["reasoning_tokens"] < usage["completion_tokens"]


def test_request_id_of_the_caller_comes_back(ask) -> None:
    body = ask("Hello", request_id="mine-123456")
    assert body["request_id"] == "mine-123456"
    assert body["id"] != "mine-123456"


def test_stream_has_the_recorded_order_of_keys_and_events(ask, satisfies) -> None:
    events = ask.events("Hello")
    for event in events:
        satisfies(event, "chat_chunk")
        assert list(event)[:5] == ["id", "created", "object", "model", "choices"]
    *running, last = events
    assert {event["id"] for event in events} == {last["id"]}
    deltas = [event["choices"][0]["delta"] for event in running]
    assert all(list(event["choices"][0]) == ["index", "delta"] for event in running)
    assert all(delta["role"] == "assistant" for delta in deltas)
    kinds = ["reasoning" if "reasoning_content" in delta else "content" for delta in deltas]
    assert kinds == sorted(kinds, reverse=True)
    assert set(kinds) == {"reasoning", "content"}
    assert list(last) == ["id", "created", "object", "model", "choices", "usage"]
    assert last["choices"] == [
        {"index": 0, "finish_reason": "stop", "delta": {"role": "assistant", "content": ""}}
    ]
    assert not any("usage" in event for event in running)
    assert list(last["usage"]) == [
        "prompt_tokens", "completion_tokens", "total_tokens",
        "prompt_tokens_details", "completion_tokens_details",
    ]  # fmt: skip


def test_stream_and_whole_answer_say_the_same(ask) -> None:
    whole = ask("What is 12 * 12?")["choices"][0]["message"]
    deltas = [event["choices"][0]["delta"] for event in ask.events("What is 12 * 12?")]
    for key in ("content", "reasoning_content"):
        assert "".join(delta.get(key, "") for delta in deltas) == whole[key]


def test_chinese_is_not_escaped(ask) -> None:
    raw = ask.post({"model": "glm-4.6", "messages": [{"role": "user", "content": "你好"}]}).text
    assert "你好" in raw
    assert "\\u" not in raw


def test_calls_in_a_whole_answer(ask, satisfies) -> None:
    body = satisfies(ask(TWO_CITIES, tools=[WEATHER]), "chat_completion")
    choice = body["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] == ""
    calls = choice["message"]["tool_calls"]
    assert [list(call) for call in calls] == [["function", "id", "index", "type"]] * 2
    assert [call["index"] for call in calls] == [0, 1]
    numbers = [int(call["id"].removeprefix("call_")) for call in calls]
    assert numbers[1] == numbers[0] + 1 < 0


def test_each_call_of_a_stream_is_one_event(ask) -> None:
    events = ask.events(TWO_CITIES, tools=[WEATHER])
    deltas = [event["choices"][0]["delta"] for event in events]
    found = [delta for delta in deltas if "tool_calls" in delta]
    assert [list(delta) for delta in found] == [["tool_calls"]] * 2
    calls = [delta["tool_calls"][0] for delta in found]
    assert [list(call) for call in calls] == [["id", "index", "type", "function"]] * 2
    assert [call["index"] for call in calls] == [0, 1]
    assert all(re.fullmatch(r"call_[0-9a-f]{24}", call["id"]) for call in calls)
    cities = [json.loads(call["function"]["arguments"])["city"] for call in calls]
    assert cities == ["Lima", "Quito"]
    assert events[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_tool_stream_cuts_the_arguments(ask, satisfies) -> None:
    events = ask.events(TWO_CITIES, tools=[WEATHER], tool_stream=True)
    pieces: dict[int, str] = {}
    names: dict[int, str] = {}
    for event in events:
        for call in satisfies(event, "chat_chunk")["choices"][0]["delta"].get("tool_calls", []):
            if "id" in call:
                names[call["index"]] = call["function"]["name"]
            pieces[call["index"]] = pieces.get(call["index"], "") + call["function"]["arguments"]
    assert names == {0: "get_weather", 1: "get_weather"}
    assert [json.loads(text)["city"] for text in pieces.values()] == ["Lima", "Quito"]
    assert sum("tool_calls" in event["choices"][0]["delta"] for event in events) > 4


def test_tool_stream_does_nothing_on_models_without_it(ask) -> None:
    events = ask.events(TWO_CITIES, tools=[WEATHER], tool_stream=True, model="glm-4.5-air")
    assert sum("tool_calls" in event["choices"][0]["delta"] for event in events) == 2


@pytest.mark.parametrize(
    ("model", "fields", "thinks"),
    [
        ("glm-4.7", {}, True),
        ("glm-4.7", {"thinking": {"type": "disabled"}}, False),
        ("glm-4.7", {"thinking": {"clear_thinking": False}}, True),
        ("glm-5.2", {"reasoning_effort": "none"}, True),
        ("glm-5.3", {"reasoning_effort": "low"}, True),
        ("glm-4.5-air", {}, True),
        ("glm-4.5v", {"thinking": {"type": "disabled"}}, False),
        ("glm-4-flash-250414", {"thinking": {"type": "enabled"}}, False),
        ("glm-4-plus", {"reasoning_effort": "high"}, False),
    ],
)
def test_thinking_by_model(ask, model: str, fields: dict, thinks: bool) -> None:
    message = ask.message("Hello", model=model, **fields)
    assert ("reasoning_content" in message) == thinks


def test_old_thinking_models_think_inside_the_content(ask) -> None:
    message = ask.message("Hello", model="glm-4.1v-thinking-flash")
    assert re.match(r"<think>.+</think>", message["content"], re.DOTALL)
    assert "reasoning_content" not in message


def test_effort_changes_how_much_is_thought(ask) -> None:
    lengths = [
        len(ask.message("Hello", model="glm-5.3", reasoning_effort=effort)["reasoning_content"])
        for effort in ("low", "high", "max")
    ]
    assert lengths == sorted(set(lengths))


@pytest.mark.parametrize(
    ("model", "fields", "details"),
    [
        ("glm-4.7", {}, {"prompt", "completion"}),
        ("glm-4.7", {"thinking": {"type": "disabled"}}, {"prompt", "completion"}),
        ("glm-5", {"thinking": {"type": "disabled"}}, {"prompt"}),
        ("glm-4.5-air", {}, {"prompt"}),
        ("glm-4-flash-250414", {}, set()),
    ],
)
def test_usage_details_by_model(ask, model: str, fields: dict, details: set[str]) -> None:
    usage = ask("Hello", model=model, **fields)["usage"]
    assert {key.split("_")[0] for key in usage if key.endswith("_details")} == details


def test_a_prompt_that_was_sent_before_is_cached(ask) -> None:
    messages = [
        {"role": "system", "content": "You know everything about lighthouses. " * 20},
        {"role": "user", "content": "Hello"},
    ]
    first = ask(messages)["usage"]
    assert first["prompt_tokens_details"]["cached_tokens"] == 0
    again = ask([*messages, {"role": "assistant", "content": "Hi"}, messages[1]])["usage"]
    cached = again["prompt_tokens_details"]["cached_tokens"]
    assert first["prompt_tokens"] * 0.8 < cached < again["prompt_tokens"]
    other = ask(messages, model="glm-4.7")["usage"]
    assert other["prompt_tokens_details"]["cached_tokens"] == 0


def test_length_counts_reasoning_first(ask) -> None:
    body = ask("Hello", max_tokens=4)
    choice = body["choices"][0]
    assert choice["finish_reason"] == "length"
    assert choice["message"]["content"] == ""
    assert choice["message"]["reasoning_content"]
    assert body["usage"]["completion_tokens"] == 4


def test_length_cuts_arguments(ask) -> None:
    message = ask(
        "What is the weather in Llanfairpwllgwyngyll?", tools=[WEATHER], max_tokens=7,
        thinking={"type": "disabled"},
    )["choices"][0]  # fmt: skip
    assert message["finish_reason"] == "length"
    arguments = message["message"]["tool_calls"][0]["function"]["arguments"]
    with pytest.raises(json.JSONDecodeError):
        json.loads(arguments)


def test_stop_words_end_the_text_before_them(ask) -> None:
    choice = ask("Count to 9", stop=["5", "7"])["choices"][0]
    assert choice["message"]["content"] == "1, 2, 3, 4, "
    assert choice["finish_reason"] == "stop"


def test_window_exceeded(ask) -> None:
    tokens = ask("Count to 3000", model="glm-4-airx")["usage"]
    assert tokens["completion_tokens"] == 4095
    long = "a1 " * 6000 + "\nCount to 3000"
    choice = ask(long, model="charglm-4", max_tokens=4096)["choices"][0]
    assert choice["finish_reason"] == "model_context_window_exceeded"


def test_filtered_output(ask) -> None:
    messages = [
        {"role": "user", "content": "What is the weather in Lima?"},
        {"role": "assistant", "tool_calls": [
            {"id": "1", "type": "function",
             "function": {"name": "get_weather", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "1",
         "content": "It is fine but emulator-sensitive-output follows here."},
    ]  # fmt: skip
    refused = ask.post({"model": "glm-4.6", "messages": messages})
    assert refused.status_code == 400
    assert list(refused.json()) == ["contentFilter", "error"]
    assert refused.json()["contentFilter"] == [{"level": 1, "role": "assistant"}]
    last = ask.events(messages)[-1]
    assert last["choices"][0]["finish_reason"] == "sensitive"
    assert last["content_filter"] == [{"role": "assistant", "level": 1}]


def test_voice(ask, satisfies) -> None:
    body = satisfies(ask("Hello", model="glm-4-voice"), "chat_completion")
    audio = body["choices"][0]["message"]["audio"]
    with wave.open(io.BytesIO(base64.b64decode(audio["data"]))) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (44100, 1, 2)
    follow = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "audio": {"id": audio["id"]}},
        {"role": "user", "content": "How are you?"},
    ]
    assert ask(follow, model="glm-4-voice")["choices"][0]["finish_reason"] == "stop"
    chunks = ask.events("Hello", model="glm-4-voice")
    assert sum("audio" in satisfies(c, "chat_chunk")["choices"][0]["delta"] for c in chunks) == 1


def test_async_chat(ask, satisfies) -> None:
    url = ask.server.base_url
    body = {"model": "glm-4.5-flash", "messages": [{"role": "user", "content": "Hello"}]}
    task = ask.http.post(f"{url}/async/chat/completions", json={**body, "stream": True}).json()
    assert list(task) == ["id", "model", "request_id", "task_status"]
    assert task["task_status"] == "PROCESSING"
    running, done = [ask.http.get(f"{url}/async-result/{task['id']}").json() for _ in range(2)]
    assert running == {
        "id": task["id"], "request_id": task["request_id"], "task_status": "PROCESSING"
    }  # fmt: skip
    satisfies(done, "chat_completion")
    assert done["model"] == "GLM-4.5-Flash"
    assert done["task_status"] == "SUCCESS"
    assert "object" not in done


def test_async_result_of_another_account(ask) -> None:
    other = "ffffffff.secretsecret"
    ask.server.configure(api_keys=(ask.server.api_key, other))
    url = ask.server.base_url
    body = {"model": "glm-4.6", "messages": [{"role": "user", "content": "Hello"}]}
    task = ask.http.post(f"{url}/async/chat/completions", json=body).json()["id"]
    refused = ask.http.get(
        f"{url}/async-result/{task}", headers={"Authorization": f"Bearer {other}"}
    )
    assert refused.status_code == 400
    assert refused.json() == {"error": {"code": "1233", "message": f"任务：{task}不存在。"}}


def test_models(ask, satisfies) -> None:
    for base in (ask.server.base_url, ask.server.coding_base_url):
        found = satisfies(ask.http.get(f"{base}/models").json(), "models")
        names = [entry["id"] for entry in found["data"]]
        assert "glm-4.7" in names
        assert not {"glm-4.7-flash", "glm-4.6v"} & set(names)


def test_server_web_search(ask) -> None:
    search = {"enable": True, "search_engine": "search_std", "search_result": True}
    tools = [{"type": "web_search", "web_search": search}]
    question = "How does photosynthesis make sugar?"
    events = ask.events(question, tools=tools)
    assert [("web_search" in event) for event in events] == [False] * (len(events) - 1) + [True]
    assert events[-1]["web_search"][0]["refer"] == "ref_1"
    whole = ask(question, tools=tools)
    assert whole["web_search"] == events[-1]["web_search"]
    assert whole["usage"]["prompt_tokens"] > ask(question)["usage"]["prompt_tokens"] + 20
    search.pop("search_result")
    assert "web_search" not in ask(question, tools=tools)
    assert "sugar" in ask.text(question, tools=tools)
