"""Calls of tools that the service ran itself, read: `ServedCall`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zhipu_client._replies import text_of
from zhipu_client.conversation.arguments import read_arguments

__all__ = ["ServedCall", "served_call"]


@dataclass(frozen=True, slots=True)
class ServedCall:
    """One call that the service ran, of an MCP server, a knowledge base or a search.

    Attributes:
        id: Its id.
        name: The tool; ``mcp_list_tools`` where a server was asked for its tools.
        server: The label of the MCP server, or None.
        arguments: What it was called with; under ``arguments`` where that is not an object.
        output: What it returned, as it came, or None.
        error: Why it failed, as it came, or None.
    """

    id: str
    name: str
    server: str | None
    arguments: dict[str, Any]
    output: Any = None
    error: Any = None

    @property
    def text(self) -> str:
        """What it returned, or why it failed, in words."""
        found = self.error or self.output
        if isinstance(found, Mapping) and isinstance(found.get("content"), list):
            found = found["content"]
        return text_of(found)

    @property
    def title(self) -> str:
        """The tool, and the server that it is of."""
        return f"{self.name} ({self.server})" if self.server else self.name


def served_call(call: Any, number: int = 0) -> ServedCall:
    """Return one of an answer's calls as a `ServedCall`.

    Args:
        call: The call as it came.
        number: Its place, for an id where it has none.

    Examples:
        >>> call = {"type": "mcp", "id": "1", "mcp": {"type": "mcp_call", "name": "tide",
        ...     "server_label": "sea", "arguments": '{"at": "six"}', "output": "4.1 m"}}
        >>> served_call(call).title, served_call(call).arguments, served_call(call).text
        ('tide (sea)', {'at': 'six'}, '4.1 m')
    """
    given = call if isinstance(call, Mapping) else {}
    kind = str(given.get("type") or "server_tool")
    details = given.get(kind)
    details = details if isinstance(details, Mapping) else {}
    arguments = details.get("arguments")
    read = read_arguments(arguments)
    label = details.get("server_label")
    return ServedCall(
        id=str(given.get("id") or f"{kind}_{number}"),
        name=str(details.get("name") or details.get("type") or kind),
        server=str(label) if label else None,
        arguments=read.value if isinstance(read.value, dict) else {"arguments": arguments},
        output=details.get("output", details.get("tools")),
        error=details.get("error"),
    )
