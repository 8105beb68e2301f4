"""What the emulator takes for unsafe: a short word list, enough to exercise refusals."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["risks", "verdict"]

# Deliberately few and plain: whoever tests moderation should not have to write anything ugly.
_TERMS: Mapping[str, tuple[str, ...]] = {
    "violence": ("build a bomb", "make a bomb", "kill someone", "制造炸弹", "杀人方法"),
    "porn": ("pornographic", "色情视频", "淫秽"),
    "illegal": ("buy drugs", "forged passport", "贩卖毒品", "伪造护照"),
    "gambling": ("online casino bonus", "网络赌博平台"),
}
_DOUBTFUL: Mapping[str, tuple[str, ...]] = {
    "abuse": ("you idiot", "stupid fool", "白痴", "蠢货"),
    "advertising": ("click here to win", "加微信领红包"),
}


def risks(text: str, terms: Mapping[str, tuple[str, ...]] = _TERMS) -> list[str]:
    """The kinds of risk found in ``text``, sorted."""
    low = text.lower()
    return sorted(kind for kind, words in terms.items() if any(word in low for word in words))


def verdict(text: str) -> tuple[str, list[str]]:
    """Risk level (PASS, REVIEW, REJECT) and kinds of risk."""
    if found := risks(text):
        return "REJECT", found
    if found := risks(text, _DOUBTFUL):
        return "REVIEW", found
    return "PASS", []
