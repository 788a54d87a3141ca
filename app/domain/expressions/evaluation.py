"""A tree into something that runs: closures for what we do ourselves, calculations for the operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias, assert_never

from app.domain.expressions.access import item_of, member_of, step_of
from app.domain.expressions.calculation import MAX_CHAIN, MAX_DEPTH, Calculation, Unbound
from app.domain.expressions.errors import ExpressionFailed, ValueMissing, WorkExceeded
from app.domain.expressions.functions import FUNCTIONS, TIME_FUNCTIONS
from app.domain.expressions.syntax import (
    Call,
    Chain,
    Choice,
    Constant,
    Has,
    ListOf,
    Local,
    Loop,
    Member,
    Node,
    ObjectOf,
    Root,
    Secret,
    StepRoot,
    Syntax,
    Unary,
)
from app.domain.expressions.work import Work, finite, is_number, is_true, kind_of
from app.domain.json_value import Json

_LOGIC: Final = frozenset(("&&", "||"))
_COMPARISONS: Final = frozenset(("==", "!=", "<", "<=", ">", ">=", "in"))
_DIVISIONS: Final = frozenset(("/", "%"))
_PLACES: Final = {
    "item": "item is there only inside a foreach or a map.",
    "index": "index is there only inside a foreach or a map.",
    "iteration": "iteration is there only inside a while.",
    "error": "error is there only in the catch of a try.",
    "result": "result is there only in the conditions of edges that leave a condition step.",
}


class Frame:
    """One evaluation: the scope, the variables of loops, the secrets, and the work that is left."""

    __slots__ = ("locals", "scope", "secrets", "work")

    def __init__(self, scope: Mapping[str, Json], *, slots: int, secrets: Callable[[str], str] | None) -> None:
        self.scope, self.secrets = scope, secrets
        self.locals: list[Json] = [None] * slots
        self.work = Work()


Run: TypeAlias = Callable[[Frame], Json]


def build(text: str, syntax: Syntax) -> Run:
    """The expression as a function of its frame."""
    return _Builder(text).node(syntax.tree)


class _Builder:
    def __init__(self, text: str) -> None:
        self.text = text

    def words(self, node: Node) -> str:
        """The node as it was written, for a sentence."""
        words = self.text[node.start : node.end].strip()
        return words if len(words) <= 80 else f"{words[:77]}…"

    def node(self, node: Node) -> Run:
        match node:
            case Constant(value):
                return lambda frame: value
            case Root(name):
                return _root(name, node.start + 1)
            case StepRoot(key):
                return lambda frame: step_of(frame.scope.get("steps"), key, node.start + 1)
            case Secret(name):
                return _secret(name, node.start + 1)
            case Local(slot):
                return lambda frame: frame.locals[slot]
            case Member():
                return self._member(node)
            case ListOf(items):
                return _list_of([self.node(item) for item in items])
            case ObjectOf(fields):
                return self._object_of([(key, self.node(key), self.node(value)) for key, value in fields])
            case Has(target):
                return self._has(target)
            case Call():
                return self._call(node)
            case Loop():
                return self._loop(node)
            case Choice(condition, then, otherwise):
                return _choice(self.node(condition), self.node(then), self.node(otherwise))
            case Unary() | Chain():
                return self._calculation(node)
            case _:
                assert_never(node)

    def _member(self, node: Member) -> Run:
        base, words, column = self.node(node.base), self.words(node.base), node.key.start + 1
        if isinstance(node.key, Constant) and isinstance(node.key.value, str):
            name = node.key.value

            def field(frame: Frame) -> Json:
                value = base(frame)
                if isinstance(value, dict) and name in value:
                    return value[name]
                return member_of(value, name, words, column)

            return field
        key = self.node(node.key)
        return lambda frame: item_of(base(frame), key(frame), words, column)

    def _has(self, target: Member) -> Run:
        member = self.node(target)

        def has(frame: Frame) -> Json:
            try:
                member(frame)
            except ValueMissing:
                return False
            return True

        return has

    def _object_of(self, fields: list[tuple[Node, Run, Run]]) -> Run:
        def object_of(frame: Frame) -> Json:
            result: dict[str, Json] = {}
            for node, key, value in fields:
                name = key(frame)
                if not isinstance(name, str):
                    raise ExpressionFailed(f"The key of an object is text, but {self.words(node)} is {kind_of(name)}.", node.start + 1)
                result[name] = value(frame)
            return result

        return object_of

    def _call(self, node: Call) -> Run:
        if node.function in TIME_FUNCTIONS:
            return self._calculation(node)
        arguments = [self.node(argument) for argument in node.arguments]
        if node.function == "default":
            return _default(*arguments)
        apply, column = FUNCTIONS[node.function].apply, node.start + 1
        assert apply is not None

        def call(frame: Frame) -> Json:
            values = [argument(frame) for argument in arguments]
            try:
                return apply(frame.work, *values)
            except ExpressionFailed as error:
                error.column = error.column or column
                raise
            except ArithmeticError as error:
                raise ExpressionFailed(f"{node.function} failed: {error}.", column) from None

        return call

    def _loop(self, node: Loop) -> Run:
        source = self._items(node)
        test = self.node(node.test) if node.test is not None else None
        result = self.node(node.result) if node.result is not None else None
        slot = node.slot
        match node.kind:
            case "map":
                assert result is not None
                return _map(source, slot, test, result)
            case "filter":
                assert test is not None
                return _filter(source, slot, test)
            case "exists_one":
                assert test is not None
                return _exists_one(source, slot, test)
            case "all" | "exists":
                assert test is not None
                return _any_or_all(source, slot, test, wanted=node.kind == "exists")
            case _:
                assert_never(node.kind)

    def _items(self, node: Loop) -> Callable[[Frame], list[Json]]:
        source = self.node(node.source)

        def items(frame: Frame) -> list[Json]:
            value = source(frame)
            if isinstance(value, list):
                return value
            if isinstance(value, dict):
                return list(value)
            raise ExpressionFailed(f"{node.kind} goes over a list, but {self.words(node.source)} is {kind_of(value)}.", node.start + 1)

        return items

    # Operators

    def _calculation(self, node: Node) -> Run:
        if isinstance(node, Chain):
            node = _short(node)
            if node.rest[-1][0] in _DIVISIONS:
                return self._division(node)
        return _Writer(self).calculation(node)

    def _division(self, node: Chain) -> Run:
        operator, right = node.rest[-1]
        left = self.node(node.first if len(node.rest) == 1 else Chain(node.first, node.rest[:-1], node.start, node.rest[-2][1].end))
        divisor, words, column = self.node(right), self.words(right), node.start + 1

        def divide(frame: Frame) -> Json:
            above, below = left(frame), divisor(frame)
            frame.work.spend(1)
            if not (is_number(above) and is_number(below)):
                raise ExpressionFailed(f"{operator} does not work on {kind_of(above)} and {kind_of(below)}.", column)
            return _quotient(operator, above, below, words, column)  # type: ignore[arg-type]

        return divide


def _short(chain: Chain) -> Chain:
    """The chain with its beginning folded away until it is short enough for CEL's limit of depth."""
    rest = chain.rest
    first = chain.first
    while len(rest) > MAX_CHAIN:
        first = Chain(first, rest[:MAX_CHAIN], chain.start, rest[MAX_CHAIN - 1][1].end)
        rest = rest[MAX_CHAIN:]
    return Chain(first, rest, chain.start, chain.end)


def _quotient(operator: str, above: int | float, below: int | float, words: str, column: int) -> Json:
    if below == 0:
        raise ExpressionFailed("Nothing can be divided by 0" + (f", and {words} is 0." if words not in ("0", "0.0") else "."), column)
    try:
        if operator == "%":
            # The remainder has the sign of what is divided, as in CEL; Python's has the divisor's.
            remainder = abs(above) % abs(below)
            signed = -remainder if above < 0 else remainder
            return signed if isinstance(signed, int) else finite(signed)
        return above // below if isinstance(above, int) and isinstance(below, int) and above % below == 0 else finite(above / below)
    except ArithmeticError:
        raise ExpressionFailed("The result of the division is too large for a number.", column) from None


class _Writer:
    """Writes a tree of operators as CEL text; what is no operator becomes a name, with a function that finds its value."""

    def __init__(self, builder: _Builder) -> None:
        self._builder = builder
        self._slots: list[tuple[str, Run, bool]] = []
        self._known: dict[tuple[str, bool], str] = {}
        self._operators = 0
        self._absorbs = False
        self._exact = False

    def calculation(self, node: Node) -> Run:
        text, operators = self._write(node, 1), self._operators
        self._exact = True
        calculation, slots, column = Calculation(text, exact=self._write(node, 1), operators=operators), self._slots, node.start + 1
        absorbs = self._absorbs

        def calculate(frame: Frame) -> Json:
            values: dict[str, Json] = {}
            failures: dict[str, ExpressionFailed] = {}
            for name, run, for_truth in slots:
                try:
                    value = run(frame)
                except WorkExceeded:
                    raise
                except ExpressionFailed as error:
                    if not absorbs:
                        raise
                    failures[name] = error
                else:
                    values[name] = is_true(value) if for_truth else value
            try:
                return calculation.result(frame.work, values)
            except Unbound as unbound:
                raise failures[unbound.name] from None
            except ExpressionFailed as error:
                error.column = error.column or column
                raise

        return calculate

    def _write(self, node: Node, depth: int) -> str:
        match node:
            case Constant(value):
                literal = _literal(value, exact=self._exact)
                return literal if literal is not None else self._slot(node)
            case Chain() if depth + MAX_CHAIN <= MAX_DEPTH and node.rest[-1][0] not in _DIVISIONS:
                return self._chain(_short(node), depth)
            case Unary(operator, operand) if depth <= MAX_DEPTH:
                self._operators += 1
                inside = self._truth(operand, depth + 1) if operator == "!" else self._write(operand, depth + 1)
                return f"({operator}{inside})"
            case Call(function, arguments) if function in TIME_FUNCTIONS and depth <= MAX_DEPTH:
                self._operators += 1
                first, *others = [self._write(argument, depth + 1) for argument in arguments]
                if function in ("timestamp", "duration"):
                    return f"{function}({first})"
                return f"double({first}.{function}({', '.join(others)}))"
            case _:
                return self._slot(node)

    def _chain(self, node: Chain, depth: int) -> str:
        operators = [operator for operator, _ in node.rest]
        if any(operator in _DIVISIONS for operator in operators):
            # A division is ours; what comes after the last one is CEL's, and the rest is a value to it.
            last = max(position for position, operator in enumerate(operators) if operator in _DIVISIONS)
            first: Node = Chain(node.first, node.rest[: last + 1], node.start, node.rest[last][1].end)
            node = Chain(first, node.rest[last + 1 :], node.start, node.end)
        self._operators += len(node.rest)
        logic = node.rest[0][0] in _LOGIC
        self._absorbs = self._absorbs or logic
        write = self._truth if logic else self._write
        deeper = depth + len(node.rest)
        parts = [write(node.first, deeper)]
        for operator, operand in node.rest:
            parts += (operator, write(operand, deeper))
        return f"({' '.join(parts)})"

    def _truth(self, node: Node, depth: int) -> str:
        if _is_boolean(node):
            return self._write(node, depth)
        return self._slot(node, for_truth=True)

    def _slot(self, node: Node, *, for_truth: bool = False) -> str:
        known = (self._builder.text[node.start : node.end], for_truth)
        name = self._known.get(known)
        if name is None:
            name = self._known[known] = f"v{len(self._slots)}"
            self._slots.append((name, self._builder.node(node), for_truth))
        return name


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


def _literal(value: int | float | str | bool | None, *, exact: bool) -> str | None:
    """How CEL writes a constant, or None for those that are safer as values."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) <= 1 << 53:
        return f"({value})" if exact else f"({float(value)!r})"
    if isinstance(value, float):
        return f"({value!r})"
    return None


# What we do ourselves


def _root(name: str, column: int) -> Run:
    def root(frame: Frame) -> Json:
        try:
            return frame.scope[name]
        except KeyError:
            raise ValueMissing(_PLACES.get(name, f"There is no {name} here."), column) from None

    return root


def _secret(name: str, column: int) -> Run:
    def secret(frame: Frame) -> Json:
        if frame.secrets is None:
            raise ExpressionFailed(f"The secret {name} cannot be used here.", column)
        return frame.secrets(name)

    return secret


def _list_of(items: list[Run]) -> Run:
    return lambda frame: [item(frame) for item in items]


def _choice(condition: Run, then: Run, otherwise: Run) -> Run:
    return lambda frame: then(frame) if is_true(condition(frame)) else otherwise(frame)


def _default(value: Run, fallback: Run) -> Run:
    def default(frame: Frame) -> Json:
        try:
            found = value(frame)
        except ValueMissing:
            found = None
        return fallback(frame) if found is None else found

    return default


def _map(source: Callable[[Frame], list[Json]], slot: int, test: Run | None, result: Run) -> Run:
    def run(frame: Frame) -> Json:
        variables, work, made = frame.locals, frame.work, list[Json]()
        for item in source(frame):
            work.spend(1)
            variables[slot] = item
            if test is None or is_true(test(frame)):
                made.append(result(frame))
        return made

    return run


def _filter(source: Callable[[Frame], list[Json]], slot: int, test: Run) -> Run:
    def run(frame: Frame) -> Json:
        variables, work, kept = frame.locals, frame.work, list[Json]()
        for item in source(frame):
            work.spend(1)
            variables[slot] = item
            if is_true(test(frame)):
                kept.append(item)
        return kept

    return run


def _exists_one(source: Callable[[Frame], list[Json]], slot: int, test: Run) -> Run:
    def run(frame: Frame) -> Json:
        found = 0
        for item in source(frame):
            frame.work.spend(1)
            frame.locals[slot] = item
            found += is_true(test(frame))
        return found == 1

    return run


def _any_or_all(source: Callable[[Frame], list[Json]], slot: int, test: Run, *, wanted: bool) -> Run:
    """`exists` (wanted: true) and `all` (wanted: false). As in CEL, an error counts only if no item decides."""

    def run(frame: Frame) -> Json:
        failure: ExpressionFailed | None = None
        for item in source(frame):
            frame.work.spend(1)
            frame.locals[slot] = item
            try:
                if is_true(test(frame)) is wanted:
                    return wanted
            except WorkExceeded:
                raise
            except ExpressionFailed as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return not wanted

    return run
