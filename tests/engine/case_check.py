"""Holds what came of a run against what a case file expects."""

from __future__ import annotations

from typing import Any

from app.engine.ports import RunEnd
from tests.fakes.memory_engine import MemoryJournal


def check(end: RunEnd, journal: MemoryJournal, run_id: str, expect: dict[str, Any]) -> None:
    assert end.status == expect["status"], end.error
    if "output" in expect:
        assert end.output == expect["output"]
    output: Any = end.output
    for key, value in expect.get("subset", {}).items():
        assert output[key] == value
    if "errors_at" in expect:
        assert [error["index"] for error in output["errors"]] == expect["errors_at"]
    for key, value in expect.get("error", {}).items():
        assert (end.error or {})[key] == value
    rows = [row for row in journal.rows(run_id) if row.status == "completed"]
    done = sorted(row.path for row in rows)
    if "ran" in expect:
        assert done == sorted(expect["ran"])
    for path in expect.get("not_ran", ()):
        assert path not in done
    for path, count in expect.get("attempts", {}).items():
        assert max(row.attempt for row in journal.rows(run_id) if row.path == path) == count
    for path, value in expect.get("path_output", {}).items():
        assert [row.output for row in rows if row.path == path] == [value]
    in_turn = [path for path in journal.spans if path in expect.get("no_overlap", ())]
    spans = sorted(journal.spans[path] for path in in_turn)
    assert all(a[1] <= b[0] + 0.005 for a, b in zip(spans, spans[1:], strict=False)), spans
