"""JSON Schema 2020-12: is a schema one, and does a value fit it. Nothing is ever fetched or read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, NoReturn

import jsonschema_rs

from app.domain.conversions import Conversion, converted, with_value
from app.domain.json_value import Json, JsonRejected, canonical

MAX_SENTENCES: Final = 20
_MAX_CHARS: Final = 300
_REMEMBERED: Final = 256
# A pattern with look-around or back references may try this often; others need no limit, they run in linear time.
_PATTERNS: Final = jsonschema_rs.FancyRegexOptions(backtrack_limit=50_000, size_limit=1 << 20, dfa_size_limit=1 << 20)


class SchemaChecker:
    """Checks values against schemas and remembers the compiled ones, as compiling costs far more than checking."""

    def __init__(self) -> None:
        self._compiled: OrderedDict[bytes, jsonschema_rs.Draft202012Validator] = OrderedDict()

    def schema_problem(self, schema: Json) -> str | None:
        """Why this is no JSON Schema that can be used here, or None."""
        try:
            self._validator(schema)
        except jsonschema_rs.ValidationError as error:
            return _schema_sentence(error)
        except (ValueError, JsonRejected, jsonschema_rs.ReferencingError, RecursionError) as error:
            return f"This is not a JSON Schema: {_short(str(error).removesuffix('.'))}."
        return None

    def check(self, schema: Json, value: Json) -> list[str]:
        """One sentence for each way in which the value does not fit, at most 20; none: it fits.

        A schema that is none gives its own sentence.
        """
        if problem := self.schema_problem(schema):
            return [problem]
        sentences: list[str] = []
        try:
            for error in self._validator(schema).iter_errors(value):
                if len(sentences) == MAX_SENTENCES:
                    return [*sentences, "There are more."]
                sentences.append(f"{_pointer(error.instance_path)}: {_short(error.message)}")
        except (ValueError, RecursionError) as error:
            return [f"The value could not be checked: {_short(str(error))}."]
        return sentences

    def conversion(self, schema: Json, value: Json) -> Conversion | None:
        """What makes the first value of a wrong type fit without a loss; None when there is none, or it would fit no better."""
        before = len(self.check(schema, value))
        if not before or self.schema_problem(schema):
            return None
        try:
            for error in self._validator(schema).iter_errors(value):
                if not isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Type):
                    continue
                path = tuple(error.instance_path)
                found = converted(_at(value, path), error.kind.types)
                if found is not None:
                    whole = with_value(value, path, found[0])
                    if len(self.check(schema, whole)) < before:
                        return Conversion(path, found[0], whole)
        except (ValueError, RecursionError):
            return None
        return None

    def _validator(self, schema: Json) -> jsonschema_rs.Draft202012Validator:
        key = canonical(schema)
        validator = self._compiled.get(key)
        if validator is None:
            if not isinstance(schema, bool | dict):
                raise ValueError("it has to be an object, or true or false")
            validator = jsonschema_rs.Draft202012Validator(schema, retriever=_refuse, pattern_options=_PATTERNS)
            self._compiled[key] = validator
            if len(self._compiled) > _REMEMBERED:
                self._compiled.popitem(last=False)
        else:
            self._compiled.move_to_end(key)
        return validator


def _at(value: Json, path: Sequence[str | int]) -> Json:
    for part in path:
        if isinstance(value, dict):
            value = value[str(part)]
        elif isinstance(value, list):
            value = value[int(part)]
    return value


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not part of this schema, and nothing is fetched from elsewhere")


def _schema_sentence(error: jsonschema_rs.ValidationError) -> str:
    reason = error.message
    if "is not present in a registry" in reason:
        reason = f"{reason.split(' is not present')[0]} is not part of it, and nothing is fetched from elsewhere"
    place = _pointer(error.instance_path) if error.instance_path else ""
    return f"This is not a JSON Schema{f', at {place}' if place else ''}: {_short(reason)}."


def _pointer(path: list[str | int]) -> str:
    """Where in the value, as a JSON pointer; `/` is the whole of it."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path) or "/"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_CHARS else f"{line[: _MAX_CHARS - 1]}…"
