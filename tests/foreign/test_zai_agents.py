"""What the official SDK's examples show for agents, in our own words, with the SDK itself.

Its types have ``message`` and ``delta`` where the service's schema has ``messages``: what it does
not know it keeps as it came.
"""

from __future__ import annotations

import pytest
from zai import ZaiClient, ZhipuAiClient
from zai.core import APIAuthenticationError, APIRequestFailedError

HELLO = [{"role": "user", "content": [{"type": "text", "text": "Good morning, world!"}]}]
CAT = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "A cat dances"},
            {"type": "image_url", "image_url": "https://example.com/cat.png"},
        ],
    }
]


@pytest.fixture(params=[ZhipuAiClient, ZaiClient])
def client(request, server):
    with request.param(api_key=server.api_key, base_url=server.base_url) as client:
        yield client


def test_a_translation(client, server):
    reply = client.agents.invoke(
        agent_id="general_translation",
        messages=HELLO,
        custom_variables={"source_lang": "en", "target_lang": "zh"},
    )
    (choice,) = reply.choices
    assert (choice.index, choice.finish_reason) == (0, "stop")
    assert choice.messages[0]["content"]["text"] == "早上好，世界！"
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert server.requests[-1]["path"] == "/api/paas/v4/v1/agents"


def test_a_streamed_translation(client):
    chunks = list(
        client.agents.invoke(
            agent_id="general_translation",
            stream=True,
            messages=HELLO,
            custom_variables={"source_lang": "en", "target_lang": "zh"},
        )
    )
    parts = [message["content"]["text"] for c in chunks for message in c.choices[0].messages]
    assert len(parts) > 1
    assert "".join(parts) == "早上好，世界！"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.total_tokens


def test_a_deck_in_phases(client):
    chunks = client.agents.invoke(
        agent_id="slides_glm_agent",
        stream=True,
        messages=[{"role": "user", "content": [{"type": "text", "text": "Two slides about tea"}]}],
    )
    phases = [part["phase"] for chunk in chunks for part in chunk.choices[0].message]
    assert list(dict.fromkeys(phases)) == ["thinking", "tool", "answer"]


def test_a_video_is_polled(client):
    task = client.agents.invoke(
        agent_id="vidu_template_agent",
        custom_variables={"template": "french_kiss"},
        messages=CAT,
    )
    assert (task.status, bool(task.async_id)) == ("pending", True)
    states = []
    while not states or states[-1].status == "pending":
        assert len(states) < 5
        found = client.agents.async_result(agent_id="vidu_template_agent", async_id=task.async_id)
        states.append(found)
    assert [state.status for state in states] == ["pending", "success"]
    (part,) = states[-1].choices[0].messages[0]["content"]
    assert ".mp4" in part["file_url"]


def test_ids_of_the_caller(client, server):
    reply = client.agents.invoke(
        agent_id="general_translation", messages=HELLO, request_id="request-1", user_id="user-1"
    )
    assert reply.request_id == "request-1"
    assert server.requests[-1]["json"]["user_id"] == "user-1"


def test_refusals(client, server):
    for given, words in (
        ({"agent_id": "an-agent-that-never-was", "messages": HELLO}, "1222"),
        ({"agent_id": "general_translation"}, "1213"),
        ({"agent_id": "general_translation", "messages": []}, "1214"),
    ):
        with pytest.raises(APIRequestFailedError, match=words):
            client.agents.invoke(**given)
    with pytest.raises(APIRequestFailedError, match="1233"):
        client.agents.async_result(agent_id="vidu_template_agent", async_id="none")
    with (
        ZhipuAiClient(api_key="wrong.key", base_url=server.base_url) as other,
        pytest.raises(APIAuthenticationError),
    ):
        other.agents.invoke(agent_id="general_translation", messages=HELLO)
