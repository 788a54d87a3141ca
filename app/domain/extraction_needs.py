"""What a selection uses of the outside: each value becomes a field of the new workflow's input, and expressions find it there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from app.domain.config_texts import expressions_of
from app.domain.expressions import ExpressionInvalid, compile_expression, template_problems
from app.domain.expressions.rewriting import step_uses, with_values_elsewhere
from app.domain.extraction_selection import ExtractionRefused, Node, Selection
from app.domain.renaming import NOT_READ, is_expression
from app.domain.topology import ancestry
from app.domain.workflow import BlockGroup, Step

DATA: Final = "data"
"""The field of the input that holds what arrives at the selection, where other values come in beside it."""
ATTRIBUTES: Final = ("output", "status", "error")
_OUTER: Final = frozenset({"input", "item", "index", "iteration", "error", "run"})


@dataclass
class Needs:
    """`inputs` gives for each field of the input the expression that fills it; empty where what arrives is the input as it is."""

    inputs: dict[str, str] = field(default_factory=dict)
    steps: dict[tuple[str, str], str] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)

    def rewriting(self, selection: Selection, node: Node) -> Callable[[str, str], str]:
        """How expressions of a node find these values in the new workflow."""

        def rewrite(text: str, field_name: str) -> str:
            own = own_roots(selection, node, field_name)
            return with_values_elsewhere(text, self.steps, {root: there for root, there in self.roots.items() if root not in own})

        return rewrite

    def _add(self, name: str, expression: str) -> str:
        number, free = 2, name
        while free in self.inputs:
            free, number = f"{name}_{number}", number + 1
        self.inputs[free] = expression
        return f"input.{free}"


def needs_of(selection: Selection) -> Needs:
    """Raises ExtractionRefused for an expression that cannot be read, or that asks for steps as a whole."""
    seen = _Seen(selection)
    for id in selection.root_of:
        node = selection.node(id)
        for name, value in node.config.items():
            if name not in NOT_READ and not is_expression(node, name, selection.catalog):
                for _, fault in template_problems(value, secrets_allowed=True):
                    raise ExtractionRefused(f"{node.name} has a template that cannot be read: {fault}")
        for field_name, text in expressions_of(node, selection.catalog):
            seen.read(text, node, own_roots(selection, node, field_name))
    for edge in selection.edges:
        source = selection.graph.steps[edge.source_step_id]
        if edge.condition and edge.condition.strip():
            seen.read(edge.condition, source, own_roots(selection, source, "condition"))
    needs = Needs()
    given_the_input = selection.scope[0] is None and not selection.entering
    if not selection.mixed and not seen.steps and (not seen.roots or (given_the_input and set(seen.roots) == {"input"})):
        return needs
    needs.inputs[DATA] = "$"
    for key, attribute in seen.steps:
        name = key if attribute == "output" else f"{key}_{attribute}"
        needs.steps[key, attribute] = needs._add(name, f"steps.{key}.{attribute}")
    for root in seen.roots:
        needs.roots[root] = needs._add(root, root)
    return needs


def own_roots(selection: Selection, node: Node, field_name: str) -> frozenset[str]:
    """The names that a selected group around a node, or the field itself, gives: they mean the same inside."""
    own: set[str] = {"error"} if field_name == "on_error" else set()
    if isinstance(node, Step) and node.type == "map":
        own |= {"item", "index"}
    if isinstance(node, BlockGroup):
        own |= _GIVEN.get(node.type, set())
    for at, (group_id, role) in ancestry(selection.graph, node.id):
        if at not in selection.root_of or group_id is None or group_id not in selection.root_of:
            break
        kind = selection.graph.groups[group_id].type
        own |= _GIVEN.get(kind, set())
        if kind == "try_catch" and role == "catch":
            own.add("error")
    return frozenset(own)


_GIVEN: Mapping[str, set[str]] = {"foreach": {"item", "index"}, "while": {"iteration"}}


class _Seen:
    """The values of the outside that were named so far, in the order in which they were found."""

    def __init__(self, selection: Selection) -> None:
        self._inside = {selection.keys[id] for id in selection.root_of}
        self.steps: dict[tuple[str, str], None] = {}
        self.roots: dict[str, None] = {}

    def read(self, text: str, node: Node, own: frozenset[str]) -> None:
        try:
            references = compile_expression(text).references
            uses = step_uses(text)
        except ExpressionInvalid as error:
            raise ExtractionRefused(f"{node.name} has an expression that cannot be read: {error}") from error
        if references.whole_steps:
            raise ExtractionRefused(f"{node.name} uses “steps” as a whole; name the step it needs.")
        for key, attribute in uses:
            if key in self._inside:
                continue
            if attribute not in ATTRIBUTES:
                raise ExtractionRefused(f"{node.name} uses steps.{key} as a whole; write steps.{key}.output.")
            self.steps[key, attribute] = None
        for root in sorted(references.roots & _OUTER - own):
            self.roots[root] = None
