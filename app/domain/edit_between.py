"""The edit that leads from one graph to another: how someone else's changes, a merge or an old version come in as one act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.edits import AddElements, Batch, Element, GraphEdit, RemoveElements, ReplaceElements, SetDetails
from app.domain.json_value import canonical, dumps
from app.domain.workflow import BlockGroup, Details, Graph, Step, details_to_json

PARTS = ("steps", "edges", "groups", "notes")


def edit_between(before: Graph, after: Graph, text: str = "Change") -> Batch:
    """The edit that makes `before` to exactly `after`, order of the document included; empty where they are the same."""
    gone = _gone(before, after)
    edits: list[GraphEdit] = []
    left = before
    if gone:
        edits.append(RemoveElements(tuple(gone)))
        left = edits[0].apply(before)
    changed: list[Element] = []
    added: list[Element] = []
    at: list[tuple[str, int]] = []
    for name in PARTS:
        old: Mapping[str, Element] = getattr(left, name)
        new: Mapping[str, Element] = getattr(after, name)
        for index, (id, element) in enumerate(new.items()):
            there = old.get(id)
            if there is None:
                added.append(element)
                at.append((id, index))
            elif not same_element(there, element):
                changed.append(element)
    if added:
        edits.append(AddElements(tuple(added), tuple(at)))
    if changed:  # after what came: on the way back an edge lets go of a new step before that goes, and its edges with it
        edits.append(ReplaceElements(tuple(changed)))
    if not same_details(before.details, after.details):
        edits.append(SetDetails(after.details))
    return Batch(tuple(edits), text)


def same_element(one: Element, other: Element) -> bool:
    """Equal to the last byte, the order of keys in a config included."""
    if one is other:
        return True
    if one != other:
        return False
    if isinstance(one, Step | BlockGroup) and isinstance(other, Step | BlockGroup) and one.config is not other.config:
        return dumps(dict(one.config)) == dumps(dict(other.config))
    return True


def same_details(one: Details, other: Details) -> bool:
    return one is other or dumps(details_to_json(one)) == dumps(details_to_json(other))


def same_graph(one: Graph, other: Graph) -> bool:
    """Equal to the last byte, the order of the document included."""
    if not same_details(one.details, other.details):
        return False
    for name in PARTS:
        old: Mapping[str, Element] = getattr(one, name)
        new: Mapping[str, Element] = getattr(other, name)
        if old is not new and (list(old) != list(new) or not all(same_element(element, new[id]) for id, element in old.items())):
            return False
    return True


def alike(one: Graph, other: Graph) -> bool:
    """Equal as canonical JSON: a store may give the keys of an object in another order, the elements it gives in theirs."""
    if one.details is not other.details and canonical(details_to_json(one.details)) != canonical(details_to_json(other.details)):
        return False
    for name in PARTS:
        old: Mapping[str, Element] = getattr(one, name)
        new: Mapping[str, Element] = getattr(other, name)
        if old is not new and (list(old) != list(new) or not all(_alike(element, new[id]) for id, element in old.items())):
            return False
    return True


def in_own_words(theirs: Graph, mine: Graph) -> Graph:
    """`theirs` with the very elements of `mine` where they are alike, so that a difference is what someone did and no more."""
    parts: dict[str, Any] = {}
    for name in PARTS:
        own: Mapping[str, Element] = getattr(mine, name)
        others: Mapping[str, Element] = getattr(theirs, name)
        parts[name] = {
            id: there if (there := own.get(id)) is not None and _alike(there, element) else element for id, element in others.items()
        }
    details = mine.details if canonical(details_to_json(mine.details)) == canonical(details_to_json(theirs.details)) else theirs.details
    return Graph(**parts, details=details)


def _alike(one: Element, other: Element) -> bool:
    if one is other:
        return True
    if one != other:
        return False
    if isinstance(one, Step | BlockGroup) and isinstance(other, Step | BlockGroup) and one.config is not other.config:
        return canonical(dict(one.config)) == canonical(dict(other.config))
    return True


def _gone(before: Graph, after: Graph) -> dict[str, None]:
    """What is not there afterwards, and what stands at another place of the order: it goes, and comes again where it belongs."""
    ids: dict[str, None] = {}
    for name in PARTS:
        old: Mapping[str, Element] = getattr(before, name)
        new: Mapping[str, Element] = getattr(after, name)
        if old is new:
            continue
        ids.update(dict.fromkeys(id for id in old if id not in new))
        kept = [id for id in old if id in new]
        wanted = [id for id in new if id in old]
        if kept != wanted:
            first = next(index for index, pair in enumerate(zip(kept, wanted, strict=True)) if pair[0] != pair[1])
            ids.update(dict.fromkeys(kept[first:]))
    return ids
