"""Sums in a text: finds the expressions and works them out exactly."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from fractions import Fraction

from zhipu_emulator.brain.values import spelled_out
from zhipu_emulator.brain.words import ends, lexicon

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
_PLAIN = re.compile(r"\d+(?:\.\d+)?")
_MAX_EXPONENT = 64
_MAX_DIGITS = 60


def expressions(text: str) -> list[str]:
    """All sums in a text, operators as symbols.

    >>> expressions("What is seventeen times 19?")
    ['17 * 19']
    """
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", spelled_out(ends(text)))
    for pattern, symbol in lexicon()["sums"].items():  # tried in this order
        text = re.sub(pattern, symbol, text, flags=re.IGNORECASE)
    found = []
    for match in _EXPRESSION.finditer(text):
        candidate = _balanced(match.group().strip())
        # A date or a phone number is not a sum: 2024-05-01, 555-0100.
        if re.fullmatch(r"\d+(?:-\d+)+", candidate) or re.fullmatch(r"\d+(?:/\d+){2,}", candidate):
            continue
        found.append(candidate)
    return found


def numbers_of(text: str) -> list[float]:
    """The numbers of the one sum in a text, in its order: "subtract 7 from 20" has 20 and 7."""
    found = expressions(text)
    return [float(number) for number in _PLAIN.findall(found[0])] if len(found) == 1 else []


def _balanced(text: str) -> str:
    spare = text.count("(") - text.count(")")
    if spare > 0:
        return text.replace("(", "", spare).strip()
    for _ in range(-spare):
        text = "".join(text.rpartition(")")[::2])
    return text.strip()


def evaluate(text: str) -> str | None:
    """The value of an expression as people write it; None when it has none.

    >>> evaluate("(2 + 3) * 4")
    '20'
    """
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
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left), _value(right))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left), _value(right))
    raise ValueError("not a sum")


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if abs(exponent) > _MAX_EXPONENT or len(str(base.numerator)) > _MAX_DIGITS:
        raise ValueError("too large")
    if exponent.denominator == 1:
        return base ** int(exponent)
    return Fraction(str(float(base) ** float(exponent)))
