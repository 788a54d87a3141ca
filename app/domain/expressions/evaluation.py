"""A tree into something that runs: closures for what we do ourselves, CEL for the operators."""

from __future__ import annotations

from typing import Final, assert_never

from app.domain.expressions.access import item_of, member_of, step_of
from app.domain.expressions.errors import ExpressionFailed, ValueMissing
from app.domain.expressions.frame import Frame, Run
from app.domain.expressions.functions import FUNCTIONS, TIME_FUNCTIONS
from app.domain.expressions.loops import Items, loop
from app.domain.expressions.operators import operation
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
from app.domain.expressions.work import is_true, kind_of
from app.domain.json_value import Json

_PLACES: Final = {
    "item": "item is there only inside a foreach or a map.",
    "index": "index is there only inside a foreach or a map.",
    "iteration": "iteration is there only inside a while.",
    "error": "error is there only in the catch of a try.",
    "result": "result is there only in the conditions of edges that leave a condition step.",
}


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
            case Call(function) if function in TIME_FUNCTIONS:
                return operation(node, self.text, self.node)
            case Call():
                return self._call(node)
            case Loop(kind, _, slot, test, result):
                return loop(kind, self._items(node), slot, self._optional(test), self._optional(result))
            case Choice(condition, then, otherwise):
                return _choice(self.node(condition), self.node(then), self.node(otherwise))
            case Unary() | Chain():
                return operation(node, self.text, self.node)
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
            frame.work.spend(1)
            try:
                member(frame)
            except ValueMissing:
                return False
            return True

        return has

    def _object_of(self, fields: list[tuple[Node, Run, Run]]) -> Run:
        def object_of(frame: Frame) -> Json:
            result: dict[str, Json] = {}
            frame.work.spend(1 + len(fields))
            for node, key, value in fields:
                name = key(frame)
                if not isinstance(name, str):
                    raise ExpressionFailed(f"The key of an object is text, but {self.words(node)} is {kind_of(name)}.", node.start + 1)
                result[name] = value(frame)
            return result

        return object_of

    def _call(self, node: Call) -> Run:
        arguments = [self.node(argument) for argument in node.arguments]
        if node.function == "default":
            return _default(*arguments)
        apply, column = FUNCTIONS[node.function].apply, node.start + 1
        assert apply is not None

        def call(frame: Frame) -> Json:
            frame.work.spend(1)
            values = [argument(frame) for argument in arguments]
            try:
                return apply(frame.work, *values)
            except ExpressionFailed as error:
                error.column = error.column or column
                raise
            except ArithmeticError as error:
                raise ExpressionFailed(f"{node.function} failed: {error}.", column) from None

        return call

    def _optional(self, node: Node | None) -> Run | None:
        return self.node(node) if node is not None else None

    def _items(self, node: Loop) -> Items:
        source = self.node(node.source)

        def items(frame: Frame) -> list[Json]:
            value = source(frame)
            if isinstance(value, list):
                return value
            if isinstance(value, dict):
                return list(value)
            raise ExpressionFailed(f"{node.kind} goes over a list, but {self.words(node.source)} is {kind_of(value)}.", node.start + 1)

        return items


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
    def list_of(frame: Frame) -> Json:
        frame.work.spend(1 + len(items) // 4)
        return [item(frame) for item in items]

    return list_of


def _choice(condition: Run, then: Run, otherwise: Run) -> Run:
    return lambda frame: then(frame) if is_true(condition(frame)) else otherwise(frame)


def _default(value: Run, fallback: Run) -> Run:
    def default(frame: Frame) -> Json:
        frame.work.spend(1)
        try:
            found = value(frame)
        except ValueMissing:
            found = None
        return fallback(frame) if found is None else found

    return default
