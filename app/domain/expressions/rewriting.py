"""Changing the text of expressions without changing what they mean: steps that got another key, names that are written out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import cast

from app.domain.expressions.errors import ExpressionInvalid
from app.domain.expressions.parser import parse
from app.domain.expressions.syntax import Constant, Member, Node, Root, StepRoot
from app.domain.expressions.templates import Hole, has_template, parse_template
from app.domain.json_value import Json


def with_steps_renamed(text: str, renamed: Mapping[str, str]) -> str:
    """An expression that names these steps by their new keys. One that cannot be read stays as it is."""
    return _replaced(text, lambda node: f"steps.{renamed[node.key]}" if isinstance(node, StepRoot) and node.key in renamed else None)


def with_root_written_out(text: str, root: str, expression: str) -> str:
    """An expression in which `expression` stands where a name such as `result` stood."""
    return _replaced(text, lambda node: f"({expression})" if isinstance(node, Root) and node.name == root else None)


def with_input_fields_renamed(text: str, renamed: Mapping[str, str]) -> str:
    """An expression in which fields of `$` have other names: where several connections meet, they are named by their sources."""

    def field(node: Node) -> str | None:
        if not isinstance(node, Member) or not isinstance(node.base, Root) or node.base.name != "$":
            return None
        old = node.key.value if isinstance(node.key, Constant) else None
        return f"$.{renamed[old]}" if isinstance(old, str) and old in renamed else None

    return _replaced(text, field)


def with_values_elsewhere(text: str, steps: Mapping[tuple[str, str], str], roots: Mapping[str, str]) -> str:
    """An expression that finds values elsewhere: `steps` gives by key and attribute (`output`) what stands instead, `roots` by name."""

    def elsewhere(node: Node) -> str | None:
        if isinstance(node, Root):
            return roots.get(node.name)
        if isinstance(node, Member) and (use := _step_use(node)) is not None:
            return steps.get(use)
        return None

    return _replaced(text, elsewhere)


def with_fields_elsewhere(text: str, root: str, fields: Mapping[str, str]) -> str:
    """An expression in which `root.field` stands elsewhere, by the field's name."""

    def elsewhere(node: Node) -> str | None:
        if not isinstance(node, Member) or not isinstance(node.base, Root) or node.base.name != root:
            return None
        return fields.get(node.key.value) if isinstance(node.key, Constant) and isinstance(node.key.value, str) else None

    return _replaced(text, elsewhere)


def step_uses(text: str) -> list[tuple[str, str]]:
    """Each step that an expression names, with what it asks of it: `output`, `status`, `error`, or nothing for the step as a whole.

    Raises:
        ExpressionInvalid.
    """
    nodes = list(_nodes(parse(text, secrets=True).tree))
    uses = [use for node in nodes if isinstance(node, Member) and (use := _step_use(node)) is not None]
    named = [node.key for node in nodes if isinstance(node, StepRoot)]
    for key, _ in uses:
        named.remove(key)
    return [*uses, *((key, "") for key in named)]


def _step_use(node: Member) -> tuple[str, str] | None:
    if isinstance(node.base, StepRoot) and isinstance(node.key, Constant) and isinstance(node.key.value, str):
        return node.base.key, node.key.value
    return None


def with_steps_renamed_in(value: Json, renamed: Mapping[str, str]) -> Json:
    """A config whose templates name these steps by their new keys; what needs no change is returned as it is."""
    return rewritten_in(value, lambda text: with_steps_renamed(text, renamed))


def rewritten_in(value: Json, rewrite: Callable[[str], str]) -> Json:
    """A config with each expression of its templates rewritten; what needs no change is returned as it is."""
    if isinstance(value, str):
        return _in_template(value, rewrite) if has_template(value) else value
    if isinstance(value, list):
        items = [rewritten_in(item, rewrite) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        changed = {key: rewritten_in(item, rewrite) for key, item in value.items()}
        return changed if any(changed[key] is not item for key, item in value.items()) else value
    return value


def _in_template(text: str, rewrite: Callable[[str], str]) -> str:
    try:
        holes = [piece for piece in parse_template(text).pieces if isinstance(piece, Hole)]
    except ExpressionInvalid:
        return text
    for hole in reversed(holes):
        old = hole.expression.text
        if (new := rewrite(old)) != old:
            text = text[: hole.offset] + new + text[hole.offset + len(old) :]
    return text


def _replaced(text: str, instead_of: Callable[[Node], str | None]) -> str:
    try:
        tree = parse(text, secrets=True).tree
    except ExpressionInvalid:
        return text
    found = [(node.start, node.end, new) for node in _nodes(tree) if (new := instead_of(node)) is not None]
    for start, end, new in sorted(found, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _nodes(tree: Node) -> Iterator[Node]:
    """A node and all below it; expressions nest 50 deep at most."""
    yield tree
    for field in fields(tree):
        yield from _below(getattr(tree, field.name))


def _below(value: object) -> Iterator[Node]:
    if isinstance(value, tuple):
        for item in value:
            yield from _below(item)
    elif hasattr(value, "start"):
        yield from _nodes(cast(Node, value))
