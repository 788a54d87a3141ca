"""Values of any edit class, made from the types of its fields: a class that is added is tested without a word."""

from __future__ import annotations

import ast
import importlib
import types
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from app.domain.edit_codec import EDITS
from app.domain.edits import GraphEdit

TOP = Path(__file__).resolve().parents[2]
TEXT = st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
PLAIN = {str: TEXT, int: st.integers(-(2**31), 2**31 - 1), float: st.floats(allow_nan=False, allow_infinity=False), bool: st.booleans()}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is GraphEdit:
        return st.deferred(lambda: st.one_of([edits_of(kind) for word, kind in EDITS.items() if word != "batch"]))
    if origin in (Union, types.UnionType):
        return (
            JSON
            if {bool, float} <= {part for part in arguments if isinstance(part, type)}
            else st.one_of([values_of(part) for part in arguments])
        )
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        if arguments[1:] == (...,):
            return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
        return st.tuples(*map(values_of, arguments))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return st.dictionaries(TEXT, values_of(arguments[1]), max_size=3)
    if hint is type(None):
        return st.none()
    return PLAIN[hint] if hint in PLAIN else edits_of(hint)


def edits_of(kind: type) -> st.SearchStrategy[Any]:
    """Values of a dataclass."""
    assert is_dataclass(kind), kind
    hints = get_type_hints(kind)
    return st.deferred(lambda: st.builds(kind, **{field.name: values_of(hints[field.name]) for field in fields(kind)}))


def edit_classes() -> Iterator[type]:
    """Every class of the program that can be applied to a graph and inverted, the protocol itself apart."""
    for path in sorted((TOP / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and {"apply", "invert"} <= {
                part.name for part in node.body if isinstance(part, ast.FunctionDef)
            }:
                module = importlib.import_module(".".join(path.relative_to(TOP).with_suffix("").parts))
                if (found := getattr(module, node.name)) is not GraphEdit:
                    yield found
