"""Taking back: one field, one element or everything of a draft becomes again what it was in an older definition.

Each is one edit on the draft that is one undo. What does not fit the draft any more (an edge whose other end is gone,
a group that is not there) is left out or refused with a sentence; a draft that was whole stays whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from app.domain.connecting import why_not_connect
from app.domain.differences import PARENT, Differences, ElementDifference, FieldDifference
from app.domain.edit_between import edit_between
from app.domain.edits import AddElements, Batch, Element, GraphEdit, ReplaceElements, SetDetails, removal
from app.domain.errors import EditRefused
from app.domain.integrity import broken, loose
from app.domain.json_value import Json
from app.domain.route_faults import EDGE_ROUTES
from app.domain.workflow import BlockGroup, Details, Edge, Graph, Note, Step

T = TypeVar("T")


def take_back_field(graph: Graph, item: ElementDifference, field: FieldDifference, title: str) -> GraphEdit:
    """The edit that gives one field its old value; other fields stay as they are in `graph`.

    Raises:
        EditRefused: the element is gone, or the old value does not fit the graph as it is now.
    """
    text = f"Take back “{title}”"
    if item.kind == "workflow":
        return Batch((SetDetails(_old_details(graph.details, field)),), text)
    element = graph.element(item.id)
    if element is None:
        raise EditRefused("This element is not there any more.")
    return _checked(graph, Batch((ReplaceElements((_with_old(element, field),)),), text))


def take_back_place(graph: Graph, difference: Differences, item: ElementDifference) -> GraphEdit:
    """The edit that moves an element back to where it stood, with the size it had; a group with what moved along with it."""
    if item.kind == "edge":
        return Batch((SetDetails(_led_back(graph.details, difference.before.graph.details, item.id)),), "Move back")
    moved = [_moved_back(graph, item)]
    if item.id in graph.groups:
        inside = set(graph.descendants_of(item.id))
        moved += [_moved_back(graph, other) for other in difference.following if other.verdict == "moved" and other.id in inside]
    return Batch((ReplaceElements(tuple(moved)),), "Move back")


def _with_routes_of(details: Details, before: Details) -> Details:
    """The details as they were before, with wires led as they are now: those are taken back by themselves."""
    settings = {key: value for key, value in before.settings.items() if key != EDGE_ROUTES}
    if EDGE_ROUTES in details.settings:
        settings[EDGE_ROUTES] = details.settings[EDGE_ROUTES]
    return replace(before, settings=settings)


def _led_back(details: Details, before: Details, edge_id: str) -> Details:
    """The details with the way of one edge as it was led before."""
    now, old = (side.settings.get(EDGE_ROUTES) for side in (details, before))
    routes: dict[str, Json] = {id: route for id, route in now.items() if id != edge_id} if isinstance(now, dict) else {}
    if isinstance(old, dict) and edge_id in old:
        routes[edge_id] = old[edge_id]
    rest = {key: value for key, value in details.settings.items() if key != EDGE_ROUTES}
    return replace(details, settings={**rest, EDGE_ROUTES: routes} if routes else rest)


def _moved_back(graph: Graph, item: ElementDifference) -> Element:
    element, old = graph.element(item.id), item.old
    if element is None:
        raise EditRefused("This element is not there any more.")
    moved: Element
    if isinstance(element, Step) and isinstance(old, Step):
        moved = replace(element, position=old.position)
    elif (isinstance(element, BlockGroup) and isinstance(old, BlockGroup)) or (isinstance(element, Note) and isinstance(old, Note)):
        moved = replace(element, position=old.position, size=old.size)
    else:
        raise EditRefused("This does not stand anywhere.")
    return moved


def take_back(graph: Graph, difference: Differences, item: ElementDifference, title: str) -> GraphEdit:
    """The edit that makes one element what it was: an added one goes, a removed one comes back with its edges.

    Raises:
        EditRefused: it does not fit the graph as it is now.
    """
    match item.verdict:
        case "added":
            if graph.element(item.id) is None:
                raise EditRefused("This element is not there any more.")
            return Batch((removal(graph, (item.id,)),), f"Remove “{title}” again")
        case "removed":
            return restored(graph, difference, (item.id,), f"Restore “{title}”")
        case "moved":
            return take_back_place(graph, difference, item)
        case "changed":
            if item.kind == "workflow":
                return Batch((SetDetails(_with_routes_of(graph.details, difference.before.graph.details)),), "Take back the details")
            old = item.old
            assert old is not None
            if graph.element(item.id) is None:
                raise EditRefused("This element is not there any more.")
            return _checked(graph, Batch((ReplaceElements((_housed(old, graph),)),), f"Take back “{title}”"))


def restored(graph: Graph, difference: Differences, ids: Iterable[str], text: str = "Restore") -> GraphEdit:
    """The edit that brings removed elements back at their old place, groups with all that stood in them, and edges as far as they fit.

    Raises:
        EditRefused: one of them is there already, or nothing of it fits.
    """
    before = difference.before.graph
    wanted = dict.fromkeys(ids)
    for id in list(wanted):
        if id in before.groups:
            wanted.update(dict.fromkeys(inner for inner in before.descendants_of(id) if graph.element(inner) is None))
    found = [element for id in wanted if (element := before.element(id)) is not None]
    if any(graph.element(element.id) is not None for element in found):
        raise EditRefused("It is there already.")
    nodes: list[Element] = [element for element in found if not isinstance(element, Edge)]
    coming = {element.id for element in nodes if isinstance(element, BlockGroup)}
    housed = tuple(_housed(element, graph, coming) for element in nodes)
    edits: list[GraphEdit] = [AddElements(housed, _order(before, housed))] if housed else []
    after = edits[0].apply(graph) if edits else graph
    for edge in before.edges.values():
        if edge.id in wanted or edge.source_step_id in wanted or edge.target_step_id in wanted:
            if edge.id in after.edges:
                continue
            refusal = why_not_connect(after, edge.source_step_id, edge.target_step_id)
            if refusal is None:
                edits.append(AddElements((edge,), _order(before, (edge,))))
                after = edits[-1].apply(after)
            elif edge.id in wanted:
                raise refusal
    return _checked(graph, Batch(tuple(edits), text))


def roll_back(graph: Graph, difference: Differences, text: str) -> GraphEdit:
    """The edit that makes the draft exactly what it was, details and order included."""
    return edit_between(graph, difference.before.graph, text)


def _checked(graph: Graph, edit: Batch) -> Batch:
    """The edit, unless it would break a graph that is whole, or leave a reference that leads nowhere in any."""
    after = edit.apply(graph)
    faults = loose(after) or ([] if broken(graph) else broken(after))
    if faults and not loose(graph):
        raise EditRefused(f"That does not fit the draft as it is now: {faults[0]}")
    return edit


def _housed(element: Element, graph: Graph, coming: Iterable[str] = ()) -> Element:
    """The element in its old group; at the top level where that group is not there any more."""
    groups = {*graph.groups, *coming}
    if isinstance(element, Step) and element.block_group_id is not None and element.block_group_id not in groups:
        return replace(element, block_group_id=None, group_role=None)
    if isinstance(element, BlockGroup) and element.parent_group_id is not None and element.parent_group_id not in groups:
        return replace(element, parent_group_id=None, group_role=None)
    return element


def _order(before: Graph, elements: Iterable[Element]) -> tuple[tuple[str, int], ...]:
    """Where they stood in the order of the document."""
    at: dict[str, int] = {}
    for part in (before.steps, before.edges, before.groups, before.notes):
        at.update({id: index for index, id in enumerate(part)})
    return tuple((element.id, at[element.id]) for element in elements)


def _with_old(element: Element, field: FieldDifference) -> Element:
    path = field.path
    if field.place == PARENT:
        group, role = field.old if isinstance(field.old, list) else (None, None)
        names = ("block_group_id", "group_role") if isinstance(element, Step) else ("parent_group_id", "group_role")
        return _replaced(element, {names[0]: group, names[1]: role})
    if path[0] == "config" and isinstance(element, Step | BlockGroup):
        return _replaced(element, {"config": _placed(element.config, path[1:], field)})
    return _replaced(element, {path[0]: field.old})


def _old_details(details: Details, field: FieldDifference) -> Details:
    path = field.path
    if len(path) == 1:
        return _replaced(details, {path[0]: field.old})
    return _replaced(details, {path[0]: _placed(getattr(details, path[0]), path[1:], field)})


def _replaced(value: T, fields: Mapping[str, Any]) -> T:
    changed: T = replace(value, **fields)  # type: ignore[type-var]
    return changed


def _placed(value: Any, path: tuple[str, ...], field: FieldDifference) -> Json:
    """A copy of an object or list with the old value at a path; what was not there before goes.

    Raises:
        EditRefused: the way there is gone.
    """
    name, rest = path[0], path[1:]
    if isinstance(value, list):
        index = int(name)
        if index >= len(value):
            raise EditRefused("This place is not there any more; take back the whole list.")
        inner = field.old if not rest else _placed(value[index], rest, field)
        return [*value[:index], inner, *value[index + 1 :]]
    if not isinstance(value, Mapping):
        raise EditRefused("This place is not there any more.")
    changed: dict[str, Json] = dict(value)
    if rest:
        changed[name] = _placed(changed.get(name, {}), rest, field)
    elif field.was:
        changed[name] = field.old
    else:
        changed.pop(name, None)
    return changed
