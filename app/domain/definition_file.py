"""Reading a definition: from JSON of anyone's making to a `Definition`, with every fault and its place.

Nothing is dropped in silence: an unknown key is a problem that names it. What can be read is read, so that
`validation` finds the rest in the same pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from app.domain.errors import DefinitionInvalid
from app.domain.json_gate import DEFINITION_BYTES, DEFINITION_NODES, receive
from app.domain.json_value import Json, JsonRejected
from app.domain.problems import Problem
from app.domain.route_faults import EDGE_ROUTES, route_faults
from app.domain.workflow import FORMAT, BlockGroup, Definition, Details, Edge, Graph, Note, Position, Size, Step, details_to_json

MAX_NAME = 255
MAX_ID = 64
INT32 = 2_147_483_647
DEFAULT_SETTINGS: Mapping[str, Json] = {"run_timeout_ms": 3_600_000}
KNOWN = {
    "": ("format", "name", "description", "input_schema", "output_schema", "settings", "steps", "edges", "block_groups", "notes"),
    "settings": ("run_timeout_ms", "tags", "folder", EDGE_ROUTES),
    "steps": ("id", "name", "type", "config", "position", "block_group_id", "group_role"),
    "edges": ("id", "source_step_id", "target_step_id", "condition"),
    "block_groups": ("id", "name", "type", "config", "parent_group_id", "group_role", "position", "size"),
    "notes": ("id", "text", "position", "size", "colour"),
    "position": ("x", "y"),
    "size": ("width", "height"),
}


def parse_text(text: str | bytes) -> tuple[Definition | None, list[Problem]]:
    """A definition from a file's text; None when there is nothing to be read."""
    try:
        document, _ = receive(text, max_bytes=DEFINITION_BYTES, max_nodes=DEFINITION_NODES, duplicate_keys="refuse")
    except JsonRejected as error:
        return None, [Problem("error", "limit" if "at most" in str(error) or "deeper" in str(error) else "bad_config", str(error))]
    return parse_definition(document)


def read_definition(document: Json) -> Definition:
    """The definition of a document that was checked when it was kept.

    Raises:
        DefinitionInvalid: it was not.
    """
    definition, problems = parse_definition(document)
    if definition is None or problems:
        raise DefinitionInvalid(problems)
    return definition


def parse_definition(document: Json) -> tuple[Definition | None, list[Problem]]:
    """What can be read of a document, and what is wrong with its shape."""
    if not isinstance(document, dict):
        return None, [Problem("error", "bad_config", "A workflow is a JSON object; this is something else.")]
    reader = _Reader()
    definition = reader.definition(document)
    return definition, reader.problems


def check_details(details: Details) -> list[Problem]:
    """Why a workflow could not be kept under these details: no name, a text that is too long, a setting that means nothing."""
    return parse_definition(details_to_json(details))[1]


@dataclass
class _Reader:
    problems: list[Problem] = field(default_factory=list)
    _ids: dict[str, str] = field(default_factory=dict)

    def definition(self, document: dict[str, Json]) -> Definition:
        self._known(document, "", "", None)
        if document.get("format", FORMAT) != FORMAT:
            self._fault("bad_config", f'“format” is {document.get("format")!r:.60}; this program reads "{FORMAT}".', None, "/format")
        graph = Graph(
            steps=self._elements(document, "steps", self._step),
            edges=self._elements(document, "edges", self._edge),
            groups=self._elements(document, "block_groups", self._group),
            notes=self._elements(document, "notes", self._note),
        )
        settings = document.get("settings")
        return Definition(
            name=self._name(document, "", None),
            description=self._text(document, "description", "", None, default="", most=100_000),
            input_schema=document.get("input_schema"),
            output_schema=document.get("output_schema"),
            settings={**DEFAULT_SETTINGS, **self._settings(settings)} if settings is not None else DEFAULT_SETTINGS,
            graph=graph,
        )

    def _settings(self, value: Json) -> dict[str, Json]:
        if not isinstance(value, dict):
            self._fault("bad_config", "“settings” is not an object.", None, "/settings")
            return {}
        self._known(value, "settings", "/settings", None)
        timeout = value.get("run_timeout_ms", 3_600_000)
        if isinstance(timeout, bool) or not isinstance(timeout, int) or not 1 <= timeout <= 31_536_000_000:
            self._fault("bad_config", "“settings.run_timeout_ms” is not a whole number of milliseconds.", None, "/settings/run_timeout_ms")
            return {}
        if EDGE_ROUTES in value and (faults := list(route_faults(value[EDGE_ROUTES]))):
            for code, where, message in faults:
                self._fault(code, message, None, f"/settings/{EDGE_ROUTES}{where}")
            return {}
        return value

    def _elements(self, document: dict[str, Json], kind: str, read: Callable[[dict[str, Json], str], Any]) -> dict[str, Any]:
        values = document.get(kind)
        if values is None:
            return {}
        if not isinstance(values, list):
            self._fault("bad_config", f"“{kind}” is not a list.", None, f"/{kind}")
            return {}
        found: dict[str, Any] = {}
        for index, value in enumerate(values):
            place = f"/{kind}/{index}"
            if not isinstance(value, dict):
                self._fault("bad_config", f"“{kind}[{index}]” is not an object.", None, place)
                continue
            element = read(value, place)
            self._known(value, kind, place, element.id)
            if element.id in self._ids:
                self._clash(element, found.get(element.id), place)
                found.setdefault(f"{element.id}#{index}", replace(element, id=f"{element.id}#{index}"))
            else:
                self._ids[element.id] = kind
                found[element.id] = element
        return found

    def _clash(self, element: Any, first: Any, place: str) -> None:
        if isinstance(element, Edge) and isinstance(first, Edge):
            if (element.source_step_id, element.target_step_id) != (first.source_step_id, first.target_step_id):
                self._fault("duplicate_key", f"Two connections have the id “{element.id:.64}”.", element.id, place)
        elif first is None or first.name != element.name:  # equal names clash by key, and validation says so
            self._fault("duplicate_key", f"Two elements have the id “{element.id:.64}”.", element.id, place)

    def _step(self, value: dict[str, Json], place: str) -> Step:
        id = self._id(value, place)
        return Step(
            id=id,
            name=self._name(value, place, id),
            type=self._text(value, "type", place, id, most=50),
            config=self._object(value, "config", place, id),
            position=self._position(value, place, id),
            block_group_id=self._optional(value, "block_group_id", place, id, MAX_ID),
            group_role=self._optional(value, "group_role", place, id, 50),
        )

    def _edge(self, value: dict[str, Json], place: str) -> Edge:
        id = self._id(value, place)
        return Edge(
            id=id,
            source_step_id=self._text(value, "source_step_id", place, id, most=MAX_ID),
            target_step_id=self._text(value, "target_step_id", place, id, most=MAX_ID),
            condition=self._optional(value, "condition", place, id, 10_000),
        )

    def _group(self, value: dict[str, Json], place: str) -> BlockGroup:
        id = self._id(value, place)
        return BlockGroup(
            id=id,
            name=self._name(value, place, id),
            type=self._text(value, "type", place, id, most=50),
            config=self._object(value, "config", place, id),
            parent_group_id=self._optional(value, "parent_group_id", place, id, MAX_ID),
            group_role=self._optional(value, "group_role", place, id, 50),
            position=self._position(value, place, id),
            size=self._size(value, place, id, Size()),
        )

    def _note(self, value: dict[str, Json], place: str) -> Note:
        id = self._id(value, place)
        return Note(
            id=id,
            text=self._text(value, "text", place, id, default="", most=100_000),
            position=self._position(value, place, id),
            size=self._size(value, place, id, Size(200, 120)),
            colour=self._text(value, "colour", place, id, default="yellow", most=20),
        )

    # Fields

    def _id(self, value: dict[str, Json], place: str) -> str:
        id = value.get("id")
        if isinstance(id, str) and 1 <= len(id) <= MAX_ID:
            return id
        self._fault("bad_config", f"“{_dotted(place)}.id” is not a text of 1 to {MAX_ID} characters.", None, f"{place}/id")
        return f"?{place}"

    def _name(self, value: dict[str, Json], place: str, id: str | None) -> str:
        name = self._text(value, "name", place, id, most=MAX_NAME)
        if not name.strip() and isinstance(value.get("name"), str):
            self._fault("bad_config", f"“{_joined(place, 'name')}” is empty; give it 1 to {MAX_NAME} characters.", id, f"{place}/name")
        return name

    def _text(self, value: dict[str, Json], key: str, place: str, id: str | None, *, default: str | None = None, most: int) -> str:
        text = value.get(key, default)
        where = _joined(place, key)
        if text is None and default is not None:
            return default
        if text is None:
            self._fault("bad_config", f"“{where}” is missing.", id, f"{place}/{key}")
        elif not isinstance(text, str):
            self._fault("bad_config", f"“{where}” is not a text.", id, f"{place}/{key}")
        elif len(text) > most:
            self._fault("bad_config", f"“{where}” has {len(text):,} characters; at most {most:,} fit.", id, f"{place}/{key}")
        return text if isinstance(text, str) else ""

    def _optional(self, value: dict[str, Json], key: str, place: str, id: str, most: int) -> str | None:
        return None if value.get(key) is None else self._text(value, key, place, id, most=most) or None

    def _object(self, value: dict[str, Json], key: str, place: str, id: str) -> dict[str, Json]:
        found = value.get(key)
        if found is None:
            return {}
        if isinstance(found, dict):
            return found
        self._fault("bad_config", f"“{_joined(place, key)}” is not an object.", id, f"{place}/{key}")
        return {}

    def _position(self, value: dict[str, Json], place: str, id: str) -> Position:
        x, y = self._pair(value, "position", ("x", "y"), place, id, (0, 0), -INT32)
        return Position(x, y)

    def _size(self, value: dict[str, Json], place: str, id: str, default: Size) -> Size:
        width, height = self._pair(value, "size", ("width", "height"), place, id, (default.width, default.height), 1)
        return Size(width, height)

    def _pair(
        self, value: dict[str, Json], key: str, names: tuple[str, str], place: str, id: str, default: tuple[int, int], least: int
    ) -> tuple[int, int]:
        box = value.get(key)
        if box is None:
            return default
        if not isinstance(box, dict):
            self._fault("bad_config", f"“{_joined(place, key)}” is not an object.", id, f"{place}/{key}")
            return default
        self._known(box, key, f"{place}/{key}", id)
        found = list(default)
        for index, name in enumerate(names):
            number = box.get(name, default[index])
            if isinstance(number, bool) or not isinstance(number, int | float) or not least <= number <= INT32:
                self._fault("bad_config", f"“{_joined(f'{place}/{key}', name)}” is not a number that fits.", id, f"{place}/{key}/{name}")
            else:
                found[index] = round(number)
        return found[0], found[1]

    def _known(self, value: Mapping[str, Json], kind: str, place: str, id: str | None) -> None:
        for key in value:
            if key not in KNOWN[kind]:
                where = _joined(place, key)
                self._fault(
                    "unknown_field", f"“{where:.120}” is not a known field; there are: {', '.join(KNOWN[kind])}.", id, f"{place}/{key}"
                )

    def _fault(self, code: str, message: str, id: str | None, place: str) -> None:
        self.problems.append(Problem("error", code, message, id, place))


def _dotted(place: str) -> str:
    parts = place.strip("/").split("/")
    return "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in parts).lstrip(".")


def _joined(place: str, key: str) -> str:
    return f"{_dotted(place)}.{key}" if place else key


def with_ids(definition: Definition, new_id: Callable[[Literal["step", "edge", "group", "note"], str], str]) -> Definition:
    """The same definition under other ids; every reference follows."""
    graph = definition.graph
    steps = {id: new_id("step", id) for id in graph.steps}
    groups = {id: new_id("group", id) for id in graph.groups}

    def group(id: str | None) -> str | None:
        return None if id is None else groups[id]

    edges = {id: new_id("edge", id) for id in graph.edges}
    renamed = Graph(
        steps={steps[s.id]: replace(s, id=steps[s.id], block_group_id=group(s.block_group_id)) for s in graph.steps.values()},
        edges=_by_id(
            replace(e, id=edges[e.id], source_step_id=steps[e.source_step_id], target_step_id=steps[e.target_step_id])
            for e in graph.edges.values()
        ),
        groups={groups[g.id]: replace(g, id=groups[g.id], parent_group_id=group(g.parent_group_id)) for g in graph.groups.values()},
        notes=_by_id(replace(n, id=new_id("note", n.id)) for n in graph.notes.values()),
    )
    routes = definition.settings.get(EDGE_ROUTES)
    if isinstance(routes, dict):
        led = {edges[id]: route for id, route in routes.items() if id in edges}
        definition = replace(definition, settings={**definition.settings, EDGE_ROUTES: led})
    return definition.with_graph(renamed)


def _by_id(elements: Any) -> dict[str, Any]:
    return {element.id: element for element in cast(Any, elements)}
