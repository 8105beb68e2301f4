"""What a model is given of media that it cannot take."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from zhipu_client import InvalidRequestError
from zhipu_client.conversation import Exchange, build, prepared, unsendable
from zhipu_client.dialects import DIALECTS

LINK = "https://example.com/a.png"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


def image(url: str = LINK) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def user(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": "Look."}, *parts]}


def answered(*parts: Any) -> list[dict[str, Any]]:
    return [user(*parts), {"role": "assistant", "content": "A cat."}, user()]


def looked(*media: Any, text: str = "", **more: Any) -> list[dict[str, Any]]:
    call = {"id": "c1", "function": {"name": "look", "arguments": {}}}
    result = {"role": "tool", "tool_call_id": "c1", "content": text, "_media": list(media), **more}
    return [user(), {"role": "assistant", "content": "", "tool_calls": [call]}, result]


def said(messages: list[dict[str, Any]], model: str | None) -> str:
    return str(prepared(messages, model=model))


def test_a_result_says_what_there_was() -> None:
    sent = prepared(looked(image(), text="800x600"), model="glm-4.7")
    note = "800x600\n(the tool returned an image; this model reads text only)"
    assert [message["role"] for message in sent] == ["user", "assistant", "tool"]
    assert sent[2]["content"] == note


@pytest.mark.parametrize(
    ("more", "label"),
    [
        ({"_name": "look"}, "Returned by the tool look:"),
        ({}, "Result of the tool call c1:"),
        ({"tool_call_id": None}, "Returned by the tool:"),
    ],
)
def test_media_of_a_result_follow_it_with_a_label(more: dict[str, Any], label: str) -> None:
    sent = prepared(looked(image(), **more), model="glm-4.6v")
    assert sent[2]["content"] == "(see the next message)"
    assert sent[3]["content"] == [{"type": "text", "text": label}, image()]


def test_a_file_is_called_by_its_name() -> None:
    data = f"data:application/pdf;base64,{PNG}"
    file = {"type": "file", "file": {"file_data": data, "filename": "a.pdf"}}
    assert "the file a.pdf was here; this model reads text only" in said(answered(file), "glm-4.7")
    assert "this model does not take files" in said(answered(file), "glm-4.1v-thinking-flash")
    assert "this model takes files by URL only" in said(answered(file), "glm-4.6v")
    with pytest.raises(InvalidRequestError, match=r"glm-4\.6v takes files by URL only"):
        prepared([user(file)], model="glm-4.6v")


def test_a_picture_that_is_too_large() -> None:
    large = image(f"data:image/png;base64,{'A' * (8 * 2**20)}")
    words = "the image has 6.0 MB, and at most 5 MB are accepted"
    for messages in (answered(large), looked(large)):
        sent = said(messages, "glm-4.6v")
        assert words in sent
        assert "AAAA" not in sent
    with pytest.raises(InvalidRequestError, match=r"6\.0 MB"):
        prepared([user(large)], model="glm-4.6v")


def test_a_model_that_takes_links_only() -> None:
    inline = image(f"data:image/png;base64,{PNG}")
    assert "takes images by URL only" in said(looked(inline), "glm-4v-flash")
    assert LINK in said(looked(image()), "glm-4v-flash")


def test_of_too_many_pictures_the_last_ones_are_sent() -> None:
    links = [f"https://example.com/{n}.png" for n in range(3)]
    messages = [*answered(image(links[0])), *looked(image(links[1]), image(links[2]))[1:]]
    sent = said(messages, "glm-4v-flash")
    assert [link in sent for link in links] == [False, False, True]
    assert sent.count("later ones are sent") == 2


def test_what_the_user_has_just_sent_comes_first() -> None:
    messages = [*answered(image(LINK))[:2], user(image("https://example.com/new.png"))]
    sent = said(messages, "glm-4v-flash")
    assert "new.png" in sent
    assert LINK not in sent


def test_the_error_names_the_place_a_model_and_a_way_out() -> None:
    message = {**user(image()), "_places": ["mine[0]", "mine[4]"]}
    with pytest.raises(InvalidRequestError) as caught:
        prepared([message], model="glm-4.7")
    shown = str(caught.value)
    assert shown.startswith("mine[4] is an image, but glm-4.7 reads text only: use a model")
    assert "glm-5.3-flash" in shown
    assert caught.value.field == "mine[4]"


def test_an_image_that_was_refused_does_not_end_the_conversation() -> None:
    sent = said([user(image()), {"role": "user", "content": "Never mind."}], "glm-4.7")
    assert "an image was here; this model reads text only" in sent


def test_a_block_that_cannot_be_sent_is_an_error_once() -> None:
    error = InvalidRequestError("the file is gone", field="messages[0]")
    part = unsendable(error, "image")
    with pytest.raises(InvalidRequestError, match="gone"):
        prepared([user(part)], model="my-own-model")
    assert "an image was here, which cannot be sent" in said(answered(part), "my-own-model")
    counted = prepared([user(part)], repair=False)
    assert counted == [
        {"role": "user", "content": "Look.\n(an image was here, which cannot be sent)"}
    ]


def test_the_messages_given_are_not_changed_and_nothing_private_is_sent() -> None:
    messages = [{**user(image()), "_places": ["a", "b"]}, *looked(image())[1:]]
    before = repr(messages)
    for model in ("glm-4.7", "glm-4.6v", None):
        assert "_places" not in said(messages, model)
        assert "_media" not in said(messages, model)
    assert repr(messages) == before


def test_the_same_beginning_is_sent_in_every_turn() -> None:
    built = build({"model": "glm-4.7"}, dialect=DIALECTS["zhipu"], streaming=False)
    first = looked(image(), text="800x600")
    then = [*first, {"role": "assistant", "content": "Done."}, user()]
    short, long = (Exchange(each, built).request().json["messages"] for each in (first, then))
    assert long[: len(short)] == short
