"""What a step or group shows of itself, read from the element and its type; no Qt, no geometry."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.catalog import OUT, Catalog, Port
from app.domain.measures import COLLAPSED_SIZE, ROW_HEIGHT, has_rows, node_height, ports_of, roles_of
from app.domain.workflow import NODE_HEIGHT, NODE_WIDTH, BlockGroup, Step

CATEGORIES = ("ai", "data", "logic", "integration", "code", "human", "trigger", "other")
UNKNOWN_ICON = "circle-question-mark"
PORT_LINE = NODE_HEIGHT / 2


@dataclass(frozen=True, slots=True)
class Shape:
    """All that looks alike among nodes: one sprite serves every node of a shape while no text is shown."""

    category: str
    icon: str
    ports: tuple[Port, ...] = OUT
    disabled: bool = False
    collapsed_group: bool = False

    @property
    def size(self) -> tuple[int, int]:
        return COLLAPSED_SIZE if self.collapsed_group else (NODE_WIDTH, node_height(self.ports))


@dataclass(frozen=True, slots=True)
class Face:
    """A node's shape and its words. `code` says that the second line is an expression."""

    shape: Shape
    title: str
    subtitle: str
    code: bool = False


@dataclass(frozen=True, slots=True)
class GroupFace:
    """A group's words; `details` says after each role's name what lets it run."""

    category: str
    icon: str
    title: str
    badge: str
    roles: tuple[str, ...]
    details: tuple[str, ...]


def row_line(index: int) -> float:
    """How far below the node's top the port of an output row lies."""
    return NODE_HEIGHT + ROW_HEIGHT * (index + 0.5)


def port_row(ports: tuple[Port, ...], condition: str | None) -> int | None:
    """The row an edge with this condition leaves from; None: from beside the title."""
    if has_rows(ports):
        for index, port in enumerate(ports):
            if port.condition is not None and condition is not None and port.condition.strip() == condition.strip():
                return index
    return None


def category_of(step: Step, catalog: Catalog) -> str:
    return _look(step, catalog)[0]


def face_of(step: Step, catalog: Catalog) -> Face:
    category, icon, title = _look(step, catalog)
    kind = catalog.steps.get(step.type)
    summary = kind.summary(step.config) if kind is not None else ""
    code = kind is not None and summary != "" and any(step.config.get(name) == summary for name in kind.expression_fields)
    shape = Shape(category, icon, ports_of(step, catalog), step.config.get("disabled") is True)
    return Face(shape, step.name, " ".join(summary.split()) or title, code)


def group_face(group: BlockGroup, catalog: Catalog) -> GroupFace:
    kind = catalog.groups.get(group.type)
    if kind is None:
        return GroupFace("other", UNKNOWN_ICON, group.name, group.type, ("body",), ("",))
    roles = roles_of(group.type, group.config, catalog)
    details = tuple(kind.lane_label(group.config, role) for role in roles)
    return GroupFace(kind.category, kind.icon, group.name, kind.badge, roles, details)


def collapsed_face(group: BlockGroup, catalog: Catalog, steps_inside: int) -> Face:
    """How a collapsed group shows: as one node with the number of steps in it."""
    face = group_face(group, catalog)
    count = f"{steps_inside} step{'' if steps_inside == 1 else 's'} inside"
    return Face(Shape(face.category, face.icon, collapsed_group=True), face.title, f"{count} · {face.badge.capitalize()}")


def _look(step: Step, catalog: Catalog) -> tuple[str, str, str]:
    """Category, icon and title of the step's kind; a tool shows its adapter's."""
    kind = catalog.steps.get(step.type)
    if kind is None:
        return "other", UNKNOWN_ICON, step.type
    adapter_id = step.config.get("adapter_id")
    if step.type == "tool" and isinstance(adapter_id, str) and (adapter := catalog.adapters.get(adapter_id)) is not None:
        return adapter.category, adapter.icon, adapter.title
    return kind.category, kind.icon, kind.title
