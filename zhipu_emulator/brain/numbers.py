"""Numbers in a text: in digits, in English words, in Chinese ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod

from zhipu_emulator.brain.words import CJK, lexicon

_MOST_DIGITS = 300
TOO_LARGE = 1e300  # JSON has no infinity
_WORDS: dict[str, int] = lexicon()["numbers"]
_DIGITS = re.compile(
    r"(?<![A-Za-z0-9_.])(?:(?<![\d)])[-−])?\d+(?:,\d{3})*(?:\.\d+)?(?:(?<=\d)[万亿])?"
)
_WORD = rf"(?:{'|'.join(sorted(filter(str.isascii, _WORDS), key=len, reverse=True))})"
_WRITTEN = re.compile(rf"(?<![\w-]){_WORD}(?:[\s-]+(?:and\s+)?{_WORD})*(?![\w-])", re.IGNORECASE)
#: What is counted, behind a number: "三台". Before things "一" is an article, but for "第一".
_THINGS, _UNITS = map("|".join, lexicon()["measures"])
_SIGN = "[零一二两三四五六七八九十百千万亿]"
_ONE = "[一二两三四五六七八九]"
_TIMES = rf"{_ONE}?十|{_ONE}[百千万亿]"
_MANY = rf"(?:{_TIMES})(?:零?(?:{_TIMES}|[万亿]))*(?:零?{_ONE})?"
_END = rf"[加减乘除等是和与]|[^{CJK}]|\Z"
# Of one character it must count something or be part of a sum: "三亚" has no number. Behind a
# family name that begins a word it is a given name: "张三位于".
_HAN = (
    rf"(?<!星期)(?<!周)(?<!(?<![{CJK}])[张李王赵钱孙周吴郑])(?:"
    rf"(?={_SIGN}{{2}}){_MANY}(?={_THINGS}|{_UNITS}|{_END})"
    rf"|(?!(?<!第)一(?:{_THINGS}))(?:{_ONE}|十)(?={_THINGS}|{_UNITS}|[加减乘除]|等于)"
    rf"|(?<=[加减乘除以上去])(?:{_MANY}|{_ONE})(?={_END}))"
)
_FORMS = (_DIGITS, _WRITTEN, re.compile(_HAN))
#: Chinese numbers with what is counted, and that behind digits: nothing of a name.
COUNTS = rf"(?:{_HAN}|一|(?<=\d))(?:{_THINGS}|{_UNITS})|{_HAN}"


def numbers(text: str) -> Iterator[tuple[int, int, int | float]]:
    """The numbers of a text: from where to where, and the value."""
    for match in (match for form in _FORMS for match in form.finditer(text)):
        if abs(number := _number(match.group().lower())) < TOO_LARGE:
            yield *match.span(), number


def _number(text: str) -> int | float:
    digits = text.rstrip("万亿").replace(",", "").replace("−", "-")
    if digits[-1:].isdecimal():
        times = prod(_WORDS[sign] for sign in text if sign in "万亿")
        if "." not in digits and len(digits) <= _MOST_DIGITS:
            return int(digits) * times
        return float(digits) if times == 1 else round(float(digits) * times)
    total = 0
    for word in re.findall(rf"[a-z]+|[{CJK}]", text):
        value = _WORDS.get(word, 0)
        if value >= 100 or word == "十":  # it multiplies what is smaller: "two hundred", "二百三十"
            smaller = total % value
            total += (smaller or 1) * value - smaller
        else:
            total += value
    return total


def spelled_out(text: str) -> str:
    """The text with written numbers in digits: "twenty one" and "二十一" as 21."""
    for form in _FORMS[1:]:
        text = form.sub(lambda match: str(_number(match.group().lower())), text)
    return text
