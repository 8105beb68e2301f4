"""Weighted text features: what embeddings, rerank and web search compare texts by.

A text becomes words, character trigrams of its words (so that "retrieve" meets "retrieval"), and
for Chinese, Japanese and Korean single characters and pairs. Words that say little weigh little.
"""

import itertools
import math
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

__all__ = ["coverage", "features", "keywords"]

_RUNS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+|[^\W_]+")
_CJK_START = "\u3040"

_FUNCTION_TEXT = """
    a an the and or but if then else of to in on at by for from with without into onto over under
    as is are was were be been being am do does did doing done have has had having will would shall
    should can could may might must it its this that these those there here he she they them his her
    their we us our you your i me my who whom whose which what when where why how not no nor so than
    too very just about after before between through during again further once each few more most
    other some such only own same s t don now tell please give show many much one any all also
"""
_FUNCTION_WORDS = frozenset(_FUNCTION_TEXT.split())
_FUNCTION_CHARACTERS = frozenset(
    "的了是在我有和就不人都一个上也很到说要去你会着没看好自己这那他她它们吗呢吧啊与及或被把对为以于其而并从之所"
    "什么怎哪谁几多少请问"
)

_WORD, _TRIGRAM, _PAIR, _CHARACTER = 2.0, 0.35, 1.2, 0.5
_LITTLE = 0.08
_MAX_CHARACTERS = 20_000


def features(text: str) -> dict[str, float]:
    """Return the weighted features of ``text``; repeats grow with the logarithm of their count.

    >>> sorted(features("the 北京"))[:2]
    ['=the', '京']
    """
    counts: dict[str, float] = {}
    normal = unicodedata.normalize("NFKC", text[:_MAX_CHARACTERS]).lower()
    for run in _RUNS.findall(normal):
        parts = _cjk_features(run) if run[0] >= _CJK_START else _word_features(run)
        for feature, weight in parts:
            counts[feature] = counts.get(feature, 0.0) + weight
    return {feature: math.log1p(weight) for feature, weight in counts.items()}


def keywords(text: str, limit: int = 8, *, shortest: int = 2) -> list[str]:
    """Return the telling words of ``text`` in order, without duplicates, at most ``limit``.

    Chinese ones have at least ``shortest`` characters.
    """
    normal = unicodedata.normalize("NFKC", text[:_MAX_CHARACTERS]).lower()
    found: dict[str, None] = {}
    for run in _RUNS.findall(normal):
        if run[0] >= _CJK_START:
            for word in re.split(f"[{''.join(sorted(_FUNCTION_CHARACTERS))}]+", run):
                if len(word) >= shortest:
                    found.setdefault(word)
        elif run not in _FUNCTION_WORDS:
            found.setdefault(run)
    return list(found)[:limit]


def coverage(query: Mapping[str, float], document: Mapping[str, float]) -> float:
    """Return the share of the query's weight that the document has: 0.0 (none) to 1.0 (all)."""
    total = sum(query.values())
    if not total:
        return 0.0
    met = sum(weight for feature, weight in query.items() if feature in document)
    return met / total


@lru_cache(maxsize=16_384)
def _word_features(word: str) -> tuple[tuple[str, float], ...]:
    if word in _FUNCTION_WORDS:
        return (("=" + word, _LITTLE),)
    framed = f"<{word}>"
    grams = tuple((framed[i : i + 3], _TRIGRAM) for i in range(len(framed) - 2))
    return (("=" + word, _WORD), *grams)


def _cjk_features(run: str) -> list[tuple[str, float]]:
    found = [(char, _LITTLE if char in _FUNCTION_CHARACTERS else _CHARACTER) for char in run]
    for first, second in itertools.pairwise(run):
        little = first in _FUNCTION_CHARACTERS or second in _FUNCTION_CHARACTERS
        found.append((first + second, _LITTLE if little else _PAIR))
    return found
