"""Sums in a text: finds the expressions and works them out exactly."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from zhipu_emulator.brain.numbers import spelled_out
from zhipu_emulator.brain.words import ends, lexicon

_EXPRESSION = re.compile(
    r"(?<![A-Za-z0-9_.])[-(\s]*\d+(?:\.\d+)?\)*(?:\s*(?:\*\*|[-+*/%])\s*[-(\s]*\d+(?:\.\d+)?[)\s]*)+(?![A-Za-z0-9_])"
)
# A date or a phone number: 2024-05-01, 555-0100.
_NO_SUM = re.compile(r"\d+(?:-\d+)+|\d+(?:/\d+){2,}")
_MAX_EXPONENT = 64
_MAX_DIGITS = 60


def expressions(text: str) -> list[str]:
    """All sums in a text, operators as symbols: of "seventeen times 19" it is 17 * 19."""
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", spelled_out(ends(text)))
    for pattern, symbol in lexicon()["sums"].items():  # tried in this order
        text = re.sub(pattern, symbol, text, flags=re.IGNORECASE)
    found = [match.group().strip() for match in _EXPRESSION.finditer(text)]
    found = [one if one.count("(") == one.count(")") else one.strip("() ") for one in found]
    return [one for one in found if not _NO_SUM.fullmatch(one)]


def evaluate(text: str) -> str | None:
    """The value of an expression as people write it; None when it has none."""
    try:
        value = _value(ast.parse(text.strip(), mode="eval").body)
        return str(value.numerator) if value.denominator == 1 else f"{float(value):.10g}"
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError, TypeError):
        return None  # MemoryError: the parser's word for too many signs; TypeError: a complex root


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int() | float() as number):
            return Fraction(str(number))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BinOp(op=op) if type(op) in _SIGNS:
            return Fraction(_SIGNS[type(op)](_value(node.left), _value(node.right)))
    raise ValueError("not a sum")


def _power(base: Fraction, exponent: Fraction) -> Any:
    if abs(exponent) > _MAX_EXPONENT or len(str(base)) > _MAX_DIGITS:
        raise ValueError("too large")
    return base**exponent


_SIGNS: dict[type[ast.operator], Callable[[Fraction, Fraction], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
