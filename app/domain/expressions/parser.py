"""Tokens into a tree: the grammar of CEL, less what has no meaning on JSON (messages, bytes, types as values).

Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import Final, NoReturn, cast

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
    LoopKind,
    Member,
    Node,
    ObjectOf,
    References,
    Root,
    Secret,
    StepRoot,
    Syntax,
    Unary,
)
from app.domain.expressions.tokens import Token, invalid, next_token
from app.domain.keys import key_of

MAX_CHARS: Final = 10_000
MAX_NESTING: Final = 50
MAX_MEMBERS: Final = 64

ROOTS: Final = ("$", "input", "steps", "item", "index", "iteration", "error", "run", "result")
STEP_FIELDS: Final = ("output", "status", "error")
LOOPS: Final = frozenset(("all", "exists", "exists_one", "map", "filter"))
_CONSTANTS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
_CLOSE: Final = 0.7
_LEVELS: Final = (
    frozenset(("||",)),
    frozenset(("&&",)),
    frozenset(("<", "<=", ">", ">=", "==", "!=", "in")),
    frozenset(("+", "-")),
    frozenset(("*", "/", "%")),
)


def parse(text: str, *, secrets: bool) -> Syntax:
    """The tree of an expression and what it names.

    Raises:
        ExpressionInvalid: with the column at which reading stopped.
    """
    if len(text) > MAX_CHARS:
        raise invalid(f"An expression may have at most {MAX_CHARS:,} characters; this one has {len(text):,}.", MAX_CHARS)
    parser = _Parser(text, secrets=secrets)
    tree = parser.whole()
    return Syntax(tree=tree, references=parser.references(), slots=parser.slots)


class _Parser:
    def __init__(self, text: str, *, secrets: bool) -> None:
        self._text, self._secrets_allowed = text, secrets
        self._token = next_token(text, 0)
        self._last_end = 0
        self._nesting = 0
        self._locals: dict[str, int] = {}
        self.slots = 0
        self._roots: set[str] = set()
        self._steps: set[str] = set()
        self._secret_names: set[str] = set()
        self._whole_steps = False

    def whole(self) -> Node:
        if self._token.kind == "end":
            raise invalid("The expression is empty.", self._token.start)
        tree = self._expression()
        rest = self._token
        if rest.kind != "end":
            raise invalid(f'"{rest.text[:40]}" was not expected here.', rest.start)
        return tree

    def references(self) -> References:
        return References(
            roots=frozenset(self._roots),
            steps=frozenset(self._steps),
            secrets=frozenset(self._secret_names),
            whole_steps=self._whole_steps,
        )

    # Tokens

    def _take(self) -> Token:
        token = self._token
        self._last_end = token.end
        self._token = next_token(self._text, token.end)
        return token

    def _at(self, sign: str) -> bool:
        return self._token.kind == "sign" and self._token.text == sign

    def _took(self, sign: str) -> bool:
        if self._at(sign):
            self._take()
            return True
        return False

    def _expect(self, sign: str, where: str) -> None:
        if not self._took(sign):
            found = f'"{self._token.text[:40]}"' if self._token.kind != "end" else "the end"
            raise invalid(f'"{sign}" is missing {where}; there is {found}.', self._token.start)

    # Operators

    def _expression(self) -> Node:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise invalid(f"The expression is nested deeper than {MAX_NESTING} levels.", self._token.start)
        node = self._level(0)
        if self._took("?"):
            then = self._level(0)
            self._expect(":", "between the two values of ? :")
            otherwise = self._expression()
            node = Choice(node, then, otherwise, node.start, self._last_end)
        self._nesting -= 1
        return node

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        first = self._level(level + 1)
        operators = _LEVELS[level]
        rest: list[tuple[str, Node]] = []
        while self._token.kind in ("sign", "name") and self._token.text in operators:
            operator = self._take().text
            rest.append((operator, self._level(level + 1)))
        return Chain(first, tuple(rest), first.start, self._last_end) if rest else first

    def _unary(self) -> Node:
        signs: list[Token] = []
        while self._at("!") or self._at("-"):
            signs.append(self._take())
            if len(signs) > MAX_NESTING:
                raise invalid("There are too many signs in a row.", signs[-1].start)
        node = self._postfix()
        for sign in reversed(signs):
            if sign.text == "-" and isinstance(node, Constant) and type(node.value) in (int, float):
                node = Constant(-cast(float, node.value), sign.start, node.end)
            else:
                node = Unary("!" if sign.text == "!" else "-", node, sign.start, node.end)
        return node

    # Members, calls, loops

    def _postfix(self) -> Node:
        node = self._primary()
        members = 0
        while self._at(".") or self._at("["):
            members += 1
            if members > MAX_MEMBERS:
                raise invalid(f"More than {MAX_MEMBERS} fields or calls follow one another here.", self._token.start)
            if self._took("."):
                node = self._dotted(node)
            else:
                self._take()
                key = self._expression()
                self._expect("]", "after the index")
                node = self._member(node, key)
        if isinstance(node, Root):
            self._bare_root(node)
        return node

    def _dotted(self, base: Node) -> Node:
        if self._token.kind != "name" or self._token.text == "$":
            raise invalid("The name of a field is missing after the dot.", self._token.start)
        name = self._take()
        if not self._at("("):
            return self._member(base, Constant(name.text, name.start, name.end))
        if isinstance(base, Root):
            self._bare_root(base)
        if name.text in LOOPS:
            return self._loop(base, cast(LoopKind, name.text), name)
        self._take()
        return self._call(name, base.start, base)

    def _member(self, base: Node, key: Node) -> Node:
        named = key.value if isinstance(key, Constant) and isinstance(key.value, str) else None
        if isinstance(base, Root) and base.name == "steps":
            return self._step(base, key, named)
        if isinstance(base, Root) and base.name == "secrets":
            if named is None:
                raise invalid("Name the secret itself, as in secrets.API_KEY.", key.start)
            self._secret_names.add(named)
            return Secret(named, base.start, self._last_end)
        if isinstance(base, StepRoot) and named is not None and named not in STEP_FIELDS:
            raise invalid(
                f'A step has output, status and error, but no "{named}"; its result begins at steps.{base.key}.output.', key.start
            )
        return Member(base, key, base.start, self._last_end)

    def _step(self, base: Root, key: Node, named: str | None) -> Node:
        if named is None:
            self._whole_steps = True
            return Member(base, key, base.start, self._last_end)
        step = key_of(named)
        if not step:
            raise invalid(f'No step can be called "{named[:80]}".', key.start)
        self._steps.add(step)
        return StepRoot(step, base.start, self._last_end)

    def _bare_root(self, root: Root) -> None:
        if root.name == "secrets":
            raise invalid("Name one secret, as in secrets.API_KEY.", root.start)
        if root.name == "steps":
            self._whole_steps = True

    def _loop(self, source: Node, kind: LoopKind, name: Token) -> Node:
        self._take()
        variable = self._token
        if variable.kind != "name" or variable.text in _CONSTANTS or variable.text in ("$", "in"):
            raise invalid(f"{kind} begins with a name for the item, as in list.{kind}(x, …).", variable.start)
        self._take()
        self._expect(",", f"after the name that {kind} gives to the item")
        slot, self.slots = self.slots, self.slots + 1
        outer = self._locals
        self._locals = {**outer, variable.text: slot}
        bodies = self._list_until(")")
        self._locals = outer
        if len(bodies) != 1 and not (kind == "map" and len(bodies) == 2):
            raise invalid(f"{kind} takes a name and one expression, as in list.{kind}(x, …).", name.start)
        test = None if kind == "map" and len(bodies) == 1 else bodies[0]
        result = bodies[-1] if kind == "map" else None
        return Loop(kind, source, slot, test, result, source.start, self._last_end)

    def _call(self, name: Token, start: int, *before: Node) -> Node:
        """The call of a function whose bracket is open; what stood before the dot of a method is its first argument."""
        function = FUNCTIONS.get(name.text) or TIME_FUNCTIONS.get(name.text)
        if function is None:
            close = get_close_matches(name.text, [*FUNCTIONS, *TIME_FUNCTIONS, *LOOPS, "has"], n=1, cutoff=_CLOSE)
            advice = f" Did you mean {close[0]}?" if close else ""
            raise invalid(f"There is no function {name.text[:80]}.{advice}", name.start)
        arguments = (*before, *self._list_until(")"))
        if not function.least <= len(arguments) <= function.most:
            raise invalid(f"{name.text} takes {function.arity}, not {len(arguments)}.", name.start)
        return Call(name.text, arguments, start, self._last_end)

    def _list_until(self, closing: str) -> tuple[Node, ...]:
        """Expressions between commas, up to the closing sign, which is taken; a comma before it is allowed."""
        items: list[Node] = []
        while not self._took(closing):
            items.append(self._expression())
            if not self._at(closing):
                self._expect(",", f'or "{closing}"')
        return tuple(items)

    # What stands by itself

    def _primary(self) -> Node:
        token = self._token
        if token.kind == "end":
            raise invalid("The expression ends too early: a value is missing.", token.start)
        self._take()
        if token.kind in ("number", "text"):
            return Constant(token.value, token.start, token.end)
        if token.kind == "name":
            return self._named(token)
        if token.text == "(":
            inner = self._expression()
            self._expect(")", "to close the bracket")
            return replace(inner, start=token.start, end=self._last_end)
        if token.text == "[":
            return ListOf(self._list_until("]"), token.start, self._last_end)
        if token.text == "{":
            return self._object(token)
        raise invalid(f'A value is missing before "{token.text}".', token.start)

    def _named(self, token: Token) -> Node:
        name = token.text
        if name in _CONSTANTS:
            return Constant(_CONSTANTS[name], token.start, token.end)
        if self._took("("):
            if name == "has":
                return self._has(token)
            return self._call(token, token.start)
        if name in self._locals:
            return Local(self._locals[name], token.start, token.end)
        if name == "secrets" and not self._secrets_allowed:
            raise invalid("Secrets work only in the config of adapters and llm steps, as {{ secrets.NAME }}.", token.start)
        if name not in ROOTS and name != "secrets":
            self._unknown(token)
        self._roots.add(name)
        return Root(name, token.start, token.end)

    def _unknown(self, token: Token) -> NoReturn:
        name = token.text[:80]
        if name in FUNCTIONS or name in TIME_FUNCTIONS:
            raise invalid(f"{name} is a function; write {name}(…).", token.start)
        known = [*self._locals, *ROOTS, *(("secrets",) if self._secrets_allowed else ())]
        close = get_close_matches(name, known, n=1, cutoff=_CLOSE)
        advice = f" Did you mean {close[0]}?" if close else ""
        raise invalid(f'There is no "{name}" here; what an expression may name: {", ".join(known)}.{advice}', token.start)

    def _has(self, token: Token) -> Node:
        target = self._expression()
        self._expect(")", "after what has asks for")
        if not isinstance(target, Member) and not isinstance(target, StepRoot):
            raise invalid("has asks for a field, as in has($.name).", token.start)
        if isinstance(target, StepRoot):
            target = Member(
                Root("steps", target.start, target.start + 5), Constant(target.key, target.start, target.end), target.start, target.end
            )
        return Has(target, token.start, self._last_end)

    def _object(self, token: Token) -> Node:
        fields: list[tuple[Node, Node]] = []
        while not self._took("}"):
            key = self._expression()
            if isinstance(key, Constant) and not isinstance(key.value, str):
                raise invalid("The key of an object is text, in quotes.", key.start)
            self._expect(":", "after the key of an object")
            fields.append((key, self._expression()))
            if not self._at("}"):
                self._expect(",", 'or "}"')
        return ObjectOf(tuple(fields), token.start, self._last_end)
