"""A sub-workflow in the place of the step that calls it: the inverse of an extraction, and as exact.

The steps of the called workflow stand in the caller's scope under their own names, or with a number where a name is
taken. Its input becomes a step, unless every use of it can be written out; its output is that of its last steps, under
the name of the step that called it. What cannot be exact is refused with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from app.domain.catalog import Catalog
from app.domain.certainty import Certainty
from app.domain.config_texts import edge_rewritten, expressions_of, node_rewritten
from app.domain.definition_file import with_ids
from app.domain.edit_between import edit_between
from app.domain.edits import Batch
from app.domain.errors import EditRefused
from app.domain.expressions import ExpressionInvalid, compile_expression
from app.domain.expressions.rewriting import with_fields_elsewhere, with_values_elsewhere
from app.domain.extraction import NewId, free_name, middle_of
from app.domain.extraction_needs import ATTRIBUTES
from app.domain.integrity import broken
from app.domain.json_value import Json
from app.domain.keys import key_of
from app.domain.renaming import renaming
from app.domain.topology import TOP, ancestry, topology_of
from app.domain.workflow import NODE_WIDTH, BlockGroup, Definition, Edge, Graph, Note, Position, Step, graph_keys

GAP: Final = 60
Node = Step | BlockGroup


class InliningRefused(EditRefused):
    """This sub-workflow cannot stand in the place of its call without changing what it does."""

    code: ClassVar[str] = "inlining.refused"


@dataclass(frozen=True, slots=True)
class Inlining:
    """`edit` puts the steps `ids` in the place of the call. `remarks` say what is not done any more."""

    edit: Batch
    ids: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def inline(graph: Graph, catalog: Catalog, step_id: str, called: Definition, *, new_id: NewId) -> Inlining:
    """Put what a subflow step calls in its place.

    Raises:
        InliningRefused: with the sentence to show.
    """
    call = graph.steps.get(step_id)
    if call is None or call.type != "subflow":
        raise InliningRefused("Only a sub-workflow step can be expanded in place.")
    _check_call(call)
    if faults := (broken(called.graph) or broken(graph)):
        raise InliningRefused(f"A fault must be mended first: {faults[0]}")
    return _Inliner(graph, catalog, call, called, new_id).done()


def _check_call(call: Step) -> None:
    config = call.config
    handling, retry = config.get("on_error"), config.get("retry")
    for stands, what in (
        (config.get("wait") is False, "does not wait for the workflow it starts"),
        (config.get("disabled") is True, "is disabled"),
        (config.get("pinned_output") is not None, "has a pinned output"),
        (config.get("timeout_ms") is not None, "has a time limit for the whole of it"),
        (isinstance(handling, dict) and handling.get("action", "fail") != "fail", "goes on after an error"),
        (isinstance(retry, dict) and retry.get("max_attempts", 1) != 1, "is tried again as a whole"),
    ):
        if stands:
            raise InliningRefused(f"{call.name} {what}, which its steps would not do by themselves; change that first.")


class _Inliner:
    def __init__(self, graph: Graph, catalog: Catalog, call: Step, called: Definition, new_id: NewId) -> None:
        self.graph, self.catalog, self.call, self.new_id = graph, catalog, call, new_id
        self.called = called
        child = with_ids(called, lambda kind, _id: new_id(kind)).graph
        self.child = child
        self.keys = graph_keys(graph)
        topology = topology_of(child)
        self.nodes = topology.nodes.get(TOP, ())
        self.links = topology.links.get(TOP, ())
        targets = {link.target for link in self.links}
        self.starts = [id for id in self.nodes if id not in targets]
        self.ends = topology.ends(TOP)
        self.before = [edge for edge in graph.edges.values() if edge.target_step_id == call.id]
        self.after = [edge for edge in graph.edges.values() if edge.source_step_id == call.id]

    def done(self) -> Inlining:
        if not self.nodes:
            raise InliningRefused("The workflow has no steps.")
        self._check_texts()
        certainty = Certainty(self.nodes, self.links, self.starts)
        if not certainty.always(self.ends):
            raise InliningRefused("It may end without any of its last steps, and gives null then; that cannot be said with steps alone.")
        for id in self.starts:
            node = self._node(id)
            if isinstance(node, Step) and node.type == "join":
                raise InliningRefused(f"{node.name} begins the workflow and joins nothing.")
        single = len(self.ends) == 1
        self._rename_clashes(last=self.ends[0] if single else None)
        entry = self._input_step()
        exit_id, result = self._exit(single)
        steps, groups, edges = self._put(entry, result)
        edges.update(self._entering(entry))
        for edge in self.after:
            edges[edge.id] = replace(edge, source_step_id=exit_id)
        return self._edit(steps, groups, edges, entry, result)

    def _node(self, id: str) -> Node:
        return self.child.steps[id] if id in self.child.steps else self.child.groups[id]

    def _check_texts(self) -> None:
        for id in (*self.child.steps, *self.child.groups):
            for _, text in expressions_of(self._node(id), self.catalog):
                self._check_text(text, self._node(id).name)
        for edge in self.child.edges.values():
            if edge.condition and edge.condition.strip():
                self._check_text(edge.condition, self.child.steps[edge.source_step_id].name)

    def _check_text(self, text: str, name: str) -> None:
        try:
            references = compile_expression(text).references
        except ExpressionInvalid as error:
            raise InliningRefused(f"{name} has an expression that cannot be read: {error}") from error
        if references.whole_steps:
            raise InliningRefused(f"{name} uses “steps” as a whole, and there would be more of them.")
        if "run" in references.roots:
            raise InliningRefused(f"{name} asks for its run, which would be that of the calling workflow.")

    def _rename_clashes(self, last: str | None) -> None:
        """Names that the caller has get a number; the last step, if there is one, gets the name of the call."""
        taken = {key for id, key in self.keys.items() if id != self.call.id}
        for id in (*self.child.steps, *self.child.groups):
            own = graph_keys(self.child)
            name = self._node(id).name
            if id == last:
                continue
            if own[id] not in taken and own[id] != key_of(self.call.name):
                continue
            if self._is_named_by_arrival(id):
                raise InliningRefused(
                    f"Both workflows have a step called {name}, and it shows in what a later step gets; rename one of them."
                )
            self._rename(id, free_name(name, taken | set(own.values()) | {key_of(self.call.name)}))
        if last is not None and self._node(last).name != self.call.name:
            self._rename(last, self.call.name)

    def _is_named_by_arrival(self, id: str) -> bool:
        """Whether its key is a field of what another step gets, or of the output."""
        if id not in self.nodes:
            topology = topology_of(self.child)
            scope = ancestry(self.child, id)[0][1]
            links, ends = topology.links.get(scope, ()), topology.ends(scope)
        else:
            links, ends = self.links, self.ends
        meets = {link.target for link in links if len({other.source for other in links if other.target == link.target}) > 1}
        joins = {link.target for link in links if (step := self.child.steps.get(link.target)) is not None and step.type == "join"}
        around = self.child.groups.get(ancestry(self.child, id)[0][1][0] or "")
        keyed = len(ends) > 1 or (around is not None and around.type == "parallel")
        return (id in ends and keyed) or any(link.source == id and link.target in meets | joins for link in links)

    def _rename(self, id: str, name: str) -> None:
        try:
            self.child = renaming(self.child, self.catalog, id, name).apply(self.child)
        except EditRefused as refusal:
            raise InliningRefused(str(refusal)) from refusal

    # Input

    def _input_step(self) -> Step | None:
        """The step that gives the input; None where it can be written out, after the texts of the child say it themselves."""
        template = self.call.config.get("input", "{{ $ }}")
        fields = _written_out(template)
        if template == "{{ $ }}" and not self._names_input():
            return None
        if fields is not None and self._say_themselves(fields):
            return None
        taken = set(graph_keys(self.child).values()) | set(self.keys.values())
        at = Position(self.call.position.x, self.call.position.y)
        entry = Step(self.new_id("step"), free_name(f"{self.call.name} input", taken), "transform", {"output": template}, at)
        there = {"input": f"steps.{key_of(entry.name)}.output"}
        self._rewrite(lambda text: with_values_elsewhere(text, {}, there))
        return entry

    def _names_input(self) -> bool:
        return "input" in _roots_of(self._texts())

    def _texts(self) -> list[str]:
        found = [text for id in (*self.child.steps, *self.child.groups) for _, text in expressions_of(self._node(id), self.catalog)]
        return found + [edge.condition for edge in self.child.edges.values() if edge.condition and edge.condition.strip()]

    def _say_themselves(self, fields: Mapping[str, str]) -> bool:
        """Drop the first step that only hands on what arrived, and write the other fields out; False where that will not do."""
        first = self.starts[0] if len(self.starts) == 1 else ""
        start = self.child.steps.get(first)
        data = next((name for name, expression in fields.items() if expression == "$"), "")
        if start is None or start.type != "transform" or dict(start.config) != {"output": f"{{{{ input.{data} }}}}"} or not data:
            return False
        own = graph_keys(self.child)
        follows = [edge for edge in self.child.edges.values() if edge.source_step_id == first]
        mixed = {edge.target_step_id for edge in self.child.edges.values() if edge.source_step_id != first}
        if any(edge.condition or edge.target_step_id in mixed for edge in follows) or not follows:
            return False
        there = {name: expression for name, expression in fields.items() if name != data}
        without = Graph(
            {id: step for id, step in self.child.steps.items() if id != first},
            {edge.id: edge for edge in self.child.edges.values() if edge.source_step_id != first},
            self.child.groups,
            self.child.notes,
        )
        before, self.child = self.child, without
        texts = self._texts()
        unsaid = [with_fields_elsewhere(text, "input", dict.fromkeys(there, "null")) for text in texts]
        if _roots_of(unsaid) & {"input"} or any(own[first] in compile_expression(text).references.steps for text in texts):
            self.child = before
            return False
        self._rewrite(lambda text: with_fields_elsewhere(text, "input", there))
        topology = topology_of(self.child)
        self.nodes, self.links = topology.nodes.get(TOP, ()), topology.links.get(TOP, ())
        targets = {link.target for link in self.links}
        self.starts = [id for id in self.nodes if id not in targets]
        return True

    def _rewrite(self, rewrite: Callable[[str], str]) -> None:
        """Every expression of the child in other words."""

        def each(text: str, _field: str) -> str:
            return rewrite(text)

        child = self.child
        steps = {id: node_rewritten(step, self.catalog, each) for id, step in child.steps.items()}
        groups = {id: node_rewritten(group, self.catalog, each) for id, group in child.groups.items()}
        edges = {id: edge_rewritten(edge, each) for id, edge in child.edges.items()}
        self.child = replace(child, steps=steps, groups=groups, edges=edges)

    def _entering(self, entry: Step | None) -> dict[str, Edge]:
        """The caller's edges into the call lead to the input, or to each of the first steps."""
        edges: dict[str, Edge] = {}
        if entry is not None:
            edges.update({edge.id: replace(edge, target_step_id=entry.id) for edge in self.before})
            for target in self.starts:
                edge = Edge(self.new_id("edge"), entry.id, self._entry_step(target))
                edges[edge.id] = edge
            return edges
        for number, target in enumerate(self.starts):
            for edge in self.before:
                id = edge.id if number == 0 else self.new_id("edge")
                edges[id] = replace(edge, id=id, target_step_id=self._entry_step(target))
        return edges

    def _entry_step(self, id: str) -> str:
        if id in self.child.steps:
            return id
        found = next((inner for inner in self.child.descendants_of(id) if inner in self.child.steps), None)
        if found is None:
            raise InliningRefused(f"{self._node(id).name} is empty, and no connection can lead into it.")
        return found

    # Output and place

    def _exit(self, single: bool) -> tuple[str, Step | None]:
        """The step whose output is that of the whole, and a step made for it where there are several last ones."""
        if single:
            return self._entry_step(self.ends[0]), None
        at = Position(0, 0)
        result = Step(self.new_id("step"), self.call.name, "transform", {"output": "{{ $ }}"}, at)
        return result.id, result

    def _put(self, entry: Step | None, result: Step | None) -> tuple[dict[str, Step], dict[str, BlockGroup], dict[str, Edge]]:
        call, child = self.call, self.child
        nodes: list[Node] = [self._node(id) for id in self.nodes]
        left, middle = min(node.position.x for node in nodes), middle_of(nodes)
        dx = call.position.x - left + (NODE_WIDTH + GAP if entry is not None else 0)
        dy = call.position.y - middle
        right = max(node.position.x + (node.size.width if isinstance(node, BlockGroup) else NODE_WIDTH) for node in nodes)
        top = set(self.nodes)
        steps: dict[str, Step] = {}
        house = (call.block_group_id, call.group_role)
        if entry is not None:
            steps[entry.id] = replace(entry, block_group_id=house[0], group_role=house[1])
        for id, step in child.steps.items():
            moved = replace(step, position=Position(step.position.x + dx, step.position.y + dy))
            steps[id] = replace(moved, block_group_id=house[0], group_role=house[1]) if id in top else moved
        groups: dict[str, BlockGroup] = {}
        for id, group in child.groups.items():
            shifted = replace(group, position=Position(group.position.x + dx, group.position.y + dy))
            groups[id] = replace(shifted, parent_group_id=house[0], group_role=house[1]) if id in top else shifted
        edges = dict(child.edges)
        if result is not None:
            at = Position(right + dx + GAP, call.position.y)
            steps[result.id] = replace(result, position=at, block_group_id=house[0], group_role=house[1])
            for id in self.ends:
                edge = Edge(self.new_id("edge"), self._entry_step(id), result.id)
                edges[edge.id] = edge
        return steps, groups, edges

    def _edit(
        self,
        steps: Mapping[str, Step],
        groups: Mapping[str, BlockGroup],
        edges: Mapping[str, Edge],
        entry: Step | None,
        result: Step | None,
    ) -> Inlining:
        graph, call = self.graph, self.call
        placed: dict[str, Step] = {}
        for id, step in graph.steps.items():
            if id == call.id:
                placed.update(steps)
            else:
                placed[id] = step
        kept: dict[str, Edge] = {}
        for id, edge in graph.edges.items():
            if call.id not in (edge.source_step_id, edge.target_step_id):
                kept[id] = edge
        notes = {id: self._moved_note(id) for id in self.child.notes}
        after = replace(graph, steps=placed, groups={**graph.groups, **groups}, edges={**kept, **edges}, notes={**graph.notes, **notes})
        keys = graph_keys(after)
        if len(set(keys.values())) < len(keys) or any(self.keys[id] != key for id, key in keys.items() if id in self.keys):
            raise InliningRefused("Two steps would be called the same in expressions; rename one of them.")
        if faults := broken(after):
            raise InliningRefused(f"It cannot stand here: {faults[0]}")
        edit = edit_between(graph, after, f"Expand “{call.name:.60}”")
        remarks = [f"The {what} schema of {self.called.name} is not checked any more." for what in self._schemas()]
        return Inlining(edit, (*steps, *groups), tuple(remarks))

    def _moved_note(self, id: str) -> Note:
        note = self.child.notes[id]
        nodes: list[Node] = [self._node(each) for each in self.nodes]
        dx, dy = self.call.position.x - min(node.position.x for node in nodes), self.call.position.y - middle_of(nodes)
        return replace(note, position=Position(note.position.x + dx, note.position.y + dy))

    def _schemas(self) -> list[str]:
        checks = (("input", self.called.input_schema), ("output", self.called.output_schema))
        return [name for name, schema in checks if schema is not None]


def _roots_of(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(root for text in texts for root in compile_expression(text).references.roots)


def _written_out(template: Json) -> dict[str, str] | None:
    """The fields of an input whose expressions mean the same wherever they stand in the scope; None where some do not.

    `$` is told by its own name: it means something else elsewhere.
    """
    if not isinstance(template, dict):
        return None
    fields: dict[str, str] = {}
    for name, value in template.items():
        if not isinstance(value, str) or not value.startswith("{{ ") or not value.endswith(" }}") or value.count("{{") != 1:
            return None
        expression = value[3:-3].strip()
        parts = expression.split(".")
        is_step = len(parts) == 3 and parts[0] == "steps" and parts[2] in ATTRIBUTES
        if not (expression in ("$", "input") or is_step):
            return None
        fields[name] = expression
    return fields
