"""Wires without a mouse: from a step to its wires, from wire to wire, from a wire to its ends, and connecting what is selected."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from app.domain.edits import Batch, GraphEdit
from app.ui.canvas.wires import End, WireRules

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

NOT_TWO = "Select two or more steps or groups in the order in which they shall be connected."


def wire_at(view: CanvasView, id: str, *, forward: bool) -> str | None:
    """The uppermost wire that is drawn from a step or group (or, backwards, to it)."""
    wires = _wires(view, id, forward=forward)
    return wires[0] if wires else None


def end_of(view: CanvasView, edge_id: str, *, forward: bool) -> str | None:
    """The step or group that a wire is drawn to, or from."""
    links, boxes = view.scene.geometry.links, view.scene.geometry.boxes
    slot = links.slot.get(edge_id)
    return boxes.ids[int(links.anchors[slot, int(forward)])] if slot is not None and links.shown[slot] else None


def beside(view: CanvasView, edge_id: str, *, down: bool) -> str | None:
    """The next wire from the same step, from top to bottom; behind the last one those that lead to the same step."""
    source, target = (end_of(view, edge_id, forward=forward) for forward in (False, True))
    if source is None or target is None:
        return None
    wires = list(dict.fromkeys([*_wires(view, source, forward=True), *_wires(view, target, forward=False)]))
    return wires[(wires.index(edge_id) + (1 if down else -1)) % len(wires)]


def connect_selected(view: CanvasView) -> None:
    """Join what is selected, each to the next in the order in which it was selected; one undo."""
    boxes = view.scene.geometry.boxes
    ids = [id for id in view.selected_ids() if id in view.graph.steps or id in view.graph.groups]
    if not view.editable:
        return
    if len(ids) < 2:
        view.refused.emit(NOT_TWO)
        return
    edits: list[GraphEdit] = []
    for here, there in pairwise(ids):
        geometry = view.scene.geometry
        rules = WireRules(geometry, End(boxes.slot[here], free_port(view, here)))
        if (reason := rules.refusal(boxes.slot[there])) is not None:
            view.refused.emit(reason)
            return
        edits.append(rules.edit(boxes.slot[there], "in"))
    view.change(edits[0] if len(edits) == 1 else Batch(tuple(edits), f"Connect {len(ids)} steps"))


def free_port(view: CanvasView, id: str) -> str:
    """The first output of a step or group that leads nowhere yet; the first of all when each does."""
    geometry = view.scene.geometry
    slot = geometry.boxes.slot[id]
    leaving = np.flatnonzero(geometry.links.shown & (geometry.links.anchors[:, 0] == slot))
    taken = {int(row) for row in geometry.links.row[leaving].tolist()}
    outputs = geometry.outputs(slot)
    return next((name for row, name in enumerate(outputs) if row not in taken), outputs[0])


def _wires(view: CanvasView, id: str, *, forward: bool) -> list[str]:
    """A node's wires on one side, by where their other ends are, from top to bottom."""
    geometry = view.scene.geometry
    slot = geometry.boxes.slot.get(id)
    if slot is None:
        return []
    links = geometry.links
    found = np.flatnonzero(links.shown & (links.anchors[:, 0 if forward else 1] == slot))
    ordered = found[np.lexsort((found, links.points[found, 3 if forward else 0, 1]))]
    return [key for key in (links.ids[edge] for edge in ordered.tolist()) if key is not None]
