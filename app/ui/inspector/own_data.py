"""What the selected step or group took and gave: from where it pauses, its pin, its last run, else what is known."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.data_scope import DataScope, Origin, Source
from app.domain.known_data import NOTHING, Known
from app.domain.workflow import BlockGroup, Step
from app.ui.inspector.last_run import LastRun, Part, Why
from app.ui.widgets.chips import status_look

_NOT_RUN = "not run yet"
_ORIGIN_WORDS: dict[Origin, str] = {"run": "would come in", "pinned": "would come in, pinned", "schema": "from the schema"}


@dataclass(frozen=True, slots=True)
class OwnData:
    """One side of a step: a source with its path, or `why` there is nothing. `status` is that of a chip, if it has one."""

    source: Source
    status: str = ""
    words: str = ""
    why: Why | None = None
    can_be_got: bool = False
    """Running the workflow up to here would bring it."""

    @property
    def state(self) -> str:
        """In a word beside its name; nothing for data of a run that went well, nor for an input that was there."""
        if self.source.origin in {"pinned", "schema"}:
            return self.source.origin
        if self.can_be_got:
            return _NOT_RUN
        is_told = self.status not in {"", "completed"} and (self.source.path != "$" or self.status in {"skipped", "paused"})
        return status_look(self.status).word.lower() if is_told else ""


def own_input(last_run: LastRun, scope: DataScope, element: Step | BlockGroup) -> OwnData:
    """What `$` was where it ran. For a group it is what came in, not what it gave its lane."""
    if (paused := _paused(last_run, "input", "Input")) is not None:
        return paused
    row = last_run.row
    if row is not None and isinstance(element, Step):
        why = last_run.why_nothing("input")
        known = Known.of(row.input) if why is None else NOTHING
        return OwnData(Source("$", "Input", "", known, "run", element.id), row.status, _facts(last_run, "input"), why)
    found = next((source for source in scope.sources if source.path == "$"), None)
    if found is not None and found.known.kind:
        words = _ORIGIN_WORDS.get(found.origin, "") if row is None else ""
        return OwnData(Source("$", "Input", "", found.known, found.origin, element.id), words=words)
    return OwnData(Source("$", "Input", "", NOTHING, "", element.id), why=last_run.why_nothing("input"), can_be_got=row is None)


def own_output(last_run: LastRun, element: Step | BlockGroup) -> OwnData:
    """What it gave, or what it failed with. A pin stands in for the last run, not for a place that a person picked."""
    if (paused := _paused(last_run, "output", "Output")) is not None:
        return paused
    pin = element.config.get("pinned_output") if isinstance(element, Step) else None
    path = f"steps.{last_run.key}.output"
    if pin is not None and not last_run.picked_path:
        return OwnData(Source(path, "Output", "", Known.of(pin), "pinned", element.id), words="pinned")
    row = last_run.row
    if row is None:
        why = last_run.why_nothing("output")
        return OwnData(Source(path, "Output", "", NOTHING, "", element.id), why=why, can_be_got=True)
    part: Part = "error" if row.status == "failed" and row.error is not None else "output"
    why = last_run.why_nothing(part)
    known = Known.of(last_run.value(part)) if why is None else NOTHING
    title = "Error" if part == "error" else "Output"
    return OwnData(Source(last_run.root(part), title, "", known, "run", element.id), row.status, _facts(last_run, part), why)


def _paused(last_run: LastRun, part: Part, title: str) -> OwnData | None:
    """What it pauses with. It can be changed in the inspector."""
    pause = last_run.pause(part)
    if pause is None:
        return None
    why = Why("braces", "There is too much data here to be shown.", "The run goes on with it as it is.") if pause.is_large else None
    known = NOTHING if pause.is_large else Known.of(pause.data)
    return OwnData(Source(last_run.root(part), title, "", known, "run", pause.node), "paused", pause.place, why)


def _facts(last_run: LastRun, part: Part) -> str:
    """Where it ran if it ran in several places, how it went, and that a person changed it."""
    place, row = last_run.place, last_run.row
    where = row.path if place is not None and row is not None and len({each.row.path for each in last_run.places}) > 1 else ""
    edited = "edited by hand" if last_run.edit(part) is not None else ""
    return " · ".join(filter(None, (edited, last_run.facts, where)))
