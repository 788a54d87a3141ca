"""What is wrong with a definition as a whole: every problem of semantics §1 that the shape alone does not show."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from app.domain.catalog import Catalog
from app.domain.expressions import ExpressionInvalid, PathInvalid, References, check_path, compile_expression, template_problems
from app.domain.expressions import references_in as references_of
from app.domain.json_schema import SchemaChecker
from app.domain.json_value import Json
from app.domain.keys import unique_keys
from app.domain.problems import Problem
from app.domain.topology import CrossesRoles, Topology, find_cycle, side_by_side, topology_of
from app.domain.visibility import Seen, Visibility
from app.domain.workflow import BlockGroup, Definition, Edge, Graph, Step

MAX_STEPS = 10_000
MAX_NESTING = 32


def validate(definition: Definition, catalog: Catalog, *, known_workflows: Collection[str] | None = None) -> list[Problem]:
    """All problems, errors and warnings, in document order. `known_workflows` are ids and names a subflow may call; None: not asked."""
    check = _Check(definition, catalog, known_workflows)
    check.run()
    return check.problems


@dataclass
class _Check:
    definition: Definition
    catalog: Catalog
    known_workflows: Collection[str] | None
    problems: list[Problem] = field(default_factory=list)
    schemas: SchemaChecker = field(default_factory=SchemaChecker)

    def run(self) -> None:
        graph = self.definition.graph
        self._limits(graph)
        self._schemas()
        self._keys(graph)
        sound_groups = self._groups_nest(graph)
        self._edges_join(graph)
        if not sound_groups:
            return
        self._roles(graph)
        topology = topology_of(graph)
        self._no_cycles(graph, topology)
        names = Visibility(graph, topology)
        for step in graph.steps.values():
            self._step(step, names)
        for group in graph.groups.values():
            self._group(group, names)
        for edge in graph.edges.values():
            self._condition(edge, names)
        self._warnings(graph)

    def _error(self, code: str, message: str, id: str | None = None, place: str = "") -> None:
        self.problems.append(Problem("error", code, message, id, place))

    # The graph

    def _limits(self, graph: Graph) -> None:
        if len(graph.steps) > MAX_STEPS:
            self._error("limit", f"The workflow has {len(graph.steps):,} steps; at most {MAX_STEPS:,} are allowed.")

    def _schemas(self) -> None:
        for name in ("input_schema", "output_schema"):
            schema = getattr(self.definition, name)
            if schema is not None and (why := self.schemas.schema_problem(schema)):
                self._error("bad_schema", f"“{name}”: {why}", None, f"/{name}")

    def _keys(self, graph: Graph) -> None:
        nodes: list[tuple[str, str, str]] = [(s.id, s.name, "step") for s in graph.steps.values()]
        nodes += [(g.id, g.name, "group") for g in graph.groups.values()]
        keys, clashes = unique_keys((name, kind) for _, name, kind in nodes)
        for first, later in clashes:
            message = f"“{nodes[first][1]}” and “{nodes[later][1]}” are both called {keys[later]} in expressions; rename one of them."
            self._error("duplicate_key", message, nodes[later][0], "/name")

    def _groups_nest(self, graph: Graph) -> bool:
        """Whether every group stands in groups that exist and in no circle."""
        sound = True
        for group in graph.groups.values():
            depth, current, seen = 1, group, {group.id}
            while current.parent_group_id is not None:
                parent = graph.groups.get(current.parent_group_id)
                if parent is None:
                    self._error("group_cycle", f"{group.name} stands in a group that does not exist.", group.id, "/parent_group_id")
                    return False
                if parent.id in seen:
                    self._error("group_cycle", f"{group.name} stands inside itself.", group.id, "/parent_group_id")
                    sound = False
                    break
                seen.add(parent.id)
                depth, current = depth + 1, parent
            if depth > MAX_NESTING:
                self._error("limit", f"{group.name} is nested {depth} deep; at most {MAX_NESTING} levels are allowed.", group.id)
                sound = sound and depth <= MAX_STEPS
        return sound

    def _edges_join(self, graph: Graph) -> None:
        seen: dict[tuple[str, str], str] = {}
        for edge in graph.edges.values():
            ends = (edge.source_step_id, edge.target_step_id)
            missing = [id for id in ends if id not in graph.steps]
            if missing:
                self._error("dangling_edge", f"A connection leads to “{missing[0]:.64}”, and there is no such step.", edge.id)
            elif ends[0] == ends[1]:
                self._error("self_edge", f"{graph.steps[ends[0]].name} is connected to itself.", edge.id)
            elif ends in seen:
                message = f"{graph.steps[ends[0]].name} and {graph.steps[ends[1]].name} are connected twice."
                self._error("duplicate_edge", message, edge.id)
            else:
                seen[ends] = edge.id

    def _roles(self, graph: Graph) -> None:
        nodes: list[Step | BlockGroup] = [*graph.steps.values(), *graph.groups.values()]
        for node in nodes:
            group_id, role = graph.parent_of(node.id)
            if group_id is None:
                if role is not None:
                    self._error("bad_role", f"{node.name} has the role “{role}” but stands in no group.", node.id, "/group_role")
                continue
            group = graph.groups.get(group_id)
            if group is None:
                self._error("bad_role", f"{node.name} stands in a group that does not exist.", node.id, "/block_group_id")
                continue
            kind = self.catalog.groups.get(group.type)
            if kind is not None and role not in (roles := kind.roles(group.config)):
                message = f"{group.name} has no role “{role}”; it has: {', '.join(roles)}."
                self._error("bad_role", message, node.id, "/group_role")
        for edge in graph.edges.values():
            if edge.source_step_id in graph.steps and edge.target_step_id in graph.steps and edge.source_step_id != edge.target_step_id:
                try:
                    side_by_side(graph, edge.source_step_id, edge.target_step_id)
                except CrossesRoles as error:
                    source, target = graph.steps[edge.source_step_id], graph.steps[edge.target_step_id]
                    self._error("crosses_roles", f"{source.name} → {target.name}: {error}", edge.id)

    def _no_cycles(self, graph: Graph, topology: Topology) -> None:
        for scope, links in topology.links.items():
            nodes = topology.nodes.get(scope, ())
            if cycle := find_cycle(nodes, links):
                names = [getattr(graph.element(id), "name", id) for id in cycle]
                shown = names if len(names) <= 6 else [*names[:5], "…"]
                self._error("cycle", f"These lead back to themselves: {' → '.join([*shown, names[0]])}.", cycle[0])

    # Configs

    def _step(self, step: Step, names: Visibility) -> None:
        kind = self.catalog.steps.get(step.type)
        if kind is None:
            have = ", ".join(self.catalog.steps)
            self._error("unknown_type", f"{step.name} has the unknown type “{step.type:.50}”; there are: {have}.", step.id, "/type")
            return
        for fault in self.catalog.step_faults(step.type, step.config):
            self._error(fault.code, f"{step.name}: {fault.message}", step.id, f"/config{fault.place}")
        extra = ("item", "index") if step.type == "map" else ()
        self._texts(step, kind.expression_fields, kind.path_fields, kind.raw_fields, names, kind.secrets_allowed, extra)
        schema = step.config.get("output_schema")
        if isinstance(schema, dict) and (why := self.schemas.schema_problem(schema)):
            self._error("bad_schema", f"{step.name}: “output_schema”: {why}", step.id, "/config/output_schema")
        self._subflow(step)

    def _subflow(self, step: Step) -> None:
        wanted = step.config.get("workflow_id")
        if step.type not in {"subflow", "map"} or not isinstance(wanted, str) or self.known_workflows is None or "{{" in wanted:
            return
        if wanted not in self.known_workflows:
            self._error(
                "missing_subflow", f"{step.name} calls the workflow “{wanted:.64}”, and there is none.", step.id, "/config/workflow_id"
            )

    def _group(self, group: BlockGroup, names: Visibility) -> None:
        kind = self.catalog.groups.get(group.type)
        if kind is None:
            have = ", ".join(self.catalog.groups)
            self._error("unknown_type", f"{group.name} has the unknown type “{group.type:.50}”; there are: {have}.", group.id, "/type")
            return
        for fault in self.catalog.group_faults(group.type, group.config):
            self._error(fault.code, f"{group.name}: {fault.message}", group.id, f"/config{fault.place}")
        extra = ("iteration",) if group.type == "while" else ()
        self._texts(group, kind.expression_fields, kind.path_fields, frozenset(), names, False, extra)
        cases = group.config.get("cases")
        if group.type == "switch_case" and not group.config.get("expression") and isinstance(cases, list):
            for index, case in enumerate(cases):
                self._expression(group, str(case) if not isinstance(case, bool) else str(case).lower(), f"/config/cases/{index}", names, ())

    def _texts(
        self,
        node: Step | BlockGroup,
        expressions: frozenset[str],
        paths: frozenset[str],
        raw: frozenset[str],
        names: Visibility,
        secrets: bool,
        extra: tuple[str, ...],
    ) -> None:
        """Every expression, path and template in a config."""
        for name, value in node.config.items():
            place = f"/config/{name}"
            if name in expressions and isinstance(value, str):
                self._expression(node, value, place, names, extra)
            elif name in paths and isinstance(value, str):
                try:
                    check_path(value)
                except PathInvalid as error:
                    self._error("bad_expression", f"{node.name}: {error}", node.id, place)
            elif name not in raw and name not in {"pinned_output", "notes"} and not (name == "cases" and not node.config.get("expression")):
                self._templates(node, name, value, names, secrets, (*extra, "error") if name == "on_error" else extra)

    def _templates(self, node: Step | BlockGroup, name: str, value: Json, names: Visibility, secrets: bool, extra: tuple[str, ...]) -> None:
        faults = template_problems(value, secrets_allowed=secrets)
        for place, message in faults:
            self._error("bad_expression", f"{node.name}: {message}", node.id, f"/config/{name}{place}")
        if not faults:
            self._references(node.name, references_of(value), names.of(node.id), node.id, f"/config/{name}", extra)

    def _expression(self, node: Step | BlockGroup, text: str, place: str, names: Visibility, extra: tuple[str, ...]) -> None:
        try:
            references = compile_expression(text).references
        except ExpressionInvalid as error:
            self._error("bad_expression", f"{node.name}: {error}", node.id, place)
            return
        self._references(node.name, references, names.of(node.id), node.id, place, extra)

    def _condition(self, edge: Edge, names: Visibility) -> None:
        source = self.definition.graph.steps.get(edge.source_step_id)
        target = self.definition.graph.steps.get(edge.target_step_id)
        if not edge.condition or not edge.condition.strip() or source is None or target is None:
            return
        where = f"The condition of {source.name} → {target.name}"
        try:
            references = compile_expression(edge.condition).references
        except ExpressionInvalid as error:
            self._error("bad_expression", f"{where}: {error}", edge.id, "/condition")
            return
        extra = ("result",) if source.type == "condition" else ()
        self._references(where, references, names.of_edge(edge), edge.id, "/condition", extra)

    def _references(self, name: str, references: References, seen: Seen, id: str, place: str, extra: tuple[str, ...]) -> None:
        for root in sorted(references.roots):
            if root in {"item", "index", "iteration", "error", "result"} and root not in seen.roots and root not in extra:
                self._error("bad_expression", f"{name}: “{root}” {_NEEDS[root]}", id, place)
        if references.whole_steps:
            self._error("bad_expression", f"{name}: “steps” needs a step's name behind it, written out: steps.some_step.output.", id, place)
        for key in sorted(references.steps):
            if seen.sees(key):
                continue
            if seen.knows(key):
                self._error("not_upstream", f"{name} names steps.{key}, which does not come before it.", id, place)
            else:
                self._error("not_upstream", f"{name} names steps.{key}, and there is no such step.", id, place)

    def _warnings(self, graph: Graph) -> None:
        for group in graph.groups.values():
            if not graph.children_of(group.id):
                self.problems.append(Problem("warning", "empty_group", f"{group.name} is empty and passes its input through.", group.id))
        if not graph.steps:
            self.problems.append(Problem("warning", "empty", "The workflow has no steps yet."))


_NEEDS: Mapping[str, str] = {
    "item": "is known inside a foreach or a map only.",
    "index": "is known inside a foreach or a map only.",
    "iteration": "is known inside a while only.",
    "error": "is known inside a catch role only.",
    "result": "is known in the conditions of edges that leave a condition step only.",
}
