"""Names of tools on the wire and back, every spelling of a choice, and no secret shown."""

from __future__ import annotations

import doctest
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhipu_client import InvalidRequestError
from zhipu_client.conversation import choice_as_text, for_pickle
from zhipu_client.conversation import tools as tools_module
from zhipu_client.conversation.call_secrets import redacted, without_secrets
from zhipu_client.conversation.server_tools import completed
from zhipu_client.conversation.tools import (
    Choice,
    ToolNames,
    encode_name,
    encoded_tools,
    function_name,
    function_names,
    function_schema,
    only,
    read_choice,
)


def test_examples() -> None:
    assert doctest.testmod(tools_module).failed == 0


def tool(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **more}}


SEARCH = {"type": "web_search", "web_search": {"enable": True}}
NAMES = [
    "server.tool",
    "Page[int]",
    "Trip Report",
    "查天气",
    "查风向",
    "transfer_to_规划",
    "x" * 65,
]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_the_wire_cannot_carry(name: str) -> None:
    wire = encode_name(name)
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", wire)
    assert ToolNames(NAMES).encode(name) == wire
    assert ToolNames(NAMES).decode(wire) == name
    assert ToolNames(NAMES).decode(f"{wire}\n") == name
    assert ToolNames(NAMES).decode(name) == name  # the model wrote it as the description has it
    assert ToolNames([]).encode(name) == wire  # in the history of a call without tools


@given(st.lists(st.text(min_size=1, max_size=80), max_size=8))
def test_all_names_come_back_and_none_becomes_another(names: list[str]) -> None:
    known = ToolNames(names)
    wire = {name: known.encode(name) for name in names}
    assert len(set(wire.values())) == len(set(names))
    for name, sent in wire.items():
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", sent)
        assert known.decode(sent) == name


@pytest.mark.parametrize("name", ["a b", "查天气", "规" + "x" * 80])
def test_no_name_of_the_wire_depends_on_what_else_is_on_offer(name: str) -> None:
    other = encode_name(name)  # as a tool's own name
    for offered in ([name, other], [other, name], [name], [other], []):
        names = ToolNames(offered)
        assert names.encode(name) == other
        assert names.encode(other) == encode_name(other) != other
        for one in offered:
            assert names.decode(names.encode(one)) == one
    assert encode_name("report_20240101") == "report_20240101"


def test_a_choice_in_an_object_is_the_tool_of_that_very_name() -> None:
    other = encode_name("查天气")
    tools = [tool(other), tool("查天气"), tool("none"), tool("auto")]
    for name in function_names(tools):
        for value in (
            {"type": "function", "function": {"name": name}},
            {"type": "tool", "name": name},
            {"name": name},
        ):
            choice = read_choice(value, tools)
            assert choice == Choice("named", name)
            assert read_choice(choice_as_text(choice), tools) == choice
    assert read_choice("none", tools) == Choice("none")


def test_whether_any_name_is_another_on_the_wire() -> None:
    assert not ToolNames(["a", "b"]).changed
    assert ToolNames(["a", "b c"]).changed


@pytest.mark.parametrize(
    "written",
    [
        "measure\n",
        " measure ",
        "\nmeasure\n\n",
        '"measure"',
        "`measure`",
        "measure()",
        "measure( )\n",
        "functions.measure",
        "measure\n<arg_key>width</arg_key>\n<arg_value>3</arg_value>",
        "measure<arg_key>",
        "<tool_call>measure\n",
        'measure\n{"width": 3}',
        "measure:",
        "measure.",
        "measure{",
        "functions.measure:0",
        "default_api.measure",
        "<|tool|>measure",
        "tool_call: measure",
        "\u200bmeasure\ufeff",
    ],
)
def test_residue_around_a_name_is_taken_off(written: str) -> None:
    assert ToolNames(["measure", "Measure"]).decode(written) == "measure"


def test_a_name_that_is_on_offer_is_left_as_it_is() -> None:
    names = ToolNames(["measure", "functions.measure", "measure()"])
    for name in ("measure", "functions.measure", "measure()"):
        assert names.decode(name) == name
        assert names.decode(names.encode(name)) == name


def test_another_name_loses_only_the_blanks_around_it() -> None:
    names = ToolNames(["measure"])
    assert names.decode("weigh()\n") == "weigh()"
    assert names.decode("MEASURE") == "MEASURE"
    assert names.decode("") == ""
    assert names.decode("functions.") == names.decode('"" \n') == ""


def test_a_changed_name_opens_the_description() -> None:
    plain, one, two = (
        tool("add", description="Adds."),
        tool("查天气"),
        tool("a b", description="B."),
    )
    made = encoded_tools([plain, one, two, SEARCH, tool("c d", description="c d: yes")])
    assert made[0] is plain
    assert made[1]["function"] == {"name": "tool_x80bac930", "description": "查天气"}
    assert made[2]["function"]["description"] == "a b: B."
    assert made[3] is SEARCH
    assert made[4]["function"]["description"] == "c d: yes"
    assert one == tool("查天气")


def test_tools_whose_encoded_names_collide_stay_apart() -> None:
    made = encoded_tools([tool("a b"), tool(encode_name("a b"))])
    assert len(set(function_names(made))) == 2


def test_names_and_schemas() -> None:
    schema = {"type": "object"}
    offered: list[Any] = [tool("a", parameters=schema), SEARCH, tool("b"), {"type": "function"}]
    assert function_names(offered) == ["a", "b"]
    assert function_names(None) == []
    assert function_name("a") is None
    assert function_schema(offered, "a") is schema
    assert function_schema(offered, "b") is None
    assert function_schema(None, "a") is None


TOOLS: list[Any] = [tool("add"), tool("查天气"), tool("auto"), SEARCH]


@pytest.mark.parametrize(
    ("value", "choice"),
    [
        (None, Choice("auto")),
        (False, Choice("auto")),
        ("", Choice("auto")),
        ("auto", Choice("auto")),
        ({"type": "auto"}, Choice("auto")),
        ({}, Choice("auto")),
        ("none", Choice("none")),
        ({"type": "none"}, Choice("none")),
        (True, Choice("required")),
        ("any", Choice("required")),
        ("required", Choice("required")),
        ({"type": "any", "disable_parallel_tool_use": True}, Choice("required")),
        ({"type": "required"}, Choice("required")),
        ("add", Choice("named", "add")),
        ({"type": "function", "function": {"name": "add"}}, Choice("named", "add")),
        ({"type": "function", "name": "add"}, Choice("named", "add")),
        ({"type": "tool", "name": "add"}, Choice("named", "add")),
        ({"function": {"name": "add"}}, Choice("named", "add")),
        ({"type": "function", "function": {"name": "auto"}}, Choice("named", "auto")),
        ("查天气", Choice("named", "查天气")),
        ("tool_x80bac930", Choice("named", "查天气")),
        ("web_search", Choice("named", "web_search")),
        ({"type": "web_search"}, Choice("named", "web_search")),
    ],
)
def test_every_spelling_of_a_choice(value: Any, choice: Choice) -> None:
    assert read_choice(value, TOOLS) == choice


def test_a_choice_by_the_callers_name_among_encoded_tools() -> None:
    assert read_choice("查天气", encoded_tools(TOOLS)) == Choice("named", "tool_x80bac930")


@pytest.mark.parametrize(
    "value",
    [
        "subtract", "ADD", 1, 0, ["add"], {"type": "function"}, {"type": "tool"}, {"type": 3},
        {"type": "function", "function": {"name": "subtract"}}, {"name": 3}, object(),
    ],
)  # fmt: skip
def test_a_choice_that_cannot_be_made(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match="add, 查天气, auto, web_search") as caught:
        read_choice(value, TOOLS)
    assert caught.value.field == "tool_choice"


def test_a_choice_without_tools() -> None:
    assert read_choice("any", None) == Choice("required")
    with pytest.raises(InvalidRequestError, match="no tools"):
        read_choice("add", [])


def test_only_the_named_tool() -> None:
    assert only(TOOLS, "add") == [TOOLS[0]]
    assert only(TOOLS, "web_search") == [SEARCH]
    assert only(TOOLS, "function") == []


def test_no_secret_is_shown() -> None:
    mcp = {"type": "mcp", "mcp": {"server_label": "s", "headers": {"Authorization": "secret-1"}}}
    other = {"type": "mcp", "mcp": {"server_label": "s", "headers": {"Authorization": "secret-2"}}}
    shown = [without_secrets(one) for one in (mcp, other)]
    assert "secret" not in str(shown)
    assert shown[0] != shown[1]
    assert shown[0]["mcp"]["server_label"] == "s"
    assert mcp["mcp"]["headers"] == {"Authorization": "secret-1"}
    flat = {
        "type": "mcp",
        "server_label": "s",
        "authorization": "secret",
        "headers": {"x": "secret"},
    }
    assert "secret" not in str(without_secrets(flat))
    assert without_secrets(flat)["server_label"] == "s"
    for plain in (tool("a"), {"type": "mcp"}, "text", int):
        assert without_secrets(plain) is plain


KEYS = (
    "N2E4ZjQwMTUtYWJjZC00", "3f1a2b4c5d6e7f", "SECRETKEY", "123e4567-e89b-12d3-a456-426614174000",
    "sk-abcdefghijklmnopqrst", "abcdefghijklmnopqrst", "123456", "QzRtYpXwAb", "k3y%20k3y",
    "x1y2z3",
)  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("path", ["{}", "mcp/{}/sse", "api/mcp/s/{}/mcp", "{}/"])
def test_a_key_in_the_path_is_not_shown(key: str, path: str) -> None:
    for scheme in ("https://m.example/", "http://m.example:8/", "m.example/"):
        address = scheme + path.format(key)
        tool = {"type": "mcp", "mcp": {"server_label": "s", "server_url": address}}
        once = without_secrets(tool)
        assert once["mcp"]["server_url"].startswith(f"{scheme}{path.format('***')}?redacted:")
        assert without_secrets(once) == once
        with pytest.raises(InvalidRequestError, match="give it again"):
            completed([once], site="zai")
        left = for_pickle({"tools": [tool]})
        assert key not in str(left)


@pytest.mark.parametrize("key", ["hunter", "mellon-friend"])
def test_what_is_announced_is_a_key_even_where_it_is_a_word(key: str) -> None:
    for step in ("key", "api-key", "TOKEN", "t"):
        address = f"https://m.example/{step}/{key}/mcp"
        tool = {"type": "mcp", "server_label": "s", "server_url": address}
        assert key not in str(without_secrets(tool))


@pytest.mark.parametrize(
    "path",
    [
        "mcp", "sse", "v1/mcp", "api/mcp-broker/proxy/web-search/mcp", "@exa/exa/mcp", "~me/notes",
        "wp-json/mcp/v2.1", "MyServer/mcp", "context7/mcp", "glm-4.7", "api/mcp/web_search/sse",
        "MCP", "token/mcp", "a/b/c", "runtime/webhooks/mcp/sse", "2024/12/notes", "", "a//b/",
    ],
)  # fmt: skip
def test_a_path_of_words_is_shown_and_pickled(path: str) -> None:
    tool = {"type": "mcp", "server_label": "s", "server_url": f"https://m.example/{path}"}
    assert without_secrets(tool) is tool
    assert for_pickle({"tools": [tool]}) == {"tools": [tool]}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://m.example/mcp?key=hunter2", "https://m.example/mcp?redacted:"),
        ("https://m.example/mcp?a=1&token=hunter2#f", "https://m.example/mcp?redacted:"),
        ("https://m.example/mcp#hunter2", "https://m.example/mcp?redacted:"),
        ("https://me:hunter2@m.example:8/@x/mcp", "https://m.example:8/@x/mcp?redacted:"),
        ("me:hunter2@m.example/mcp", "m.example/mcp?redacted:"),
        ("https://me:hunter2?x@m.example/mcp", "https://?redacted:"),
        ("https://me:hunter2/x@m.example/mcp", "https://?redacted:"),
        ("https://[::1]:80/mcp?hunter2", "https://[::1]:80/mcp?redacted:"),
    ],
)
@pytest.mark.parametrize("name", ["server_url", "url"])
def test_credentials_in_the_address_of_an_mcp_server_are_not_shown(
    address: str, shown: str, name: str
) -> None:
    for tool in (
        {"type": "mcp", "mcp": {"server_label": "s", name: address}},
        {"type": "mcp", "server_label": "s", name: address},
    ):
        offered = {"tools": [tool]}
        for kwargs in (
            offered, {"server_tools": [tool]}, {"extra_body": offered}, {"model_kwargs": offered},
            {"additional_kwargs": {"extra": offered}},
        ):  # fmt: skip
            text = str(redacted(kwargs))
            assert "hunter2" not in text
            assert shown in text
        once = without_secrets(tool)
        assert without_secrets(once) == once
        assert once != without_secrets({**tool, name: "https://m.example/?k=2", "mcp": None})


@pytest.mark.parametrize("address", ["https://m.example/@x/mcp", "https://m.example:8/", "", None])
def test_an_address_without_credentials_is_shown(address: str | None) -> None:
    tool = {"type": "mcp", "mcp": {"server_label": "s", "server_url": address}}
    assert without_secrets(tool) is tool


def test_what_was_serialised_without_its_secrets_is_refused() -> None:
    tool = {"type": "mcp", "mcp": {"server_label": "s", "server_url": "https://m.example/?key=1"}}
    flat = {"type": "mcp", "server_label": "s", "authorization": "t"}
    for one in (tool, flat):
        with pytest.raises(InvalidRequestError, match="give it again"):
            completed([without_secrets(one)], site="zai")
        assert completed([one], site="zai")


def test_a_calls_arguments_without_secrets() -> None:
    mcp = {"type": "mcp", "mcp": {"headers": {"Authorization": "secret"}}}
    given_kwargs = {
        "tools": [mcp, tool("a")], "extra_headers": {"x": "secret"}, "default_headers": None,
        "api_key": "secret", "zhipuai_api_key": "secret", "temperature": 0.5,
    }  # fmt: skip
    shown = redacted(given_kwargs)
    assert "secret" not in str(shown)
    assert shown["temperature"] == 0.5
    assert shown["tools"][1] == tool("a")
    assert given_kwargs["api_key"] == "secret"
