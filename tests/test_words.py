"""Plain English in docstrings, comments and texts: the worst words, each with what to write."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: The packages that are clean. A package is added here once it is.
PACKAGES = (
    "zhipu_client",
    "langchain_zhipu",
    "llama_index_zhipu",
    "zhipu_emulator",
    "cookbook",
    "benchmarks",
)

#: What is not written, as a pattern -> what is written instead. Lower case only: ``is None`` is
#: code, and "there is no" is how English says it.
INSTEAD = {
    r"\b(?:is|are|was|were|be) none\b": "is not, is missing",
    # A word before it, as a line may begin in the middle of "there is no".
    r"(?<=\S )(?<!here )(?:is|are|was|were|be) no (?!longer\b|more\b|less\b|matter\b)": "is not a",
    r"\bwhat is told\b": "what a value is, or what reports it",
    r"\b(?:is|are|was|were|not) told\b|\btold (?:by|from|of|with)\b": "is known, is given, reports",
    r"\b(?:a|an|of|servers?|deployments?) one's own\b": "your own",
    r"\btells (?:of|that|the|what|where|whether|which)\b(?! model)": "shows, reports, has",
    r"\bstands? (?:alone|at|before|behind|for|in (?!for\b)|on|there|where)\b": "is in, represents",
    r"\b(?:must|may|can|cannot) hold\b|\bholds (?:a|an|no|what|some|one)\b": "contains, has",
    r"\bdemand(?:s|ed)?\b": "requirement, requires",
    r"\bthe way out\b": "connection pool",
    r"\b(?:each|every|the|first|next|second|last) try\b": "attempt",
}
WORST = re.compile("|".join(f"(?:{pattern})" for pattern in INSTEAD))

#: Lines that may stay, as (file, the line's text): a quotation, a name that others gave.
ALLOWED: frozenset[tuple[str, str]] = frozenset()

_TEXTS = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


def texts(source: str) -> Iterator[tuple[int, str]]:
    """The lines of comments, docstrings and other strings, each with its number."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in _TEXTS:
            for offset, line in enumerate(token.string.splitlines()):
                yield token.start[0] + offset, line.strip()


def worst(source: str) -> Iterator[tuple[int, str, str]]:
    """Line number, line and the words in it that are not written."""
    for number, line in texts(source):
        for found in WORST.finditer(line):
            yield number, line, found.group()


@pytest.mark.parametrize("package", PACKAGES)
def test_the_worst_words_are_not_written(package):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {words!r} in: {line}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for number, line, words in worst(path.read_text("utf-8"))
        if (path.relative_to(ROOT).as_posix(), line) not in ALLOWED
    ]
    assert not found, "the glossary of CONTRIBUTING.md has plainer words:\n  " + "\n  ".join(found)


def test_no_line_is_allowed_that_is_gone():
    gone = [
        f"{name}: {line}"
        for name, line in sorted(ALLOWED)
        if line not in {text for _, text in texts((ROOT / name).read_text("utf-8"))}
    ]
    assert not gone


@pytest.mark.parametrize("pattern", INSTEAD)
def test_what_is_written_instead_is_allowed_itself(pattern):
    assert not WORST.search(INSTEAD[pattern])


@pytest.mark.parametrize(
    "line",
    [
        "# a value that is none",
        '"""Refuse what is no string."""',
        "text = 'these are no numbers'",
        "text = f'{name} must hold {n} texts'",
        "# the address, as it stands in the answer",
        '"""Whether more follow, as is told by the server."""',
        "# asked at each try",
    ],
)
def test_they_are_found(line):
    assert list(worst(line + "\n"))


@pytest.mark.parametrize(
    "line",
    [
        "x = none_of_these",
        "# `x` is None, and there is no other; it is no longer needed",
        "# the lock is held, and what was held back comes out",
        '"""A note that stands in for a missing result."""',
        "the_try = demand",
        "# it tries again",
    ],
)
def test_other_words_are_not(line):
    assert not list(worst(line + "\n"))
