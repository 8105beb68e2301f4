"""``python -m zhipu_emulator``: the stand-in service in the foreground."""

from __future__ import annotations

import argparse
import ipaddress
import secrets
import signal
import sys
import threading
from typing import TYPE_CHECKING

from zhipu_emulator.http.server import serve
from zhipu_emulator.http.state import DEFAULT_KEY
from zhipu_emulator.scripting.fault_kinds import HABITS
from zhipu_emulator.scripting.files import load

if TYPE_CHECKING:
    from zhipu_emulator.http.server import Server


_KEPT = 16 * 1024 * 1024  # bytes of requests, for GET /emulator/requests


def main(arguments: list[str] | None = None) -> int:
    """Run until interrupted; 1 when the extra, the port or the script cannot be had."""
    chosen = _parser().parse_args(arguments)
    alone = _is_loopback(chosen.host)
    try:
        server = _server(chosen, alone=alone)
    except ValueError as error:
        return _fail(str(error))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):  # before the line that others wait for
        signal.signal(number, lambda *_: stop.set())
    try:
        server.start()
    except ModuleNotFoundError as error:
        return _fail(str(error))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        return _fail(
            f"Cannot listen on {chosen.host}:{chosen.port} ({reason}); "
            "choose another port with --port, or --port 0 for a free one."
        )
    if not alone:
        print(
            f"Warning: {chosen.host} can be reached from other machines, and what is sent is not "
            "encrypted. The key below was made for this run; without --host only this machine "
            "can connect.",
            file=sys.stderr,
        )
    variable = "ZAI" if chosen.site == "zai" else "ZHIPUAI"
    print(
        f"Zhipu AI stand-in (not the service, no model): "
        f"base URL {server.base_url}  API key {server.api_key}\n"
        f"export {variable}_BASE_URL={server.base_url}\n"
        f"export {variable}_API_KEY={server.api_key}",
        flush=True,
    )
    stop.wait()
    server.stop()
    return 0


def _server(chosen: argparse.Namespace, *, alone: bool) -> Server:
    """The server as it is ordered, not started.

    Raises:
        ValueError: A number out of range, a fault or habit that does not exist, a script that
            cannot be read.
    """
    orders = load(chosen.script) if chosen.script else []
    server = serve(
        chosen.port,
        host=chosen.host,
        site=chosen.site,
        max_in_flight=chosen.max_in_flight,
        latency=chosen.latency,
        token_delay=chosen.token_delay,
        fault_rate=chosen.fault_rate,
        habits=tuple(filter(None, (name.strip() for name in chosen.habits.split(",")))),
        habit_rate=chosen.habit_rate,
        scripted_only=chosen.scripted_only,
        fetch_loopback=chosen.fetch_loopback,
        # The fixed key is public: with it anyone who reaches an open port could use the server.
        api_keys=(DEFAULT_KEY if alone else f"emulator.{secrets.token_hex(16)}",),
        keep_bytes=_KEPT,
    )
    server.state.script.extend(orders)
    return server


def _fail(said: str) -> int:
    print(said, file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m zhipu_emulator",
        description="A stand-in for the Zhipu AI service: made-up, deterministic answers.",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="where to listen (default: %(default)s)"
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument(
        "--site",
        choices=("bigmodel", "zai"),
        default="bigmodel",
        help="whose errors to speak: Chinese or English (default: %(default)s)",
    )
    parser.add_argument(
        "--script", metavar="FILE", help="JSON with answers and faults in the order of requests"
    )
    parser.add_argument(
        "--scripted-only",
        action="store_true",
        help="refuse chat requests that --script has nothing for",
    )
    parser.add_argument(
        "--max-in-flight", type=int, metavar="N", help="requests at once; further ones get 1302"
    )
    parser.add_argument(
        "--latency", type=float, default=0.0, metavar="SECONDS", help="before an answer begins"
    )
    parser.add_argument(
        "--token-delay", type=float, default=0.02, metavar="SECONDS", help="between two chunks"
    )
    parser.add_argument(
        "--fault-rate", type=float, default=0.0, metavar="SHARE",
        help="of requests that get a fault: 1302, 1305, 502, a reset, a cut stream, ...; 0 to 1",
    )  # fmt: skip
    parser.add_argument(
        "--habits", default="", metavar="NAME,NAME", help="of GLM: " + ", ".join(HABITS)
    )
    parser.add_argument(
        "--habit-rate", type=float, default=1.0, metavar="SHARE", help="how often each shows"
    )
    parser.add_argument(
        "--fetch-loopback",
        action="store_true",
        help="read documents at addresses of this machine for whoever asks",
    )
    return parser


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    sys.exit(main())
