"""Requests in Chinese: numbers in words, records, what a tool is asked for, what one says."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.zhipu_emulator.conftest import make_tool as tool
from zhipu_emulator.brain.arithmetic import evaluate, expressions
from zhipu_emulator.brain.values import Passage

TODAY = dt.date(2026, 5, 4)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("三十六岁", [36]), ("一百零二岁", [102]), ("李四，二十九，工程师", [29]),
        ("两台显示器", [2]),
        ("一千二百元", [1200]), ("三万五千人", [35_000]), ("十二亿人", [1_200_000_000]),
        ("3.2万元", [32_000]), ("1.2亿人", [120_000_000]), ("十个人，三十张票", [10, 30]),
        ("张三和李四", []), ("张三位于北京", []), ("一名工程师", []), ("第一页", [1]),
        ("星期三天气好", []),
        ("十分好", []), ("千万不要", []), ("一下", []), ("三亚的天气", []), ("张三三十六岁", [36]),
        ("李四四十一岁", [41]), ("一元", [1]), ("万里长城", []),
    ],
)  # fmt: skip
def test_numbers(text: str, numbers: list[float]) -> None:
    assert [span.value for span in Passage(text, TODAY).of("number")] == numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [("三加五等于多少？", "8"), ("十七乘以十九是多少", "323"), ("一百减去三十七", "63"),
     ("17 乘以 19", "323"), ("一百二十除以四是多少", "30")],
)  # fmt: skip
def test_sums(text: str, value: str) -> None:
    (sum_,) = expressions(text)
    assert evaluate(sum_) == value


STRING = "string"
PERSON = tool("Person", "A person.", name=STRING, age="integer")
WORKER = tool("Worker", "A person.", name=STRING, age="integer", job=STRING)
HIRED = tool("Hired", "A person.", ["name"], name=STRING, age="integer", job=STRING, firm=STRING)
HIRES: Any = HIRED["function"]["parameters"]
TEAM = tool("Team", "People.", people={"type": "array", "items": HIRES})
CITIZEN = tool("Citizen", "A person.", name=STRING, age="integer", city=STRING)
ITEM: Any = PERSON["function"]["parameters"]
PEOPLE = tool("People", "People.", people={"type": "array", "items": ITEM})
STAFF = tool("Staff", "一个人。", 姓名=STRING, 年龄="integer", 职业=STRING)
ORDER = tool("Order", "An order.", product=STRING, quantity="integer")


def person(name: str, age: int, **more: str) -> dict[str, Any]:
    return {"name": name, "age": age, **more}


CONTACT = tool("Contact", "A contact.", name=STRING, phone=STRING, email=STRING)
MEETING = tool("Meeting", "A meeting.", date={"type": STRING, "format": "date"}, time=STRING)


@pytest.mark.parametrize(
    ("form", "text", "found"),
    [
        (PERSON, "张三今年三十六岁", person("张三", 36)),
        (PERSON, "他叫张伟，一百零二岁。", person("张伟", 102)),
        (PERSON, "张三三十六岁", person("张三", 36)),
        (PERSON, "王芳，工号1024，三十二岁", person("王芳", 32)),
        (WORKER, "张三，三十六岁，工程师", person("张三", 36, job="工程师")),
        (WORKER, "李华是一名教师，今年二十九岁。", person("李华", 29, job="教师")),
        (WORKER, "Ada is a 36 year old engineer.", person("Ada", 36, job="engineer")),
        (WORKER, "Ada, 36, engineer", person("Ada", 36, job="engineer")),
        (HIRED, "张三，三十六岁，工程师", person("张三", 36, job="工程师")),
        (HIRED, "Ada, 36, engineer", person("Ada", 36, job="engineer")),
        (HIRED, "Extract the person: Ada, 36, engineer, Acme",
         person("Ada", 36, job="engineer", firm="Acme")),
        (HIRED, "Ada Vik sails a ship, as all here do. She is 36.", person("Ada Vik", 36)),
        (TEAM, "Ada, 36, engineer; Bob, 41, teacher",
         {"people": [person("Ada", 36, job="engineer"), person("Bob", 41, job="teacher")]}),
        (TEAM, "张三，三十六岁，工程师；李四，四十一岁，教师",
         {"people": [person("张三", 36, job="工程师"), person("李四", 41, job="教师")]}),
        (CONTACT, "张三，电话13800138000，邮箱zhang@example.com",
         {"name": "张三", "phone": "13800138000", "email": "zhang@example.com"}),
        (MEETING, "5月8日下午三点开会", {"date": "2026-05-08", "time": "下午三点"}),
        (CITIZEN, "张三，三十六岁，住在北京", person("张三", 36, city="北京")),
        (CITIZEN, "张三今年36岁，来自上海。", person("张三", 36, city="上海")),
        (CITIZEN, "Ada, 36, Oslo", person("Ada", 36, city="Oslo")),
        (STAFF, "张三今年三十六岁，是一名工程师", {"姓名": "张三", "年龄": 36, "职业": "工程师"}),
        (PEOPLE, "A, 36, B, 41", {"people": [person("A", 36), person("B", 41)]}),
        (PEOPLE, "Ada, 36, B, 41", {"people": [person("Ada", 36), person("B", 41)]}),
        (PEOPLE, "张三，三十六岁，李四，四十一岁",
         {"people": [person("张三", 36), person("李四", 41)]}),
        (PEOPLE, "张三三十六岁，李四四十一岁",
         {"people": [person("张三", 36), person("李四", 41)]}),
        (ORDER, "我买了三个苹果", {"product": "苹果", "quantity": 3}),
        (ORDER, "订购键盘2个", {"product": "键盘", "quantity": 2}),
        (ORDER, "请下单两台显示器", {"product": "显示器", "quantity": 2}),
    ],
)  # fmt: skip
def test_records(ask, form: Any, text: str, found: dict[str, Any]) -> None:
    choice = {"type": "function", "function": {"name": form["function"]["name"]}}
    ((_, arguments),) = ask.calls(text, tools=[form], tool_choice=choice)
    assert arguments == found


STOCK = tool("inventory", "查询商品库存", product=STRING)
STOCK_EN = tool("inventory", "Look up the stock of a product.", product=STRING)
PRICE = tool("price", "查询商品的价格", product=STRING)
PRICE_EN = tool("get_price", "Get the price of a product.", product=STRING)
ROOM = tool("book_room", "预订酒店房间", city=STRING, nights="integer")
BUY = tool("create_order", "创建订单", product=STRING, quantity="integer")
MONEY = tool("exchange", "兑换外汇", amount="number", currency=STRING)
WEATHER = tool("weather", "查询城市天气", city=STRING)
STATUS = tool("order_status", "查询订单状态", order_id=STRING)
MAIL = tool("mail_of", "查询员工的邮箱", name=STRING)


@pytest.mark.parametrize(
    ("text", "tools", "name", "values"),
    [
        ("请查一下显示器的库存", [STOCK], "inventory", ["显示器"]),
        ("显示器还有多少库存？", [STOCK_EN], "inventory", ["显示器"]),
        ("打印机和计算器的库存", [STOCK], "inventory", ["打印机", "计算器"]),
        ("键盘和鼠标的库存各有多少", [STOCK, PRICE], "inventory", ["键盘", "鼠标"]),
        ("小林想知道键盘的价格", [STOCK, PRICE], "price", ["键盘"]),
        ("小林想知道键盘的价格", [PRICE_EN], "get_price", ["键盘"]),
        ("帮小王查一下显示器的价格", [STOCK, PRICE], "price", ["显示器"]),
        ("张三问耳机多少钱", [PRICE_EN], "get_price", ["耳机"]),
        ("我想买鼠标，价格是多少", [STOCK, PRICE], "price", ["鼠标"]),
        ("小林想知道北京的天气", [WEATHER], "weather", ["北京"]),
        ("请查一下小林的邮箱", [MAIL], "mail_of", ["小林"]),
        ("帮我在杭州订三晚酒店", [ROOM, BUY], "book_room", ["杭州", 3]),
        ("我想在成都住两天，请订酒店", [ROOM], "book_room", ["成都", 2]),
        ("我要下单五个键盘", [ROOM, BUY], "create_order", ["键盘", 5]),
        ("请购买十二台显示器", [BUY], "create_order", ["显示器", 12]),
        ("把三百元换成美元", [MONEY], "exchange", [300, "美元"]),
        ("请查一下订单A1234的状态", [STATUS], "order_status", ["A1234"]),
    ],
)
def test_calls(ask, text: str, tools: list[Any], name: str, values: list[Any]) -> None:
    """One call with all the values; of a function with one argument a call for each."""
    found = ask.calls(text, tools=tools)
    wanted = next(one for one in tools if one["function"]["name"] == name)
    several = len(wanted["function"]["parameters"]["properties"]) > 1
    calls = [values] if several else [[value] for value in values]
    assert [(called, [*given.values()]) for called, given in found] == [(name, c) for c in calls]


def test_two_questions_are_two_calls(ask) -> None:
    found = ask.calls("键盘的价格是多少？显示器的库存呢？", tools=[STOCK, PRICE])
    assert found == [("price", {"product": "键盘"}), ("inventory", {"product": "显示器"})]


@pytest.mark.parametrize("system", [None, "你是一个有用的助手。", "资料：港口七点开门。"])
@pytest.mark.parametrize(
    ("said", "question", "answer"),
    [
        ("我喜欢喝龙井茶", "我喜欢喝什么？", "你喜欢喝龙井茶"),
        ("我住在杭州。", "我住在哪里？", "你住在杭州。"),
        ("请记住：我的生日是5月4日", "我的生日是哪天？", "你的生日是5月4日"),
        ("我今年三十岁", "我今年多大了？", "你今年三十岁"),
        ("I like green tea.", "What do I like?", "You like green tea."),
        ("I like to drink tea.", "What do I like to drink?", "You like to drink tea."),
        ("Remember that my birthday is May 4", "When is my birthday?", "Your birthday is May 4"),
    ],
)
def test_what_one_says_is_noted_and_remembered(
    ask, system: str | None, said: str, question: str, answer: str
) -> None:
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": said})
    noted = ask.text(messages)
    assert answer.lower() in noted.lower()
    assert "模拟服务" not in noted
    assert "stand-in" not in noted
    messages += [{"role": "assistant", "content": noted}, {"role": "user", "content": question}]
    assert ask.text(messages) == answer


@pytest.mark.parametrize(
    "text", ["我想知道今天星期几", "I want to know more.", "I have to go.", "我的狗叫什么？"]
)
def test_a_wish_is_not_noted(ask, text: str) -> None:
    said = ask.text(text)
    assert "stand-in" in said or "模拟服务" in said
