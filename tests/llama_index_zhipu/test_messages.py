"""Messages to the wire and answers back: pure."""

from __future__ import annotations

import base64
import json
from io import BytesIO

import pytest
from llama_index.core.base.llms.types import (
    AudioBlock,
    CacheControl,
    CachePoint,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)

from llama_index_zhipu._chat.tools import selections
from tests.llama_index_zhipu.stub import USAGE, call, reply
from tests.llama_index_zhipu.wire import from_wire, to_wire
from zhipu_client import InvalidRequestError

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


def user(*blocks, **extra):
    return ChatMessage(role="user", blocks=list(blocks), additional_kwargs=extra)


def one(message, **kwargs):
    (sent,) = to_wire([message], **kwargs)
    return sent


def ask():
    return ChatMessage(role="user", content="?")


def calls(*identities):
    blocks = [
        ToolCallBlock(tool_call_id=each, tool_name="f", tool_kwargs={}) for each in identities
    ]
    return ChatMessage(role="assistant", blocks=blocks)


@pytest.mark.parametrize(
    ("role", "wire"),
    [
        ("system", "system"),
        ("developer", "system"),
        ("user", "user"),
        ("assistant", "assistant"),
        ("chatbot", "assistant"),
        ("model", "assistant"),
    ],
)
def test_roles(role, wire):
    sent = to_wire([ask(), ChatMessage(role=MessageRole(role), content="x")])
    joined = "?\n\nx" if wire == "user" else "x"  # neighbours of one role are one message
    assert sent[-1] == {"role": wire, "content": joined}


@pytest.mark.parametrize("role", ["tool", "function"])
def test_roles_of_results(role):
    sent = to_wire([ask(), calls("c1"), ChatMessage(role=MessageRole(role), content="x")])
    assert sent[2] == {"role": "tool", "tool_call_id": "c1", "content": "x"}


def test_text_alone_is_a_string():
    assert one(user(TextBlock(text="a"), TextBlock(text="b")))["content"] == "a\nb"


def test_messages_given_are_not_changed():
    messages = [user(TextBlock(text="a")), ChatMessage(role="system", content="b")]
    before = [message.model_dump() for message in messages]
    to_wire(messages)
    assert [message.model_dump() for message in messages] == before


def test_system_alone_is_asked_as_a_user():
    sent = to_wire(
        [ChatMessage(role="system", content="a"), ChatMessage(role="system", content="b")]
    )
    assert sent == [{"role": "user", "content": "a\n\nb"}]


def test_image_by_url_is_passed_on():
    sent = one(user(TextBlock(text="see"), ImageBlock(url="https://x.example/a.png")))
    assert sent["content"] == [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}},
    ]


@pytest.mark.parametrize("how", ["bytes", "stream", "path"])
def test_image_of_ours_goes_inline_with_its_type(how, tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(PNG)
    image = {
        "bytes": lambda: ImageBlock(image=PNG),
        "stream": lambda: ImageBlock(image=BytesIO(PNG)),
        "path": lambda: ImageBlock(path=path),
    }[how]()
    url = one(user(image))["content"][0]["image_url"]["url"]
    assert url == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


def test_image_of_unknown_bytes_has_a_type_all_the_same():
    url = one(user(ImageBlock(image=b"nothing known")))["content"][0]["image_url"]["url"]
    assert url.startswith("data:image/png;base64,")


def test_data_urls_survive():
    url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert one(user(ImageBlock(url=url)))["content"][0]["image_url"]["url"] == url


def test_video():
    part = one(user(VideoBlock(url="https://x.example/a.mp4")))["content"][0]
    assert part == {"type": "video_url", "video_url": {"url": "https://x.example/a.mp4"}}
    inline = one(user(VideoBlock(video=b"\0\0\0\x18ftypmp42")))["content"][0]["video_url"]["url"]
    assert inline.startswith("data:video/mp4;base64,")


def test_audio_goes_inline():
    wav = b"RIFF\x24\0\0\0WAVEfmt "
    part = one(user(AudioBlock(audio=wav)))["content"][0]
    assert part["type"] == "input_audio"
    assert part["input_audio"] == {"data": base64.b64encode(wav).decode(), "format": "wav"}
    mp3 = one(user(AudioBlock(audio=b"ID3\x03abc")))["content"][0]["input_audio"]
    assert mp3["format"] == "mp3"


def test_audio_by_url_is_refused_not_fetched():
    with pytest.raises(InvalidRequestError, match="inline"):
        to_wire([user(AudioBlock(url="https://x.example/a.wav"))])


def test_documents_by_url_and_inline():
    url = "https://x.example/a.pdf"
    assert one(user(DocumentBlock(url=url)))["content"] == [
        {"type": "file", "file": {"file_url": url}}
    ]
    (part,) = one(user(DocumentBlock(data=b"%PDF-1.4 x", title="a.pdf")))["content"]
    assert part["file"]["filename"] == "a.pdf"
    assert part["file"]["file_data"].startswith("data:application/pdf;base64,")
    with pytest.raises(InvalidRequestError, match="URL only"):
        to_wire([user(DocumentBlock(data=b"%PDF-1.4 x"))], model="glm-4.6v")


def test_large_and_odd_files_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "big.png"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(InvalidRequestError, match="at most"):
        to_wire([user(ImageBlock(path=path))])
    with pytest.raises(InvalidRequestError, match="not a regular file"):
        to_wire([user(DocumentBlock(path="/dev/null"))])


def test_an_empty_image_says_so():
    with pytest.raises(InvalidRequestError, match="empty"):
        to_wire([user(ImageBlock())])


def test_cache_points_are_ignored_and_citable_blocks_written_out():
    sent = one(
        user(
            CitableBlock(title="T", source="s", content="body"),
            CachePoint(cache_control=CacheControl(type="ephemeral")),
            TextBlock(text="?"),
        )
    )
    assert sent["content"] == "[T](s)\nbody\n?"


def loop():
    """Two turns; the second one is in its tool loop."""

    def thought(text):
        return ThinkingBlock(content=text)

    return [
        user(TextBlock(text="one")),
        ChatMessage(role="assistant", blocks=[thought("t1"), TextBlock(text="a1")]),
        user(TextBlock(text="two")),
        ChatMessage(
            role="assistant",
            blocks=[
                thought("t2"),
                TextBlock(text=""),
                ToolCallBlock(tool_call_id="c1", tool_name="f", tool_kwargs={"x": "北"}),
            ],
        ),
        ChatMessage(role="tool", content="r", additional_kwargs={"tool_call_id": "c1"}),
    ]


@pytest.mark.parametrize(
    ("history", "thoughts"),
    [("tool_loop", [None, "t2"]), ("all", ["t1", "t2"]), ("none", [None, None])],
)
def test_reasoning_goes_back_by_policy(history, thoughts):
    sent = to_wire(loop(), reasoning_history=history)
    assert [m.get("reasoning_content") for m in sent if m["role"] == "assistant"] == thoughts


def test_tool_calls_and_results():
    sent = to_wire(loop())
    (made,) = sent[3]["tool_calls"]
    assert made == {
        "id": "c1",
        "type": "function",
        "function": {"name": "f", "arguments": '{"x": "北"}'},
    }
    assert sent[4] == {"role": "tool", "content": "r", "tool_call_id": "c1"}


@pytest.mark.parametrize("as_object", [False, True])
def test_calls_kept_by_other_integrations_are_sent(as_object):
    class Function:
        name, arguments = "f", '{"a":1}'

    class Made:
        id, function = "c9", Function

    plain = {"id": "c9", "function": {"name": "f", "arguments": '{"a":1}'}}
    message = ChatMessage(
        role="assistant",
        content="",
        additional_kwargs={"tool_calls": [Made if as_object else plain]},
    )
    assert to_wire([ask(), message])[1]["tool_calls"][0]["function"]["name"] == "f"


def test_return_direct_answers_do_not_carry_a_call_id():
    direct = ChatMessage(role="assistant", content="x", additional_kwargs={"tool_call_id": "c1"})
    assert to_wire([ask(), direct])[1] == {"role": "assistant", "content": "x"}


def test_an_empty_answer_is_left_out():
    empty = ChatMessage(role="assistant", blocks=[ThinkingBlock(content="hm"), TextBlock(text="")])
    assert to_wire([ask(), empty, ask()]) == [{"role": "user", "content": "?\n\n?"}]


@pytest.mark.parametrize(
    "block",
    [
        ImageBlock(),
        AudioBlock(url="https://x.example/a.wav"),
        AudioBlock(audio=PNG, format="ogg"),
        DocumentBlock(path="/etc/hostname"),
    ],
)
def test_a_block_of_a_tool_that_cannot_be_sent_goes_as_text_without_its_content(block):
    result = ChatMessage(role="tool", blocks=[block], additional_kwargs={"tool_call_id": "c1"})
    text = to_wire([ask(), calls("c1"), result])[2]["content"]
    assert json.loads(text)["block_type"] == block.block_type
    assert base64.b64encode(PNG).decode() not in text


def test_images_inside_of_citable_blocks_of_tools_are_sent():
    block = CitableBlock(title="T", source="s", content=[ImageBlock(image=PNG)])
    result = ChatMessage(role="tool", blocks=[block], additional_kwargs={"tool_call_id": "c1"})
    sent = to_wire([ask(), calls("c1"), result])
    assert sent[2]["content"].startswith("[T](s)")
    assert sent[3]["content"][1]["type"] == "image_url"


def test_images_in_tool_results_follow_the_results():
    results = [
        ChatMessage(
            role="tool",
            blocks=[TextBlock(text="chart"), ImageBlock(url="https://x.example/1.png")],
            additional_kwargs={"tool_call_id": "c1"},
        ),
        ChatMessage(role="tool", content="two", additional_kwargs={"tool_call_id": "c2"}),
    ]
    history = [ask(), calls("c1", "c2"), *results]
    sent = to_wire(history)
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool", "user"]
    assert sent[4]["content"][0]["text"] == "Result of the tool call c1:"
    assert sent[4]["content"][1]["type"] == "image_url"
    blind = to_wire(history, model="glm-4.7")
    assert [message["role"] for message in blind] == ["user", "assistant", "tool", "tool"]
    note = "chart\n(the tool returned an image; this model reads text only)"
    assert blind[2]["content"] == note


def test_answers_in_order_thinking_text_citations_calls():
    body = reply(
        "text",
        reasoning="why",
        tool_calls=[call("f", '{"a": 1}')],
        web_search=[
            {"title": "T", "link": "https://x.example", "content": "C", "refer": "ref_2"},
            {"title": "", "link": "", "content": ""},
        ],
    )
    response = from_wire(body)
    assert [type(block) for block in response.message.blocks] == [
        ThinkingBlock,
        TextBlock,
        CitationBlock,
        CitationBlock,
        ToolCallBlock,
    ]
    thinking, _, cited, _, made = response.message.blocks
    assert thinking.num_tokens == 3
    assert (cited.title, cited.source) == ("T", "https://x.example")
    assert cited.additional_location_info == {"ref": 2}
    assert made.tool_kwargs == {"a": 1}
    assert response.raw == body


def test_facts_of_an_answer():
    facts = from_wire(reply("x", usage=USAGE)).additional_kwargs
    assert facts == {
        "prompt_tokens": 11,
        "completion_tokens": 7,
        "total_tokens": 18,
        "cached_tokens": 4,
        "reasoning_tokens": 3,
        "finish_reason": "stop",
        "request_id": "20260101x",
    }


@pytest.mark.parametrize("content", [None, "", "\n", [{"type": "text", "text": "a"}]])
def test_any_content_is_read(content):
    body = reply(content, tool_calls=[call("f")])
    assert from_wire(body).message.content == {"\n": "\n"}.get(
        content if isinstance(content, str) else "", "a" if isinstance(content, list) else ""
    )


def test_self_hosted_reasoning():
    body = reply("x")
    body["choices"][0]["message"]["reasoning"] = "why"
    assert from_wire(body).message.blocks[0].content == "why"
    tags = from_wire(reply("<think>why</think>\n\nx"), site=None)
    assert [block.block_type for block in tags.message.blocks] == ["thinking", "text"]
    assert tags.message.content == "x"


def test_sound_comes_as_a_block_and_goes_back_by_its_id():
    body = reply("hello")
    wav = base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt ").decode()
    body["choices"][0]["message"]["audio"] = {"id": "a1", "data": wav, "expires_at": 1}
    message = from_wire(body).message
    (sound,) = [block for block in message.blocks if isinstance(block, AudioBlock)]
    assert sound.resolve_audio().read() == b"RIFF\x24\0\0\0WAVEfmt "
    sent = to_wire([ask(), message])[1]
    assert sent["audio"] == {"id": "a1"}


def test_answers_are_plain_data():
    body = reply("x", reasoning="y", tool_calls=[call("f", {"a": 1})])
    json.dumps(from_wire(body).model_dump(mode="json"))


def test_logprobs_of_self_hosted_servers():
    body = reply("x")
    token = {"token": "x", "logprob": -0.5, "bytes": [120], "top_logprobs": []}
    body["choices"][0]["logprobs"] = {"content": [token]}
    assert from_wire(body).logprobs[0][0].logprob == -0.5


def test_unknown_fields_and_values_do_not_raise():
    body = reply("x", finish="something_new", surprise={"a": [1]})
    body["choices"][0]["message"]["new_thing"] = 1
    body["usage"]["prompt_tokens"] = None
    assert from_wire(body).additional_kwargs["finish_reason"] == "something_new"
    assert from_wire({}).message.content == ""


def test_calls_that_the_service_ran_are_told_and_not_to_be_run():
    served = {"id": "m1", "type": "mcp", "mcp": {"type": "mcp_call", "name": "f", "output": "o"}}
    response = from_wire(reply("a", tool_calls=[served, call("g")]))
    kinds = [block.block_type for block in response.message.blocks]
    assert kinds == ["text", "citable", "tool_call"]
    assert [item.tool_name for item in selections(response)] == ["g"]
    assert response.additional_kwargs["server_tool_calls"] == [served]
    response = from_wire(reply("a", tool_calls=[served]))
    assert "tool_calls" not in response.message.additional_kwargs
    assert to_wire([ask(), response.message])[1] == {"role": "assistant", "content": "a"}


def test_ids_that_are_numbers():
    (item,) = selections(from_wire(reply("", tool_calls=[call("f", identity=7)])))
    assert item.tool_id == "7"


@pytest.mark.parametrize("data", ["abcde", 5])
def test_sound_that_is_no_base64_does_not_cost_the_answer(data, caplog):
    body = reply("hi")
    body["choices"][0]["message"]["audio"] = {"id": "a1", "data": data}
    message = from_wire(body).message
    assert [block.block_type for block in message.blocks] == ["text"]
    assert message.content == "hi"
    assert "sound" in caplog.text


@pytest.mark.parametrize("url", ["data:audio/wav;base64,abcde", "data:audio/wav,plain!"])
def test_sound_in_a_data_url_must_be_base64(url):
    with pytest.raises(InvalidRequestError, match="base64"):
        to_wire([user(AudioBlock(url=url))])


def test_a_document_that_is_not_there(tmp_path):
    path = tmp_path / "none.pdf"
    with pytest.raises(InvalidRequestError, match="cannot be read") as caught:
        to_wire([user(DocumentBlock(path=str(path)))])
    assert (caught.value.field, caught.value.value) == ("messages[0].blocks[0]", str(path))
