"""What a check-up found, as text for people and as JSON for support. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Finding", "Level", "Report"]

#: ``note``: worth knowing. ``warning``: may be wrong. ``error``: calls fail because of it.
Level = Literal["ok", "note", "warning", "error"]
_MARKS: Mapping[str, str] = {"ok": "ok  ", "note": "    ", "warning": "warn", "error": "FAIL"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What: ``"key"``, ``"site"``, ``"call"`` ...
        level: ``ok``, ``note``, ``warning`` or ``error``.
        text: One sentence on what was found.
        remedy: One sentence on what to do, or ``""``.
        facts: The same for programs; no secrets.
    """

    name: str
    level: Level
    text: str
    remedy: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """What a check-up found, in the order of looking."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing was found because of which calls fail."""
        return all(finding.level != "error" for finding in self.findings)

    def text(self) -> str:
        """Return a line for each finding, and one for what to do about it."""
        width = max((len(finding.name) for finding in self.findings), default=0)
        lines = []
        for finding in self.findings:
            lines.append(f"{_MARKS[finding.level]}  {finding.name:<{width}}  {finding.text}")
            if finding.remedy:
                lines.append(f"{'':4}  {'':<{width}}  -> {finding.remedy}")
        return "\n".join(lines)

    def json(self) -> str:
        """Return the findings as JSON, for an issue or for support."""
        rows = [
            {
                "name": finding.name,
                "level": finding.level,
                "text": finding.text,
                **({"remedy": finding.remedy} if finding.remedy else {}),
                **({"facts": dict(finding.facts)} if finding.facts else {}),
            }
            for finding in self.findings
        ]
        found = {"healthy": self.healthy, "findings": rows}
        return json.dumps(found, indent=2, ensure_ascii=False, default=str)
