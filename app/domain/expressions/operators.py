"""Operators: trees of them are written as CEL, as large as its limits allow; `/`, `%` and `in` are ours.

`/` and `%` because a division by zero gives infinity in CEL, and doubles have no remainder there; `in` because CEL would be
handed the whole list or object for every question.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from app.domain.expressions.calculation import Calculation, Slot
from app.domain.expressions.errors import ExpressionFailed
from app.domain.expressions.frame import Frame, Run
from app.domain.expressions.functions import TIME_FUNCTIONS
from app.domain.expressions.syntax import Call, Chain, Constant, Node, Unary
from app.domain.expressions.work import Work, finite, is_number, json_key, kind_of
from app.domain.json_value import Json

# cel-cpp reads expressions to a depth of 32, and every operator of a chain is one level.
_MAX_DEPTH: Final = 26
_MAX_CHAIN: Final = 10
_LOGIC: Final = frozenset(("&&", "||"))
_COMPARISONS: Final = frozenset(("==", "!=", "<", "<=", ">", ">=", "in"))
_OURS: Final = frozenset(("/", "%", "in"))
_EXACT_IN_DOUBLE: Final = 1 << 53
_TIME_COST: Final = 3

Build = Callable[[Node], Run]


def operation(node: Chain | Unary | Call, text: str, build: Build) -> Run:
    """What an operator, or a function of time, gives; `build` makes the functions that find its operands."""
    if isinstance(node, Chain):
        node = _short(node)
        if node.rest[-1][0] in _OURS:
            return _own(node, text, build)
    return _Writer(text, build).calculation(node).run


def _short(chain: Chain) -> Chain:
    """The chain with its beginning folded away until it is short enough for CEL's limit of depth."""
    first, rest = chain.first, chain.rest
    while len(rest) > _MAX_CHAIN:
        first = Chain(first, rest[:_MAX_CHAIN], chain.start, rest[_MAX_CHAIN - 1][1].end)
        rest = rest[_MAX_CHAIN:]
    return Chain(first, rest, chain.start, chain.end)


def _first_part(chain: Chain, length: int) -> Node:
    """The first `length` operators of a chain, with their operands."""
    return Chain(chain.first, chain.rest[:length], chain.start, chain.rest[length - 1][1].end) if length else chain.first


class _Writer:
    """Writes a tree of operators as CEL text; what is no operator becomes a name, with a function that finds its value."""

    def __init__(self, text: str, build: Build) -> None:
        self._text, self._build = text, build
        self._slots: dict[tuple[str, bool], Slot] = {}
        self._operators = 0
        self._additions = 0
        self._absorbs = False
        self._exact = False

    def calculation(self, node: Node) -> Calculation:
        as_doubles = self._write(node, 1)
        operators, additions = self._operators, self._additions
        self._exact = True
        return Calculation(
            as_doubles,
            exact=self._write(node, 1),
            slots=tuple(self._slots.values()),
            operators=operators,
            additions=additions,
            absorbs=self._absorbs,
            column=node.start + 1,
        )

    def _write(self, node: Node, depth: int) -> str:
        match node:
            case Constant(value):
                literal = self._literal(value)
                return literal if literal is not None else self._slot(node)
            case Chain() if depth + _MAX_CHAIN <= _MAX_DEPTH and node.rest[-1][0] not in _OURS:
                return self._chain(_short(node), depth)
            case Unary(operator, operand) if depth < _MAX_DEPTH:
                self._operators += 1
                inside = self._truth(operand, depth + 1) if operator == "!" else self._write(operand, depth + 1)
                return f"({operator}{inside})"
            case Call(function, arguments) if function in TIME_FUNCTIONS and depth < _MAX_DEPTH:
                return self._time(function, [self._write(argument, depth + 1) for argument in arguments])
            case _:
                return self._slot(node)

    def _chain(self, node: Chain, depth: int) -> str:
        for position in range(len(node.rest) - 1, -1, -1):
            if node.rest[position][0] in _OURS:
                # What comes after the last operator of ours is CEL's, and what stands before is a value to it.
                node = Chain(_first_part(node, position + 1), node.rest[position + 1 :], node.start, node.end)
                break
        self._operators += len(node.rest)
        self._additions += sum(operator == "+" for operator, _ in node.rest)
        logic = node.rest[0][0] in _LOGIC
        self._absorbs = self._absorbs or logic
        write = self._truth if logic else self._write
        deeper = depth + len(node.rest)
        parts = [write(node.first, deeper)]
        for operator, operand in node.rest:
            parts += (operator, write(operand, deeper))
        return f"({' '.join(parts)})"

    def _time(self, function: str, arguments: list[str]) -> str:
        self._operators += _TIME_COST
        if function in ("timestamp", "duration"):
            return f"{function}({arguments[0]})"
        return f"double({arguments[0]}.{function}({', '.join(arguments[1:])}))"

    def _truth(self, node: Node, depth: int) -> str:
        return self._write(node, depth) if _is_boolean(node) else self._slot(node, for_truth=True)

    def _slot(self, node: Node, *, for_truth: bool = False) -> str:
        # The same words mean the same value throughout one tree of operators, as no loop begins inside it.
        known = (self._text[node.start : node.end], for_truth)
        slot = self._slots.get(known)
        if slot is None:
            slot = self._slots[known] = Slot(f"v{len(self._slots)}", self._build(node), for_truth)
        return slot.name

    def _literal(self, value: int | float | str | bool | None) -> str | None:
        """How CEL writes a constant, or None for those that are safer as values."""
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int) and abs(value) <= _EXACT_IN_DOUBLE:
            return f"({value})" if self._exact else f"({float(value)!r})"
        return f"({value!r})" if isinstance(value, float) else None


def _is_boolean(node: Node) -> bool:
    match node:
        case Constant(value):
            return isinstance(value, bool)
        case Chain(_, rest):
            return rest[-1][0] in _LOGIC or rest[-1][0] in _COMPARISONS
        case Unary(operator):
            return operator == "!"
        case _:
            return False


# Ours


def _own(node: Chain, text: str, build: Build) -> Run:
    operator, right_node = node.rest[-1]
    left, right = build(_first_part(node, len(node.rest) - 1)), build(right_node)
    words, column = text[right_node.start : right_node.end][:80], right_node.start + 1
    if operator == "in":

        def contains(frame: Frame) -> Json:
            return _is_in(frame.work, left(frame), right(frame), words, column)

        return contains

    def divide(frame: Frame) -> Json:
        frame.work.spend(1)
        return _quotient(operator, left(frame), right(frame), words, column)

    return divide


def _is_in(work: Work, value: Json, container: Json, words: str, column: int) -> bool:
    if isinstance(container, dict):
        work.spend(1)
        return isinstance(value, str) and value in container
    if not isinstance(container, list):
        raise ExpressionFailed(f"in looks for a value in a list or for a key in an object, but {words} is {kind_of(container)}.", column)
    if value is None or isinstance(value, str):
        work.spend(1 + len(container) // 32)
        return value in container
    if is_number(value):
        # To Python, true is 1.
        work.spend(1 + len(container) // 16)
        return any(item == value and not isinstance(item, bool) for item in container)
    work.spend_on(container)
    wanted = json_key(value)
    return any(json_key(item) == wanted for item in container)


def _quotient(operator: str, above: Json, below: Json, words: str, column: int) -> Json:
    if isinstance(above, bool | str | list | dict) or isinstance(below, bool | str | list | dict) or above is None or below is None:
        raise ExpressionFailed(f"{operator} does not work on {kind_of(above)} and {kind_of(below)}.", column)
    if below == 0:
        raise ExpressionFailed("Nothing can be divided by 0" + (f", and {words} is 0." if words != "0" else "."), column)
    try:
        if operator == "%":
            # The remainder has the sign of what is divided, as in CEL; Python's has the divisor's.
            remainder = abs(above) % abs(below)
            signed = -remainder if above < 0 else remainder
            return signed if isinstance(signed, int) else finite(signed)
        return above // below if isinstance(above, int) and isinstance(below, int) and above % below == 0 else finite(above / below)
    except ArithmeticError:
        raise ExpressionFailed("The result of the division is too large for a number.", column) from None
