"""From raw rounds to tables: medians, ratios round by round, verdicts."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from benchmarks.goals import Goal

__all__ = ["tables"]

Figures = Mapping[str, float]
Rounds = Mapping[str, Sequence[Figures]]


def tables(title: str, rounds: Rounds, goals: Sequence[Goal]) -> str:
    """Both tables as Markdown: what was measured, and how it compares."""
    judged = [line for goal in goals if (line := _judged(goal, rounds))]
    lines = [f"## {title}", "", *_measured(rounds)]
    if judged:
        lines += [
            "",
            "| compared | with | in | median | least to most | goal | |",
            "| --- | --- | --- | ---: | ---: | ---: | --- |",
            *judged,
        ]
    return "\n".join(lines) + "\n"


def _measured(rounds: Rounds) -> list[str]:
    found = ["| | by | CPU | wall | other |", "| --- | --- | ---: | ---: | --- |"]
    for name, figures in rounds.items():
        if not figures:
            continue
        what, _, who = name.partition("/")
        cpu, wall = (_time(_median(figures, metric)) for metric in ("cpu_us", "wall_us"))
        other = []
        if "modules" in figures[0]:
            other.append(f"{_median(figures, 'modules'):.0f} modules")
        if "above_mb" in figures[0]:
            other.append(f"{_median(figures, 'above_mb'):.1f} MB above the baseline")
        found.append(f"| {what} | {who} | {cpu} | {wall} | {', '.join(other)} |")
    return found


def _judged(goal: Goal, rounds: Rounds) -> str:
    own = rounds.get(f"{goal.what}/{goal.who}", ())
    other = rounds.get(f"{goal.what}/{goal.than}", ()) if goal.than else own
    if not own or not other or goal.metric not in own[0]:
        return ""
    pairs = [(a[goal.metric], b[goal.metric]) for a, b in zip(own, other, strict=False)]
    if not goal.than:
        values = [a for a, _ in pairs]
    elif goal.plus:
        values = [a - b for a, b in pairs]
    else:
        values = [a / b for a, b in pairs]
    median = statistics.median(values)
    verdict = ""
    if goal.most is not None:
        verdict = "met" if median <= goal.most else "**missed**"
    cells = [
        goal.what,
        goal.than or "-",
        goal.metric.partition("_")[0],
        _shown(median, goal),
        f"{_shown(min(values), goal)} to {_shown(max(values), goal)}",
        "" if goal.most is None else f"{'<=' if goal.most else ''} {_shown(goal.most, goal)}",
        verdict + (" (required)" if goal.required else ""),
    ]
    return "| " + " | ".join(cells) + " |"


def _shown(value: float, goal: Goal) -> str:
    if goal.than and not goal.plus:
        return f"{value:.3f} x"
    sign = "+" if goal.plus else ""
    if goal.metric.endswith("_us"):
        return f"{sign}{_time(value)}"
    return f"{sign}{value:.0f}" + (" MB" if goal.metric == "above_mb" else "")


def _time(microseconds: float) -> str:
    size = abs(microseconds)
    if size < 1000:
        return f"{microseconds:.1f} us"
    return f"{microseconds / 1e3:.1f} ms" if size < 1e6 else f"{microseconds / 1e6:.2f} s"


def _median(figures: Sequence[Figures], metric: str) -> float:
    return statistics.median(figure[metric] for figure in figures)
