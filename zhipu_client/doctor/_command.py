"""The command line: ``zhipu-doctor``, ``python -m zhipu_client``."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from zhipu_client._extras import install
from zhipu_client.doctor._checks import CHEAP_MODEL, diagnose
from zhipu_client.doctor._compare import Difference, compare
from zhipu_client.doctor._environment import of_distributions
from zhipu_client.errors import ZhipuError

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run the check-up; the exit code is 1 where calls fail or answers differ."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.compare and chosen.emulator:
        parser.error("--compare asks the service and the emulator: leave --emulator out")
    try:
        return _compared(chosen) if chosen.compare else _diagnosed(chosen)
    except ZhipuError as error:
        print(error, file=sys.stderr)
        return 1


def _diagnosed(chosen: argparse.Namespace) -> int:
    with _emulator() if chosen.emulator else nullcontext() as service:
        where: dict[str, Any] = {"base_url": chosen.base_url}
        if service is not None:
            where = {"base_url": service.base_url, "api_key": service.api_key}
        report = diagnose(**where, model=chosen.model)
    print(report.json() if chosen.json else report.text())
    return 0 if report.healthy else 1


def _compared(chosen: argparse.Namespace) -> int:
    from zhipu_client._io.sync import Client

    service = Client(base_url=chosen.base_url)
    model = chosen.model or CHEAP_MODEL
    with _emulator() as stand_in:
        emulator = Client(base_url=stand_in.base_url, api_key=stand_in.api_key)
        found = compare(service, emulator, model=model)
    (versions,) = (one.text for one in of_distributions() if one.name == "versions")
    about = {
        "service": service.base_url,
        "model": model,
        "date": f"{datetime.now(tz=UTC):%Y-%m-%d %H:%M} UTC",
        "versions": versions,
    }
    print(_as_json(about, found) if chosen.json else _as_table(about, found))
    return 1 if found else 0


def _as_json(about: dict[str, str], found: list[Difference]) -> str:
    rows = [asdict(one) for one in found]
    return json.dumps({**about, "differences": rows}, indent=2, ensure_ascii=False)


def _as_table(about: dict[str, str], found: list[Difference]) -> str:
    lines = [f"{name}: {text}" for name, text in about.items()]
    if not found:
        return "\n".join([*lines, "", "No difference in shape."])
    lines += ["", "| request | place | service | emulator |", "|---|---|---|---|"]
    lines += [f"| {one.request} | `{one.path}` | {one.service} | {one.emulator} |" for one in found]
    return "\n".join(lines)


def _emulator() -> Any:
    try:
        import zhipu_emulator

        return zhipu_emulator.serve().start()
    except ModuleNotFoundError:  # of the package, or of what its extra brings
        raise ZhipuError(f"the emulator is missing: {install('emulator')}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zhipu-doctor",
        description="Look at key, site, network, clock, balance, plan and versions. Keys are never "
        "printed. One cheap call is made.",
    )
    parser.add_argument("--base-url", help="a preset or a URL, as base_url= takes it")
    parser.add_argument("--model", help=f"the model of the one call ({CHEAP_MODEL}, which is free)")
    parser.add_argument("--json", action="store_true", help="JSON, for an issue")
    parser.add_argument(
        "--emulator", action="store_true", help="look at the emulator; no key needed"
    )
    parser.add_argument(
        "--compare",
        action="store_true",
        help="send a fixed set of requests to service and emulator and print where they differ",
    )
    return parser
