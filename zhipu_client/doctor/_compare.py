"""The same requests to the service and to the emulator: where do their answers differ in shape?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zhipu_client import chat, embeddings, errors, rerank, served_models, tokenizer
from zhipu_client._lazy import hint
from zhipu_client.doctor._shapes import differences, shape_of

if TYPE_CHECKING:
    from zhipu_client._io.sync import Client
else:
    Client = hint("zhipu_client._io.sync", "Client")

__all__ = ["Difference", "compare"]

_ASKED = [{"role": "user", "content": "What is 17 * 19? Use the tool if there is one."}]
_TOOL = {
    "type": "function",
    "function": {
        "name": "multiply",
        "description": "Multiply two whole numbers.",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
        },
    },
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where two servers answer in another shape.

    Attributes:
        request: Which request: ``"chat"``, ``"chat, streamed"`` ...
        path: The place in the answer, such as ``choices[].message.reasoning_content``.
        service: The types that the first server has there, or ``"-"``.
        emulator: The types that the second has there, or ``"-"``.
    """

    request: str
    path: str
    service: str
    emulator: str


def compare(service: Client, emulator: Client, *, model: str = "glm-4.7-flash") -> list[Difference]:
    """Send a fixed set of small requests to two servers and compare the shapes of their answers.

    The answers' words are not compared, and are not in what is returned. It costs a few hundred
    tokens; ``glm-4.7-flash`` is free.

    Args:
        service: A client of the service.
        emulator: A client of the emulator, or of any other server.
        model: The chat model.

    Returns:
        The differences, by request. Errors are compared by status and code.

    Raises:
        AuthenticationError: A server refuses the key.

    Example:
        ```python
        import zhipu_emulator
        from zhipu_client import Client, doctor

        with zhipu_emulator.serve() as one, zhipu_emulator.serve() as two:
            clients = [Client(base_url=s.base_url, api_key=s.api_key) for s in (one, two)]
            print(doctor.compare(*clients))
        ```
    """
    found = []
    for name, ask in _requests(model).items():
        shapes = [_shape(ask, client) for client in (service, emulator)]
        found += [Difference(name, *rest) for rest in differences(*shapes)]
    return found


def _requests(model: str) -> Mapping[str, Callable[[Client], Any]]:
    def plain(**more: Any) -> Callable[[Client], Any]:
        parameters = {"model": model, "messages": _ASKED, "max_tokens": 200, **more}
        return lambda client: client.send(chat.create(**parameters).as_dict())

    def streamed(**more: Any) -> Callable[[Client], Any]:
        parameters = {"model": model, "messages": _ASKED, "max_tokens": 200, **more}
        return lambda client: list(client.stream(chat.stream(**parameters)))

    return {
        "chat": plain(),
        "chat, streamed": streamed(),
        "chat with a tool": plain(tools=[_TOOL]),
        "chat with a tool, streamed": streamed(tools=[_TOOL]),
        "chat in JSON": plain(response_format={"type": "json_object"}),
        "a model that does not exist": plain(model="glm-does-not-exist"),
        "models": lambda client: client.send(served_models.list().as_dict()),
        "embeddings": lambda client: client.send(
            embeddings.create(model="embedding-3", input=["a", "b"], dimensions=256).as_dict()
        ),
        "rerank": lambda client: client.send(
            rerank.create(query="a", documents=["a", "b"]).as_dict()
        ),
        "tokenizer": lambda client: client.send(tokenizer.create(messages=_ASKED).as_dict()),
    }


def _shape(ask: Callable[[Client], Any], client: Client) -> Any:
    try:
        return shape_of(ask(client))
    except errors.AuthenticationError:
        raise  # each answer would differ by this alone
    except errors.APIError as error:
        facts: Iterator[tuple[str, Any]] = iter((("status", error.status), ("code", error.code)))
        return {f"error.{name}": frozenset({str(value)}) for name, value in facts}
    except errors.ZhipuError as error:
        return {"error": frozenset({type(error).__name__})}
