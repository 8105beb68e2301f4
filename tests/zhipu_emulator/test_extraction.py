"""What the brain reads out of a text: optional fields, several objects, both languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

import pytest
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel, Field

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI


class Person(BaseModel):
    """A person."""

    name: str | None = None
    age: int | None = None
    city: str | None = None


class People(BaseModel):
    """People in a text."""

    people: list[Person]


class Address(BaseModel):
    street: str | None = None
    city: str


class Employee(BaseModel):
    """An employee."""

    name: str
    age: int | None = Field(None, description="Age in years")
    email: str | None = None
    address: Address | None = None
    married: bool | None = None
    hired: dt.date | None = None
    salary: Decimal | None = None


class Level(StrEnum):
    low = "low"
    high = "high"


class Ticket(BaseModel):
    """A ticket."""

    priority: Level = Level.low
    kind: Literal["bug", "feature"] | None = None
    tags: list[str] = []
    due: dt.date | None = None
    urgent: bool = False


class Item(BaseModel):
    product: str
    quantity: int
    price: float


class Invoice(BaseModel):
    """An invoice."""

    number: str
    customer: str | None = None
    items: list[Item]
    total: Decimal


class Described(BaseModel):
    """人物信息"""

    name: str = Field(description="姓名")
    age: int = Field(description="年龄")
    city: str | None = Field(None, description="居住城市")


class Listed(BaseModel):
    """人物列表"""

    people: list[Described] = Field(description="所有人物")


def people(*found: tuple[Any, ...]) -> People:
    return People(
        people=[Person(**dict(zip(Person.model_fields, one, strict=False))) for one in found]
    )


def listed(*found: tuple[Any, ...]) -> Listed:
    made = [dict(zip(Described.model_fields, one, strict=False)) for one in found]
    return Listed.model_validate({"people": made})


TWO = (("Ada", 36), ("Bob", 41))
CASES: list[tuple[str, BaseModel]] = [
    ("Ada is 36 years old and lives in London.", Person(name="Ada", age=36, city="London")),
    (
        "Extract the person: Ada Lovelace, 36, London",
        Person(name="Ada Lovelace", age=36, city="London"),
    ),
    ("Ada, 36, and Bob, 41", people(*TWO)),
    ("Ada, 36; Bob, 41", people(*TWO)),
    ("Extract the people: Ada is 36 and Bob is 41.", people(*TWO)),
    (
        "Ada (36) lives in London. Bob (41) lives in Paris.",
        people(("Ada", 36, "London"), ("Bob", 41, "Paris")),
    ),
    (
        (
            "Ada Lovelace is 36, lives in London, is not married, was hired on 2024-05-01 and "
            "earns 5000.50. Mail: ada@example.com"
        ),
        Employee(
            name="Ada Lovelace",
            age=36,
            email="ada@example.com",
            address=Address(city="London"),
            married=False,
            hired=dt.date(2024, 5, 1),
            salary=Decimal("5000.5"),
        ),
    ),
    (
        (
            "The login page crashes: a high priority bug, due 2026-12-01, tags: login, safari. "
            "It is urgent."
        ),
        Ticket(
            priority=Level.high,
            kind="bug",
            tags=["login", "safari"],
            due=dt.date(2026, 12, 1),
            urgent=True,
        ),
    ),
    (
        (
            "Invoice A-17 for Ada Lovelace of 2024-05-01: 2 mugs at 3.50 each and 1 plate at 7.00. "
            "Total 14.00."
        ),
        Invoice(
            number="A-17",
            customer="Ada Lovelace",
            items=[
                Item(product="mugs", quantity=2, price=3.5),
                Item(product="plate", quantity=1, price=7),
            ],
            total=Decimal(14),
        ),
    ),
    ("张三，36岁，住在北京", Person(name="张三", age=36, city="北京")),
    (
        "从下面的文字中提取信息：张三，36岁，住在北京",
        Described(name="张三", age=36, city="北京"),
    ),
    ("张三，36岁，住在北京；李四，41岁", listed(("张三", 36, "北京"), ("李四", 41))),
    (
        "请提取以下文本中的所有人物：张三，36岁，住在北京；李四，41岁，住在上海。",
        listed(("张三", 36, "北京"), ("李四", 41, "上海")),
    ),
    (
        "提取人物：王小明今年28岁，住在杭州。欧阳娜娜35岁，住在成都。",
        listed(("王小明", 28, "杭州"), ("欧阳娜娜", 35, "成都")),
    ),
]


def langchain(method: str) -> Callable[[Any, type[BaseModel], str], Any]:
    def ask(server: Any, wanted: type[BaseModel], text: str) -> Any:
        model = ChatZhipuAI(model="glm-4.6", base_url=server.base_url, api_key=server.api_key)
        return model.with_structured_output(wanted, method=method).invoke(text)  # type: ignore[arg-type]

    return ask


def llama_index(server: Any) -> ZhipuAI:
    return ZhipuAI(model="glm-4.6", base_url=server.base_url, api_key=server.api_key)


def predicted(server: Any, wanted: type[BaseModel], text: str) -> Any:
    return llama_index(server).structured_predict(wanted, PromptTemplate("{text}"), text=text)


def completed(server: Any, wanted: type[BaseModel], text: str) -> Any:
    return llama_index(server).as_structured_llm(wanted).complete(text).raw


WAYS = [
    *(langchain(method) for method in ("function_calling", "json_mode", "json_schema")),
    predicted,
    completed,
]


@pytest.mark.parametrize("way", WAYS, ids=["calls", "json-mode", "schema", "predict", "structured"])
@pytest.mark.parametrize(("text", "wanted"), CASES, ids=[text[:24] for text, _ in CASES])
def test_what_a_text_says_is_in_the_object(server, way: Any, text: str, wanted: BaseModel) -> None:
    assert way(server, type(wanted), text) == wanted


def test_what_a_text_does_not_say_is_left_out(server) -> None:
    for way in WAYS:
        assert way(server, Person, "Ada works with Bob.").city is None
        found = way(server, Employee, "Ada is 36.")
        assert found == Employee(name="Ada", age=36)


def test_a_tool_that_is_offered_keeps_what_is_optional_for_what_is_named(ask, tool) -> None:
    about = {"city": "string", "person": "string", "days": "integer"}
    tools = [tool("weather", "Get the weather forecast", ["city"], **about)]
    assert ask.calls("What is the weather in Oslo?", tools=tools) == [("weather", {"city": "Oslo"})]
