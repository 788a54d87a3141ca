"""What a resumed run takes over from the one that failed or was cancelled: everything that nothing unfinished stands around.

The interpreter returns what the journal holds and executes the rest. So a resumed run begins with copies of all rows that
led to where it stopped, and without those of the failure itself. A failure that the workflow took (a catch, a collecting
loop, another branch that was faster) is part of how it got there, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.domain.json_value import Json
from app.domain.runs import GroupRunRow, StepRunRow
from app.domain.workflow import BlockGroup, Graph, graph_keys

Place = tuple[str, int]
"""A path and an attempt."""

_SEGMENT = re.compile(r"(?P<key>[a-z0-9_]+)(?:\.(?P<role>[a-z0-9_]+))?(?:\[(?P<number>[0-9]+)\])?")


def kept_places(graph: Graph, steps: Sequence[StepRunRow], groups: Sequence[GroupRunRow], error: Json) -> list[Place]:
    """The rows to copy. `steps` are all rows of the run, the engine's own decisions included; `error` is how the run ended."""
    return _Stop(graph, steps, groups, error).kept()


@dataclass
class _Stop:
    """A run that stopped: which of its paths are unfinished."""

    graph: Graph
    steps: Sequence[StepRunRow]
    groups: Sequence[GroupRunRow]
    error: Json
    _by_key: dict[str, BlockGroup] = field(default_factory=dict)
    _completed: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        keys = graph_keys(self.graph)
        self._by_key = {keys[id]: group for id, group in self.graph.groups.items()}
        rows: list[StepRunRow | GroupRunRow] = [*self.steps, *self.groups]
        self._completed = {row.path for row in rows if row.status == "completed"}
        self._seen = {prefix for row in rows for prefix in _prefixes(row.path)}

    def kept(self) -> list[Place]:
        last = {row.path: row for row in sorted(self.steps, key=lambda row: row.attempt)}
        unfinished = {row.path for row in last.values() if row.status not in ("completed", "skipped") and not self._was_taken(row)}
        around = {prefix for path in unfinished for prefix in _prefixes(path)}
        if isinstance(self.error, dict) and isinstance(path := self.error.get("path"), str) and path:
            around.update(_prefixes(path))
        again = {f"{prefix.rpartition('.')[0]}.finally" for prefix in around if _role(prefix) in ("try", "catch")}
        return [
            (row.path, row.attempt)
            for row in self.steps
            if last[row.path].status != "skipped"
            and row.path not in unfinished
            and not (("#" in row.path) and row.path.partition("#")[0] in around)
            and not any(prefix in again for prefix in _prefixes(row.path))
        ]

    def _was_taken(self, row: StepRunRow) -> bool:
        """Whether something around it went on in spite of it."""
        if row.status == "failed" and not (isinstance(row.error, dict) and row.error.get("final") is True):
            return False  # it would have been tried again
        if row.status not in ("failed", "cancelled"):
            return False
        return any(self._goes_on(prefix, row) for prefix in _prefixes(row.path)[:-1])

    def _goes_on(self, prefix: str, row: StepRunRow) -> bool:
        head, _, segment = prefix.rpartition("/")
        found = _SEGMENT.fullmatch(segment)
        if found is None:
            return False
        base = f"{head}/{found['key']}"
        if prefix in self._completed or base in self._completed:
            return True
        group = self._by_key.get(found["key"])
        if group is None or row.status == "cancelled":
            return False
        if group.type == "try_catch" and found["role"] == "try":
            turn = int(found["number"] or 0)
            return f"{base}.catch" in self._seen or f"{base}.try[{turn + 1}]" in self._seen
        return group.type == "foreach" and group.config.get("on_item_error") == "collect"


def _prefixes(path: str) -> list[str]:
    """The path and all that it stands in, outermost first; decisions stand where their step or group does."""
    place = path.partition("#")[0]
    return [*_cuts(place), path] if place != path else [*_cuts(place)]


def _cuts(path: str) -> Iterator[str]:
    end = path.find("/", 1)
    while end > 0:
        yield path[:end]
        end = path.find("/", end + 1)
    yield path


def _role(prefix: str) -> str | None:
    found = _SEGMENT.fullmatch(prefix.rpartition("/")[2])
    return found["role"] if found else None
