"""Edits as plain JSON and back: what the journal keeps and what a restart brings back to the undo stack.

How a class is written follows from the types of its fields, so a new edit needs one line in `EDITS` and nothing else. Reading
is strict: what this version does not know is refused with a sentence, never guessed. A field that has a default may be
missing, so that an older file can still be read.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, ClassVar, Literal, Union, cast, get_args, get_origin, get_type_hints

from app.domain import edits as edits_module
from app.domain.edits import GraphEdit
from app.domain.errors import AppError
from app.domain.json_gate import MAX_DEPTH
from app.domain.json_value import Json
from app.domain.workflow import BlockGroup, Edge, Note, Step

VERSION = 1
EDITS: Mapping[str, type[GraphEdit]] = {
    "add": edits_module.AddElements,
    "remove": edits_module.RemoveElements,
    "replace": edits_module.ReplaceElements,
    "move": edits_module.MoveElements,
    "connect": edits_module.Connect,
    "condition": edits_module.SetCondition,
    "rename": edits_module.Rename,
    "config": edits_module.SetConfig,
    "note": edits_module.SetNoteText,
    "details": edits_module.SetDetails,
    "resize": edits_module.Resize,
    "reparent": edits_module.Reparent,
    "batch": edits_module.Batch,
}
"""Every edit by the word that stands for it in a file. A word is never given to another class."""

_ELEMENTS: Mapping[str, type] = {"step": Step, "edge": Edge, "group": BlockGroup, "note": Note}
_INT_LIMIT = 2**31


class EditUnreadable(AppError):
    """This is no edit that this version of the program can read."""

    code: ClassVar[str] = "edit.unreadable"


def edit_to_json(edit: GraphEdit) -> dict[str, Json]:
    return {"v": VERSION, **_write_edit(edit)}


def edit_from_json(value: Json) -> GraphEdit:
    """The edit that `edit_to_json` wrote.

    Raises:
        EditUnreadable: it is not one, or one of a later version; the sentence says where.
    """
    if not isinstance(value, dict):
        raise EditUnreadable("An edit is a JSON object; this is something else.")
    if value.get("v") != VERSION or isinstance(value.get("v"), bool):
        raise EditUnreadable(f"This edit is of version {value.get('v')!r:.20}; this program reads version {VERSION}.")
    return _read_edit({key: item for key, item in value.items() if key != "v"}, "edit", 1)


@dataclass(frozen=True, slots=True)
class Coder:
    """How values of one type are written, and read from what may be anything at `place` and `depth`."""

    write: Callable[[Any], Json]
    read: Callable[[Json, str, int], Any]


@cache
def coder_of(hint: object) -> Coder:
    """The coder of a field's type.

    Raises:
        TypeError: there is none; give the field a type of plain values.
    """
    if hint is GraphEdit:
        return Coder(_write_edit, _read_edit)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _union(arguments)
    if origin is Literal:
        return _literal(arguments)
    if origin is tuple:
        return _sequence(coder_of(arguments[0])) if arguments[1:] == (...,) else _fixed(tuple(map(coder_of, arguments)))
    if isinstance(origin, type) and issubclass(origin, Mapping) and arguments[0] is str:
        return _mapping(coder_of(arguments[1]))
    if isinstance(hint, type) and hint in _PLAIN:
        return Coder(lambda value: value, _PLAIN[hint])
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint)
    raise TypeError(f"an edit cannot be written with a field of the type {hint}")


def _write_edit(edit: GraphEdit) -> dict[str, Json]:
    word = next(word for word, kind in EDITS.items() if kind is type(edit))
    return {"edit": word, **cast(dict[str, Json], _record(type(edit)).write(edit))}


def _read_edit(value: Json, place: str, depth: int) -> GraphEdit:
    word = _object(value, place, depth).get("edit")
    kind = EDITS.get(word) if isinstance(word, str) else None
    if kind is None:
        raise EditUnreadable(f"{place} is “{word!s:.40}”, which is no edit that this version of the program knows.")
    return cast(
        GraphEdit, _record(kind).read({key: item for key, item in cast(dict[str, Json], value).items() if key != "edit"}, place, depth)
    )


@cache
def _record(kind: Any) -> Coder:
    """A dataclass: an object with a key per field."""
    hints = get_type_hints(kind)
    # An edit within an edit is found when it is used, as a Batch holds edits of any kind.
    coders = {field.name: coder_of(hints[field.name]) for field in fields(kind)}
    needed = [field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING]

    def write(record: Any) -> Json:
        return {name: coder.write(getattr(record, name)) for name, coder in coders.items()}

    def read(value: Json, place: str, depth: int) -> Any:
        given = _object(value, place, depth)
        for name in given:
            if name not in coders:
                raise EditUnreadable(f"{place} has the field “{name:.40}”, which this version of the program does not know.")
        for name in needed:
            if name not in given:
                raise EditUnreadable(f"{place} lacks the field “{name}”.")
        return kind(**{name: coders[name].read(item, f"{place}.{name}", depth + 1) for name, item in given.items()})

    return Coder(write, read)


def _union(arguments: tuple[Any, ...]) -> Coder:
    if {bool, int, float, str, type(None)} <= {argument for argument in arguments if isinstance(argument, type)}:
        return Coder(lambda value: value, _json)
    if set(arguments) == set(_ELEMENTS.values()):
        return _element()
    rest = [argument for argument in arguments if argument is not type(None)]
    if len(rest) == 1 and len(rest) < len(arguments):
        inner = coder_of(rest[0])
        return Coder(
            lambda value: None if value is None else inner.write(value),
            lambda value, place, depth: None if value is None else inner.read(value, place, depth),
        )
    raise TypeError(f"an edit cannot be written with a field that is one of {arguments}")


def _element() -> Coder:
    words = {kind: word for word, kind in _ELEMENTS.items()}

    def write(element: Any) -> Json:
        kind: Any = type(element)
        return {"is": words[kind], **cast(dict[str, Json], _record(kind).write(element))}

    def read(value: Json, place: str, depth: int) -> Any:
        given = _object(value, place, depth)
        word = given.get("is")
        if not isinstance(word, str) or word not in _ELEMENTS:
            raise EditUnreadable(f"{place} is “{word!s:.40}”; it must be one of {', '.join(_ELEMENTS)}.")
        return _record(_ELEMENTS[word]).read({key: item for key, item in given.items() if key != "is"}, place, depth)

    return Coder(write, read)


def _literal(choices: tuple[Any, ...]) -> Coder:
    def read(value: Json, place: str, _depth: int) -> Any:
        found = [choice for choice in choices if type(choice) is type(value) and choice == value]
        if not found:
            raise EditUnreadable(f"{place} is “{value!s:.40}”; it must be one of {', '.join(map(str, choices))}.")
        return found[0]

    return Coder(lambda value: value, read)


def _sequence(item: Coder) -> Coder:
    return Coder(
        lambda values: [item.write(value) for value in values],
        lambda value, place, depth: tuple(
            item.read(part, f"{place}[{index}]", depth + 1) for index, part in enumerate(_list(value, place, depth))
        ),
    )


def _fixed(items: tuple[Coder, ...]) -> Coder:
    def read(value: Json, place: str, depth: int) -> Any:
        parts = _list(value, place, depth)
        if len(parts) != len(items):
            raise EditUnreadable(f"{place} has {len(parts)} parts; it must have {len(items)}.")
        return tuple(item.read(part, f"{place}[{index}]", depth + 1) for index, (item, part) in enumerate(zip(items, parts, strict=True)))

    return Coder(lambda values: [item.write(value) for item, value in zip(items, values, strict=True)], read)


def _mapping(item: Coder) -> Coder:
    return Coder(
        lambda values: {key: item.write(value) for key, value in values.items()},
        lambda value, place, depth: {
            key: item.read(part, f"{place}.{key:.40}", depth + 1) for key, part in _object(value, place, depth).items()
        },
    )


def _object(value: Json, place: str, depth: int) -> dict[str, Json]:
    _check_depth(place, depth)
    if not isinstance(value, dict):
        raise EditUnreadable(f"{place} is not an object.")
    return value


def _list(value: Json, place: str, depth: int) -> list[Json]:
    _check_depth(place, depth)
    if not isinstance(value, list):
        raise EditUnreadable(f"{place} is not a list.")
    return value


def _check_depth(place: str, depth: int) -> None:
    if depth > 2 * MAX_DEPTH:  # a config may be as deep as the gate lets it, inside the edit that sets it
        raise EditUnreadable(f"This edit is nested too deeply, at {place:.120}.")


def _json(value: Json, place: str, depth: int) -> Json:
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_depth(place, depth)
        _json(inner, place, depth + 1)
    return value


def _text(value: Json, place: str, _depth: int) -> str:
    if not isinstance(value, str):
        raise EditUnreadable(f"{place} is not a text.")
    return value


def _integer(value: Json, place: str, _depth: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -_INT_LIMIT <= value < _INT_LIMIT:
        raise EditUnreadable(f"{place} is not a whole number that fits.")
    return value


def _number(value: Json, place: str, _depth: int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EditUnreadable(f"{place} is not a number.")
    return float(value)


def _flag(value: Json, place: str, _depth: int) -> bool:
    if not isinstance(value, bool):
        raise EditUnreadable(f"{place} is neither true nor false.")
    return value


_PLAIN: Mapping[type, Callable[[Json, str, int], Any]] = {str: _text, int: _integer, float: _number, bool: _flag}
