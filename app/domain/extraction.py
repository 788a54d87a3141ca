"""A selection becomes a workflow of its own, called by one step in its place; both forms give the same output.

What the selection uses of the outside goes in as the new workflow's input, what the outside uses of it comes out as its
output. Where that cannot be exact it is refused with a sentence that says why. What differs by the nature of a call is
told in `Extraction.remarks`: an error comes out as SubflowError, and the new workflow must be published to be called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.domain.catalog import Catalog
from app.domain.certainty import Certainty
from app.domain.config_texts import edge_rewritten, node_rewritten
from app.domain.edit_between import edit_between
from app.domain.edits import GraphEdit
from app.domain.expressions import ExpressionInvalid, compile_expression
from app.domain.expressions.rewriting import step_uses
from app.domain.extraction_needs import ATTRIBUTES, DATA, Needs, needs_of
from app.domain.extraction_selection import ExtractionRefused, Node, Selection, roots_of, select
from app.domain.integrity import broken
from app.domain.json_value import Json
from app.domain.keys import key_of
from app.domain.route_faults import EDGE_ROUTES
from app.domain.workflow import NODE_WIDTH, BlockGroup, Definition, Details, Edge, Graph, Position, Step, graph_keys

NewId = Callable[[str], str]
"""Makes an id for a new `step` or `edge`."""
GAP: Final = 60
ROW: Final = 96

__all__ = ["Extraction", "ExtractionRefused", "extract", "why_not_extract"]


@dataclass(frozen=True, slots=True)
class Extraction:
    """`definition` is the new workflow, `edit` puts `step`, which calls it, in the place of the selection."""

    definition: Definition
    edit: GraphEdit
    step: Step
    inputs: tuple[str, ...]
    """Fields of the input; empty where what arrives is the input as it is."""
    outputs: tuple[str, ...]
    """Fields of the output; empty where it is the output of one step, or of the last ones."""
    gives: str = ""
    """The one step whose output it is; empty where there are several, or whichever is last."""
    remarks: tuple[str, ...] = ()


def extract(graph: Graph, catalog: Catalog, ids: Sequence[str], *, name: str, workflow_id: str, new_id: NewId) -> Extraction:
    """Turn a selection into a workflow called `name`, and call it by `workflow_id`.

    Raises:
        ExtractionRefused: with the sentence to show.
    """
    selection = select(graph, catalog, ids)
    needs = needs_of(selection)
    used = _used(selection)
    child, outputs = _Child(selection, needs, new_id).made(used)
    details = _details(name, graph.details, needs, child)
    step, after = _Caller(selection, needs, new_id).made(name, workflow_id, used, outputs)
    _check(selection, child, after)
    edit = edit_between(graph, after, f"Extract to “{name:.60}”")
    gives = selection.node(used[0]).name if len(used) == 1 else ""
    definition = Definition.of(replace(child, details=details))
    return Extraction(definition, edit, step, tuple(needs.inputs), outputs, gives, _remarks(selection))


def why_not_extract(graph: Graph, ids: Sequence[str]) -> str:
    """Why there is nothing to extract, as far as that can be told at a glance; empty when there may be."""
    try:
        roots_of(graph, ids)
    except ExtractionRefused as refusal:
        return str(refusal)
    return ""


# What comes out


def _used(selection: Selection) -> list[str]:
    """The roots whose output the outside uses; empty when the last ones are the last of the scope, all of them."""
    asked = _asked_outside(selection)
    leaving = {link.source for link in selection.leaving}
    for link in selection.leaving:
        source = selection.node(link.source)
        if isinstance(source, Step) and source.type == "condition" and "result" in _names_in(link.edge.condition or ""):
            raise ExtractionRefused(f"A branch of {source.name} leaves the selection; select what follows it too, or leave it out.")
    around = selection.around
    if not leaving and not asked and selection.holds_all_ends and (around is None or around.type != "parallel"):
        return []
    certainty = Certainty(selection.roots, selection.within, selection.starts)
    used = [id for id in selection.roots if id in leaving or id in asked or id in selection.ends]
    for id in used:
        node = selection.node(id)
        if not certainty.always([id]):
            raise ExtractionRefused(
                f"{node.name} does not run on every path, and what follows uses its output;"
                " select up to where the paths meet again, or to the end."
            )
        handling = node.config.get("on_error")
        if "error" in asked.get(id, ()) and isinstance(handling, dict) and handling.get("action") == "continue":
            raise ExtractionRefused(f"What follows asks for the error that {node.name} went on after; that would be lost.")
    return used


def _asked_outside(selection: Selection) -> dict[str, set[str]]:
    """The roots that expressions outside name, with what they ask of each."""
    names = {selection.keys[id]: id for id in selection.roots}
    asked: dict[str, set[str]] = {}

    def see(text: str, _field: str) -> str:
        try:
            uses = step_uses(text)
        except ExpressionInvalid:
            return text
        for key, attribute in uses:
            if key in names:
                if attribute not in ATTRIBUTES:
                    raise ExtractionRefused(f"An expression uses steps.{key} as a whole; write steps.{key}.output.")
                asked.setdefault(names[key], set()).add(attribute)
        return text

    for id in (*selection.graph.steps, *selection.graph.groups):
        if id not in selection.root_of:
            node_rewritten(selection.node(id), selection.catalog, see)
    within = {edge.id for edge in selection.edges}
    for edge in selection.graph.edges.values():
        if edge.id not in within:
            edge_rewritten(edge, see)
    return asked


# The new workflow


class _Child:
    """The selection at the top level of a graph of its own."""

    def __init__(self, selection: Selection, needs: Needs, new_id: NewId) -> None:
        self._selection, self._needs, self._new_id = selection, needs, new_id
        self._steps: dict[str, Step] = {}
        self._groups: dict[str, BlockGroup] = {}
        self._edges: dict[str, Edge] = {}
        self._taken = {selection.keys[id] for id in selection.root_of}

    def made(self, used: Sequence[str]) -> tuple[Graph, tuple[str, ...]]:
        """The graph, and the fields of its output."""
        selection, needs = self._selection, self._needs
        corner = _corner(selection.node(id) for id in selection.roots)
        for id in selection.root_of:
            node = node_rewritten(selection.node(id), selection.catalog, needs.rewriting(selection, selection.node(id)))
            place = Position(node.position.x - corner.x, node.position.y - corner.y)
            if isinstance(node, Step):
                self._steps[id] = replace(node, position=place)
            else:
                self._groups[id] = replace(node, position=place)
        for id in selection.roots:
            if id in self._steps:
                self._steps[id] = replace(self._steps[id], block_group_id=None, group_role=None)
            else:
                self._groups[id] = replace(self._groups[id], parent_group_id=None, group_role=None)
        for edge in selection.edges:
            source = selection.graph.steps[edge.source_step_id]
            self._edges[edge.id] = edge_rewritten(edge, needs.rewriting(selection, source))
        if needs.inputs:
            self._add_start()
        outputs = self._add_result(used)
        notes = {id: selection.graph.notes[id] for id in selection.notes}
        moved = {id: replace(n, position=Position(n.position.x - corner.x, n.position.y - corner.y)) for id, n in notes.items()}
        return Graph(self._steps, self._edges, self._groups, moved), outputs

    def _add_start(self) -> None:
        """A first step that gives what arrived. Where a step waits for it and for others, it has the name of what arrived before."""
        selection = self._selection
        for id in selection.starts:
            node = selection.node(id)
            if isinstance(node, Step) and node.type == "join":
                raise ExtractionRefused(f"{node.name} begins the selection and joins nothing; leave it out.")
        name = selection.node(selection.entering[0].source).name if selection.mixed else free_name("Start", self._taken)
        if key_of(name) in self._taken:
            raise ExtractionRefused(f"{name} and a step of the selection are called the same in expressions; rename one of them.")
        nodes: list[Node] = [*self._steps.values(), *self._groups.values()]
        at = Position(-NODE_WIDTH - GAP, middle_of(nodes))
        start = Step(self._new_id("step"), name, "transform", {"output": f"{{{{ input.{DATA} }}}}"}, at)
        self._taken.add(key_of(name))
        self._steps[start.id] = start
        self._join(start.id, (selection.entry_step(id) for id in selection.starts))

    def _add_result(self, used: Sequence[str]) -> tuple[str, ...]:
        """A last step that gives what the outside uses, unless the last step there is gives just that."""
        selection = self._selection
        sources = {link.source for link in selection.within}
        last = [id for id in selection.roots if id not in sources]
        if not used or (len(used) == 1 and list(used) == last):
            return ()
        keys = [selection.keys[id] for id in used]
        several: dict[str, Json] = {key: f"{{{{ steps.{key}.output }}}}" for key in keys}
        output: Json = several if len(keys) > 1 else f"{{{{ steps.{keys[0]}.output }}}}"
        nodes: list[Node] = [*self._steps.values(), *self._groups.values()]
        at = Position(max(_right(node) for node in nodes) + GAP, middle_of(nodes))
        result = Step(self._new_id("step"), free_name("Result", self._taken), "transform", {"output": output}, at)
        self._steps[result.id] = result
        for id in dict.fromkeys((*used, *last)):
            self._join(selection.exit_step(id), (result.id,))
        return tuple(keys) if len(keys) > 1 else ()

    def _join(self, source: str, targets: Iterable[str]) -> None:
        for target in dict.fromkeys(targets):
            edge = Edge(self._new_id("edge"), source, target)
            self._edges[edge.id] = edge


def _details(name: str, caller: Details, needs: Needs, child: Graph) -> Details:
    settings = {key: value for key, value in caller.settings.items() if key != EDGE_ROUTES}
    routes = caller.settings.get(EDGE_ROUTES)
    if isinstance(routes, dict) and (led := {id: route for id, route in routes.items() if id in child.edges}):
        settings[EDGE_ROUTES] = led
    schema: Json = None
    if needs.inputs:
        fields: dict[str, Json] = {field: {"description": _described(expression)} for field, expression in needs.inputs.items()}
        schema = {"type": "object", "properties": fields, "required": list(needs.inputs)}
    return Details(name, f"Extracted from {caller.name}", schema, None, settings)


def _described(expression: str) -> str:
    return "What arrives at the step that calls this workflow" if expression == "$" else f"{expression} of the calling workflow"


# The caller


class _Caller:
    """The graph with one step in the place of the selection."""

    def __init__(self, selection: Selection, needs: Needs, new_id: NewId) -> None:
        self._selection, self._needs, self._new_id = selection, needs, new_id

    def made(self, name: str, workflow_id: str, used: Sequence[str], outputs: Sequence[str]) -> tuple[Step, Graph]:
        selection, graph = self._selection, self._selection.graph
        nodes = [selection.node(id) for id in selection.roots]
        template: dict[str, Json] = {field: f"{{{{ {expression} }}}}" for field, expression in self._needs.inputs.items()}
        config: dict[str, Json] = {"workflow_id": workflow_id, "input": template or "{{ $ }}"}
        taken = {key for id, key in selection.keys.items() if id not in selection.root_of or (outputs and id in used)}
        # Under the name of the one whose output it gives, wires and expressions find what they found before.
        base = name if key_of(name) else "Sub-workflow"
        called = selection.node(used[0]).name if len(used) == 1 else free_name(base, taken)
        group, role = selection.scope
        step = Step(self._new_id("step"), called, "subflow", config, Position(_corner(nodes).x, middle_of(nodes)), group, role)
        unpacked = self._unpacked(used, step) if outputs else {}
        steps: dict[str, Step] = {}
        for id, other in graph.steps.items():
            if id not in selection.root_of:
                steps[id] = other
            else:
                steps.update({new.id: new for new in (step, *unpacked.values())})
        steps.update({new.id: new for new in (step, *unpacked.values())})
        after = replace(
            graph,
            steps=steps,
            groups={id: other for id, other in graph.groups.items() if id not in selection.root_of},
            edges=self._rewired(step, unpacked),
            notes={id: note for id, note in graph.notes.items() if id not in selection.notes},
        )
        return step, after

    def _unpacked(self, used: Sequence[str], step: Step) -> dict[str, Step]:
        """A step per output that the outside uses, under the old name, so that wires and expressions find what they found."""
        selection, key = self._selection, key_of(step.name) or "step"
        return {
            id: Step(
                self._new_id("step"),
                selection.node(id).name,
                "transform",
                {"output": f"{{{{ steps.{key}.output.{selection.keys[id]} }}}}"},
                Position(step.position.x + NODE_WIDTH + GAP, step.position.y + number * ROW),
                step.block_group_id,
                step.group_role,
            )
            for number, id in enumerate(used)
        }

    def _rewired(self, step: Step, unpacked: Mapping[str, Step]) -> dict[str, Edge]:
        selection = self._selection
        leaving = {link.edge.id for link in selection.leaving}
        edges: dict[str, Edge] = {}
        pairs: dict[tuple[str, str], Edge] = {}
        for old in selection.graph.edges.values():
            comes, goes = selection.root_of.get(old.source_step_id), selection.root_of.get(old.target_step_id)
            if comes is not None and goes is not None:
                continue
            edge = old
            if comes is not None:
                edge = replace(old, source_step_id=(unpacked.get(comes, step) if old.id in leaving else step).id)
            elif goes is not None:
                edge = replace(old, target_step_id=step.id)
            pair = (edge.source_step_id, edge.target_step_id)
            if (other := pairs.get(pair)) is None:
                pairs[pair] = edges[edge.id] = edge
            elif (other.condition or "").strip() != (edge.condition or "").strip():
                raise ExtractionRefused("Two connections with different conditions would become one; join their steps before.")
        leads = {link.source for link in selection.leaving} | set(selection.ends)
        before = step.id
        for id, new in sorted(unpacked.items(), key=lambda pair: pair[0] in leads):
            link = Edge(self._new_id("edge"), before, new.id)
            edges[link.id] = link
            if id not in leads:  # what is only named stands on the way to the rest, or it would be a last step
                before = new.id
        return edges


def _check(selection: Selection, child: Graph, after: Graph) -> None:
    """Names without letters get a number for a key, which depends on who else is there; and nothing may be broken."""
    for part in (child, after):
        keys = graph_keys(part)
        for id, key in keys.items():
            if selection.keys.get(id, key) != key:
                raise ExtractionRefused(f"“{selection.node(id).name}” needs a name with letters of a to z first.")
        if len(set(keys.values())) < len(keys):
            raise ExtractionRefused("Two steps would be called the same in expressions; rename one of them.")
        if faults := broken(part):
            raise ExtractionRefused(f"The selection cannot be taken out: {faults[0]}")


def _remarks(selection: Selection) -> tuple[str, ...]:
    found: list[str] = []
    around = selection.around
    while around is not None:
        if around.type == "try_catch" and around.config.get("error_types", ["*"]) != ["*"]:
            found.append(f"{around.name} takes errors by type, and an error of a sub-workflow is a SubflowError.")
        around = selection.graph.groups.get(around.parent_group_id or "")
    return tuple(found)


def free_name(name: str, taken: set[str]) -> str:
    """The name, or with a number behind it where its key is taken."""
    free, number = name, 2
    while key_of(free) in taken:
        free, number = f"{name} {number}", number + 1
    return free


def _names_in(text: str) -> frozenset[str]:
    try:
        return compile_expression(text).references.roots if text.strip() else frozenset()
    except ExpressionInvalid:
        return frozenset()


def _corner(nodes: Iterable[Node]) -> Position:
    places = [node.position for node in nodes]
    return Position(min(place.x for place in places), min(place.y for place in places))


def _right(node: Node) -> int:
    return node.position.x + (node.size.width if isinstance(node, BlockGroup) else NODE_WIDTH)


def middle_of(nodes: Sequence[Node]) -> int:
    """The top of a step that stands in the middle of these, from top to bottom."""
    top = min(node.position.y for node in nodes)
    bottom = max(node.position.y + (node.size.height if isinstance(node, BlockGroup) else 64) for node in nodes)
    return (top + bottom) // 2 - 32
