"""The journal of one workflow in one window: every edit on disk before it is in the database, so that nothing drawn is lost.

A file of lines, each a checksum and one record as JSON: who and what, a snapshot with all that was known then, and what
happened since. Replaying gives the draft as it was, what of it no save had taken, and the undo history. A last line that
was cut off is as if it had not been begun; a damaged one ends what can be read, and what comes behind it is not guessed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias

from app.domain.edit_codec import EditUnreadable, coder_of
from app.domain.edits import GraphEdit
from app.domain.errors import EditRefused
from app.domain.history import Entry, History
from app.domain.json_value import Json, JsonRejected, dumps_bytes, loads
from app.domain.workflow import Graph

FORMAT = "orchestrion-draft/1"
MOST_HISTORY_BYTES = 4 << 20
DAMAGED = "The journal of unsaved edits is damaged; what stands before the damage could be read."


@dataclass(frozen=True, slots=True)
class Opened:
    """The first record: whose edits of which workflow these are."""

    format: str
    tenant_id: str
    user_id: str
    workflow_id: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that was known: `base` is what the database had at `revision`, `waiting` lead from there to what was drawn."""

    revision: int
    base: Graph
    waiting: tuple[GraphEdit, ...] = ()


@dataclass(frozen=True, slots=True)
class Past:
    """The history at the time of the snapshot; its oldest entries are left out where it is over 4 MiB."""

    entries: tuple[Entry, ...] = ()
    index: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """An edit was made; `merged`: as one act with the one before it."""

    entry: Entry
    merged: bool = False


@dataclass(frozen=True, slots=True)
class Undone:
    at_s: float


@dataclass(frozen=True, slots=True)
class Redone:
    at_s: float


@dataclass(frozen=True, slots=True)
class Dropped:
    """The next redo, or else the next undo, was refused and is out of the history."""

    forward: bool


@dataclass(frozen=True, slots=True)
class Sending:
    """The first `count` waiting edits are on their way to the database."""

    count: int


@dataclass(frozen=True, slots=True)
class Saved:
    """The first `count` waiting edits are in the database, as `revision`."""

    count: int
    revision: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The window let go of the workflow in order, with this many edits that no save had taken; the history stays."""

    at_s: float
    unsaved: int = 0


Record: TypeAlias = Opened | Snapshot | Past | Done | Undone | Redone | Dropped | Sending | Saved | Closed

_WORDS: Mapping[str, type] = {
    "opened": Opened,
    "snapshot": Snapshot,
    "past": Past,
    "done": Done,
    "undone": Undone,
    "redone": Redone,
    "dropped": Dropped,
    "sending": Sending,
    "saved": Saved,
    "closed": Closed,
}
_KINDS = {kind: word for word, kind in _WORDS.items()}


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a file: records, the bytes they take, and a sentence where more stands behind that cannot be read."""

    records: tuple[Record, ...] = ()
    good_bytes: int = 0
    damage: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a journal says: `graph` is what was drawn last, `base` with `waiting` applied.

    `sendings` are how many of the waiting edits were on their way when the record ends: each of them may have arrived.
    """

    opened: Opened
    revision: int
    base: Graph
    graph: Graph
    waiting: tuple[GraphEdit, ...] = ()
    history: History = field(default_factory=History)
    sendings: tuple[int, ...] = ()
    last_at_s: float = 0.0
    was_closed: bool = False


class DraftLog(Protocol):
    """One journal being written; every method returns at once."""

    on_state: Callable[[str], None] | None
    """Called on any thread: with a sentence when nothing can be written, with "" once it can."""

    @property
    def is_long(self) -> bool:
        """It has grown much beyond what it began with."""

    def append(self, record: Record) -> None: ...

    def restart(self, records: Sequence[Record]) -> None:
        """Begin anew with these records; a new journal begins with this."""

    def close(self, *, forget: bool = False) -> None:
        """Let go of it; it stays for the next window, or with `forget` it goes."""

    async def written(self) -> bool:
        """Wait until all of it is on the disk; False when that cannot be."""


@dataclass(frozen=True, slots=True)
class Found:
    """A journal that was left behind, to be gone on with; `damage` says what could not be read. Without a log nothing could."""

    log: DraftLog | None
    draft: Draft | None
    damage: str = ""


class DraftLogs(Protocol):
    """Where the journals of a window are."""

    async def take(self, tenant_id: str, user_id: str, workflow_id: str) -> list[Found]:
        """The journals of a workflow that no living window writes, the newest first; they are this window's from now on."""

    async def unsaved(self, tenant_id: str, user_id: str) -> list[str]:
        """The workflows of which some window left unsaved edits behind."""

    def begin(self, opened: Opened) -> DraftLog: ...


def line_of(record: Record) -> bytes:
    """A record as one line."""
    if isinstance(record, Past):
        record = _within_bounds(record)
    body = dumps_bytes({"is": _KINDS[type(record)], **_fields(record)})
    return b"%08x %s\n" % (zlib.crc32(body), body)


def read_lines(content: bytes) -> Reading:
    """The records of a file, as far as they are whole."""
    records: list[Record] = []
    good = 0
    while good < len(content):
        end = content.find(b"\n", good)
        record = _record(content[good:end]) if end >= 0 else None
        if record is None:
            rest = content[good:].split(b"\n")[1:]
            return Reading(tuple(records), good, DAMAGED if any(_record(line) is not None for line in rest) else "")
        records.append(record)
        good = end + 1
    return Reading(tuple(records), good)


def is_settled(end: bytes) -> bool:
    """Whether the end of a file says that its window closed in order with everything saved: nothing to recover then."""
    last = _record(end.rstrip(b"\n").rpartition(b"\n")[2]) if end.endswith(b"\n") else None
    return isinstance(last, Closed) and last.unsaved == 0


def replay(records: Sequence[Record]) -> Draft | None:
    """What the records of one file say; None when they hold nothing to start from.

    Where a record does not fit what stands before it, the draft is what it was until there.
    """
    # A snapshot counts once the history behind it is whole.
    at = max((index - 1 for index, record in enumerate(records) if index and isinstance(record, Past)), default=-1)
    opened = next((record for record in records if isinstance(record, Opened)), None)
    if at < 0 or not isinstance(records[at], Snapshot) or opened is None or opened.format != FORMAT:
        return None
    try:
        replaying = _Replaying(opened, records[at])
    except (EditRefused, KeyError):
        return None
    for record in records[at + 1 :]:
        try:
            replaying.take(record)
        except (EditRefused, KeyError, IndexError):
            break
    return replaying.draft()


def compacted(draft: Draft) -> tuple[Record, ...]:
    """The records of a new file that says the same."""
    return (draft.opened, Snapshot(draft.revision, draft.base, draft.waiting), Past(draft.history.entries, draft.history.index))


@dataclass(slots=True)
class _Replaying:
    """A draft on its way through its records."""

    opened: Opened
    start: Any
    revision: int = 0
    base: Graph = field(default_factory=Graph)
    graph: Graph = field(default_factory=Graph)
    waiting: list[GraphEdit] = field(default_factory=list)
    history: History = field(default_factory=History)
    sendings: list[int] = field(default_factory=list)
    last_at_s: float = 0.0
    was_closed: bool = False

    def __post_init__(self) -> None:
        snapshot: Snapshot = self.start
        self.revision, self.base, self.graph = snapshot.revision, snapshot.base, snapshot.base
        self.last_at_s = self.opened.at_s
        for edit in snapshot.waiting:
            self._change(edit)

    def take(self, record: Record) -> None:
        self.was_closed = isinstance(record, Closed)
        match record:
            case Past():
                self.history = History(record.entries, max(0, min(record.index, len(record.entries))))
            case Done():
                self._change(record.entry.edit)
                self.history = self.history.done(record.entry, merged=record.merged)
            case Undone():
                self._change(self.history.entries[self.history.index - 1].back)
                self.history = self.history.undone()
            case Redone():
                self._change(self.history.entries[self.history.index].edit)
                self.history = self.history.redone()
            case Dropped():
                self.history = self.history.without_next(forward=record.forward)
            case Sending():
                self.sendings.append(record.count)
            case Saved():
                if record.count >= len(self.waiting):
                    self.base = self.graph
                else:
                    for edit in self.waiting[: record.count]:
                        self.base = edit.apply(self.base)
                del self.waiting[: record.count]
                self.revision = record.revision
                self.sendings.clear()
            case Closed() | Opened() | Snapshot():
                pass
        if isinstance(record, Undone | Redone | Closed):
            self.last_at_s = record.at_s
        elif isinstance(record, Done):
            self.last_at_s = record.entry.at_s

    def _change(self, edit: GraphEdit) -> None:
        self.graph = edit.apply(self.graph)
        self.waiting.append(edit)

    def draft(self) -> Draft:
        return Draft(
            self.opened,
            self.revision,
            self.base,
            self.graph,
            tuple(self.waiting),
            self.history,
            tuple(self.sendings),
            self.last_at_s,
            self.was_closed,
        )


def _within_bounds(past: Past) -> Past:
    """The newest entries that fit. An entry as a whole is counted, its inverse included."""
    write = coder_of(Entry).write
    sizes = [len(dumps_bytes(write(entry))) for entry in past.entries]
    total = sum(sizes)
    history = History(past.entries, past.index)
    while total > MOST_HISTORY_BYTES:
        total -= sizes.pop(0) if history.index > 0 else sizes.pop()
        history = history.shortened()
    return replace(past, entries=history.entries, index=history.index)


def _fields(record: Record) -> dict[str, Json]:
    kind: Any = type(record)
    written = coder_of(kind).write(record)
    assert isinstance(written, dict)
    return written


def _record(line: bytes) -> Record | None:
    """The record of a line, without its end; None for one that is not whole or not known."""
    if len(line) < 10 or line[8:9] != b" ":
        return None
    body = line[9:]
    try:
        if line[:8] != b"%08x" % zlib.crc32(body):
            return None
        value = loads(body)
        word = value.pop("is", None) if isinstance(value, dict) else None
        kind = _WORDS.get(word) if isinstance(word, str) else None
        return None if kind is None else coder_of(kind).read(value, str(word), 1)
    except (JsonRejected, EditUnreadable):
        return None


def lines_of(records: Iterable[Record]) -> bytes:
    return b"".join(map(line_of, records))
