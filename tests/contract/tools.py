"""The tools and shapes that several tables offer."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

__all__ = ["ADD", "MULTIPLY", "Person", "tool"]


def tool(name: str, /, **parameters: str) -> dict[str, Any]:
    """A tool in the wire's shape: its name, and the type of each parameter."""
    schema = {
        "type": "object",
        "properties": {key: {"type": kind} for key, kind in parameters.items()},
        "required": list(parameters),
    }
    function = {"name": name, "description": f"Do {name}.", "parameters": schema}
    return {"type": "function", "function": function}


ADD = tool("add", a="integer", b="integer")
MULTIPLY = tool("multiply", a="integer", b="integer")


class Person(BaseModel):
    """A person."""

    name: str
    age: int
