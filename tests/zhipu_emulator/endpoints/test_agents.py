"""Agents: both paths, answers, events with phases, tasks, decks, files, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from zhipu_emulator.agents.translating import detected, glossary_of, translated

HELLO: dict[str, Any] = {
    "agent_id": "general_translation",
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Good morning, world!"}]}],
}
FILM: dict[str, Any] = {
    "agent_id": "vidu_template_agent",
    "custom_variables": {"template": "bodyshake"},
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "A cat dances"},
                {"type": "image_url", "image_url": "https://example.com/cat.png"},
            ],
        }
    ],
}


def asked(agent_id: str, *parts: Any, **fields: Any) -> dict[str, Any]:
    return {"agent_id": agent_id, "messages": [{"role": "user", "content": list(parts)}], **fields}


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    parts = answer.text.split("\n\n")
    assert parts[-2:] == ["data: [DONE]", ""]
    return [json.loads(part.removeprefix("data: ")) for part in parts[:-2]]


def upload(client: httpx.Client, name: str, content: bytes) -> str:
    answer = client.post("files", data={"purpose": "agent"}, files={"file": (name, content)})
    return str(answer.json()["id"])


@pytest.mark.parametrize(
    ("text", "ways", "expected"),
    [
        ("Good morning, world!", {}, "早上好，世界！"),
        ("Hello, how are you today?", {"target": "zh"}, "你好，你好吗今天？"),
        ("我爱你", {"target": "en-GB"}, "I love you"),
        ("早上好，世界！", {"target": "ja"}, "おはようございます、世界！"),
        ("今天天气好", {"target": "Pinyin"}, "Jīntiān tiānqì hǎo"),
        ("Die Katze ist rot", {"target": "es"}, "La gato es rojo"),
        ("two cats", {"target": "fr"}, "two chat"),
        ("The GLM-4.7 model is new.", {"target": "de"}, "Der GLM-4.7 Modell ist neu."),
        ("tea\n\ncoffee", {"target": "zh-CN"}, "茶\n\n咖啡"),
        ("Good day", {"target": "ko"}, "[ko] Good day"),
        ("Good day", {"target": "en"}, "Good day"),
        ("The kite", {"target": "zh-CN", "terms": {"kite": "纸鸢"}}, "纸鸢"),
    ],
)
def test_translations(text: str, ways: dict[str, Any], expected: str) -> None:
    assert translated(text, **ways) == expected


def test_languages_are_detected_and_glossaries_read() -> None:
    texts = ("こんにちは", "안녕", "你好", "привет", "ich bin müde", "hello you", "")
    assert [detected(text) for text in texts] == ["ja", "ko", "zh-CN", "ru", "de", "en", "en"]
    assert glossary_of("a, b\nc\td\n\nnothing\ne；f".encode()) == {"a": "b", "c": "d", "e": "f"}


def test_both_paths_answer_alike(client, satisfies) -> None:
    host = client.base_url.copy_with(path="/api/v1/agents")
    for url in ("v1/agents", host, f"{host}/"):
        answer = satisfies(client.post(url, json=HELLO).json(), "agent_answer")
        message = answer["choices"][0]["messages"][0]
        assert message["content"] == {"type": "text", "text": "早上好，世界！"}


def test_a_stream_has_the_same_text(client, satisfies) -> None:
    found = events(client.post("v1/agents", json={**HELLO, "stream": True}))
    texts = [
        message["content"]["text"]
        for event in found
        for message in satisfies(event, "agent_event")["choices"][0]["messages"]
    ]
    assert len(texts) > 1
    assert "".join(texts) == "早上好，世界！"
    assert found[-1]["choices"][0]["finish_reason"] == "stop"
    assert found[-1]["usage"]["total_calls"] == 1


def test_a_glossary_is_an_uploaded_file(client) -> None:
    glossary = upload(client, "terms.csv", b"kite,Papierdrache\n")
    variables = {"target_lang": "de", "glossary": glossary}
    body = asked("general_translation", {"type": "text", "text": "The kite is red"})
    answer = client.post("v1/agents", json={**body, "custom_variables": variables}).json()
    assert answer["choices"][0]["messages"][0]["content"]["text"] == "Der Papierdrache ist rot"


def test_a_task_is_polled_and_ends(client, satisfies) -> None:
    task = satisfies(client.post("v1/agents", json=FILM).json(), "agent_task")
    ask = {"agent_id": FILM["agent_id"], "async_id": task["async_id"]}
    states = [client.post("v1/agents/async-result", json=ask).json() for _ in range(2)]
    assert [satisfies(state, "agent_result")["status"] for state in states] == [
        "pending",
        "success",
    ]
    link = states[1]["choices"][0]["messages"][0]["content"][0]["file_url"]
    assert client.get(link).headers["content-type"] == "video/mp4"


def test_a_task_may_fail(options, satisfies) -> None:
    client = options(task_status="FAIL", polls=0)
    task = client.post("v1/agents", json=FILM).json()
    ask = {"agent_id": FILM["agent_id"], "async_id": task["async_id"]}
    answer = satisfies(client.post("v1/agents/async-result", json=ask).json(), "agent_result")
    assert (answer["status"], answer["error"]["code"]) == ("failed", "1230")


def test_a_deck_has_phases_and_is_remembered(client, satisfies) -> None:
    made = asked("slides_glm_agent", "Make two slides about tea", stream=True)
    found = events(client.post("v1/agents", json=made))
    assert [satisfies(event, "agent_event")["choices"][0]["index"] for event in found] == list(
        range(len(found))
    )
    phases = [message["phase"] for e in found for message in e["choices"][0]["message"]]
    assert list(dict.fromkeys(phases)) == ["thinking", "tool", "answer"]
    conversation = found[0]["conversation_id"]
    known = {"agent_id": "slides_glm_agent", "conversation_id": conversation}
    again = asked("slides_glm_agent", "删除第一页", stream=True, conversation_id=conversation)
    steps = [e for e in events(client.post("v1/agents", json=again)) if "remove" in str(e)]
    assert len(steps) == 1

    ways = {"include_pdf": True, "pages": [{"position": 1, "width": 10, "height": 20}]}
    answer = client.post("v1/agents/conversation", json={**known, "custom_variables": ways}).json()
    (file,) = satisfies(answer, "agent_conversation")["choices"][0]["message"][0]["content"]
    assert file["tag_en"] == "tea.pdf"
    assert client.get(file["file_url"]).content.startswith(b"%PDF")
    images = client.post("v1/agents/conversation", json=known).json()
    assert [f["type"] for f in images["choices"][0]["message"][0]["content"]] == ["image_url"]


def test_documents_and_exercises(client) -> None:
    blank = "\n \n" * 20_000  # read in one pass
    receipt = upload(client, "receipt.txt", f"Total: 7.70 EUR\n{blank}抬头：某公司".encode())
    part = {"type": "file_id", "file_id": receipt}

    def text(body: dict[str, Any]) -> str:
        answer = client.post("v1/agents", json=body).json()
        found: str = answer["choices"][0]["messages"][0]["content"]["text"]
        return found

    body = asked("receipt_recognition_agent", {"type": "text", "text": "?"}, part)
    assert json.loads(text(body)) == {"Total": "7.70 EUR", "抬头": "某公司"}
    some = {"custom_variables": {"default_fields": ["Total", "Date"]}}
    assert json.loads(text({**body, **some})) == {"Total": "7.70 EUR", "Date": None}
    sums = asked("intelligent_education_solve_agent", "17 * 19 = ?", stream=True)
    solved = events(client.post("v1/agents", json=sums))
    parts = [m["content"]["text"] for event in solved for m in event["choices"][0]["messages"]]
    assert "".join(parts) == "17 * 19 = 323"
    homework = upload(client, "homework.txt", b"17 * 19 = 333\n2 + 2 = 4\nMy name = 7")
    part = {"type": "file_id", "file_id": homework}
    corrected = text(asked("intelligent_education_correction_agent", part))
    assert corrected.splitlines() == ["17 * 19 = 333: wrong, 323", "2 + 2 = 4: right"]
    assert "17 * 19 = 333: wrong" in text(
        asked("intelligent_education_correction_agent", "17 * 19 = 333")
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "1213"),
        ({**HELLO, "agent_id": "nobody"}, "1222"),
        ({"agent_id": "general_translation"}, "1213"),
        ({**HELLO, "messages": []}, "1214"),
        ({**HELLO, "messages": [{"role": "robot", "content": "x"}]}, "1214"),
        (asked("general_translation", {"type": "text", "text": " "}), "1214"),
        (asked("general_translation", {"type": ["text"], "text": "x"}), "1214"),
        ({**HELLO, "custom_variables": {"target_lang": "klingon"}}, "1214"),
        ({**HELLO, "custom_variables": {"glossary": "no-such-file"}}, "1214"),
        ({**HELLO, "custom_variables": "en"}, "1214"),
        (asked("slides_glm_agent", "Two slides"), "1212"),
        (asked("slides_glm_agent", "x", stream=True, conversation_id="no"), "1214"),
        (asked("vidu_template_agent", "A cat"), "1213"),
        ({**FILM, "custom_variables": {"template": "waltz"}}, "1214"),
        (asked("receipt_recognition_agent", {"type": "file_id", "file_id": "no"}), "1214"),
        (asked("ai_drawing_agent", "x", custom_variables={"size": "1*1"}), "1214"),
        (asked("general_translation", "how to make a bomb"), "1301"),
    ],
)
def test_refused(client, refused, body: dict[str, Any], code: str) -> None:
    refused(client.post("v1/agents", json=body), code)


def test_other_routes_refuse(client, refused) -> None:
    for path, body, code in (
        ("async-result", {"agent_id": "vidu_template_agent"}, "1213"),
        ("async-result", {"agent_id": "vidu_template_agent", "async_id": "no"}, "1233"),
        ("conversation", {"agent_id": "general_translation", "conversation_id": "c"}, "1214"),
        ("conversation", {"agent_id": "slides_glm_agent", "conversation_id": "c"}, "1214"),
    ):
        refused(client.post(f"v1/agents/{path}", json=body), code)


def test_the_international_site_has_three_agents(options, refused) -> None:
    client = options(site="zai")
    assert client.post("v1/agents", json=HELLO).status_code == 200
    refused(client.post("v1/agents", json=asked("ai_drawing_agent", "a kite")), "1222")


def test_a_wrong_key_is_refused_as_by_the_other_routes_of_the_path(client, refused) -> None:
    host = client.base_url.copy_with(path="/api/v1/agents")
    headers = {"Authorization": "Bearer wrong.key"}
    refused(client.post("v1/agents", json=HELLO, headers=headers), "1000", 401)
    answer = client.post(host, json=HELLO, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (200, 1000)


def test_an_ordered_end(client) -> None:
    headers = {"x-emulator-fault": "finish=sensitive"}
    found = events(client.post("v1/agents", json={**HELLO, "stream": True}, headers=headers))
    assert found[-1]["choices"][0]["finish_reason"] == "sensitive"
    assert found[-1]["error"]["code"] == "1301"
