"""``python -m benchmarks.soak [MINUTES]``; ``make soak MINUTES=n`` does the same."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys

from benchmarks.soak.run import soak

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run it and print the figures; return 1 when something happened that never may."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak",
        description="Hundreds of streams at once through both adapters, against faults.",
    )
    parser.add_argument("minutes", nargs="?", type=float, default=2.0, help="default: %(default)g")
    parser.add_argument("--streams", type=int, default=200, help="default: %(default)s")
    parser.add_argument(
        "--places", type=int, default=60, help="above that: code 1302; default: %(default)s"
    )
    chosen = parser.parse_args(arguments)
    now = dt.datetime.now(dt.UTC)
    load = os.getloadavg()[0]
    report = soak(chosen.minutes * 60, streams=chosen.streams, places=chosen.places)
    print(
        f"{now:%Y-%m-%d %H:%M} UTC, {chosen.minutes:g} min, {chosen.streams} streams at once, "
        f"{chosen.places} places, {os.cpu_count()} cores, load before {load:.1f}"
    )
    print(*report.lines(), sep="\n")
    return int(report.failed)


if __name__ == "__main__":
    sys.exit(main())
