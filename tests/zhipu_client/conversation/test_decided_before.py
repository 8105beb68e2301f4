"""What depends on the settings alone is decided once, and nothing else is kept."""

from __future__ import annotations

from typing import Any

import pytest

from zhipu_client import InvalidRequestError
from zhipu_client.conversation import build
from zhipu_client.dialects import DIALECTS, dialect_of

ZHIPU = DIALECTS["zhipu"]
PLAIN = {"model": "glm-4.7", "temperature": 0.5, "max_tokens": 1, "thinking": True}


def test_the_same_plain_values_are_decided_once():
    first = build(PLAIN, dialect=ZHIPU, streaming=False)
    assert build({**PLAIN}, dialect=ZHIPU, streaming=False) is first
    assert build({**PLAIN, "top_p": None}, dialect=ZHIPU, streaming=False) is first


@pytest.mark.parametrize(
    "other",
    [{"temperature": 0.6}, {"model": "glm-4.6"}, {"top_p": 0.5}, {"thinking": None}],
    ids=str,
)
def test_another_value_is_decided_anew(other: dict[str, Any]):
    first = build(PLAIN, dialect=ZHIPU, streaming=False)
    assert build({**PLAIN, **other}, dialect=ZHIPU, streaming=False) != first


def test_another_server_or_way_is_decided_anew():
    first = build(PLAIN, dialect=ZHIPU, streaming=False)
    own = dialect_of("http://127.0.0.1:8000/v1")
    assert build(PLAIN, dialect=own, streaming=False).dialect.name == "openai"
    assert "stream_options" in build(PLAIN, dialect=ZHIPU, streaming=True).params
    assert "stream_options" not in first.params


def test_equal_values_of_other_types_are_not_the_same():
    build({**PLAIN, "n": 1}, dialect=ZHIPU, streaming=False)
    with pytest.raises(InvalidRequestError):
        build({**PLAIN, "n": True}, dialect=ZHIPU, streaming=False)


def test_what_a_caller_can_change_is_looked_at_each_time():
    values: dict[str, Any] = {**PLAIN, "stop": ["a"], "extra_body": {"x": 1}}
    first = build(values, dialect=ZHIPU, streaming=False)
    values["stop"].append("b")
    values["extra_body"]["x"] = 2
    second = build(values, dialect=ZHIPU, streaming=False)
    assert (second.params["stop"], second.params["extra_body"]["x"]) == (["a", "b"], 2)
    assert first.params["extra_body"]["x"] == 1


def test_each_stream_has_an_id_of_its_own():
    streams = [build(PLAIN, dialect=ZHIPU, streaming=True) for _ in range(3)]
    assert len({built.params["request_id"] for built in streams}) == 3
    own = build({**PLAIN, "request_id": "my-own-id"}, dialect=ZHIPU, streaming=True)
    assert own.params["request_id"] == "my-own-id"


def test_what_the_caller_is_to_know_is_said_each_time():
    for _ in range(2):
        with pytest.warns(UserWarning, match="presence_penalty is not sent"):
            build({**PLAIN, "presence_penalty": 0.5}, dialect=ZHIPU, streaming=False)
        with pytest.warns(UserWarning, match="always thinks"):
            build({"model": "glm-5.3", "thinking": False}, dialect=ZHIPU, streaming=False)


def test_what_is_kept_is_bounded():
    from zhipu_client.conversation import request_building

    for number in range(3 * request_building._MOST_DECIDED):
        build({**PLAIN, "max_tokens": number + 1}, dialect=ZHIPU, streaming=False)
    assert len(request_building._decided) <= request_building._MOST_DECIDED
