"""``python -m zhipu_emulator``: the stand-in service in the foreground."""

from __future__ import annotations

import argparse
import ipaddress
import secrets
import signal
import sys
import threading

from zhipu_emulator.http.server import serve
from zhipu_emulator.http.state import DEFAULT_KEY


def main(arguments: list[str] | None = None) -> int:
    """Run until interrupted; the exit code is 1 when the port cannot be had."""
    chosen = _parser().parse_args(arguments)
    alone = _is_loopback(chosen.host)
    server = serve(
        chosen.port,
        host=chosen.host,
        site=chosen.site,
        max_in_flight=chosen.max_in_flight,
        token_delay=chosen.token_delay,
        fetch_loopback=chosen.fetch_loopback,
        # The fixed key is public: with it anyone who reaches an open port could use the server.
        api_keys=(DEFAULT_KEY if alone else f"emulator.{secrets.token_hex(16)}",),
        keep_bytes=0,  # nobody can look at them from here
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):  # before the line that others wait for
        signal.signal(number, lambda *_: stop.set())
    try:
        server.start()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        print(
            f"Cannot listen on {chosen.host}:{chosen.port} ({reason}); "
            "choose another port with --port, or --port 0 for a free one.",
            file=sys.stderr,
        )
        return 1
    if not alone:
        print(
            f"Warning: {chosen.host} can be reached from other machines, and what is sent is not "
            "encrypted. The key below was made for this run; without --host only this machine "
            "can connect.",
            file=sys.stderr,
        )
    print(
        f"Zhipu AI stand-in (not the service, no model): "
        f"base URL {server.base_url}  API key {server.api_key}",
        flush=True,
    )
    stop.wait()
    server.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m zhipu_emulator",
        description="A stand-in for the Zhipu AI service: made-up, deterministic answers.",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="where to listen (default: %(default)s)"
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--site", choices=("bigmodel", "zai"), default="bigmodel")
    parser.add_argument("--max-in-flight", type=int, metavar="N", help="more answer 1302")
    parser.add_argument("--token-delay", type=float, default=0.02, metavar="SECONDS")
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
