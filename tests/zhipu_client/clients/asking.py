"""A question, and the two clients that ask it."""

from __future__ import annotations

from typing import Any

from zhipu_client import AsyncClient, Client, chat

KEY = "0123456789abcdef.PlantedSecret42"
MESSAGES = [{"role": "user", "content": "hello"}]
CLIENTS = [Client, AsyncClient]


def ask(**fields: Any) -> Any:
    return chat.create(model="glm-4.7", messages=MESSAGES, **fields).as_dict()


def ask_stream() -> Any:
    return chat.stream(model="glm-4.7", messages=MESSAGES)
