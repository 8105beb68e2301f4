"""Assistants of a former product: answers, events, conversations that go on, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from zhipu_emulator.endpoints.assistants import IDS

ASKED: dict[str, Any] = {
    "assistant_id": IDS[0],
    "messages": [{"role": "user", "content": [{"type": "text", "text": "What is 17 * 19?"}]}],
}


def said(text: Any, **more: Any) -> dict[str, Any]:
    return {**ASKED, "messages": [{"role": "user", "content": text}], **more}


def test_an_answer(client, satisfies) -> None:
    body = client.post("assistant", json={**ASKED, "stream": False, "request_id": "request-1"})
    found = satisfies(body.json(), "assistant_answer")
    assert "323" in found["choices"][0]["message"]["content"]
    assert (found["request_id"], found["model"]) == ("request-1", "glm-4-assistant")


def test_events_are_the_default(client, satisfies) -> None:
    parts = client.post("assistant", json=ASKED).text.split("\n\n")
    assert parts[-2:] == ["data: [DONE]", ""]
    events = [json.loads(part.removeprefix("data: ")) for part in parts[:-2]]
    for event in events:
        satisfies(event, "assistant_event")
    assert "323" in "".join(event["choices"][0]["delta"]["content"] for event in events)
    assert [event["status"] for event in events[-2:]] == ["in_progress", "completed"]
    assert events[-1]["choices"][0]["finish_reason"] == "stop"
    assert events[-1]["usage"]["total_tokens"]


def test_a_conversation_goes_on_and_is_counted(client, satisfies) -> None:
    first = client.post("assistant", json=said("I live in Oslo.", stream=False)).json()
    further = {"conversation_id": first["conversation_id"], "stream": False}
    second = client.post("assistant", json=said("Where do I live?", **further)).json()
    assert second["conversation_id"] == first["conversation_id"]
    assert "Oslo" in second["choices"][0]["message"]["content"]
    asked = {"assistant_id": IDS[0], "page_size": 1}
    body = client.post("assistant/conversation/list", json=asked).json()
    (talk,) = satisfies(body, "assistant_conversations")["data"]["conversation_list"]
    assert talk["id"] == first["conversation_id"]
    counted = (first["usage"]["total_tokens"], second["usage"]["total_tokens"])
    assert talk["usage"]["total_tokens"] == sum(counted)


def test_conversations_page_by_page(client) -> None:
    for _ in range(3):
        client.post("assistant", json={**ASKED, "assistant_id": IDS[1], "stream": False})
    asked = {"assistant_id": IDS[1], "page_size": 2}
    pages = [
        client.post("assistant/conversation/list", json={**asked, "page": page}).json()["data"]
        for page in (1, 2, 3)
    ]
    assert [len(page["conversation_list"]) for page in pages] == [2, 1, 0]
    assert [page["has_more"] for page in pages] == [True, False, False]


def test_a_translation(client) -> None:
    ways = {"extra_parameters": {"translate": {"from": "zh", "to": "en"}}, "stream": False}
    body = client.post("assistant", json=said("我爱你", **ways)).json()
    assert body["choices"][0]["message"]["content"] == "I love you"


@pytest.mark.parametrize(("wanted", "count"), [([], 12), ([IDS[3], IDS[5]], 2), (["x"], 0)])
def test_the_list(client, satisfies, wanted, count) -> None:
    body = client.post("assistant/list", json={"assistant_id_list": wanted}).json()
    assert len(satisfies(body, "assistant_list")["data"]) == count


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**ASKED, "assistant_id": None}, "1213"),
        ({**ASKED, "assistant_id": "none-of-the-twelve"}, "1214"),
        ({**ASKED, "model": "glm-4.7"}, "1211"),
        ({**ASKED, "model": 4}, "1214"),
        (said([{"type": "image_url"}, {"type": "text", "text": "a"}]), "1214"),
        (said([{"type": "image_url", "image_url": "a"}, {"type": "text", "text": "a"}]), "1214"),
        (said("a", extra_parameters={"translate": {"from": 1}}), "1214"),
        (said("a", do_sample="perhaps"), "1214"),
        (said("a", attachments="a"), "1214"),
        (said("a", attachments=["a"]), "1214"),
        (said("a", metadata=["a"]), "1214"),
        (said("a", user_id="short"), "1210"),
        ({**ASKED, "conversation_id": "none"}, "1214"),
        ({**ASKED, "messages": None}, "1213"),
        ({**ASKED, "messages": []}, "1214"),
        ({**ASKED, "messages": [{"role": "assistant", "content": "a"}]}, "1214"),
        ({**ASKED, "messages": ["a"]}, "1214"),
        (said(1), "1214"),
        (said(["a"]), "1214"),
        (said([{"type": "text"}]), "1214"),
        (said([{"type": "image_url", "image_url": {"url": "a"}}]), "1214"),
        (said("a", extra_parameters="b"), "1214"),
        (said("a", extra_parameters={"translate": 1}), "1214"),
        (said("emulator-sensitive-input"), "1301"),
    ],
)
def test_refused(client, refused, body, code) -> None:
    refused(client.post("assistant", json=body), code)


def test_lists_are_refused_too(client, refused) -> None:
    refused(client.post("assistant/list", json={}), "1213")
    refused(client.post("assistant/list", json={"assistant_id_list": "a"}), "1214")
    refused(client.post("assistant/list", json={"assistant_id_list": [1]}), "1214")
    sized = {"assistant_id": IDS[0], "page_size": 101}
    refused(client.post("assistant/conversation/list", json=sized), "1210")
    refused(client.post("assistant/conversation/list", json={"assistant_id": "a"}), "1214")


def test_a_conversation_of_another_account(client, server, refused) -> None:
    made = client.post("assistant", json={**ASKED, "stream": False}).json()
    other = {"Authorization": "Bearer other.key-of-another"}
    server.configure(api_keys=(*server.state.options.api_keys, "other.key-of-another"))
    body = {**ASKED, "conversation_id": made["conversation_id"]}
    refused(client.post("assistant", json=body, headers=other), "1214")
