"""What the official SDK sends beyond the documents: ids as numbers, a character's greeting."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("number", [1_790_000_000, 1_790_000_000.25])
def test_a_number_is_an_id_of_the_caller(client, number) -> None:
    chat = {"model": "glm-4.7", "messages": [{"role": "user", "content": "Hello"}]}
    reply = client.post("chat/completions", json={**chat, "request_id": number}).json()
    assert reply["request_id"] == str(number)
    image = {"model": "cogview-4", "prompt": "A fox", "request_id": number}
    assert client.post("images/generations", json=image).status_code == 200
    search = {"search_engine": "search_std", "search_query": "foxes", "request_id": number}
    assert client.post("web_search", json=search).json()["request_id"] == str(number)


@pytest.mark.parametrize("odd", [True, [1], {"a": 1}])
def test_other_things_are_no_id(client, odd) -> None:
    messages = [{"role": "user", "content": "Hello"}]
    for path, body in (
        ("chat/completions", {"model": "glm-4.7", "messages": messages}),
        ("images/generations", {"model": "cogview-4", "prompt": "A fox"}),
    ):
        assert client.post(path, json={**body, "request_id": odd}).status_code == 400


@pytest.mark.parametrize("model", ["charglm-4", "emohaa"])
def test_a_character_may_speak_first(client, model) -> None:
    said = [{"role": "assistant", "content": "Hello, I am Lin."}]
    body = {"model": model, "messages": [*said, {"role": "user", "content": "Who are you?"}]}
    assert client.post("chat/completions", json=body).status_code == 200
    assert client.post("chat/completions", json={**body, "messages": said}).status_code == 400
