"""A supervisor that has agents for its tools, each with tools and a context of its own.

    pip install langchain
    python cookbook/langchain/supervisor.py ["..."]

Without a key the emulator of this project answers: it picks tools by simple rules.
"""

from __future__ import annotations

import sys

from langchain_core.messages import HumanMessage

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    from langchain.agents import create_agent
except ImportError as error:
    raise SystemExit(f"{error}. This recipe needs: pip install langchain") from None

TASK = "What is the weather in Oslo? And what is 17 times 19?"
_WEATHER = {"Paris": "sunny, 21 degrees", "Oslo": "snow, -3 degrees"}


def get_weather(city: str) -> str:
    """Get the current weather of a city."""
    return f"{city}: {_WEATHER.get(city, 'unknown')}"


def multiply(a: int, b: int) -> int:
    """Multiply two whole numbers."""
    return a * b


def ask_meteorologist(question: str) -> str:
    """Ask the meteorologist about the weather of a city.

    Args:
        question: A question about the weather, in one sentence.
    """
    return _asked("meteorologist", "You tell the weather.", get_weather, question)


def ask_clerk(question: str) -> str:
    """Ask the clerk to multiply whole numbers.

    Args:
        question: A sum, in one sentence.
    """
    return _asked("clerk", "You do sums.", multiply, question)


def _asked(name: str, prompt: str, tool: object, question: str) -> str:
    agent = create_agent(
        ChatZhipuAI(model="glm-4.7"),
        tools=[tool],  # type: ignore[list-item]
        system_prompt=prompt,
        name=name,
    )
    answer: str = agent.invoke({"messages": [HumanMessage(question)]})["messages"][-1].text
    print(f"  {name}: {answer}")
    return answer


def main(arguments: list[str] | None = None) -> int:
    """Give the supervisor one task."""
    words = sys.argv[1:] if arguments is None else arguments
    task = words[0] if words else TASK
    try:
        with stand_in():
            # A larger model plans; the agents below it could have a smaller one.
            supervisor = create_agent(
                ChatZhipuAI(model="glm-4.7", thinking=True),
                tools=[ask_meteorologist, ask_clerk],
                system_prompt="Give each part of a task to the one who knows about it.",
            )
            print(f"> {task}")
            result = supervisor.invoke({"messages": [HumanMessage(task)]})
            print(result["messages"][-1].text)
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
