"""Answers as objects: three methods, an agent with a response format, and what went wrong.

    pip install langchain
    python cookbook/langchain/structured_output.py ["a text about somebody"]

Without a key the emulator of this project answers: it fills the fields by simple rules.
"""

from __future__ import annotations

import sys
from typing import Any, Literal

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import HumanMessage
from pydantic import BaseModel, Field, field_validator

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    from langchain.agents import create_agent
except ImportError as error:
    raise SystemExit(f"{error}. This recipe needs: pip install langchain") from None

TEXT = "Ann Lee is 34 years old and lives in Paris."
Method = Literal["function_calling", "json_schema", "json_mode"]
METHODS: tuple[Method, ...] = ("function_calling", "json_schema", "json_mode")


class Person(BaseModel):
    """What a text says about somebody."""

    name: str = Field(description="The full name.")
    age: int = Field(description="The age in years.")
    city: str = Field(description="The city that the person lives in.")


class Pensioner(Person):
    """Somebody over 66: a rule that no JSON schema tells the model."""

    @field_validator("age")
    @classmethod
    def _old_enough(cls, age: int) -> int:
        if age < 67:
            raise ValueError("not old enough for a pension")
        return age


def extract(model: ChatZhipuAI, text: str, method: Method) -> Person:
    """One object, checked by its schema; asked for once more when the first one does not fit."""
    person: Person = model.with_structured_output(Person, method=method).invoke(text)
    return person


def extract_with_details(model: ChatZhipuAI, text: str) -> dict[str, Any]:
    """With ``include_raw`` nothing is raised: message, object and error side by side."""
    found: dict[str, Any] = model.with_structured_output(Person, include_raw=True).invoke(text)
    return found


def extract_by_agent(model: ChatZhipuAI, text: str) -> Person:
    """The same at the end of an agent's work."""
    agent: Any = create_agent(model, tools=[], response_format=Person)
    person: Person = agent.invoke({"messages": [HumanMessage(text)]})["structured_response"]
    return person


def main(arguments: list[str]) -> int:
    """Extract a person in all ways, and one who does not pass the checks."""
    text = arguments[0] if arguments else TEXT
    try:
        with stand_in():
            model = ChatZhipuAI(model="glm-4.7", temperature=0)
            print(f"> {text}")
            for method in METHODS:
                print(f"  {method}: {extract(model, text, method)!r}")
            details = extract_with_details(model, text)
            print(f"  with details: {details['parsed']!r}, error {details['parsing_error']}")
            print(f"  by an agent: {extract_by_agent(model, text)!r}")
            try:
                print(model.with_structured_output(Pensioner, method="json_schema").invoke(text))
            except OutputParserException as error:
                print(f"  a pensioner? {str(error).splitlines()[0]}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
