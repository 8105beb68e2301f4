"""Classic agents of LangChain, which ask for their tools in words."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder, PromptTemplate
from langchain_core.tools import Tool, tool

from langchain_zhipu import ChatZhipuAI

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "`langchain-community` is being sunset", DeprecationWarning)
    from langchain_classic import agents
    from langchain_classic.agents import (
        AgentExecutor,
        AgentType,
        create_xml_agent,
        initialize_agent,
    )
    from langchain_classic.agents.conversational import prompt as talk_prompt
    from langchain_classic.agents.conversational_chat import prompt as json_prompt
    from langchain_classic.agents.mrkl import prompt as lines_prompt
    from langchain_classic.agents.structured_chat import prompt as blob_prompt
    from langchain_classic.memory import ConversationBufferMemory


@tool
def wind_report(station: str) -> str:
    """Report the wind at a station."""
    return f"7 knots at {station}"


@tool
def multiply(a: int, b: int) -> int:
    """Multiply two whole numbers."""
    return a * b


LINES = PromptTemplate.from_template(
    "Answer as best you can. You have access to the following tools:\n\n{tools}\n\n"
    + lines_prompt.FORMAT_INSTRUCTIONS
    + "\n\nBegin!\n\nQuestion: {input}\nThought:{agent_scratchpad}"
)
TALK = PromptTemplate.from_template(
    "Assistant has access to the following tools:\n\n{tools}\n\n"
    + talk_prompt.FORMAT_INSTRUCTIONS.replace("{ai_prefix}", "Final Answer")
    + "\n\nBegin!\n\nPrevious conversation history:\n"
    "{chat_history}\n\nNew input: {input}\n{agent_scratchpad}"
)
BLOB = ChatPromptTemplate.from_messages(
    [
        ("system", f"Your tools:\n\n{{tools}}\n\n{blob_prompt.FORMAT_INSTRUCTIONS}\n\nBegin!"),
        MessagesPlaceholder("chat_history", optional=True),
        ("human", "{input}\n\n{agent_scratchpad}\n\n(reminder to respond in a JSON blob)"),
    ]
)  # fmt: skip
JSON = ChatPromptTemplate.from_messages(
    [
        ("system", "Assistant is a large language model."),
        MessagesPlaceholder("chat_history", optional=True),
        ("human", json_prompt.SUFFIX.replace("{{tools}}", "{tools}")
         .replace("{{{{input}}}}", "{input}")
         .replace("{format_instructions}", json_prompt.FORMAT_INSTRUCTIONS)),
        MessagesPlaceholder("agent_scratchpad"),
    ]
)  # fmt: skip
AGENTS: dict[str, Any] = {
    "lines": (agents.create_react_agent, LINES),
    "talk": (agents.create_react_agent, TALK),
    "blob": (agents.create_structured_chat_agent, BLOB),
    "JSON": (agents.create_json_chat_agent, JSON),
}


def run(model: ChatZhipuAI, kind: str, asked: str, tools: list[Any], **more: Any) -> Any:
    make, prompt = AGENTS[kind]
    agent = make(model, tools, prompt)
    executor = AgentExecutor(agent=agent, tools=tools, return_intermediate_steps=True)
    if kind == "talk":
        more.setdefault("chat_history", "")
    return executor.invoke({"input": asked, **more})


@pytest.mark.parametrize("kind", AGENTS)
def test_a_tool_is_called_and_its_result_said(model, kind: str) -> None:
    found = run(model, kind, "What is the wind at Skagen?", [wind_report, multiply])
    ((step, seen),) = found["intermediate_steps"]
    assert (step.tool, seen) == ("wind_report", "7 knots at Skagen")
    assert "7 knots at Skagen" in found["output"]


@pytest.mark.parametrize("kind", AGENTS)
def test_no_tool_is_called_for_a_greeting(model, kind: str) -> None:
    found = run(model, kind, "Hello!", [wind_report, multiply])
    assert not found["intermediate_steps"]
    assert found["output"].startswith("Hello")


def test_a_tool_with_several_inputs(model) -> None:
    found = run(model, "blob", "What is 17 * 19?", [wind_report, multiply])
    ((step, seen),) = found["intermediate_steps"]
    assert (step.tool, step.tool_input, seen) == ("multiply", {"a": 17, "b": 19}, 323)
    assert "323" in found["output"]


@pytest.mark.parametrize("kind", ["lines", "JSON"])
def test_two_calls_one_after_the_other(model, kind: str) -> None:
    found = run(model, kind, "What is the wind at Skagen and at Ushant?", [wind_report])
    assert [seen for _, seen in found["intermediate_steps"]] == [
        "7 knots at Skagen", "7 knots at Ushant",
    ]  # fmt: skip
    assert "Ushant" in found["output"]


@pytest.mark.parametrize("kind", ["lines", "blob"])
def test_tools_without_a_signature(model, kind: str) -> None:
    calculator = Tool("calculator", lambda text: str(eval(text)), "Answers questions about math.")
    found = run(model, kind, "What is (3 + 4) * 6?", [calculator])
    assert [(step.tool_input, seen) for step, seen in found["intermediate_steps"]] in (
        [("(3 + 4) * 6", "42")], [({"__arg1": "(3 + 4) * 6"}, "42")],
        [({"tool_input": "(3 + 4) * 6"}, "42")],
    )  # fmt: skip


def test_what_was_said_before(model) -> None:
    found = run(
        model, "talk", "What is my name?", [wind_report],
        chat_history="Human: My name is Ines.\nAI: Hello Ines.",
    )  # fmt: skip
    assert "Your name is Ines" in found["output"]


@pytest.mark.filterwarnings(
    "ignore:.* was deprecated in LangChain:DeprecationWarning",
    "ignore:Use `langchain.agents.create_agent` for new applications:DeprecationWarning",
)
@pytest.mark.parametrize(
    "kind",
    [
        AgentType.ZERO_SHOT_REACT_DESCRIPTION,
        AgentType.CHAT_ZERO_SHOT_REACT_DESCRIPTION,
        AgentType.CONVERSATIONAL_REACT_DESCRIPTION,
        AgentType.CHAT_CONVERSATIONAL_REACT_DESCRIPTION,
        AgentType.STRUCTURED_CHAT_ZERO_SHOT_REACT_DESCRIPTION,
    ],
)
def test_the_oldest_agents(model, kind: AgentType) -> None:
    memory = {"memory": ConversationBufferMemory(memory_key="chat_history", return_messages=True)}
    more = memory if "conversational" in kind.value else {}
    executor = initialize_agent([wind_report], model, agent=kind, **more)
    assert (
        "7 knots at Skagen" in executor.invoke({"input": "What is the wind at Skagen?"})["output"]
    )


async def test_async_and_streamed(model) -> None:
    make, prompt = AGENTS["lines"]
    executor = AgentExecutor(agent=make(model, [wind_report], prompt), tools=[wind_report])
    chunks = [c async for c in executor.astream({"input": "What is the wind at Skagen?"})]
    assert "7 knots at Skagen" in chunks[-1]["output"]


XML = PromptTemplate.from_template(
    "You have access to the following tools:\n\n{tools}\n\n"
    "In order to use a tool, you can use <tool></tool> and <tool_input></tool_input> tags. "
    "You will then get back a response in the form <observation></observation>\n"
    "For example, to search for the weather in SF you would respond:\n\n"
    "<tool>search</tool><tool_input>weather in SF</tool_input>\n"
    "<observation>64 degrees</observation>\n\n"
    "When you are done, respond with a final answer between <final_answer></final_answer>. "
    "For example: <final_answer>The weather in SF is 64 degrees</final_answer>\n\n"
    "Begin!\n\nPrevious Conversation:\n{chat_history}\n\nQuestion: {input}\n{agent_scratchpad}"
)


def test_an_agent_of_tags(model) -> None:
    # A stop sequence cuts the tag off that the agent's own parser then looks for.
    agent = create_xml_agent(model, [wind_report], XML, stop_sequence=False)
    executor = AgentExecutor(agent=agent, tools=[wind_report], return_intermediate_steps=True)
    found = executor.invoke({"input": "What is the wind at Skagen?", "chat_history": ""})
    ((step, seen),) = found["intermediate_steps"]
    assert (step.tool, step.tool_input, seen) == ("wind_report", "Skagen", "7 knots at Skagen")
    assert "7 knots at Skagen" in found["output"]
    found = executor.invoke({"input": "Hello!", "chat_history": ""})
    assert not found["intermediate_steps"]
    assert found["output"].startswith("Hello")
