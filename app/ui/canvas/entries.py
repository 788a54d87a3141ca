"""What can be added: every kind of step, adapter and group as one entry, and how an entry travels in a drag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from PySide6.QtCore import QMimeData

from app.domain.catalog import Catalog
from app.domain.json_value import Json, JsonRejected, dumps_bytes, loads

MIME = "application/x-orchestrion-step"

# Sections of the palette in order; a category that is not named here follows under its own name.
SECTIONS = {
    "ai": "AI",
    "integration": "Integrations",
    "logic": "Logic",
    "data": "Data",
    "code": "Reuse",
    "human": "People",
    "trigger": "Triggers",
}
GROUPS_SECTION, NOTES_SECTION = "Groups", "Notes"
NOTE_ENTRY_TYPE = "note"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to add; `config` is what it starts with."""

    kind: Literal["step", "group", "note"]
    type: str
    title: str
    description: str
    category: str
    icon: str
    config: Mapping[str, Json] = field(default_factory=dict)

    @property
    def section(self) -> str:
        if self.kind != "step":
            return GROUPS_SECTION if self.kind == "group" else NOTES_SECTION
        return SECTIONS.get(self.category, self.category.capitalize())

    def matches(self, words: str) -> bool:
        """Whether every word of a search begins or is part of what the entry says of itself."""
        said = f"{self.title} {self.description} {self.type} {self.section}".lower()
        return all(word in said for word in words.lower().split())

    def to_mime(self) -> QMimeData:
        data = QMimeData()
        data.setData(MIME, dumps_bytes({"kind": self.kind, "type": self.type, "title": self.title, "config": dict(self.config)}))
        data.setText(self.title)
        return data


def entries_of(catalog: Catalog) -> list[Entry]:
    """Everything that can be added, in palette order. A tool is shown as its adapters, one entry each."""
    found: list[Entry] = []
    for kind in catalog.steps.values():
        if kind.type != "tool":
            found.append(Entry("step", kind.type, kind.title, kind.description, kind.category, kind.icon, kind.default_config))
    for adapter in catalog.adapters.values():
        if adapter.tool and "tool" in catalog.steps:
            config: dict[str, Json] = {"adapter_id": adapter.id}
            found.append(Entry("step", "tool", adapter.title, adapter.description, adapter.category, adapter.icon, config))
    order = list(SECTIONS)
    found.sort(key=lambda entry: order.index(entry.category) if entry.category in order else len(order))
    for group in catalog.groups.values():
        found.append(Entry("group", group.type, group.title, group.description, group.category, group.icon, group.default_config))
    if catalog.steps:
        found.append(Entry("note", NOTE_ENTRY_TYPE, "Note", "Words beside the steps", "other", "sticky-note"))
    return found


def entry_from_mime(data: QMimeData, catalog: Catalog) -> Entry | None:
    """The entry of a drag; None for anything that is not exactly one of this catalog's."""
    if not data.hasFormat(MIME):
        return None
    try:
        said = loads(bytes(data.data(MIME).data()))
    except JsonRejected:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("config"), dict):
        return None
    for entry in entries_of(catalog):
        if (entry.kind, entry.type, entry.title, dict(entry.config)) == (
            said.get("kind"),
            said.get("type"),
            said.get("title"),
            said["config"],
        ):
            return entry
    return None
