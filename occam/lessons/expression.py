"""Sums and comparisons over measured numbers, in text: `sharpness[large] < 0.9 * sharpness[small]`.

    number      3, 0.5, measure[arm], measure[arm, other arm], + − * / and parentheses
    condition   number < number (also <=, >, >=, and chains), not, and, or

Python's own parser reads the text; only what is listed here is accepted, and nothing of it is ever run as Python.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "condition"]
LONGEST, DEEPEST = 400, 20  # characters of an expression, parts within parts
LARGEST = 10**15  # whole number, far below where a float overflows
ALLOWED = "numbers, measure[arm], + - * /, comparisons with < <= > >=, and, or, not"

_SUMS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: a / b if b else math.nan,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class ExpressionFault(ValueError):
    """A text that is no expression; one sentence."""


class _Undefined(ArithmeticError):
    """A number that the condition needs is nan."""


@dataclass(frozen=True)
class Reading:
    """A measured number that an expression names: a measure of one arm, or of a pair of arms."""

    measure: str
    arms: tuple[str, ...]

    @property
    def key(self) -> str:
        """How `Measured.values` calls it: "sharpness[large]"."""
        return f"{self.measure}[{', '.join(self.arms)}]"


@dataclass(frozen=True)
class Expression:
    """A number or a condition over measured numbers."""

    text: str
    kind: Kind
    tree: ast.expr

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What it names, each once, in order."""
        return tuple(dict.fromkeys(_readings(self.tree)))

    def number(self, values: Mapping[str, float]) -> float:
        """The value of a number; nan where a part is not defined.  Raises KeyError for what `values` lack."""
        assert self.kind == "number", self.text
        return _number(self.tree, values)

    def holds(self, values: Mapping[str, float]) -> bool | None:
        """Whether a condition holds; None where a number that decides it is not defined."""
        assert self.kind == "condition", self.text
        try:
            return _condition(self.tree, values)
        except _Undefined:
            return None


def parse(text: str, kind: Kind) -> Expression:
    """Read an expression.  Raises `ExpressionFault`."""
    if len(text) > LONGEST:
        raise ExpressionFault(f"{len(text)} characters; allowed: at most {LONGEST}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionFault(f"not readable; allowed: {ALLOWED}") from None
    _check(tree, kind, DEEPEST)
    return Expression(text, kind, tree)


def _check(node: ast.expr, kind: Kind, deeper: int) -> None:
    if deeper == 0:
        raise ExpressionFault(f"parts within parts; allowed: at most {DEEPEST}")
    found = _kind(node)
    if found != kind:
        raise ExpressionFault(f"{ast.unparse(node)!r} is a {found}; allowed: a {kind}")
    for part, wanted in _parts(node):
        _check(part, wanted, deeper - 1)


def _kind(node: ast.expr) -> Kind:
    match node:
        case ast.Constant(value=float(value)) if math.isfinite(value):
            return "number"
        case ast.Constant(value=int(value)) if not isinstance(value, bool) and value < LARGEST:
            return "number"
        case ast.Subscript(value=ast.Name(), slice=ast.Name()):
            return "number"
        case ast.Subscript(value=ast.Name(), slice=ast.Tuple(elts=[ast.Name(), ast.Name()])):
            return "number"
        case ast.UnaryOp(op=ast.USub()):
            return "number"
        case ast.BinOp() if type(node.op) in _SUMS:
            return "number"
        case ast.UnaryOp(op=ast.Not()) | ast.BoolOp():
            return "condition"
        case ast.Compare() if all(type(op) in _COMPARISONS for op in node.ops):
            return "condition"
    raise ExpressionFault(f"{ast.unparse(node)!r}; allowed: {ALLOWED}")


def _parts(node: ast.expr) -> tuple[tuple[ast.expr, Kind], ...]:
    match node:
        case ast.UnaryOp(op=ast.Not()):
            return ((node.operand, "condition"),)
        case ast.UnaryOp():
            return ((node.operand, "number"),)
        case ast.BinOp():
            return ((node.left, "number"), (node.right, "number"))
        case ast.BoolOp():
            return tuple((part, "condition") for part in node.values)
        case ast.Compare():
            return tuple((part, "number") for part in (node.left, *node.comparators))
    return ()


def _reading(node: ast.Subscript) -> Reading:
    assert isinstance(node.value, ast.Name)
    names = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return Reading(node.value.id, tuple(name.id for name in names if isinstance(name, ast.Name)))


def _readings(node: ast.expr) -> Iterator[Reading]:
    if isinstance(node, ast.Subscript):
        yield _reading(node)
    for part, _ in _parts(node):
        yield from _readings(part)


def _number(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant():
            return float(node.value)  # pyright: ignore[reportArgumentType]  `_kind` let only numbers through
        case ast.Subscript():
            return float(values[_reading(node).key])
        case ast.UnaryOp():
            return -_number(node.operand, values)
        case ast.BinOp():
            return _SUMS[type(node.op)](_number(node.left, values), _number(node.right, values))
    raise AssertionError(ast.dump(node))


def _condition(node: ast.expr, values: Mapping[str, float]) -> bool:
    match node:
        case ast.UnaryOp():
            return not _condition(node.operand, values)
        case ast.BoolOp(op=ast.And()):
            return all(_condition(part, values) for part in node.values)
        case ast.BoolOp():
            return any(_condition(part, values) for part in node.values)
        case ast.Compare():
            numbers = [_number(part, values) for part in (node.left, *node.comparators)]
            if any(math.isnan(number) for number in numbers):
                raise _Undefined
            pairs = zip(node.ops, numbers, numbers[1:], strict=False)
            return all(_COMPARISONS[type(op)](low, high) for op, low, high in pairs)
    raise AssertionError(ast.dump(node))
