"""Templates: `{{ expression }}` in the strings of a config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.domain.expressions.errors import ExpressionFailed, ExpressionInvalid
from app.domain.expressions.expression import Expression, SecretSource, compile_expression
from app.domain.expressions.syntax import References
from app.domain.expressions.tokens import next_token
from app.domain.expressions.work import MAX_TEXT_CHARS, as_text
from app.domain.json_value import Json

_OPEN: Final = "{{"
_CLOSE: Final = "}}"
_REMEMBERED: Final = 4_096
_REMEMBERED_CHARS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Hole:
    """Where a value goes in: the expression, and how many characters of the string stand before it."""

    expression: Expression
    offset: int

    def value(self, scope: Mapping[str, Json], secrets: SecretSource | None) -> Json:
        try:
            return self.expression.evaluate(scope, secrets=secrets)
        except ExpressionFailed as error:
            if error.column is not None:
                error.column += self.offset
            raise


@dataclass(frozen=True, slots=True)
class Template:
    """A string in pieces: text as it is, and holes that values go into."""

    pieces: tuple[str | Hole, ...]
    references: References

    def render(self, scope: Mapping[str, Json], *, secrets: SecretSource | None = None) -> Json:
        """The string with its values in place; a string that is exactly one expression gives the value itself.

        Raises:
            ExpressionFailed: one of the expressions has no value here.
        """
        if len(self.pieces) == 1:
            piece = self.pieces[0]
            return piece if isinstance(piece, str) else piece.value(scope, secrets)
        parts: list[str] = []
        length = 0
        for piece in self.pieces:
            value = piece if isinstance(piece, str) else piece.value(scope, secrets)
            parts.append("" if value is None else as_text(value))
            length += len(parts[-1])
            if length > MAX_TEXT_CHARS:
                raise ExpressionFailed(f"The text would have more than {MAX_TEXT_CHARS:,} characters.")
        return "".join(parts)


def has_template(text: str) -> bool:
    """Whether rendering would change the text: a template is in it, or `\\{{`."""
    return _OPEN in text


def parse_template(text: str) -> Template:
    """The pieces of a string. Secrets are read as any other name; where they may stand is the caller's to say.

    Raises:
        ExpressionInvalid: a template does not end, or what it holds cannot be read; the column is that in `text`.
    """
    return _remembered(text) if len(text) <= _REMEMBERED_CHARS else _parse(text)


@lru_cache(maxsize=_REMEMBERED)
def _remembered(text: str) -> Template:
    return _parse(text)


def _parse(text: str) -> Template:
    pieces: list[str | Hole] = []
    references = References()
    for piece in _pieces(text):
        if isinstance(piece, Hole):
            references = references | piece.expression.references
        elif pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
            continue
        pieces.append(piece)
    return Template(tuple(pieces) or ("",), references)


def _pieces(text: str) -> Iterator[str | Hole]:
    position = 0
    while (opening := text.find(_OPEN, position)) >= 0:
        if opening > position and text[opening - 1] == "\\":
            yield text[position : opening - 1] + _OPEN
            position = opening + len(_OPEN)
            continue
        if opening > position:
            yield text[position:opening]
        start = opening + len(_OPEN)
        end = _end_of_expression(text, start)
        yield _hole(text[start:end], start)
        position = end + len(_CLOSE)
    if position < len(text):
        yield text[position:]


def _hole(text: str, offset: int) -> Hole:
    try:
        return Hole(compile_expression(text, secrets=True), offset)
    except ExpressionInvalid as error:
        raise ExpressionInvalid(str(error), error.column + offset) from None


def _end_of_expression(text: str, start: int) -> int:
    """Where the `}}` stands that closes the template; braces of objects and in quotes are part of the expression."""
    depth = 0
    position = start
    while True:
        token = next_token(text, position)
        if token.kind == "end":
            raise ExpressionInvalid("The template that begins here has no closing }}.", start - 1)
        if token.kind == "sign" and token.text == "}":
            if depth == 0:
                if text.startswith(_CLOSE, token.start):
                    return token.start
                raise ExpressionInvalid('A template ends with }}, but here is a single "}".', token.start + 1)
            depth -= 1
        elif token.kind == "sign" and token.text == "{":
            depth += 1
        position = token.end


def render(value: Json, scope: Mapping[str, Json], *, secrets: SecretSource | None = None) -> Json:
    """The whole config with the templates of all its strings replaced, once. What needs nothing is returned as it is.

    `secrets` gives a secret by its name, at this last moment; without it a template that names one fails.

    Raises:
        ExpressionFailed: the sentence names the place.
        ExpressionInvalid: a template cannot be read.
    """
    try:
        return _render(value, scope, secrets)
    except _Failed as failed:
        raise failed.told() from None


class _Failed(Exception):
    """A template without a value, on its way out through the config: the place is put together only now that it is needed."""

    def __init__(self, error: ExpressionFailed) -> None:
        super().__init__()
        self.error = error
        self.parts: list[str] = []

    def told(self) -> ExpressionFailed:
        if not self.parts:
            return self.error
        place = "".join(f"/{escaped(part)}" for part in reversed(self.parts))
        return type(self.error)(f"{place}: {self.error}", self.error.column)


def _render(value: Json, scope: Mapping[str, Json], secrets: SecretSource | None) -> Json:
    if isinstance(value, str):
        return _render_text(value, scope, secrets) if _OPEN in value else value
    if isinstance(value, dict):
        fields: dict[str, Json] = {}
        for key, item in value.items():
            try:
                fields[key] = _render(item, scope, secrets)
            except _Failed as failed:
                failed.parts.append(key)
                raise
        return fields
    if isinstance(value, list):
        items: list[Json] = []
        for item in value:
            try:
                items.append(_render(item, scope, secrets))
            except _Failed as failed:
                failed.parts.append(str(len(items)))
                raise
        return items
    return value


def _render_text(text: str, scope: Mapping[str, Json], secrets: SecretSource | None) -> Json:
    template = parse_template(text)
    if secrets is None and template.references.secrets:
        raise ExpressionFailed(_NO_SECRETS)
    try:
        return template.render(scope, secrets=secrets)
    except ExpressionFailed as error:
        raise _Failed(error) from error


_NO_SECRETS: Final = "Secrets work only in the config of adapters and llm steps, as {{ secrets.NAME }}."


def references_in(value: Json) -> References:
    """What all templates of a config name; those that cannot be read count for nothing, `template_problems` tells them."""
    found = References()
    for _, text in _templates(value, ""):
        try:
            found = found | parse_template(text).references
        except ExpressionInvalid:
            continue
    return found


def template_problems(value: Json, *, secrets_allowed: bool) -> list[tuple[str, str]]:
    """What is wrong with the templates of a config: (JSON pointer of the string, sentence) pairs in document order."""
    problems: list[tuple[str, str]] = []
    for place, text in _templates(value, ""):
        try:
            template = parse_template(text)
        except ExpressionInvalid as error:
            problems.append((place, f"{error} (column {error.column})"))
        else:
            if template.references.secrets and not secrets_allowed:
                problems.append((place, _NO_SECRETS))
    return problems


def _templates(value: Json, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if _OPEN in value:
            yield place, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _templates(item, f"{place}/{index}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _templates(item, f"{place}/{escaped(key)}")


def escaped(key: str) -> str:
    """A key as a part of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
