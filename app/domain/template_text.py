"""A field's two ways of writing: text with `{{ }}` in it, or one bare expression; each into the other without a loss."""

from __future__ import annotations

import re
from typing import Final

from app.domain.expressions import ExpressionInvalid, compile_expression, has_template, parse_template
from app.domain.json_value import Json, JsonRejected, dumps, loads

_JOINED: Final = re.compile(r"\A\s*join\(\[(.*)\]\)\s*\Z", re.DOTALL)


def expression_in(value: Json) -> str | None:
    """The expression of a text that is exactly one template; None for everything else."""
    if not isinstance(value, str) or not (text := value.strip()).startswith("{{") or not text.endswith("}}"):
        return None
    try:
        pieces = parse_template(text).pieces
    except ExpressionInvalid:
        # What cannot be read yet is still one expression as long as nothing else is begun in it.
        inside = text[2:-2]
        return inside.strip() if "{{" not in inside and "}}" not in inside else None
    return None if len(pieces) != 1 or isinstance(pieces[0], str) else pieces[0].expression.text.strip()


def template_of(expression: str) -> str:
    """The text that holds just this expression."""
    expression = expression.strip()
    # A brace of an object right before the closing ones would be read as one of them.
    return f"{{{{ {expression} }}}}" if expression else ""


def as_expression(value: Json) -> str:
    """One expression that gives the same as this value of a field, its templates resolved."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return dumps(value)
    if (found := expression_in(value)) is not None:
        return found
    if not has_template(value):
        return dumps(value) if value else ""
    try:
        pieces = parse_template(value).pieces
    except ExpressionInvalid:
        return dumps(value)
    return f"join([{', '.join(dumps(p) if isinstance(p, str) else p.expression.text.strip() for p in pieces)}])"


def as_text(expression: str) -> str:
    """Text with templates that gives the same as an expression: what `as_expression` made becomes what it was."""
    expression = expression.strip()
    if not expression:
        return ""
    try:
        literal = loads(expression)
    except JsonRejected:
        literal = None
    if isinstance(literal, str):
        return literal.replace("{{", "\\{{")
    if (match := _JOINED.match(expression)) is not None and (parts := _parts(match[1])) is not None:
        return "".join(parts)
    return template_of(expression)


def literal_of(expression: str) -> tuple[bool, Json]:
    """Whether an expression is a plain JSON value, and which."""
    try:
        return True, loads(expression.strip())
    except JsonRejected:
        return False, None


def _parts(inside: str) -> list[str] | None:
    """The items of a list as pieces of text; None when one of them cannot be read alone."""
    found: list[str] = []
    left = inside
    while left.strip():
        end = _end_of_item(left)
        item, left = left[:end].strip(), left[end + 1 :]
        is_literal, value = literal_of(item)
        if is_literal and isinstance(value, str):
            found.append(value.replace("{{", "\\{{"))
            continue
        try:
            compile_expression(item, secrets=True)
        except ExpressionInvalid:
            return None
        found.append(template_of(item))
    return found


def _end_of_item(text: str) -> int:
    depth, quote = 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote and text[at - 1] != "\\" else quote
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth == 0:
            return at
    return len(text)
