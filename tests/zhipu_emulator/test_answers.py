"""Answers in words: from documents, from what was said, sums, JSON, attachments."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
from PIL import Image

HARBOUR = (
    "The harbour office opens at 7:30. Berths cost 24 euros a night. "
    "Showers are behind the chandlery. Dogs must be kept on a lead."
)
TEXT_ZH = "根据资料回答。\n资料：\n港务处七点半开门。泊位每晚二十四欧元。淋浴在商店后面。"
PROMPTS = [
    "Answer with the context only.\n\nContext:\n{text}\n\nQuestion: {question}",
    (
        "Context information is below.\n---------------------\n{text}\n---------------------\n"
        "Given the context information and not prior knowledge, answer the query.\n"
        "Query: {question}\nAnswer: "
    ),
    "<context>\n{text}\n</context>\n\n{question}",
    "{question}\n\nDocuments:\n{text}",
]


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How much does a berth cost?", "24 euros"),
        ("Where are the showers?", "chandlery"),
        ("When does the office open?", "7:30"),
    ],
)
def test_documents_in_the_prompt(ask, prompt: str, question: str, answer: str) -> None:
    text = ask.text(prompt.format(text=HARBOUR, question=question))
    assert answer in text
    assert len(text) < len(HARBOUR) / 2


def test_documents_in_the_system_message_in_chinese(ask) -> None:
    messages = [
        {"role": "system", "content": TEXT_ZH},
        {"role": "user", "content": "淋浴在哪里？"},
    ]  # fmt: skip
    assert ask.text(messages) == "淋浴在商店后面。"


def test_documents_that_do_not_say(ask) -> None:
    text = ask.text(PROMPTS[0].format(text=HARBOUR, question="Who painted Guernica?"))
    assert text == "The given text does not say."


@pytest.mark.parametrize(
    ("said", "question", "answer"),
    [
        ("My name is Wilhelmina.", "What is my name?", "Your name is Wilhelmina."),
        ("I live in Tromsø.", "Where do I live?", "You live in Tromsø."),
        ("My favourite colour is teal.", "What's my favorite color?", "teal"),
        ("我叫李雷。", "我叫什么名字？", "你叫李雷。"),
    ],
)
def test_what_was_said_before(ask, said: str, question: str, answer: str) -> None:
    messages = [
        {"role": "user", "content": said},
        {"role": "assistant", "content": "Noted."},
        {"role": "user", "content": question},
    ]
    assert answer in ask.text(messages)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is 23 * 41?", "943"),
        ("Compute (7 + 5) / 8", "1.5"),
        ("twelve plus thirty", "42"),
        ("What is 15% of 60?", "9"),
        ("2 to the power of 16", "65536"),
        ("17乘以3等于多少？", "51"),
        ("What is 1,250 - 250?", "1000"),
        ("Divide 1 by 3", "0.3333333333"),
    ],
)
def test_sums(ask, question: str, answer: str) -> None:
    assert ask.text(question).rstrip(".。").endswith(f"= {answer}")


def test_sums_on_the_last_result(ask) -> None:
    messages = [
        {"role": "user", "content": "What is 6 * 7?"},
        {"role": "assistant", "content": "6 * 7 = 42."},
        {"role": "user", "content": "Now divide that by 4."},
    ]
    assert "10.5" in ask.text(messages)


@pytest.mark.parametrize("text", ["Call 555-0100", "on 2026-05-04", "9 ** 999999999", "1 / 0"])
def test_what_is_no_sum(ask, text: str) -> None:
    assert " = " not in ask.text(text)


SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "city": {"type": "string"},
        "hobbies": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name", "age", "city"],
}
PERSON = "Marta is 29 years old and lives in Porto."


@pytest.mark.parametrize(
    "order",
    [
        f"Answer with JSON of this schema: {json.dumps(SCHEMA)}",
        f"Output schema:\n```\n{json.dumps(SCHEMA, indent=1)}\n```\nAnswer in JSON.",
        'Answer in JSON like {"name": "...", "age": 0, "city": "..."}',
        "Return JSON with the keys name, age and city.",
    ],
)
def test_json_mode_takes_the_shape_from_the_text(ask, order: str) -> None:
    messages = [{"role": "system", "content": order}, {"role": "user", "content": PERSON}]
    text = ask.text(messages, response_format={"type": "json_object"})
    found = json.loads(text)
    assert found["name"] == "Marta"
    assert str(found["age"]) == "29"
    assert found["city"] == "Porto"


def test_json_mode_without_a_shape(ask) -> None:
    text = ask.text("What is 6 * 7? Use JSON.", response_format={"type": "json_object"})
    assert json.loads(text) == {"answer": "6 * 7 = 42."}


def test_json_without_the_mode_comes_in_a_fence(ask) -> None:
    text = ask.text(f"{PERSON} Respond in JSON with the keys 'name' and 'city'.")
    assert text.startswith("```json\n")
    assert json.loads(text.strip("`").removeprefix("json")) == {"name": "Marta", "city": "Porto"}


def _data(raw: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(raw).decode()}"


def test_images_are_described(ask) -> None:
    content: list[dict[str, Any]] = [{"type": "text", "text": "What is in these pictures?"}]
    for colour, size in (("blue", (30, 20)), ("yellow", (10, 40))):
        buffer = io.BytesIO()
        Image.new("RGB", size, colour).save(buffer, "PNG")
        url = _data(buffer.getvalue(), "image/png")
        content.append({"type": "image_url", "image_url": {"url": url}})
    text = ask.text([{"role": "user", "content": content}], model="glm-4.6v")
    assert "30 x 20 pixels, mostly blue" in text
    assert "10 x 40 pixels, mostly yellow" in text


def test_links_are_not_fetched(ask) -> None:
    url = f"{ask.server.url}/picture.png"
    content = [{"type": "image_url", "image_url": {"url": url}}]
    assert url in ask.text([{"role": "user", "content": content}], model="glm-4.6v")
    assert len(ask.server.requests) == 1


def _pdf(text: str) -> bytes:
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
            " /Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body = "%PDF-1.4\n"
    for number, text_ in enumerate(objects, 1):
        body += f"{number} 0 obj\n{text_}\nendobj\n"
    return (body + "trailer << /Root 1 0 R /Size 6 >>\n%%EOF\n").encode()


def test_the_text_of_a_pdf_is_read(ask) -> None:
    file = {"file_data": _data(_pdf("The ferry leaves at noon. Bicycles are free."),
                               "application/pdf"), "filename": "ferry.pdf"}  # fmt: skip
    content = [{"type": "file", "file": file}, {"type": "text", "text": "Are bicycles free?"}]
    text = ask.text([{"role": "user", "content": content}], model="glm-4.6v")
    assert text == "Bicycles are free."


def test_a_pdf_that_a_tool_returns_is_read(ask, tool) -> None:
    file = {"file_data": _data(_pdf("The ferry leaves at noon."), "application/pdf")}
    call = {"id": "c", "type": "function", "function": {"name": "timetable", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "Fetch the timetable."},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "(see the next message)"},
        {"role": "user", "content": [{"type": "text", "text": "Returned by the tool timetable:"},
                                     {"type": "file", "file": file}]},
    ]  # fmt: skip
    tools = [tool("timetable", "Fetch the timetable")]
    assert ask.text(messages, model="glm-4.6v", tools=tools) == "The ferry leaves at noon."


def test_what_it_cannot_answer_it_says(ask) -> None:
    assert "stand-in" in ask.text("Write an ode to the sea.")
    assert "模拟" in ask.text("写一首关于大海的诗。")


@pytest.mark.parametrize("text", ["Say 'lighthouse'", 'Reply only with the word "lighthouse"'])
def test_orders_to_say_something(ask, text: str) -> None:
    assert ask.text(text) == "lighthouse"


def test_the_same_request_gets_the_same_answer(ask) -> None:
    ask.server.configure(clock=lambda: 1_780_000_000.0)
    first = ask.post({"model": "glm-4.7", "messages": [{"role": "user", "content": PERSON}]}).text
    ask.server.reset()
    again = ask.post({"model": "glm-4.7", "messages": [{"role": "user", "content": PERSON}]}).text
    assert first == again
