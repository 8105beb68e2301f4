"""What people ask first: tools and schemas of tutorials, English and Chinese."""

from __future__ import annotations

from typing import Any

import pytest

from tests.zhipu_emulator.conftest import make_tool as tool

STRING = "string"


WEATHER = tool("get_weather", "Get the weather of a city.", city=STRING)
PLACE = tool(
    "get_current_weather", "Get the current weather in a given location", ["location"],
    location={"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
    unit={"type": "string", "enum": ["celsius", "fahrenheit"]},
)  # fmt: skip
DEGREES = tool(
    "weather_at", "Weather information for a location", ["location"],
    location={"type": "string", "description": "A city, such as Oslo"},
    unit={"type": "string", "enum": ["celsius", "fahrenheit"]},
)  # fmt: skip
MULTIPLY = tool("multiply", "Multiply two numbers.", a="integer", b="integer")
ADD = tool("add", "Adds a and b.", a="integer", b="integer")
SUBTRACT = tool("subtract", "Subtract b from a.", a="number", b="number")
DIVIDE = tool("divide", "Divide a by b.", a="number", b="number")
POWER = tool("exponentiate", "Exponentiate the base.", base="integer", exponent="integer")
SUM = tool("calculator", "Useful for questions about math.", expression=STRING)
SEARCH = tool("search", "Search the web for current information.", query=STRING)
CLOCK = tool("get_time", "Returns the current time.")
MAIL = tool("send_email", "Send an email", to=STRING, subject=STRING, body=STRING)
STOCK = tool("get_stock_price", "Get the stock price of a ticker symbol", symbol=STRING)
MONEY = tool(
    "convert_currency", "Convert an amount from one currency to another",
    amount="number", from_currency=STRING, to_currency=STRING,
)  # fmt: skip
TRANSLATE = tool("translate", "Translate a text", text=STRING, target_language=STRING)
FLIGHTS = tool(
    "search_flights", "Search for flights", ["origin", "destination"],
    origin=STRING, destination=STRING, date={"type": "string", "format": "date"},
    passengers="integer",
)  # fmt: skip
MAGIC = tool("magic_function", "Applies a magic function to an input.", input="integer")
USER = tool("get_user_info", "Look up information about a user by id", user_id=STRING)
ORDER = tool("get_order_status", "Get the status of an order", order_id=STRING)
REFUND = tool("issue_refund", "Refund an order", order_id=STRING, reason=STRING)
DICE = tool("roll_dice", "Roll dice", ["sides"], sides="integer", count="integer")
GREET = tool("greet", "Greet a person by name.", name=STRING)
PEOPLE = tool("get_population", "Population of a city", city=STRING)
LIGHT = tool("set_light", "Switch a light in a room on or off", room=STRING, on="boolean")
AREA = tool("rectangle_area", "The area of a rectangle", width="number", height="number")
BMI = tool("calculate_bmi", "The body mass index", weight_kg="number", height_m="number")


def weather(*cities: str) -> list[Any]:
    return [("get_weather", {"city": city}) for city in cities]


ASKED: list[tuple[str, list[Any], list[Any]]] = [
    ("what is the weather in paris?", [WEATHER], weather("paris")),
    ("What is the weather in sf and in nyc", [WEATHER], weather("sf", "nyc")),
    ("北京和上海的天气", [WEATHER], weather("北京", "上海")),
    ("Do I need an umbrella in London tomorrow?", [MULTIPLY, WEATHER], weather("London")),
    ("What is the weather in Boston, MA in celsius?", [PLACE],
     [("get_current_weather", {"location": "Boston, MA", "unit": "celsius"})]),
    ("How is the weather in Beijing and Shanghai? Please give the answer in Celsius.", [DEGREES],
     [("weather_at", {"location": city, "unit": "celsius"}) for city in ("Beijing", "Shanghai")]),
    ("The weather in Paris in Celsius and the weather in Rome in Fahrenheit", [DEGREES],
     [("weather_at", {"location": "Paris", "unit": "celsius"}),
      ("weather_at", {"location": "Rome", "unit": "fahrenheit"})]),
    ("What's 3 times 4?", [ADD, MULTIPLY], [("multiply", {"a": 3, "b": 4})]),
    ("What is 3 * 12? Also, what is 11 + 49?", [ADD, MULTIPLY],
     [("multiply", {"a": 3, "b": 12}), ("add", {"a": 11, "b": 49})]),
    ("Add 3 and 4. Multiply the output by 2.", [ADD, MULTIPLY], [("add", {"a": 3, "b": 4})]),
    ("Subtract 7 from 20.", [ADD, SUBTRACT], [("subtract", {"a": 20, "b": 7})]),
    ("Divide 100 by 8", [SUBTRACT, DIVIDE], [("divide", {"a": 100, "b": 8})]),
    ("17乘以19等于多少？", [MULTIPLY, ADD], [("multiply", {"a": 17, "b": 19})]),
    ("What is 2 to the power of 10?", [POWER, ADD],
     [("exponentiate", {"base": 2, "exponent": 10})]),
    ("What is (17 + 4) * 19?", [SUM], [("calculator", {"expression": "(17 + 4) * 19"})]),
    ("what is the value of magic_function(3)?", [MAGIC], [("magic_function", {"input": 3})]),
    ("Who won the world cup in 2022?", [SEARCH],
     [("search", {"query": "Who won the world cup in 2022?"})]),
    ("Search for LangGraph tutorials", [SEARCH, WEATHER],
     [("search", {"query": "LangGraph tutorials"})]),
    ("What time is it?", [WEATHER, CLOCK], [("get_time", {})]),
    ("Email bo@example.com, subject: Lunch, body: Are you free at noon?", [MAIL],
     [("send_email",
       {"to": "bo@example.com", "subject": "Lunch", "body": "Are you free at noon?"})]),
    ("Compare the stock prices of AAPL and MSFT", [STOCK],
     [("get_stock_price", {"symbol": "AAPL"}), ("get_stock_price", {"symbol": "MSFT"})]),
    ("Convert 100 USD to EUR", [MONEY],
     [("convert_currency", {"amount": 100, "from_currency": "USD", "to_currency": "EUR"})]),
    ("Translate 'good morning' into French", [TRANSLATE],
     [("translate", {"text": "good morning", "target_language": "French"})]),
    ("把“你好”翻译成英语", [TRANSLATE],
     [("translate", {"text": "你好", "target_language": "英语"})]),
    ("Find flights from Berlin to Madrid on 2027-03-04 for 2 passengers", [FLIGHTS],
     [("search_flights", {"origin": "Berlin", "destination": "Madrid", "date": "2027-03-04",
                          "passengers": 2})]),
    ("查一下从北京到上海的航班", [FLIGHTS],
     [("search_flights", {"origin": "北京", "destination": "上海"})]),
    ("Look up user 42", [USER], [("get_user_info", {"user_id": "42"})]),
    ("Where is my order A-1234?", [REFUND, ORDER], [("get_order_status", {"order_id": "A-1234"})]),
    ("Please refund order 5512 because it arrived broken", [ORDER, REFUND],
     [("issue_refund", {"order_id": "5512", "reason": "it arrived broken"})]),
    ("Roll 3 dice with 6 sides", [DICE], [("roll_dice", {"sides": 6, "count": 3})]),
    ("Greet Alice", [GREET], [("greet", {"name": "Alice"})]),
    ("How many people live in Paris?", [WEATHER, PEOPLE], [("get_population", {"city": "Paris"})]),
    ("Hand over to Bo: what is the weather in Paris?", [WEATHER], weather("Paris")),
    ("Turn on the light in the kitchen", [LIGHT], [("set_light", {"room": "kitchen", "on": True})]),
    ("打开客厅的灯", [LIGHT], [("set_light", {"room": "客厅", "on": True})]),
    ("The area of a rectangle of height 4 and width 3?", [AREA],
     [("rectangle_area", {"width": 3, "height": 4})]),
    ("Calculate the BMI for 70 kg and 1.75 m", [BMI],
     [("calculate_bmi", {"weight_kg": 70, "height_m": 1.75})]),
    ("Hi, I'm Bob", [WEATHER, SEARCH], []),
    ("Tell me a joke", [WEATHER], []),
    ("What is 2+2?", [WEATHER], []),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "tools", "calls"), ASKED)
def test_calls(ask, prompt: str, tools: list[Any], calls: list[Any]) -> None:
    assert ask.calls(prompt, tools=tools) == calls


PERSON = tool(
    "Person", "Information about a person.", ["name"],
    name=STRING, age="integer", email=STRING, city=STRING,
)  # fmt: skip
MOVIE = tool("Movie", "A movie", title=STRING, year="integer", director=STRING)
INVOICE = tool(
    "Invoice", "An invoice", number=STRING, vendor=STRING, total="number", currency=STRING,
    due_date={"type": "string", "format": "date"},
)  # fmt: skip
ITEM = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "quantity": {"type": "integer"}},
    "required": ["name", "quantity"],
}
BASKET = tool("Basket", "What is bought", items={"type": "array", "items": ITEM})
TAGS = tool("Tags", "Tags of a text", tags={"type": "array", "items": {"type": "string"}})


@pytest.mark.parametrize(
    ("text", "form", "found"),
    [
        ("Anna is 34 years old, lives in Oslo, mail anna@example.org.", PERSON,
         {"name": "Anna", "age": 34, "email": "anna@example.org", "city": "Oslo"}),
        ("My name is Bob Smith and I'm 41.", PERSON, {"name": "Bob Smith", "age": 41}),
        ("张伟今年28岁，住在上海。", PERSON, {"name": "张伟", "age": 28, "city": "上海"}),
        ("Extract the movie: Inception (2010) directed by Christopher Nolan", MOVIE,
         {"title": "Inception", "year": 2010, "director": "Christopher Nolan"}),
        ("Invoice 2024-17 from ACME Corp, total 1,250.00 EUR, due 2024-07-31", INVOICE,
         {"number": "2024-17", "vendor": "ACME Corp", "total": 1250.0, "currency": "EUR",
          "due_date": "2024-07-31"}),
        ("Order: 2 coffees, 3 bagels and 1 orange juice", BASKET,
         {"items": [{"name": "coffees", "quantity": 2}, {"name": "bagels", "quantity": 3},
                    {"name": "orange juice", "quantity": 1}]}),
        ("A note. Tags: red, pale green and blue.", TAGS, {"tags": ["red", "pale green", "blue"]}),
    ],
)  # fmt: skip
def test_extraction(ask, text: str, form: Any, found: dict[str, Any]) -> None:
    choice = {"type": "function", "function": {"name": form["function"]["name"]}}
    ((_, arguments),) = ask.calls(text, tools=[form], tool_choice=choice)
    assert arguments == found


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What's the square root of 144?", "12"),
        ("What is 2 raised to the 5th power? I mean 2 raised to the power of 5.", "32"),
        ("Subtract 7 from 20.", "13"),
        ("multiply 12 by 12", "144"),
    ],
)
def test_sums(ask, question: str, value: str) -> None:
    assert f"= {value}" in ask.text(question)


def turns(*texts: str) -> list[dict[str, str]]:
    """What a user says, with an answer between."""
    found = [
        {"role": role, "content": text}
        for text in texts
        for role, text in (("user", text), ("assistant", "OK."))
    ]
    return found[:-1]


@pytest.mark.parametrize("said", ["hi! I'm bob", "Hello, I am Bob and I live in Paris."])
def test_who_somebody_is(ask, said: str) -> None:
    assert "bob" in ask.text(turns(said, "what's my name?")).lower()
    assert "bob" not in ask.text(turns("I am going home.", "what's my name?")).lower()


def test_what_was_said_before_is_where(ask) -> None:
    said = turns("hi! I am Bob and I live in Paris", "What is the weather where I live?")
    assert ask.calls(said, tools=[WEATHER]) == weather("Paris")


def test_what_a_form_wants_in_words(ask) -> None:
    reply = tool("Reply", "The reply.", question=STRING, answer=STRING)
    report = tool("Report", "The weather.", city=STRING, conditions=STRING)
    ((_, found),) = ask.calls("What is 17 * 19?", tools=[reply], tool_choice="required")
    assert found == {"question": "What is 17 * 19?", "answer": "17 * 19 = 323."}
    made = {"name": "get_weather", "arguments": '{"city": "Oslo"}'}
    messages = [
        {"role": "user", "content": "What is the weather in Oslo?"},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "a", "function": made}]},
        {"role": "tool", "tool_call_id": "a", "content": "It snows in Oslo."},
    ]
    ((_, found),) = ask.calls(messages, tools=[WEATHER, report], tool_choice="required")
    assert found == {"city": "Oslo", "conditions": "It snows in Oslo."}
