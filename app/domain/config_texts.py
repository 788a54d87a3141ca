"""The expressions of a step, group or connection: read one by one, or each put in other words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from app.domain.catalog import Catalog
from app.domain.expressions.rewriting import rewritten_in
from app.domain.json_value import Json
from app.domain.renaming import NOT_READ, is_expression
from app.domain.workflow import BlockGroup, Edge, Step

N = TypeVar("N", bound=Step | BlockGroup)
Rewrite = Callable[[str, str], str]
"""Gives another text for an expression; the second argument is the field it stands in."""


def node_rewritten(node: N, catalog: Catalog, rewrite: Rewrite) -> N:
    """A step or group with each expression of its config rewritten; the same one when nothing changed."""
    changed: dict[str, Json] = {}
    for name, value in node.config.items():
        if name in NOT_READ:
            continue
        new = _whole(value, name, rewrite) if is_expression(node, name, catalog) else rewritten_in(value, _for(name, rewrite))
        if new != value:
            changed[name] = new
    if not changed:
        return node
    config: Mapping[str, Json] = {**node.config, **changed}
    return replace(node, config=config)


def edge_rewritten(edge: Edge, rewrite: Rewrite) -> Edge:
    if not edge.condition or not edge.condition.strip():
        return edge
    condition = rewrite(edge.condition, "condition")
    return edge if condition == edge.condition else replace(edge, condition=condition)


def expressions_of(node: Step | BlockGroup, catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Each expression of a config with the field it stands in."""
    found: list[tuple[str, str]] = []

    def see(text: str, field: str) -> str:
        found.append((field, text))
        return text

    node_rewritten(node, catalog, see)
    yield from found


def _for(field: str, rewrite: Rewrite) -> Callable[[str], str]:
    return lambda text: rewrite(text, field)


def _whole(value: Json, field: str, rewrite: Rewrite) -> Json:
    if isinstance(value, list):
        return [_whole(item, field, rewrite) for item in value]
    return rewrite(value, field) if isinstance(value, str) else value
