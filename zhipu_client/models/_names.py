"""Which model a name is of, however a server writes it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from zhipu_client._lazy import pattern

__all__ = ["code_in"]

#: Families whose names are looked for anywhere in a longer name. The short codes of others
#: (``rerank``, ``embedding-3``) are in the names of models of other makers too.
_FAMILIES = pattern(r"(?<![a-z0-9])(?:glm|chatglm|charglm|autoglm|codegeex|cogview|cogvideox)")
#: Makers and families of other models: ``Qwen3-8B-GLM-4.6-Distill`` is a Qwen.
_OTHERS = pattern(
    r"distill|(?<![a-z])(?:claude|deepseek|gemma|gpt|kimi|llama|minimax|mistral|phi-?\d|qwen|qwq)"
)
#: One spelling for all: what is written -> what is read.
_SPELLINGS = (
    (pattern(r"[\s_:@]+"), "-"),
    # glm4, glm4.6 -> glm-4, glm-4.6
    (pattern(r"(?<![a-z])(glm|codegeex|cogview)(?=\d)"), r"\1-"),
    # glm-4p6, glm-4-6 -> glm-4.6; but not glm-4-9b, glm-4-0520
    (pattern(r"(?<=glm-)(\d)[-p](\d)(?![0-9bkm])"), r"\1.\2"),
    # glm-4.6-v, glm-4.6-vision -> glm-4.6v
    (pattern(r"(?<=glm-)(\d(?:\.\d)?)-(?:v|vl|vision)(?![a-z0-9])"), r"\1v"),
)


def code_in(name: str, codes: Iterable[str]) -> str | None:
    """Return the longest of the codes that a name has, as whole words; None for no such code.

    Args:
        name: A name as a server has it: a code with a path, an owner or a host before it; a date,
            a size, a quantisation or a route after it.
        codes: Codes in lower case.

    Examples:
        >>> code_in("zai-org/GLM-4.6V-FP8", ["glm-4.6", "glm-4.6v"])
        'glm-4.6v'
        >>> code_in("glm4:9b", ["glm-4", "glm-4-9b"])
        'glm-4-9b'
    """
    known = sorted(codes, key=len, reverse=True)
    # The last part that is of a model: a folder in a path may be called after one too.
    for part in reversed(re.split(r"[/\\]+", name.strip().lower())):
        if _OTHERS.search(part):
            return None
        if part in known:
            return part
        for found, spelling in _SPELLINGS:
            part = found.sub(spelling, part)
        begins = _FAMILIES.search(part)
        if begins is None:
            continue
        rest = part[begins.start() :]
        for code in known:
            if rest.startswith(code) and _ends(rest[len(code) :]):
                return code
        return None
    return None


def _ends(rest: str) -> bool:
    """Return True where a word ends before the rest (``.gguf`` is one, ``.1`` is not)."""
    return not re.match(r"[a-z0-9]|\.\d", rest)
