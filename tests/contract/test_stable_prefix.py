"""What is sent again in an agent's conversation, so that the provider's cache has it.

Each request begins with all of the one before: the serialised messages of one are a prefix of the
next one's. Where a setting makes that impossible, the table says at which request.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

import pytest

from . import subjects
from .messages import for_langchain, for_llama_index
from .server import Reply, call, reply, scripted
from .subjects import ADAPTERS, KEY, WAYS, Way
from .tools import ADD, MULTIPLY

THOUGHT = "Let me see what the last result means for the plan. " * 8
TOTAL = {
    "title": "Total",
    "description": "A total.",
    "type": "object",
    "properties": {"value": {"type": "integer"}},
    "required": ["value"],
}
PICTURE = "https://example.com/a.png"


def _model(request: Any, steps: int) -> dict[str, Any]:
    """Call a tool ``steps`` times a turn, with a thought before each; then answer."""
    done = 0
    for message in reversed(request["messages"]):
        if message["role"] == "user" and not isinstance(message["content"], list):
            break
        done += message["role"] == "tool"
    number = len(request["messages"])
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    thought = {"reasoning": f"{number}: {THOUGHT}", "usage": usage}
    if done >= steps:
        return reply(f"Done at {number}.", **thought)
    made = call("add", json.dumps({"a": number, "b": done}), f"call_{number}")
    return reply("", tool_calls=[made], **thought)


class _Agent:
    """A conversation with one adapter: turns of the user, each with its tool loop."""

    def __init__(self, adapter: str, way: Way, settings: dict[str, Any], result: Any) -> None:
        self.adapter, self.way, self.result = adapter, way, result
        self.thing = subjects.ADAPTERS[adapter](**settings).thing  # type: ignore[attr-defined]
        self.messages: list[Any] = []

    def say(self, *turns: tuple[Any, ...]) -> None:
        words = for_langchain if self.adapter == "langchain" else for_llama_index
        self.messages += words(turns)

    async def turn(self, text: str) -> None:
        self.say(("user", text))
        while True:
            identity = await self._step()
            if identity is None:
                return
            self.say(("tool", identity, self.result))

    async def _step(self) -> str | None:
        if self.adapter == "langchain":
            bound = self.thing.bind_tools([ADD, MULTIPLY])
            made = await self._asked(bound.invoke, bound.ainvoke, bound.stream, bound.astream)
            self.messages.append(made)
            return made.tool_calls[0]["id"] if made.tool_calls else None
        llm, more = self.thing, {"tools": [ADD, MULTIPLY]}
        made = await self._asked(llm.chat, llm.achat, llm.stream_chat, llm.astream_chat, **more)
        self.messages.append(made.message)
        calls = llm.get_tool_calls_from_response(made, error_on_no_tool_call=False)
        return calls[0].tool_id if calls else None

    async def _asked(self, whole: Any, awhole: Any, stream: Any, astream: Any, **more: Any) -> Any:
        if self.way == "whole":
            return whole(self.messages, **more)
        if self.way == "awhole":
            return await awhole(self.messages, **more)
        if self.way == "stream":
            parts = list(stream(self.messages, **more))
        else:
            source = astream(self.messages, **more)
            source = await source if asyncio.iscoroutine(source) else source
            parts = [part async for part in source]
        return parts[0] + parts[1:] if self.adapter == "langchain" else parts[-1]


def conversation(
    adapter: str,
    way: Way,
    settings: dict[str, Any],
    *,
    turns: int,
    steps: int,
    site: str | None = "bigmodel",
    result: Any = "3",
) -> list[dict[str, Any]]:
    """The bodies of all requests of an agent's conversation."""
    with scripted(Reply(lambda request: _model(request, steps))) as server:
        own = subjects._at(server, site)
        values = {"model": "glm-4.7", "api_key": KEY, "max_retries": 0, **settings, **own}
        agent = _Agent(adapter, way, values, result)

        async def talk() -> None:
            agent.say(("system", "You plan."))
            for number in range(turns):
                await agent.turn(f"Question {number}?")
            if "http_async_client" in own:
                await own["http_async_client"].aclose()

        asyncio.run(talk())
        if "http_client" in own:
            own["http_client"].close()
        return [request.json for request in server.requests]


def breaks(bodies: list[dict[str, Any]]) -> list[int]:
    """The numbers of the requests that do not begin with all of the one before."""
    texts = [json.dumps(body["messages"], ensure_ascii=False) for body in bodies]
    assert all(body["tools"] == bodies[0]["tools"] for body in bodies)
    pairs = itertools.pairwise(texts)
    return [n for n, (one, two) in enumerate(pairs, 1) if not two.startswith(one[:-1] + ", ")]


ALL = pytest.mark.parametrize(("adapter", "way"), [(a, w) for a in ADAPTERS for w in WAYS])


@ALL
def test_in_a_tool_loop_nothing_changes(adapter: str, way: Way) -> None:
    bodies = conversation(adapter, way, {}, turns=1, steps=30)
    assert len(bodies) == 31
    assert breaks(bodies) == []
    thoughts = [m for m in bodies[-1]["messages"] if m.get("reasoning_content")]
    assert len(thoughts) == 30


@ALL
def test_over_turns_nothing_changes(adapter: str, way: Way) -> None:
    bodies = conversation(adapter, way, {}, turns=4, steps=2)
    assert breaks(bodies) == []
    assert {json.dumps(body["thinking"]) for body in bodies} == {'{"clear_thinking": false}'}


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_pictures_that_tools_return_stay_where_they_are(adapter: str) -> None:
    settings = {"model": "glm-4.6v"}
    picture = [("text", "Look."), ("image", PICTURE)]
    bodies = conversation(adapter, "whole", settings, turns=1, steps=3, result=picture)
    assert breaks(bodies) == []
    assert json.dumps(bodies[-1]).count(PICTURE) == 3


#: Settings -> the requests at which the beginning changes, in four turns of three requests.
TURNED = [3, 6, 9]
SETTINGS: list[tuple[str, str | None, dict[str, Any], list[int]]] = [
    ("keeps", "zai", {"model": "glm-5.3-flash"}, []),
    ("keeps-by-default", "zai-coding", {}, []),
    ("said", "bigmodel", {"clear_thinking": False}, []),
    ("history-said", "bigmodel", {"reasoning_history": "all"}, []),
    ("cleared", "bigmodel", {"clear_thinking": True}, TURNED),
    ("loop", "bigmodel", {"reasoning_history": "tool_loop"}, TURNED),
    ("none", "bigmodel", {"reasoning_history": "none"}, []),
    ("cannot-keep", "bigmodel", {"model": "glm-4.6"}, TURNED),
    ("own-server", None, {"dialect": "openai"}, TURNED),
    *(
        (f"{history}-at-{site}", site, {"reasoning_history": history}, changed)
        for site in ("bigmodel-coding", "zai", "zai-coding")
        for history, changed in (("all", []), ("tool_loop", TURNED), ("none", []))
    ),
]


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize(
    ("site", "settings", "changed"), [pytest.param(*row[1:], id=row[0]) for row in SETTINGS]
)
def test_where_a_setting_changes_the_beginning(
    adapter: str, site: str | None, settings: dict[str, Any], changed: list[int]
) -> None:
    bodies = conversation(adapter, "whole", settings, turns=4, steps=2, site=site)
    assert breaks(bodies) == changed


@pytest.mark.parametrize("site", ["bigmodel", "zai"])
@pytest.mark.parametrize("strategy", ["ToolStrategy", "ProviderStrategy"])
def test_an_agent_with_structured_answers(site: str, strategy: str) -> None:
    from langchain.agents import create_agent, structured_output
    from langchain_core.tools import tool
    from langgraph.checkpoint.memory import InMemorySaver

    from langchain_zhipu import ChatZhipuAI

    def model(request: Any) -> dict[str, Any]:
        made = _model(request, 2)
        names = [each["function"]["name"] for each in request["tools"]]
        if made["choices"][0]["finish_reason"] == "tool_calls":
            return made
        if "Total" not in names:
            return reply('{"value": 3}', reasoning=THOUGHT)
        return reply("", reasoning=THOUGHT, tool_calls=[call("Total", '{"value": 3}', "c")])

    @tool
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    with scripted(Reply(model)) as server:
        own = subjects._at(server, site)
        asyncio.run(own.pop("http_async_client").aclose())
        agent: Any = create_agent(
            ChatZhipuAI(model="glm-4.7", api_key=KEY, streaming=site == "zai", **own),
            [add],
            response_format=getattr(structured_output, strategy)(TOTAL),
            checkpointer=InMemorySaver(),
        )
        thread: Any = {"configurable": {"thread_id": "1"}}
        with own["http_client"]:
            for number in range(2):
                asked = {"messages": [("user", f"Question {number}?")]}
                assert agent.invoke(asked, thread)["structured_response"] == {"value": 3}
        bodies = [request.json for request in server.requests]
    assert len(bodies) == 6
    assert breaks(bodies) == []


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_question_after_an_unanswered_one_changes_the_last_message_only(adapter: str) -> None:
    """They become one message, as the service wants it."""
    with scripted(Reply(lambda request: _model(request, 0))) as server:
        values = {"model": "glm-4.7", "api_key": KEY, "base_url": server.base_url}
        agent = _Agent(adapter, "whole", values, "3")
        agent.say(("user", "One?"), ("assistant", "1."), ("user", "Two?"))
        asyncio.run(agent._step())
        agent.messages.pop()
        asyncio.run(agent.turn("Three?"))
        first, second = (request.json["messages"] for request in server.requests)
    assert second[:-1] == first[:-1]
    assert second[-1]["content"] == "Two?\n\nThree?"


# --- What is said of it


@pytest.mark.parametrize(
    ("values", "site", "sent"),
    [
        ({"model": "glm-4.7"}, "bigmodel", None),
        ({"model": "glm-4.7", "tools": [ADD]}, "bigmodel", {"clear_thinking": False}),
        ({"model": "glm-4.7", "tools": [ADD]}, None, None),
        ({"model": "glm-4.7", "tools": [ADD]}, "zai-coding", None),
        ({"model": "glm-4.6", "tools": [ADD]}, "zai", None),
        ({"model": "glm-5.3", "tools": [ADD]}, "zai", {"clear_thinking": False}),
        ({"model": "glm-4.7", "tools": [{"type": "web_search"}]}, "zai", None),
        (
            {"model": "glm-4.7", "tools": [ADD], "thinking": True},
            "zai",
            {"type": "enabled", "clear_thinking": False},
        ),
        ({"model": "glm-4.7", "tools": [ADD], "thinking": False}, "zai", {"type": "disabled"}),
        (
            {"model": "glm-4.7", "tools": [ADD], "clear_thinking": True},
            "zai",
            {"clear_thinking": True},
        ),
        ({"model": "glm-4.7", "tools": [ADD], "reasoning_history": "tool_loop"}, "zai", None),
        ({"model": "glm-4.7", "reasoning_history": "all"}, "zai", {"clear_thinking": False}),
        ({"model": "glm-4.7", "reasoning_history": "none", "tools": [ADD]}, "zai", None),
    ],
)
def test_what_is_asked_of_the_service(values: dict[str, Any], site: Any, sent: Any) -> None:
    from zhipu_client import PRESETS
    from zhipu_client.conversation import build
    from zhipu_client.dialects import dialect_of

    dialect = dialect_of(PRESETS[site] if site else "http://127.0.0.1:8000/v1")
    assert build(values, dialect=dialect, streaming=False).params.get("thinking") == sent
