"""Differences in words: what a field is called, “Retry · Attempts: 1 → 3”, “Prompt changed”, “moved into Guard · catch”."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from app.domain.catalog import Catalog
from app.domain.differences import PARENT, Counts, Differences, ElementDifference, FieldDifference
from app.domain.json_value import Json, dumps
from app.domain.workflow import BlockGroup, Edge, Note, Step

SHORT = 32
"""Values up to this length are written out, in characters."""
_FIXED = {
    "name": "Name",
    "type": "Type",
    "parent": "Group",
    "condition": "Condition",
    "source_step_id": "From",
    "target_step_id": "To",
    "text": "Text",
    "colour": "Colour",
    "description": "Description",
    "input_schema": "Input schema",
    "output_schema": "Output schema",
    "settings": "Settings",
    "run_timeout_ms": "Timeout of a run",
}


class DifferenceWords:
    """Words for the differences between two definitions; names of groups and fields are looked up in both."""

    def __init__(self, difference: Differences, catalog: Catalog) -> None:
        self._before, self._after = difference.before.graph, difference.after.graph
        self._catalog = catalog
        self._titles: dict[tuple[str, ...], str] = {}

    def title(self, item: ElementDifference) -> str:
        """What the element is called; a connection by its ends."""
        match item.element:
            case Step() | BlockGroup() as node:
                return node.name
            case Edge() as edge:
                return f"{self._name(edge.source_step_id, item)} → {self._name(edge.target_step_id, item)}"
            case Note() as note:
                line = next((line.strip("#*- ") for line in note.text.splitlines() if line.strip("#*- ")), "")
                return line[:80] or "Note"
        return "Workflow"

    def field_title(self, item: ElementDifference, field: FieldDifference) -> str:
        """“Prompt”, “Retry · Attempts”, “Messages · 2 · content”."""
        path = field.path
        if path[0] == "config" and isinstance(item.element, Step | BlockGroup):
            return self._config_title(item.element, path[1:])
        head = _FIXED.get(path[0], _spoken(path[0]))
        if path[0] == "settings" and len(path) > 1:
            return " · ".join(_FIXED.get(part, part) for part in path[1:])
        return " · ".join((head, *path[1:]))

    def of(self, item: ElementDifference, field: FieldDifference) -> str:
        """One sentence on one field: “Prompt changed”, “Retry · Attempts: 1 → 3”, “Renamed from A to B”."""
        title = self.field_title(item, field)
        if field.place == PARENT:
            return f"moved {self.place(field.new)}"
        if field.place == "/name" and item.kind != "workflow":
            return f"Renamed from “{field.old}” to “{field.new}”"
        if not field.was:
            return f"{title}: {_short(field.new)}" if _is_short(field.new) else f"{title} added"
        if not field.is_there:
            return f"{title} removed"
        if _is_short(field.old) and _is_short(field.new):
            return f"{title}: {_short(field.old)} → {_short(field.new)}"
        return f"{title} changed"

    def chip(self, item: ElementDifference) -> str:
        """The word on the canvas: “added”, “removed”, “moved”, the one field that changed, or “3 fields”."""
        if item.verdict != "changed":
            return item.verdict
        heads = dict.fromkeys(self._head(item, field) for field in item.fields)
        return next(iter(heads)).lower() if len(heads) == 1 else f"{len(heads)} fields"

    def summary(self, item: ElementDifference) -> str:
        """What the list says beside the name: the fields by name, where a new one stands, “moved”."""
        if item.verdict == "changed":
            heads = list(dict.fromkeys(self._head(item, field).lower() for field in item.fields))
            return ", ".join(heads) if len(heads) <= 2 else f"{heads[0]}, {heads[1]}, {len(heads) - 2} more"
        element = item.element
        if item.verdict == "moved":
            return "moved"
        if isinstance(element, Step | BlockGroup):
            parent = element.block_group_id if isinstance(element, Step) else element.parent_group_id
            kinds: Mapping[str, Any] = self._catalog.steps if isinstance(element, Step) else self._catalog.groups
            kind = kinds.get(element.type)
            return f"in {element.group_role or 'group'}" if parent is not None else kind.title if kind is not None else element.type
        return {"edge": "connection", "note": "note"}.get(item.kind, "")

    def value(self, field: FieldDifference, value: Json) -> str:
        """A value of a field as text of any length."""
        if field.place == PARENT:
            return self.place(value)
        if field.place == "/condition" and not value:
            return "always"
        if field.place in ("/source_step_id", "/target_step_id") and isinstance(value, str):
            step = self._after.steps.get(value) or self._before.steps.get(value)
            return step.name if step is not None else value
        return value if isinstance(value, str) else pretty(value)

    def place(self, parent: Json) -> str:
        """“to the top level”, “into Refund with fallback · catch”."""
        if not isinstance(parent, list) or not parent:
            return "to the top level"
        group = self._after.groups.get(str(parent[0])) or self._before.groups.get(str(parent[0]))
        role = f" · {parent[1]}" if parent[1] not in (None, "body") else ""
        return f"into {group.name if group is not None else 'a group'}{role}"

    def _head(self, item: ElementDifference, field: FieldDifference) -> str:
        path = field.path
        if path[0] == "config" and len(path) > 1 and isinstance(item.element, Step | BlockGroup):
            return self._config_title(item.element, path[1:2])
        return self.field_title(item, FieldDifference("/" + "/".join(path[:1])))

    def _name(self, id: str, item: ElementDifference) -> str:
        first, second = (self._after, self._before) if item.new is not None else (self._before, self._after)
        step = first.steps.get(id) or second.steps.get(id)
        return step.name if step is not None else "?"

    def _config_title(self, node: Step | BlockGroup, path: tuple[str, ...]) -> str:
        adapter = node.config.get("adapter_id") or node.config.get("provider") or ""
        key = (node.type, adapter if isinstance(adapter, str) else "", *path)
        if key not in self._titles:
            self._titles[key] = " · ".join(self._spoken_path(node, path)) or "Settings"
        return self._titles[key]

    def _spoken_path(self, node: Step | BlockGroup, path: tuple[str, ...]) -> list[str]:
        models: list[type[BaseModel] | None] = []
        if isinstance(node, Step) and (kind := self._catalog.steps.get(node.type)) is not None:
            models.append(kind.config_model)
            adapter = self._catalog.adapters.get(str(node.config.get("adapter_id") or node.config.get("provider")))
            if adapter is not None:
                models += [adapter.config_model, adapter.provider_model]
        elif isinstance(node, BlockGroup) and (group := self._catalog.groups.get(node.type)) is not None:
            models.append(group.config_model)
        said: list[str] = []
        for part in path:
            info = next((m.model_fields[part] for m in models if m is not None and part in m.model_fields), None)
            title = info.title if info is not None else None
            inner = info.annotation if info is not None else None
            models = [inner] if isinstance(inner, type) and issubclass(inner, BaseModel) else []
            said.append(title or (_spoken(part) if not said else str(int(part) + 1) if part.isdigit() else part))
        return said


def counted(counts: Counts) -> str:
    """“2 added, 3 changed, 1 removed”; empty when nothing differs."""
    words = ((counts.added, "added"), (counts.changed, "changed"), (counts.removed, "removed"), (counts.moved, "moved"))
    return ", ".join(f"{number:,} {word}" for number, word in words if number)


def pretty(value: Json) -> str:
    """JSON over several lines, as a person reads it."""
    import json

    if isinstance(value, dict | list) and value:
        return json.dumps(value, ensure_ascii=False, indent=2)
    return dumps(value)


def _spoken(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _is_short(value: Json) -> bool:
    return not isinstance(value, dict | list) and len(_short(value)) <= SHORT and "\n" not in _short(value)


def _short(value: Json) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else dumps(value)
