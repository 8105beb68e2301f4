"""A GLM agent in the terminal: reasoning, tools, usage. ``make demo`` runs this.

With ZHIPUAI_API_KEY (or ZHIPU_API_KEY, ZAI_API_KEY) set it talks to the service. Without one it
starts the emulator of this project on a free loopback port: then the answers are made up by simple
rules, only the way there is real.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from contextlib import ExitStack
from datetime import date

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.messages.ai import add_usage
from langchain_core.tools import tool

from langchain_zhipu import ChatZhipuAI
from zhipu_client import APIConnectionError, AuthenticationError, ZhipuError
from zhipu_emulator import stand_in

try:
    from langchain.agents import create_agent
except ImportError as error:
    raise SystemExit(f"{error}. This program needs: pip install langchain") from None

QUESTION = "What is (17 + 4) * 19?"
TASK = "What is 17 times 19, and how many days are there from 2026-02-01 to 2026-10-01?"


@tool
def multiply(a: int, b: int) -> int:
    """Multiply two whole numbers.

    Args:
        a: The first number.
        b: The second number.
    """
    return a * b


@tool
def days_between(start_date: date, end_date: date) -> int:
    """Count the days from one date to another.

    Args:
        start_date: The first day, as YYYY-MM-DD.
        end_date: The last day, as YYYY-MM-DD.
    """
    return (end_date - start_date).days


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; the exit code is 0 when all of it worked."""
    parser = argparse.ArgumentParser(description="A GLM agent in the terminal.")
    parser.add_argument("--model", default="glm-4.7", help="default: %(default)s")
    parser.add_argument("--question", default=QUESTION, help="what is answered with reasoning")
    parser.add_argument("--task", default=TASK, help="what the agent is asked to do")
    parser.add_argument("--port", type=int, default=0, help="of the emulator; 0 takes a free one")
    chosen = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # what a terminal cannot show becomes a "?"
        sys.stdout.reconfigure(errors="replace")
    try:
        return _run(chosen)
    except AuthenticationError as error:
        return _fail(f"The key was refused: {error}")
    except APIConnectionError as error:
        return _fail(f"The service could not be reached: {error}")
    except ZhipuError as error:
        return _fail(f"That did not work: {error}")
    except KeyboardInterrupt:
        return _fail("Interrupted.", code=130)
    except OSError as error:  # a pipe whose reader has gone, a full disk
        # At its end the interpreter writes what is still in the buffer; that must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _fail(f"The output could not be written: {error.strerror or error}")


def _run(chosen: argparse.Namespace) -> int:
    """Both parts, with the service or, where there is no key, with the emulator."""
    with ExitStack() as stack:
        try:
            stack.enter_context(stand_in(port=chosen.port))
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            return _fail(f"Port {chosen.port} on 127.0.0.1 cannot be used ({why}); try --port 0.")
        return _both(chosen)


def _both(chosen: argparse.Namespace) -> int:
    model = ChatZhipuAI(model=chosen.model, thinking=True)
    _answer(model, chosen.question)
    _agent(model, chosen.task)
    print(end="", flush=True)
    return 0


def _answer(model: ChatZhipuAI, question: str) -> None:
    """Stream an answer, with its reasoning shown apart from the text."""
    _title(question)
    shown = None
    for chunk in model.stream(question):
        for block in chunk.content_blocks:
            kind = block["type"]
            text = str(block.get("reasoning" if kind == "reasoning" else "text") or "")
            if kind != shown:
                text = text.lstrip("\n")  # GLM begins a part with an empty line
            if not text:
                continue
            if kind != shown:
                heading = "Reasoning" if kind == "reasoning" else "Answer"
                print(f"\n\n{heading}:" if shown else f"\n{heading}:")
                shown = kind
            print(_dim(text) if kind == "reasoning" else text, end="", flush=True)
    print()


def _agent(model: ChatZhipuAI, task: str) -> None:
    """Let an agent call tools, several at once where the model asks for that."""
    _title(task)
    agent = create_agent(model, tools=[multiply, days_between])
    messages: list[BaseMessage] = []
    for step in agent.stream({"messages": [HumanMessage(task)]}, stream_mode="updates"):
        for update in step.values():
            for message in update["messages"]:
                messages.append(message)
                _show(message)
    usage = None
    for message in messages:
        if isinstance(message, AIMessage):
            usage = add_usage(usage, message.usage_metadata)
    if usage:
        cached = usage.get("input_token_details", {}).get("cache_read", 0)
        reasoning = usage.get("output_token_details", {}).get("reasoning", 0)
        print(
            f"\nUsage: {usage['input_tokens']} tokens in ({cached} of them cached), "
            f"{usage['output_tokens']} out ({reasoning} of them reasoning)."
        )


def _show(message: BaseMessage) -> None:
    for block in message.content_blocks:
        if block["type"] == "reasoning":
            print(f"\nReasoning:\n{_dim(str(block.get('reasoning', '')).strip())}")
    if isinstance(message, ToolMessage):
        print(f"  {message.name} returned {message.text}")
    elif isinstance(message, AIMessage) and message.tool_calls:
        count = len(message.tool_calls)
        print(f"\nThe model calls {count} tool{'' if count == 1 else 's'}:")
        for call in message.tool_calls:
            arguments = ", ".join(f"{name}={value!r}" for name, value in call["args"].items())
            print(f"  {call['name']}({arguments})")
    else:
        print(f"\nAnswer:\n{message.text}")


def _title(text: str) -> None:
    print(f"\n{_bold('> ' + text)}")


def _styled(code: int, text: str) -> str:
    plain = not (sys.stdout and sys.stdout.isatty()) or "NO_COLOR" in os.environ
    return text if plain else f"\x1b[{code}m{text}\x1b[0m"


def _bold(text: str) -> str:
    return _styled(1, text)


def _dim(text: str) -> str:
    return _styled(2, text)


def _fail(sentence: str, code: int = 1) -> int:
    print(sentence, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
