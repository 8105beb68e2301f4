"""Verdicts: YES or NO, a score, the better of two. By the words that two texts share."""

from __future__ import annotations

import re

from zhipu_emulator.brain.words import stems
from zhipu_emulator.content.similarity import coverage, features

_YES_NO = re.compile(r"\bYES *(?:or|/) *NO\b")
_GRADES = re.compile(r"single character \"Y\" or \"N\"")
_POINTS = re.compile(r"worth (\d+) points?")
_RANGE = re.compile(r"score has to be between (\d+) and (\d+)")
_SECTION = (
    r"(?:^|\n)[ \t]*(?:## )?(?:\[The Start of )?{}(?:\])?[ \t]*:?[ \t]*\n?(.*?)"
    r"(?=\n[ \t]*(?:## |\[The |(?:Context|Answer|Feedback|Response) ?:|-{{4,}}|We have |Given "
    r"|If the existing)|\Z)"
)
_DATA = r"\[{}\]: (.{{0,4000}}?)\n\*{{3}}"
_JUDGED = re.compile(r"\b(?:relevan|correct|accura|helpful)\w*", re.IGNORECASE)
_REFERENCE = re.compile(
    r"reference answer to the user's question:\n(.{0,4000}?)\[User Question\]", re.DOTALL
)
_TRUTH = re.compile(r"\[Ground truth\]\n(.{0,4000}?)\nBegin your evaluation", re.DOTALL)
_ENOUGH, _SOME = 0.6, 0.34


def _part(text: str, *labels: str) -> str:
    """The last part of a prompt with one of these labels."""
    for label in labels:
        found = re.findall(_SECTION.format(label), text, re.DOTALL)
        if found:
            return str(found[-1]).strip()
    return ""


def _met(wanted: str, given: str) -> float:
    return coverage(features(wanted), features(given))


def written(text: str) -> str | None:
    """The verdict in the form that the prompt wants; None where it wants none."""
    if "[[rating]]" in text:
        truth = _TRUTH.search(text)
        wanted = truth[1] if truth else _part(text, r"\[Question\]")
        met = _met(wanted, _part(text, "Assistant's Answer"))
        return f"It has {met:.0%} of the words that are wanted. Rating: [[{1 + round(9 * met)}]]"
    if _GRADES.search(text):
        return _criteria(text)
    if "[[A]]" in text:
        return _better(text)
    if "[RESULT]" in text:
        return _points(text)
    if span := _RANGE.search(text):
        low, high = int(span[1]), int(span[2])
        wanted = _part(text, "Reference Answer") or _part(text, "User Query")
        wanted = wanted if wanted and "NO REFERENCE" not in wanted else _part(text, "User Query")
        met = _met(wanted, _part(text, "Generated Answer"))
        score = f"{low + (high - low) * met:.1f}"
        return f"{score}\nIt has {met:.0%} of the words of the reference."
    if _YES_NO.search(text):
        return "YES" if _supported(text) else "NO"
    return None


def _criteria(text: str) -> str:
    """Y or N: by the reference; by the task where the criteria are about the matter."""
    data = {
        name: "".join(re.findall(_DATA.format(name), text, re.DOTALL)[-1:])
        for name in ("Input", "Submission", "Criteria", "Reference")
    }
    said, wanted = data["Submission"], data["Reference"]
    about = _JUDGED.search(data["Criteria"]) is not None
    if wanted:
        good = _met(wanted, said) >= _SOME
    else:
        good = bool(said) and (not about or bool(stems(data["Input"]) & stems(said)))
    return f"The submission {'meets' if good else 'does not meet'} it.\n\n{'NY'[good]}"


def _supported(text: str) -> bool:
    if re.search(r"existing YES/NO answer: *YES", text):
        return True
    claims = re.findall(
        r"(?:Query and Response|\bInformation): *(.{0,4000}?)\n *Context:", text, re.DOTALL
    )
    claim = "".join((claims or re.findall(r"context information: *(.+)", text))[-1:])
    said = re.split(r"\bResponse: *", claim)[-1]
    context = _part(text, "Context") or "\n".join(
        re.findall(r"-{4,}\n(.*?)\n-{4,}", text, re.DOTALL)
    )
    return _met(said, context) >= _ENOUGH


def _points(text: str) -> str:
    worth = _POINTS.search(text)
    most = int(worth[1] if worth else 1) * max(1, len(re.findall(r"^\d+\. ", text, re.MULTILINE)))
    met = _met(_part(text, "Query"), _part(text, "Response", "Context"))
    points = round(most * min(1.0, met / _ENOUGH))
    return f"It has {met:.0%} of the query's words.\n[RESULT] {points}"


def _better(text: str) -> str:
    reference = _REFERENCE.search(text)
    wanted = reference[1] if reference else _part(text, "Reference")
    wanted = wanted or text.rpartition("[User Question]\n")[2].partition("\n[The ")[0]
    one, two = (_met(wanted, _part(text, f"Assistant {name}.s Answer")) for name in "AB")
    verdict = "C" if abs(one - two) < 0.01 else "A" if one > two else "B"
    return f"A has {one:.0%} of the words that are wanted, B {two:.0%}. [[{verdict}]]"
