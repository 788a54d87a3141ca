"""A person at work on a workflow: every kind of edit and every editing operation, with arguments that a canvas would give.

Hypothesis chooses what is done and to what. After each act the graph is looked at; at the end everything is undone, then
redone, in memory and once more as the draft journal would bring it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.domain.alignment import aligned, distributed
from app.domain.differences import graph_differences
from app.domain.edit_between import alike, edit_between
from app.domain.edit_codec import edit_from_json, edit_to_json
from app.domain.edits import (
    AddElements,
    Batch,
    Connect,
    GraphEdit,
    MoveElements,
    Rename,
    Reparent,
    ReplaceElements,
    Resize,
    SetCondition,
    SetConfig,
    SetDetails,
    SetNoteText,
    removal,
)
from app.domain.errors import AppError
from app.domain.extraction import extract
from app.domain.fragments import cut_out, graft
from app.domain.history import Entry, History, HistoryOutdated, exactly
from app.domain.inlining import inline
from app.domain.integrity import broken, loose
from app.domain.keys import key_of
from app.domain.layout.arranging import arranged
from app.domain.merge import merge
from app.domain.naming import free_name
from app.domain.regrouping import group_edit, retyping, ungroup_edit
from app.domain.renaming import renaming
from app.domain.rewiring import healing_removal, reconnection, splice, why_not_splice
from app.domain.room import with_room
from app.domain.routes import Route, route_edit
from app.domain.spreading import with_space
from app.domain.taking_back import restored, roll_back, take_back
from app.domain.workflow import BlockGroup, Definition, Details, Edge, Graph, Note, Position, Size, Step
from tests.catalog import CATALOG
from tests.domain.test_edits import exact

GROUPS = tuple(CATALOG.groups)
PICK = st.integers(0, 10_000)
XY = st.builds(Position, st.integers(-500, 1500), st.integers(-500, 1500))
NAMES = st.sampled_from(["Fetch", "Draft reply", "Needs a refund?", "Summarise", "Überprüfen", "e-mail"])


def start() -> Graph:
    """Six steps in a row, two of them in a try lane, a note."""
    steps = [Step(f"s{i}", f"Step {i}", "transform", {"output": i}, Position(i * 260, 0)) for i in range(6)]
    steps[4] = replace(steps[4], block_group_id="g", group_role="try")
    steps[5] = replace(steps[5], block_group_id="g", group_role="try")
    edges = [Edge(f"e{i}", f"s{i}", f"s{i + 1}") for i in range(5)]
    group = BlockGroup("g", "Guard", "try_catch", {}, None, None, Position(980, -80), Size(560, 320))
    return Graph({s.id: s for s in steps}, {e.id: e for e in edges}, {"g": group}, {"n": Note("n", "# Owner")}, Details("Flow"))


class Editing(RuleBasedStateMachine):
    """`graph` is what is on the canvas; `history` what a person could undo."""

    def __init__(self) -> None:
        super().__init__()
        self.ids = (f"new{number}" for number in count())
        self.done: list[tuple[GraphEdit, GraphEdit]] = []
        self.first = self.graph = start()
        self.has_dragged = False
        self.checked: Graph | None = None

    @initialize()
    def open(self) -> None:
        self.first = self.graph = start()

    # How an act is done

    def act(self, make: Callable[[], GraphEdit | None]) -> None:
        """What a canvas does: make the edit, apply it, remember its inverse. A refusal says a sentence and changes nothing."""
        before = exact(self.graph)
        try:
            edit = make()
            if edit is None:
                return
            after = edit.apply(self.graph)
        except AppError as refusal:
            assert str(refusal)
            assert exact(self.graph) == before
            return
        back = edit.invert(self.graph)
        assert exact(back.apply(after)) == before
        self.done.append((edit, back))
        self.graph = after

    def nodes(self) -> list[str]:
        return [*self.graph.steps, *self.graph.groups]

    def some(self, pick: int, of: list[str], most: int = 3) -> list[str]:
        if not of:
            return []
        number = 1 + pick % most
        return list(dict.fromkeys(of[(pick * 7 + at * (1 + pick % 5)) % len(of)] for at in range(number)))

    def one(self, pick: int, of: list[str]) -> str | None:
        return of[pick % len(of)] if of else None

    def scope(self, pick: int) -> tuple[str | None, str | None]:
        found = [(None, None)]
        for group in self.graph.groups.values():
            found += [(group.id, role) for role in CATALOG.groups[group.type].roles(group.config)]
        return found[pick % len(found)]

    # Every kind of edit

    @rule(name=NAMES, at=XY, where=PICK)
    def add_step(self, name: str, at: Position, where: int) -> None:
        group, role = self.scope(where)
        step = Step(next(self.ids), free_name(self.graph, name), "transform", {"output": 1}, at, group, role)
        self.act(lambda: with_room(self.graph, CATALOG, [AddElements((step,))], [step.id], text="Add"))

    @rule(pick=PICK, at=XY)
    def add_note(self, pick: int, at: Position) -> None:
        self.act(lambda: AddElements((Note(next(self.ids), f"Note {pick}", at),)))

    @rule(pick=PICK, heal=st.booleans())
    def delete(self, pick: int, heal: bool) -> None:
        ids = self.some(pick, [*self.nodes(), *self.graph.notes, *self.graph.edges])
        self.act(lambda: (healing_removal if heal else removal)(self.graph, ids))

    @rule(pick=PICK, at=XY)
    def move(self, pick: int, at: Position) -> None:
        ids = self.some(pick, [*self.nodes(), *self.graph.notes])
        self.act(lambda: MoveElements(tuple((id, Position(at.x + index * 20, at.y)) for index, id in enumerate(ids))))

    @rule(pick=PICK, where=PICK)
    def drag_into(self, pick: int, where: int) -> None:
        """Into any lane, which may leave a connection between two lanes: the canvas shows that as a problem."""
        self.has_dragged = True
        ids, (group, role) = self.some(pick, self.nodes()), self.scope(where)
        self.act(lambda: with_room(self.graph, CATALOG, [Reparent(tuple(ids), group, role)], ids, text="Move"))

    @rule(a=PICK, b=PICK)
    def connect(self, a: int, b: int) -> None:
        ends = self.one(a, list(self.graph.steps)), self.one(b, list(self.graph.steps))
        if None not in ends:
            self.act(lambda: Connect(Edge(next(self.ids), str(ends[0]), str(ends[1]))))

    @rule(pick=PICK, condition=st.sampled_from([None, "true", "$.ok"]))
    def set_condition(self, pick: int, condition: str | None) -> None:
        if (edge := self.one(pick, list(self.graph.edges))) is not None:
            self.act(lambda: SetCondition(edge, condition))

    @rule(pick=PICK, name=NAMES)
    def rename(self, pick: int, name: str) -> None:
        if (id := self.one(pick, self.nodes())) is not None:
            self.act(lambda: renaming(self.graph, CATALOG, id, name))

    @rule(pick=PICK)
    def rename_plainly(self, pick: int) -> None:
        if (id := self.one(pick, self.nodes())) is not None:
            self.act(lambda: Rename(id, free_name(self.graph, f"Name {pick}")))

    @rule(pick=PICK, value=st.one_of(st.booleans(), st.integers(-3, 3), st.text(max_size=4)))
    def set_config(self, pick: int, value: object) -> None:
        if (id := self.one(pick, list(self.graph.steps))) is not None:
            self.act(lambda: SetConfig(id, {"output": value}))

    @rule(pick=PICK)
    def replace_elements(self, pick: int) -> None:
        steps = [self.graph.steps[id] for id in self.some(pick, list(self.graph.steps))]
        self.act(lambda: ReplaceElements(tuple(replace(step, config={**step.config, "notes": str(pick)}) for step in steps)))

    @rule(pick=PICK)
    def edit_note(self, pick: int) -> None:
        if (id := self.one(pick, list(self.graph.notes))) is not None:
            self.act(lambda: SetNoteText(id, f"text {pick}"))

    @rule(pick=PICK)
    def set_details(self, pick: int) -> None:
        schema = {"type": "object", "properties": {f"p{pick % 3}": {"type": "string"}}}
        self.act(lambda: SetDetails(replace(self.graph.details, name=f"Flow {pick % 4}", input_schema=schema if pick % 2 else None)))

    @rule(pick=PICK, at=XY)
    def resize(self, pick: int, at: Position) -> None:
        if (id := self.one(pick, [*self.graph.groups, *self.graph.notes])) is not None:
            self.act(
                lambda: with_room(self.graph, CATALOG, [Resize(id, at, Size(200 + pick % 400, 150 + pick % 300))], [id], text="Resize")
            )

    # Operations

    @rule(pick=PICK)
    def group(self, pick: int) -> None:
        self.act(lambda: group_edit(self.graph, CATALOG, self.some(pick, self.nodes()), GROUPS[pick % len(GROUPS)], new_id=next(self.ids)))

    @rule(pick=PICK)
    def ungroup(self, pick: int) -> None:
        self.has_dragged = True  # lanes that were apart come together; what connects them shows as a problem
        self.act(lambda: ungroup_edit(self.graph, self.some(pick, list(self.graph.groups))))

    @rule(pick=PICK)
    def change_type(self, pick: int) -> None:
        self.has_dragged = True
        if (id := self.one(pick, list(self.graph.groups))) is not None:
            self.act(lambda: retyping(self.graph, CATALOG, id, GROUPS[pick % len(GROUPS)]).edit)

    @rule(a=PICK, b=PICK)
    def put_into_wire(self, a: int, b: int) -> None:
        loose_steps = [
            s.id
            for s in self.graph.steps.values()
            if not any(s.id in (e.source_step_id, e.target_step_id) for e in self.graph.edges.values())
        ]
        edge_id, node = self.one(a, list(self.graph.edges)), self.one(b, [*loose_steps, *self._loose_groups()])
        if edge_id is None or node is None:
            return
        edge, group = self.graph.edges[edge_id], node if node in self.graph.groups else None
        steps = [id for id in self.graph.descendants_of(group) if id in self.graph.steps] if group is not None else [node]
        if why_not_splice(self.graph, edge, steps[0], leaving=steps[-1], group_id=group) is None:

            def make() -> GraphEdit:
                put = splice(edge, steps[0], leaving=steps[-1], onward_id=next(self.ids))
                return with_space(self.graph, CATALOG, put, node, text="Put into a connection")

            self.act(make)

    def _loose_groups(self) -> list[str]:
        """Groups with steps in them whose border no edge crosses."""
        found = []
        for group in self.graph.groups:
            inside = set(self.graph.descendants_of(group))
            crossed = any((e.source_step_id in inside) != (e.target_step_id in inside) for e in self.graph.edges.values())
            if not crossed and inside & self.graph.steps.keys():
                found.append(group)
        return found

    @rule(a=PICK, b=PICK, c=PICK)
    def reconnect(self, a: int, b: int, c: int) -> None:
        edge = self.one(a, list(self.graph.edges))
        source, target = self.one(b, list(self.graph.steps)), self.one(c, list(self.graph.steps))
        if edge is not None and source is not None and target is not None:
            self.act(lambda: reconnection(self.graph, self.graph.edges[edge], source=source, target=target, condition=None))

    @rule(pick=PICK, with_outside=st.booleans())
    def duplicate(self, pick: int, with_outside: bool) -> None:
        part = cut_out(self.graph, CATALOG, self.some(pick, [*self.nodes(), *self.graph.notes]))

        def make() -> GraphEdit:
            found = graft(
                self.graph, CATALOG, part, move=(40, 40), parents=(None, None), new_id=lambda: next(self.ids), with_outside=with_outside
            )
            return with_room(self.graph, CATALOG, found.edits, found.roots, text="Duplicate")

        self.act(make)

    @rule(pick=PICK, side=st.sampled_from(["left", "right", "top", "bottom", "centre", "middle"]))
    def align(self, pick: int, side: str) -> None:
        ids = self.some(pick, list(self.graph.steps))
        boxes = {id: (float(s.position.x), float(s.position.y), 192.0, 64.0) for id in ids for s in (self.graph.steps[id],)}
        if len(boxes) < 2:
            return
        corners = aligned(boxes, side) if pick % 2 or len(boxes) < 3 else distributed(boxes, "across")  # type: ignore[arg-type]
        if corners:
            self.act(lambda: MoveElements(tuple((id, Position(round(x), round(y))) for id, (x, y) in corners.items())))

    @rule(pick=PICK)
    def tidy(self, pick: int) -> None:
        if not broken(self.graph):
            self.act(lambda: arranged(self.graph, CATALOG, self.some(pick, self.nodes()) if pick % 2 else ()))

    @rule(pick=PICK, x=st.integers(-300, 300))
    def lead_by_hand(self, pick: int, x: int) -> None:
        if (edge := self.one(pick, list(self.graph.edges))) is not None:
            self.act(lambda: route_edit(self.graph, edge, Route(0.5, x, x) if pick % 3 else None))

    @rule(pick=PICK)
    def extract_part(self, pick: int) -> None:
        if not broken(self.graph):
            ids = self.some(pick, list(self.graph.steps))
            self.act(lambda: extract(self.graph, CATALOG, ids, name="Part", workflow_id="w", new_id=lambda _kind: next(self.ids)).edit)

    @rule(pick=PICK)
    def expand(self, pick: int) -> None:
        called = Definition("Called", Graph({"c": Step("c", "Called step", "transform", {"output": 1})}))
        subflows = [step.id for step in self.graph.steps.values() if step.type == "subflow"]
        if (id := self.one(pick, subflows)) is not None:
            self.act(lambda: inline(self.graph, CATALOG, id, called, new_id=lambda _kind: next(self.ids)).edit)

    @rule(pick=PICK)
    def bring_back(self, pick: int) -> None:
        """Out of the comparison with how it was at first: one element, or everything."""
        found = graph_differences(self.first, self.graph)
        removed = [item.id for item in found if item.verdict == "removed"]
        if pick % 3 == 0:
            self.act(lambda: roll_back(self.graph, graph_differences(self.first, self.graph), "Roll back"))
        elif removed and pick % 3 == 1:
            self.act(lambda: restored(self.graph, found, self.some(pick, removed)))
        elif found.items:
            self.act(lambda: take_back(self.graph, found, found.items[pick % len(found.items)], "Element"))

    @rule(pick=PICK)
    def merge_in(self, pick: int) -> None:
        """Someone else started from the same and renamed, removed and added."""
        theirs = self.first
        for edit in (
            Rename("s0", f"Theirs {pick}"),
            removal(theirs, [f"s{pick % 6}"]),
            AddElements((Step(f"t{pick}", f"T {pick}", "transform"),)),
        ):
            theirs = edit.apply(theirs) if isinstance(edit, AddElements) or "s0" in theirs.steps else theirs
        found = merge(self.first, self.graph, theirs)
        if not found.faults and not loose(found.graph):
            self.act(lambda: edit_between(self.graph, found.graph, "Merge"))

    @rule(pick=PICK)
    def undo_some(self, pick: int) -> None:
        """Back and forth in the middle, as a person does."""
        number = min(len(self.done), 1 + pick % 4)
        undone = [self.done.pop() for _ in range(number)]
        for _, back in undone:
            self.graph = back.apply(self.graph)
        if pick % 2:
            for edit, back in reversed(undone):
                self.graph = edit.apply(self.graph)
                self.done.append((edit, back))

    # What must hold

    @invariant()
    def nothing_is_loose(self) -> None:
        if self.checked is self.graph:
            return
        self.checked = self.graph
        assert loose(self.graph) == []
        if not self.has_dragged:
            assert broken(self.graph) == []
        keys = [key_of(node.name) for part in (self.graph.steps, self.graph.groups) for node in part.values()]
        assert len(set(keys)) == len(keys) or self.names_came_from_elsewhere()
        ids = [id for part in (self.graph.steps, self.graph.edges, self.graph.groups, self.graph.notes) for id in part]
        assert len(set(ids)) == len(ids)

    def names_came_from_elsewhere(self) -> bool:
        """A merge and an old version bring names as they are; the canvas marks two of one name."""
        labels = {edit.text for edit, _ in self.done if isinstance(edit, Batch)}
        return bool(labels & {"Merge"}) or any(label.startswith(("Restore", "Take", "Roll", "Bring")) for label in labels)

    def teardown(self) -> None:
        end = self.graph
        for _, back in reversed(self.done):
            self.graph = back.apply(self.graph)
        assert exact(self.graph) == exact(self.first)
        history = History()
        for number, (edit, back) in enumerate(self.done):
            kept = Entry(edit_from_json(edit_to_json(edit)), edit_from_json(edit_to_json(back)), float(number))
            assert (kept.edit, kept.back) == (edit, back)
            history = history.done(kept)
            self.graph = edit.apply(self.graph)
        assert exact(self.graph) == exact(end)
        for entry in reversed(history.entries):
            try:  # as a restart asks it, where nobody else changed anything: refused only where it would show a problem again
                self.graph = exactly(self.graph, entry.back, entry.edit)
            except HistoryOutdated:
                assert self.has_dragged
                self.graph = entry.back.apply(self.graph)
        assert alike(self.graph, self.first)
        assert exact(self.graph) == exact(self.first)


def kinds_in(edit: GraphEdit) -> set[type]:
    found = {type(edit)}
    if isinstance(edit, Batch):
        for part in edit.edits:
            found |= kinds_in(part)
    return found
