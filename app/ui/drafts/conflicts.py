"""What happens when a save was refused, and when someone else saved: merged without a word where that is safe, asked where not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from app.domain.conflicts import Conflict, conflict_between, copy_of
from app.domain.differences import differences
from app.domain.edit_between import edit_between, in_own_words
from app.domain.edit_words import ids_in
from app.domain.edits import Batch
from app.domain.history import History
from app.domain.merge import Choice, Merge
from app.domain.presence import Newer
from app.domain.workflow import Definition, Graph, definition_to_json
from app.ui.drafts.conflict_dialog import ConflictDialog, Decision, Trouble
from app.ui.widgets.notices import notices_of
from app.ui.words import count, time_of_day

if TYPE_CHECKING:
    from app.ui.document import Document


async def conflict_of(document: Document) -> Conflict | None:
    """What stands against what; None when nobody else saved after all, or nothing of mine is left to save."""
    autosave, company = document.autosave, document.company
    assert autosave is not None and company is not None
    newer = await company.newer()
    if newer is None:
        return None
    while True:
        mine = document.model.graph
        found: Conflict = await _beside(document, conflict_between, autosave.base, mine, newer)
        if document.model.graph is mine:
            return found


async def settle(document: Document, conflict: Conflict) -> bool:
    """Merge where nobody has to be asked; whether that was possible."""
    keeping = document.safekeeping
    assert keeping is not None
    if conflict.clashes or await trouble_of(document, conflict, conflict.merged):
        return False
    if document.model.graph is not conflict.mine:
        return False
    keeping.merge_in(conflict, conflict.merged.graph, as_act=False)
    return True


async def decided(parent: QWidget, document: Document, conflict: Conflict) -> Decision:
    """Ask; what was decided."""

    async def check(choices: dict[tuple[str, str], Choice]) -> Trouble:
        merged: Merge = await _beside(document, conflict.under, choices)
        return await trouble_of(document, conflict, merged)

    times = times_of(document.model.history)
    return await ConflictDialog(parent, document.name, conflict, document.session.catalog, check, times=times).asked()


def times_of(history: History) -> dict[str, str]:
    """When each element was changed last, as far as the history knows."""
    now = datetime.now(UTC)
    return {
        id: time_of_day(datetime.fromtimestamp(entry.at_s, UTC), now=now)
        for entry in history.entries[: history.index]
        for id in ids_in(entry.edit)
    }


async def carry_out(document: Document, conflict: Conflict, decision: Decision) -> str:
    """Do what was decided; the id of the copy that was made, or nothing."""
    keeping, session = document.safekeeping, document.session
    assert keeping is not None
    match decision.way:
        case "merge":
            merged: Merge = await _beside(document, conflict.under, decision.choices)
            keeping.merge_in(conflict, merged.graph, as_act=True)
        case "theirs":
            keeping.take_theirs(conflict)
        case "copy":
            copy = definition_to_json(copy_of(conflict.mine))
            made: str = await session.call(session.services.workflows.import_document, copy)
            keeping.take_theirs(conflict)
            return made
    return ""


async def trouble_of(document: Document, conflict: Conflict, merged: Merge) -> Trouble:
    """What would be wrong with both together that is wrong with neither alone."""
    if merged.faults:
        return Trouble(faults=merged.faults)
    session = document.session

    async def errors(graph: Graph) -> set[str]:
        found = await session.call(session.services.workflows.validate, Definition.of(graph))
        return {problem.message for problem in found if problem.severity == "error"}

    together = await errors(merged.graph)
    return Trouble(problems=sorted(together - await errors(conflict.mine) - await errors(conflict.theirs)) if together else ())


async def take_newer(document: Document, newer: Newer) -> str:
    """Show what someone else saved where nothing of mine is under way; a sentence on what came, or nothing."""
    autosave, keeping = document.autosave, document.safekeeping
    if autosave is None or keeping is None or not _may_take(document, newer):
        return ""
    mine = document.model.graph
    theirs, edit, number = await _beside(document, _difference_to, mine, newer.definition.graph)
    if document.model.graph is not mine or not _may_take(document, newer):
        return ""
    keeping.take_newer(theirs, edit, newer.revision)
    return f"{newer.who} saved {count(number, 'change')}; you see {'it' if number == 1 else 'them'} now." if number else ""


def tell_merged(parent: QWidget, conflict: Conflict) -> None:
    number = conflict.their_changes.counts.total
    notices_of(parent).show_done(f"Merged: {count(number, 'change')} of {conflict.who[:60]} came in.")


def _may_take(document: Document, newer: Newer) -> bool:
    autosave = document.autosave
    return autosave is not None and autosave.is_clean and not autosave.waiting and newer.revision > autosave.revision


def _difference_to(mine: Graph, stored: Graph) -> tuple[Graph, Batch, int]:
    theirs = in_own_words(stored, mine)
    number = differences(Definition.of(mine), Definition.of(theirs)).counts.total
    return theirs, edit_between(mine, theirs, "Saved elsewhere"), number


async def _beside(document: Document, work: Any, *arguments: Any) -> Any:
    """Run what takes long in a large workflow beside the window."""
    return await document.session.bridge.call(asyncio.to_thread(work, *arguments))
