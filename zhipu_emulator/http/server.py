"""Runs the emulator in a thread of this process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from zhipu_emulator.http.state import Options, State, changed
from zhipu_emulator.scripting.items import Answer, Fault
from zhipu_emulator.scripting.orders import Condition, Order
from zhipu_emulator.scripting.reading import order

if TYPE_CHECKING:
    from uvicorn.config import WSProtocolType


_MOST_SHOWN = 20  # orders of a report


class Server:
    """A running emulator.

    Attributes:
        host: Where it listens.
        port: Its port.
        state: What it remembers.

    Examples:
        >>> with serve() as server:
        ...     server.script("error=1302", path="/chat/completions")
        ...     server.base_url.endswith("/api/paas/v4"), server.requests, len(server.unused)
        (True, [], 1)
    """

    def __init__(self, options: Options, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self.state = State(options)
        self._wanted_port = port
        self._thread: threading.Thread | None = None
        self._server: Any = None
        self._socket: socket.socket | None = None

    def __repr__(self) -> str:
        asked, unused = len(self.requests), len(self.state.script)
        return f"<Server {self.url}: {asked} requests, {unused} orders unused>"

    @property
    def port(self) -> int:
        """The port it listens on, 0 when it does not run."""
        return int(self._socket.getsockname()[1]) if self._socket else 0

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://{self.host}:{self.port}"

    @property
    def base_url(self) -> str:
        """The general base URL."""
        return f"{self.url}/api/paas/v4"

    @property
    def coding_base_url(self) -> str:
        """The coding plan's base URL."""
        return f"{self.url}/api/coding/paas/v4"

    @property
    def api_key(self) -> str:
        """A key that it accepts."""
        return self.state.options.api_keys[0]

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What it was asked last, oldest first: a copy. ``Options.keep_bytes`` bounds how much.

        Each has ``method, path, query, headers`` (the key masked), ``json`` (None when the body
        is not JSON) and ``size`` in bytes.
        """
        with self.state.lock:
            return self.state.requests.copy()

    def script(
        self,
        *items: Fault | Answer | Order | Mapping[str, Any] | str | None,
        path: str | None = None,
        model: str | None = None,
        system: str | None = None,
        user: str | None = None,
        tool: str | None = None,
        when: Callable[[Any], object] | None = None,
        times: int | None = 1,
    ) -> None:
        """Order what requests get: first in, first out, or by a condition.

        With a condition the items wait for the requests that meet all of it, while others pass.
        What the model says (``say``, ``call``, ``think``) is for requests of the chat only.

        Args:
            items: Answers, faults, or None for "as usual", one a request. A string is a fault in
                the form of the header ``x-emulator-fault``; a mapping is an order as in a file
                for ``--script`` (``{"say": "42"}``), or, where it has ``choices``, ``error``,
                ``data``, ``id`` or the like, the body of an answer.
            path: The end of the request's path.
            model: Its model.
            system: A text that its system messages contain.
            user: A text that its last user message contains.
            tool: The name of a function that it offers.
            when: A function of its JSON (None when it has none) that returns whether.
            times: How often each item is taken; None: always.

        Raises:
            ValueError: An item cannot be said as it is; nothing is queued then.
            TypeError: An item of another kind.

        Examples:
            >>> from zhipu_emulator import call, say, serve
            >>> with serve() as server:
            ...     server.script(call("add", a=1, b=2), say("3"), tool="add")
            ...     len(server.unused)
            2
        """
        condition = Condition(
            path=path, model=model, system=system, user=user, tool=tool, when=when
        )
        if not items and condition != Condition():
            msg = f"script() with a condition and without an item: what is to be said? {condition}"
            raise ValueError(msg)
        self.state.script.extend([order(item).under(condition, times) for item in items])

    @property
    def unused(self) -> list[str]:
        """What was scripted and no request has taken, or not often enough, as texts."""
        return [str(order) for order in self.state.script.unused]

    def assert_all_used(self) -> None:
        """Raise where something that was scripted was not used: for the end of a test.

        Raises:
            AssertionError: Says what, and what was asked; also when a function given as ``when=``
                failed.
        """
        if self.state.script.failures or self.unused:
            raise AssertionError(self.report())

    def report(self) -> str:
        """What was scripted and not used, and what was asked and got which order: for people."""
        script = self.state.script
        lines = [*script.failures]
        unused = script.unused
        for one in unused[:_MOST_SHOWN]:
            of = f" (taken {one.taken} times)" if one.taken else ""
            lines.append(f"not used{of}: {one}")
            if one.missed:
                lines.append(f"    not for the last request: {one.missed}")
        if len(unused) > _MOST_SHOWN:
            lines.append(f"not used: {len(unused) - _MOST_SHOWN} more")
        seen, count = script.seen, len(self.requests)
        lines.append("what was asked, and the order for it:" if seen else "nothing was asked")
        lines += [f"    {request}" for request in seen]
        if count > len(seen):
            early = "refused before, with a fault of their own, or longer ago"
            lines.append(f"    and {count - len(seen)} more: {early}")
        return "\n".join(lines)

    def configure(self, **options: Any) -> None:
        """Change fields of ``Options`` while it runs.

        Raises:
            TypeError: An option that does not exist; it says which was meant.
            ValueError: A value that it cannot have.
        """
        self.state.options = changed(self.state.options, options)

    def reset(self) -> None:
        """Forget requests, scripts, tasks and stored things."""
        self.state.reset()

    def start(self) -> Self:
        """Begin to listen.

        Raises:
            OSError: The port is taken or not allowed.
            ModuleNotFoundError: The extra ``emulator`` is not installed.
        """
        try:
            import uvicorn

            from zhipu_emulator.http.app import create_app
            from zhipu_emulator.http.connections import Protocol
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                f"the emulator needs {error.name}, which its extra brings: "
                'pip install "zhipu-integrations[emulator]"',
                name=error.name,
            ) from error

        self._socket = _listen(self.host, self._wanted_port)
        config = uvicorn.Config(
            create_app(self.state),
            http=Protocol,
            ws=_websockets(),
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=60,
        )
        self._server = uvicorn.Server(config)
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(ready,), name="zhipu-emulator", daemon=True
        )
        self._thread.start()
        while not ready.wait(0.1):
            if not self._thread.is_alive():
                raise RuntimeError(
                    "The emulator could not be started: its thread's error says why."
                )
        return self

    def _run(self, ready: threading.Event) -> None:
        async def main() -> None:
            asyncio.get_running_loop().call_soon(ready.set)
            await self._server.serve(sockets=[self._socket])

        asyncio.run(main())

    def stop(self) -> None:
        """Stop listening and close what is open."""
        if self._server is not None:
            self._server.should_exit = True
            self._server.force_exit = True
        if self._thread is not None:
            self._thread.join(10)
        if self._socket is not None:
            self._socket.close()
        self._server = self._thread = self._socket = None

    def __enter__(self) -> Self:
        return self if self._thread else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _websockets() -> WSProtocolType:
    """Return uvicorn's protocol for them; "auto" may choose one that imports deprecated code."""
    return "websockets-sansio" if find_spec("websockets") else "none"


def _listen(host: str, port: int) -> socket.socket:
    # With the protocol named, asyncio turns off Nagle's algorithm: 40 ms a kept-alive request.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise type(error)(error.errno, error.strerror, f"{host}:{port}") from error
    except BaseException:
        listener.close()
        raise
    return listener


def serve(port: int = 0, *, host: str = "127.0.0.1", **options: Any) -> Server:
    """An emulator, started by ``with`` (or by ``start()``) and stopped at its end.

    Args:
        port: 0 takes a free one.
        host: Where to listen; the loopback interface unless you know what you do.
        options: Fields of ``Options``.

    Returns:
        The server; a context manager that gives itself.

    Raises:
        TypeError: An option that does not exist; it says which was meant.
        ValueError: A value that an option cannot have.

    Examples:
        >>> from zhipu_emulator import serve
        >>> with serve(max_in_flight=2) as server:
        ...     server.port > 0
        True
    """
    return Server(changed(Options(), options), host, port)
