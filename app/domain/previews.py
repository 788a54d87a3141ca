"""What a template or expression would give with the data at hand, in pieces that say which of them were put in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from app.domain.data_scope import DataScope
from app.domain.expressions import ExpressionFailed, ExpressionInvalid, compile_expression, has_template, parse_template
from app.domain.expressions.work import as_text
from app.domain.json_value import Json
from app.domain.known_data import kind_word

DOTS: Final = "••••••••"
_OUTPUT = re.compile(r"steps\.(\w+)\.output((?:\.[A-Za-z_]\w*)+)$")
_STEP = re.compile(r"steps\.(\w+)")
_VALUE_CHARS: Final = 2_000
_ALL_CHARS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Text as it stands, or a value that was put in: `source` is the expression it came from, `kind` what it is."""

    text: str
    source: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is no value: one sentence, about the characters from `start` to `end`. `is_invalid`: it cannot even be read."""

    sentence: str
    start: int
    end: int
    is_invalid: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """`pieces` up to the first fault; `value` and its kind where the whole text is one expression."""

    pieces: tuple[Piece, ...] = ()
    fault: Fault | None = None
    lacks_data: bool = False
    """The fault is only that nothing has run yet."""

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def preview(text: str, scope: DataScope, *, bare: bool) -> Preview:
    """Evaluate with what is known. Secrets show as dots."""
    try:
        pieces = _bare(text, scope) if bare else _template(text, scope)
    except ExpressionInvalid as error:
        return Preview(fault=Fault(str(error), *_span(text, error.column), is_invalid=True))
    except _Stopped as stopped:
        lacks = _lacks(scope, stopped.expression_roots) or is_promised(text, stopped.fault.end, scope)
        return Preview(tuple(stopped.before), stopped.fault, lacks_data=lacks)
    return Preview(tuple(pieces))


def is_promised(text: str, end: int, scope: DataScope) -> bool:
    """Whether the path that ends at `end` names a field that the step's schema has: the run was only before that."""
    match = _OUTPUT.search(text[:end])
    source = scope.steps.get(match[1]) if match is not None else None
    schema: Json = source.known.schema if source is not None else None
    for name in match[2].strip(".").split(".") if match is not None else ():
        properties = schema.get("properties") if isinstance(schema, dict) else None
        if not isinstance(properties, dict) or name not in properties:
            return False
        schema = properties[name]
    return match is not None and source is not None and source.known.has_value


class _Stopped(Exception):
    def __init__(self, before: list[Piece], fault: Fault, roots: frozenset[str], steps: frozenset[str]) -> None:
        super().__init__()
        self.before, self.fault, self.expression_roots = before, fault, (roots, steps)


def _lacks(scope: DataScope, named: tuple[frozenset[str], frozenset[str]]) -> bool:
    roots, steps = named
    known = scope.values.get("steps")
    for key in sorted(steps):
        if key in scope.steps and not (isinstance(known, dict) and key in known):
            return True
    return any(root not in scope.values and scope.root(root) is not None for root in sorted(roots - {"steps"}))


def _secret(_name: str) -> str:
    return DOTS


def _bare(text: str, scope: DataScope) -> list[Piece]:
    if not text.strip():
        return []
    expression = compile_expression(text, secrets=scope.secrets_allowed)
    try:
        return [_piece(expression.evaluate(scope.values, secrets=_secret), text)]
    except ExpressionFailed as error:
        fault = Fault(str(error), *_span(text, error.column))
        raise _Stopped([], fault, expression.references.roots, expression.references.steps) from None


def _template(text: str, scope: DataScope) -> list[Piece]:
    if not has_template(text):
        return [Piece(_cut(text, _ALL_CHARS))] if text else []
    found: list[Piece] = []
    room = _ALL_CHARS
    for piece in parse_template(text).pieces:
        if room <= 0:
            found.append(Piece("…"))
            break
        if isinstance(piece, str):
            found.append(Piece(_cut(piece, room)))
        else:
            try:
                found.append(_piece(piece.expression.evaluate(scope.values, secrets=_secret), piece.expression.text.strip()))
            except ExpressionFailed as error:
                column = None if error.column is None else error.column + piece.offset
                fault = Fault(str(error), *_span(text, column if column is not None else piece.offset + 1))
                references = piece.expression.references
                raise _Stopped(found, fault, references.roots, references.steps) from None
        room -= len(found[-1].text)
    return found


def _piece(value: Json, source: str) -> Piece:
    return Piece("" if value is None else _cut(as_text(value), _VALUE_CHARS), source, kind_word(value))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _span(text: str, column: int | None) -> tuple[int, int]:
    """The word at a column that is counted from 1; at least one character where there is one."""
    if column is None:
        return 0, len(text)
    start = min(max(0, column - 1), max(0, len(text) - 1))
    end = start
    if start < len(text) and text[start] in "\"'":
        closing = text.find(text[start], start + 1)
        return start, closing + 1 if closing > 0 else len(text)
    while end < len(text) and (text[end].isalnum() or text[end] in "_$"):
        end += 1
    if (step := _STEP.match(text, start)) is not None:  # what is said of a step is about its key
        return step.span(1)
    return start, max(end, min(start + 1, len(text)))
