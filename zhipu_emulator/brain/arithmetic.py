"""Sums that stand in a text: finds the expression and works it out exactly."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from fractions import Fraction

from zhipu_emulator.brain.values import spelled_out
from zhipu_emulator.brain.words import ends

_SPOKEN = [
    (r"(\d+(?:\.\d+)?)\s*(?:%|percent)\s+of\s+", r"\1/100*"),
    (r"(\d+)的(\d+(?:\.\d+)?)%", r"\1*\2/100"),
    (r"\b(?:add(?:ed)?|sum)\s+(?:of\s+)?(\S+)\s+(?:and|to|with)\s+(\S+)", r"\1 + \2"),
    (r"\bmultipl(?:y|ied)\s+(\S+)\s+(?:by|and|with)\s+(\S+)", r"\1 * \2"),
    (r"\bproduct\s+of\s+(\S+)\s+and\s+(\S+)", r"\1 * \2"),
    (r"\bdivide\s+(\S+)\s+by\s+(\S+)", r"\1 / \2"),
    (r"\bsubtract\s+(\S+)\s+from\s+(\S+)", r"\2 - \1"),
    (r"\bsum\s+of\s+(\S+)\s+and\s+(\S+)", r"\1 + \2"),
    (r"\bdifference\s+between\s+(\S+)\s+and\s+(\S+)", r"\1 - \2"),
    (r"\bsquare root of\s+(\S+)", r"\1 ** 0.5"),
    (r"\bto the power of\b", "**"),
    (r"\bsquared\b", "** 2"),
    (r"\bcubed\b", "** 3"),
    (r"\b(?:multiplied by|times)\b", "*"),
    (r"\b(?:divided by|over)\b", "/"),
    (r"\bplus\b", "+"),
    (r"\bminus\b", "-"),
    (r"加上?", "+"),
    (r"减去?", "-"),
    (r"乘以?", "*"),
    (r"除以", "/"),
    (r"[×x✕](?=\s*[\d(])", "*"),
    (r"÷", "/"),
    (r"−", "-"),
    (r"\^", "**"),
]
_EXPRESSION = re.compile(
    r"(?<![A-Za-z0-9_.])[-(\s]*\d+(?:\.\d+)?\)*(?:\s*(?:\*\*|[-+*/%])\s*[-(\s]*\d+(?:\.\d+)?[)\s]*)+(?![A-Za-z0-9_])"
)
_BINARY: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
_MAX_EXPONENT = 64
_MAX_DIGITS = 60


def expression(text: str) -> str | None:
    """The first sum in a text, operators as symbols; None when there is none.

    >>> expression("What is seventeen times 19?")
    '17 * 19'
    """
    found = expressions(text)
    return found[0] if found else None


def expressions(text: str) -> list[str]:
    """All sums in a text."""
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", spelled_out(ends(text)))
    for pattern, symbol in _SPOKEN:
        text = re.sub(pattern, symbol, text, flags=re.IGNORECASE)
    found = []
    for match in _EXPRESSION.finditer(text):
        candidate = _balanced(match.group().strip())
        # A date or a phone number is no sum: 2024-05-01, 555-0100.
        if re.fullmatch(r"\d+(?:-\d+)+", candidate) or re.fullmatch(r"\d+(?:/\d+){2,}", candidate):
            continue
        found.append(candidate)
    return found


def _balanced(text: str) -> str:
    while text.count("(") > text.count(")") and "(" in text:
        text = text.replace("(", "", 1)
    while text.count(")") > text.count("("):
        head, _, tail = text.rpartition(")")
        text = head + tail
    return text.strip()


def evaluate(text: str) -> str | None:
    """The value of an expression as people write it; None when it has none.

    >>> evaluate("(2 + 3) * 4")
    '20'
    """
    try:
        return shown(_value(ast.parse(text.strip(), mode="eval").body))
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError, TypeError):
        return None  # MemoryError: the parser's word for too many signs; TypeError: a complex root


def shown(value: Fraction) -> str:
    """A number without needless digits."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.10g}"


def _value(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Fraction(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow):
            return _power(left, right)
        act = _BINARY.get(type(node.op))
        if act is not None:
            return act(left, right)
    msg = "not a sum"
    raise ValueError(msg)


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if abs(exponent) > _MAX_EXPONENT or len(str(base.numerator)) > _MAX_DIGITS:
        msg = "too large"
        raise ValueError(msg)
    if exponent.denominator == 1:
        return base ** int(exponent)
    result = float(base) ** float(exponent)
    return Fraction(str(result))
