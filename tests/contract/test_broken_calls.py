"""A call that cannot be read: said, not run, and not sent back in any later turn."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .rows import Row, check, in_turn, table
from .server import Reply, calls, reply, said, scripted
from .subjects import ADAPTERS, WAYS, Ask, Way, run
from .tools import ADD, MULTIPLY

CUT = '{"a": 1, "b'
SUM = {"a": 1, "b": 2}


def broken(identity: str = "c1") -> tuple[str, str, str]:
    return (identity, "add", CUT)


#: Conversations in the middle of which a call was cut, and what is sent of each.
TURNS: dict[str, tuple[list[Any], list[Any]]] = {
    "alone": (
        [("assistant", "", {"calls": [broken()]}), ("user", "Go on.")],
        [("user", "1 + 2?\n\nGo on.")],
    ),
    "with-words": (
        [("assistant", "I add.", {"calls": [broken()]}), ("user", "Go on.")],
        [("user", "1 + 2?"), ("assistant", "I add."), ("user", "Go on.")],
    ),
    "with-a-result": (
        [("assistant", "I add.", {"calls": [broken()]}), ("tool", "c1", "cut"), ("user", "Go on.")],
        [("user", "1 + 2?"), ("assistant", "I add."),
         ("user", "Result of the tool add:\ncut\n\nGo on.")],
    ),
    "beside-a-good-one": (
        [("assistant", "", {"calls": [("c0", "add", SUM), broken(), ("c2", "add", SUM)]}),
         ("tool", "c0", "3"), ("tool", "c1", "cut"), ("tool", "c2", "3"), ("assistant", "Three."),
         ("user", "Go on.")],
        [("user", "1 + 2?"), ("assistant", "", ["c0", "c2"]), ("tool", "3"), ("tool", "3"),
         ("user", "Result of the tool add:\ncut"), ("assistant", "Three."), ("user", "Go on.")],
    ),
    "twice": (
        [("assistant", "", {"calls": [broken()]}), ("tool", "c1", "cut"),
         ("assistant", "", {"calls": [broken("c2")]}), ("tool", "c2", "cut")],
        [("user", "1 + 2?\n\nResult of the tool add:\ncut\n\nResult of the tool add:\ncut")],
    ),
}  # fmt: skip


def _brief(messages: list[dict[str, Any]]) -> list[Any]:
    return [
        (
            m["role"],
            m["content"],
            *([[c["id"] for c in m["tool_calls"]]] if "tool_calls" in m else []),
        )
        for m in messages
    ]


def _with_broken_calls(adapter: str, conversation: Any) -> Any:
    """LangChain keeps such calls apart; the neutral words do not know that."""
    from . import messages as words

    if adapter != "langchain":
        return words.for_llama_index(conversation)
    good = [
        (role, *rest[:1], {"calls": [c for c in rest[1]["calls"] if c[2] is not CUT]}, *rest[2:])
        if role == "assistant" and len(rest) > 1
        else (role, *rest)
        for role, *rest in conversation
    ]
    made = words.for_langchain(good)
    for message, (role, *rest) in zip(made, conversation, strict=True):
        if role == "assistant" and len(rest) > 1:
            message.invalid_tool_calls = [
                {"name": n, "args": a, "id": i, "error": "cut", "type": "invalid_tool_call"}
                for i, n, a in rest[1]["calls"]
                if a is CUT
            ]
    return made


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", TURNS)
def test_what_is_sent_of_it(
    adapter: str, way: Way, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns, sent = TURNS[name]
    conversation = [("user", "1 + 2?"), *turns]
    made = _with_broken_calls(adapter, conversation)
    for function in ("for_langchain", "for_llama_index"):
        monkeypatch.setattr(f"tests.contract.subjects.{function}", lambda _: made)
    with scripted(said("Three.")) as server:
        outcome = run(server, adapter, way, Ask(conversation, tools=[ADD]), {})
    assert outcome.error is None, outcome.exception
    brief = _brief(outcome.requests[0]["messages"])
    assert brief == sent
    assert CUT not in json.dumps(outcome.requests, ensure_ascii=False)


ROWS = [
    Row(
        f"said-{finish}",
        calls(("add", CUT), finish=finish),
        {"calls": [], "invalid": ["add"], "finish": finish},
        Ask("1 + 2?", tools=[ADD]),
    )
    for finish in ("length", "tool_calls", "stop")
]


@table(in_turn(ROWS))
def test_it_is_said(row, adapter, way):
    outcome = check(row, adapter, way)
    if adapter == "llama_index":
        assert "add cannot be run: the arguments end in the middle" in outcome.text


@table([Row("beside-words", calls(("add", CUT), content="I add."), {"text": "I add."})])
def test_words_of_the_model_are_not_added_to(row, adapter, way):
    check(row, adapter, way)


#: What servers have sent in place of a tool's name.
NO_NAMES: dict[str, Any] = {
    "empty": "",
    "blank": " \n",
    "null": None,
    "a-number": 7,
    "a-list": ["add"],
    "residue": "functions.",
}


def _nameless(name: Any, content: str = "") -> Reply:
    made = {"id": "c1", "index": 0, "type": "function",
            "function": {"name": name, "arguments": json.dumps(SUM)}}  # fmt: skip
    return Reply(reply(content, tool_calls=[made]))


@table(
    [
        Row(f"{kind}-name", _nameless(name), {"calls": [], "invalid": [""], "tries": 1},
            Ask("1 + 2?", tools=[ADD]))
        for kind, name in NO_NAMES.items()
    ]
)  # fmt: skip
def test_a_call_without_a_name_is_not_run(row, adapter, way):
    outcome = check(row, adapter, way)
    if adapter == "llama_index":
        assert "The call of a tool cannot be run: it " in outcome.text


def test_an_agent_does_not_send_such_a_call_back() -> None:
    from langchain_core.messages import AIMessage

    from langchain_zhipu import ChatZhipuAI

    for made in ({"function": None}, *({"function": {"name": n}} for n in NO_NAMES.values())):
        body = reply("", tool_calls=[{"id": "c1", "index": 0, "type": "function", **made}])
        with scripted(Reply(body)) as server:
            model = ChatZhipuAI(api_key="a.b", base_url=server.base_url).bind_tools([ADD])
            answers = [model.invoke("1 + 2?"), sum_of(model.stream("1 + 2?"))]
            for answer in answers:
                assert isinstance(answer, AIMessage)
                assert not answer.tool_calls
                assert answer.invalid_tool_calls[0]["error"].startswith("it ")
                model.invoke([("user", "1 + 2?"), answer, ("user", "Go on.")])
                assert "c1" not in json.dumps(server.requests[-1].json["messages"])


def sum_of(pieces: Any) -> Any:
    first, *others = pieces
    return first + others


TWO = [("s", "add", SUM), ("s", "multiply", SUM)]


@table(
    [
        Row("two-calls-with-one-id", said("ok"), {"tries": 1},
            Ask([("user", "Both."), ("assistant", "", {"calls": TWO}), ("tool", "s", "three"),
                 ("tool", "s", "two"), ("user", "Go on.")], tools=[ADD, MULTIPLY])),
    ]
)  # fmt: skip
def test_calls_with_one_id_are_sent_with_ids_of_their_own(row, adapter, way):
    (body,) = check(row, adapter, way).requests
    _, made, one, two, _ = body["messages"]
    assert [call["function"]["name"] for call in made["tool_calls"]] == ["add", "multiply"]
    ids = [call["id"] for call in made["tool_calls"]]
    assert ids == ["s", "s_1"]
    results = [(result["tool_call_id"], result["content"]) for result in (one, two)]
    assert results == [("s", "three"), ("s_1", "two")]
