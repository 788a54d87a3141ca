"""What the command palette can offer: each thing of the window as one line that says what it is and what choosing it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from PySide6.QtGui import QKeySequence

from app.domain.catalog import Catalog
from app.domain.finding import StepHit
from app.domain.runs import RunRow, WorkflowRow
from app.domain.usage import SubjectKind
from app.domain.workflow import Graph
from app.ui.actions import SPECS, Actions
from app.ui.finding.ranking import LONGEST, folded
from app.ui.words import ago, duration, short_id

if TYPE_CHECKING:
    from app.domain.workflow import BlockGroup, Step

Kind = Literal["action", "step", "workflow", "run", "name"]
KINDS: tuple[Kind, ...] = ("action", "step", "workflow", "run", "name")
"""In the order in which they are shown."""

_HIDDEN_ACTIONS = frozenset({"command-palette"})


@dataclass(frozen=True, slots=True)
class Offer:
    """One line. `tone` is the token of its icon's colour, or `category.<name>` for an icon on a tile.

    `off` says why it cannot be chosen.
    """

    kind: Kind
    key: str
    title: str
    do: Callable[[], object]
    second: str = ""
    icon: str = ""
    tone: str = "text_second"
    keys: str = ""
    mark: str = ""
    off: str = ""
    show: Callable[[], object] | None = None
    """Show it where it stands, without doing anything."""
    folded: str = field(init=False, compare=False)
    """The title as queries compare it; made once, as it is looked at with every letter that is typed."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "folded", folded(self.title[:LONGEST]))


def action_offers(actions: Actions) -> list[Offer]:
    """Every action of the registry, with its keys, and why it is off."""
    found = []
    for spec in SPECS:
        if spec.id in _HIDDEN_ACTIONS:
            continue
        action = actions[spec.id]
        mark = "on" if action.isCheckable() and action.isChecked() else ""
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.PortableText)
        off = actions.why_off(spec.id)
        found.append(Offer("action", f"action:{spec.id}", spec.title, action.trigger, spec.hint, spec.icon, "text_second", keys, mark, off))
    return found


def step_offers(graph: Graph, catalog: Catalog, select: Callable[[str], object], show: Callable[[str], object]) -> list[Offer]:
    """The steps and groups of the workflow that is shown, with where they stand."""
    from app.ui.canvas.faces import face_of, group_face

    after: dict[str, str] = {}
    for edge in graph.edges.values():
        source = graph.steps.get(edge.source_step_id)
        if source is not None:
            after.setdefault(edge.target_step_id, source.name)
    found = []
    for step in graph.steps.values():
        shape = face_of(step, catalog).shape
        where = _where(graph, step.block_group_id, step.group_role) or (f"after {after[step.id]}" if step.id in after else "")
        found.append(_element(step, where, shape.icon, shape.category, select, show))
    for group in graph.groups.values():
        look = group_face(group, catalog)
        found.append(_element(group, _where(graph, group.parent_group_id, group.group_role), look.icon, look.category, select, show))
    return found


def workflow_offers(rows: Iterable[WorkflowRow], open_ids: frozenset[str], do: Callable[[str], object]) -> list[Offer]:
    found = []
    for row in rows:
        version = f"v{row.version}" if row.version else "draft"
        second = f"{version} · {row.description}" if row.description else version
        mark = "open" if row.id in open_ids else ""
        found.append(
            Offer("workflow", f"workflow:{row.id}", row.name, _call(do, row.id), second, "workflow", "category.trigger", mark=mark)
        )
    return found


def run_offers(rows: Iterable[RunRow], do: Callable[[RunRow], object]) -> list[Offer]:
    """Runs by number, workflow and what went wrong."""
    from app.ui.widgets.chips import status_look

    now = datetime.now(UTC)
    found = []
    for row in rows:
        look = status_look(row.status)
        wrong = f" — {row.error.splitlines()[0]}" if row.error and row.error.strip() else ""
        took = f" · {duration(row.completed_at - row.started_at)}" if row.completed_at and row.started_at else ""
        second = f"{look.word} · {ago(row.created_at, now=now)}{took}"
        title = f"#{short_id(row.id)} {row.workflow}{wrong}"
        found.append(Offer("run", f"run:{row.id}", title, _call(do, row), second, look.icon, look.tone or "text_second"))
    return found


def hit_offers(hits: Iterable[StepHit], catalog: Catalog, do: Callable[[str, str], object]) -> list[Offer]:
    """Steps of other workflows."""
    found = []
    for hit in hits:
        kind, adapter = catalog.steps.get(hit.type), catalog.adapters.get(hit.adapter_id or "")
        look = adapter or kind
        icon, tone = (look.icon, f"category.{look.category}") if look is not None else ("box", "text_second")
        found.append(
            Offer("step", f"step:{hit.workflow_id}:{hit.id}", hit.name, _call(do, hit.workflow_id, hit.id), hit.workflow, icon, tone)
        )
    return found


def name_offers(
    secrets: Sequence[str], adapters: Sequence[tuple[str, str, str, str]], do: Callable[[SubjectKind, str], object]
) -> list[Offer]:
    """Secrets and adapters by name; choosing one shows where it is used. An adapter is (id, title, icon, category)."""
    found = [Offer("name", f"secret:{name}", name, _call(do, "secret", name), "secret · where it is used", "key-round") for name in secrets]
    for id, title, icon, category in adapters:
        found.append(
            Offer("name", f"adapter:{id}", title, _call(do, "adapter", id), "adapter · where it is used", icon, f"category.{category}")
        )
    return found


def _element(
    node: Step | BlockGroup, where: str, icon: str, category: str, select: Callable[[str], object], show: Callable[[str], object]
) -> Offer:
    second = f"this workflow · {where}" if where else "this workflow"
    return Offer(
        "step", f"step:{node.id}", node.name, _call(select, node.id), second, icon, f"category.{category}", show=_call(show, node.id)
    )


def _where(graph: Graph, group_id: str | None, role: str | None) -> str:
    group = graph.groups.get(group_id or "")
    if group is None:
        return ""
    return f"in {group.name} · {role}" if role and role != "body" else f"in {group.name}"


def _call(do: Callable[..., object], *arguments: object) -> Callable[[], object]:
    """Bound now: a loop's variable is another one when the line is chosen."""
    return lambda: do(*arguments)
