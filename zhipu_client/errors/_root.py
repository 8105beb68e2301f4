"""The root of the errors, how they cross to other processes, and what is refused here. Pure."""

from __future__ import annotations

import pickle
from typing import Any, Self

__all__ = ["MAX_TEXT", "InvalidRequestError", "ZhipuError", "shorten"]

#: The longest text that an error carries, whatever the body's size.
MAX_TEXT = 500


class ZhipuError(Exception):
    """The root of every error that this package raises itself.

    Examples:
        >>> from zhipu_client import embeddings
        >>> try:
        ...     embeddings.create(input="")
        ... except ZhipuError as error:
        ...     print(error)
        input[0] must not be empty, got ''
    """

    __module__ = "zhipu_client.errors"  # where users find it

    def explain(self, hint: str) -> None:
        """Add to the text what the caller can do, or has to know."""
        self.args = (f"{self}. {hint}", *self.args[1:])

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions cross process borders (multiprocessing, Ray); the default would call
        # __init__ with the finished text only.
        return _rebuild, (type(self), self.args, self.__dict__)

    def __reduce_ex__(self, protocol: Any) -> Any:
        state = {name: _crossing(value) for name, value in self.__dict__.items()}
        return _rebuild, (type(self), self.args, state)

    def __copy__(self) -> Self:
        made: Self = _rebuild(type(self), self.args, self.__dict__)
        return made


def _crossing(value: Any) -> Any:
    """Return a value as it can go to another process: one that cannot is left out by its kind.

    It is the error that has to arrive. One that cannot be restored would be waited for for ever.
    """
    if value is None or isinstance(value, (str, int, float)):
        return value
    try:
        pickle.loads(pickle.dumps(value))  # noqa: S301  (written a moment ago)
    except Exception:  # noqa: BLE001  (a foreign value may raise anything)
        return f"a value of type {type(value).__name__}"
    return value


def _rebuild(kind: type[BaseException], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class InvalidRequestError(ZhipuError, ValueError):
    """Refused by us before anything was sent.

    Attributes:
        field: The parameter that was wrong, as the caller wrote it (``"temperature"``), or None.
        value: The offending value (shortened in the text; never a secret), or None.

    Examples:
        >>> from zhipu_client import embeddings
        >>> try:
        ...     embeddings.create(input=["你好", ""])
        ... except InvalidRequestError as error:
        ...     error.field, error.value
        ('input[1]', '')
    """

    __module__ = "zhipu_client.errors"

    def __init__(self, message: str, *, field: str | None = None, value: Any = None) -> None:
        super().__init__(message)
        self.field = field
        self.value = value


def shorten(text: str) -> str:
    """Return a text as an error carries it, cut when it is long."""
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}… ({len(text)} characters)"
