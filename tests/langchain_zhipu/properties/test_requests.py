"""Every chat request that the adapter can send is one of the service's OpenAPI file, or differs
from it in a way that `openapi_deviations` lists."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, reject, settings
from hypothesis import strategies as st

from langchain_zhipu import ChatZhipuAI
from tests.langchain_zhipu.properties import conversations as given_
from tests.langchain_zhipu.properties import openapi
from tests.langchain_zhipu.properties.openapi_deviations import deviations
from zhipu_client import InvalidRequestError, catalog

pytestmark = pytest.mark.skipif(
    not openapi.FILE.is_file(), reason="no ../shared/reference/openapi.json beside this checkout"
)

MODELS = [
    info for info in catalog.MODELS.values() if info.kind in openapi.SHAPE_OF and not info.retired
]


def body_of(
    info: catalog.ModelInfo, messages: Any, fields: dict[str, Any], tools: Any, kwargs: Any,
    *, streaming: bool,
) -> dict[str, Any]:  # fmt: skip
    """The body of the first request of a call."""
    model = ChatZhipuAI(model=info.id, api_key="k.s", **fields)
    bound: Any = model.bind_tools(tools, **kwargs) if tools else model.bind(**kwargs)
    asked = model._exchange(
        messages,
        None,
        bound.kwargs,
        dialect=model._sync_client().dialect,
        streaming=streaming,
    )
    request = asked.stream_request() if streaming else asked.request()
    return copy.deepcopy(dict(request.json))


def undone(body: dict[str, Any], shape: str) -> list[str]:
    """Undo the deviations in place; gives what they were."""
    return [
        deviation.what
        for deviation in deviations(openapi.model_codes())
        if shape in deviation.shapes and deviation.undo(body, shape)
    ]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), streaming=st.booleans(), mode=st.sampled_from(["auto", "native"]))
def test_every_request_is_in_the_file(data: st.DataObject, streaming: bool, mode: str) -> None:
    shape = data.draw(st.sampled_from(["text", "text", "vision", "vision", "voice", "character"]))
    info = data.draw(st.sampled_from([m for m in MODELS if openapi.SHAPE_OF[m.kind] == shape]))
    event(shape)
    tools, kwargs = data.draw(given_.bindings(info))
    fields = {**data.draw(given_.settings_of(info)), "tool_choice_mode": mode}
    messages = data.draw(given_.messages(info))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a model cannot do is said and replaced
        try:
            body = body_of(info, messages, fields, tools, kwargs, streaming=streaming)
        except InvalidRequestError as error:
            if error.field != "messages" or any(message.text.strip() for message in messages):
                raise
            reject()  # nothing is sent where nobody says anything
    original = copy.deepcopy(body)
    for what in undone(body, shape):
        event(what[:40])
    assert openapi.complaints(body, shape) == [], original


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "glm-4.7", "messages": [{"role": "user", "content": "hi"}], **fields}


CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
PART = {"type": "file", "file": {"file_id": "1"}}
NEEDED: list[tuple[str, dict[str, Any]]] = [
    ("text", body(model="glm-5.3")),
    ("text", body(stream_options={"include_usage": True})),
    ("text", body(messages=[{"role": "assistant", "content": "", "reasoning_content": "r"}])),
    ("vision", body(messages=[{"role": "assistant", "content": "", "tool_calls": [CALL]}])),
    ("vision", body(messages=[{"role": "user", "content": [PART]}])),
    ("text", body(tools=[given_.SERVER[1], given_.SERVER[2]])),
    ("vision", body(tool_stream=True)),
    ("text", body(sensitive_word_check={"type": "ALL"})),
    ("text", body(tool_choice="required")),
    ("text", body(response_format={"type": "json_schema"})),
    ("text", body(tools=[given_.SERVER[0]])),
    ("text", body(stream=True, stream_options={"include_usage": True})),
    ("character", body(stop=["a", "b"])),
]


@pytest.mark.parametrize("number", range(len(NEEDED)))
def test_every_deviation_of_the_list_is_one(number: int) -> None:
    """The file refuses it as it is, and takes it when exactly this is undone."""
    shape, request = NEEDED[number]
    listed = deviations(openapi.model_codes())
    assert len(listed) == len(NEEDED)
    if number:
        request = {**request, "model": openapi.model_codes()[shape][0]}
    request = copy.deepcopy(request)
    assert openapi.complaints(request, shape)
    assert shape in listed[number].shapes
    assert listed[number].undo(request, shape)
    assert openapi.complaints(request, shape) == []


def test_every_deviation_has_evidence() -> None:
    for deviation in deviations(openapi.model_codes()):
        assert deviation.what
        assert len(deviation.evidence) > 20


def test_a_wrong_request_is_noticed() -> None:
    for wrong in (
        body(temperature=2), body(unheard_of=1), body(stop=["a"] * 5), body(max_tokens=0),
        body(messages=[]), body(messages=[{"role": "user", "content": "hi", "name": "Ann"}]),
        body(tools=[given_.FUNCTION]),  # its "strict" must not be sent
    ):  # fmt: skip
        undone(wrong, "text")
        assert openapi.complaints(wrong, "text"), wrong
