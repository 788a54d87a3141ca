"""The draft journal gives back what was done, whatever the end of its file looks like."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.draft_journal import (
    FORMAT,
    MOST_HISTORY_BYTES,
    Closed,
    Done,
    Draft,
    Opened,
    Past,
    Record,
    Redone,
    Saved,
    Sending,
    Snapshot,
    Undone,
    compacted,
    line_of,
    lines_of,
    read_lines,
    replay,
)
from app.domain.edits import GraphEdit, Rename, SetConfig
from app.domain.errors import EditRefused
from app.domain.history import MOST_ENTRIES, Entry, History
from tests.domain.test_edits import EDITS, exact, small

OPENED = Opened(FORMAT, "tenant", "user", "workflow", 1_000.0)


class Robot:
    """Does what a window does, and writes what a window writes."""

    def __init__(self) -> None:
        self.graph = self.base = small()
        self.history = History()
        self.waiting: list[GraphEdit] = []
        self.revision = 7
        self.clock = 1_000.0
        self.records: list[Record] = [OPENED, Snapshot(7, self.base), Past()]

    def do(self, edit: GraphEdit) -> None:
        try:
            after, back = edit.apply(self.graph), edit.invert(self.graph)
        except (EditRefused, KeyError):
            return
        self.clock += 0.5
        entry = Entry(edit, back, self.clock)
        self.graph, self.history = after, self.history.done(entry)
        self.waiting.append(edit)
        self.records.append(Done(entry))

    def undo(self) -> None:
        if self.history.can_undo:
            back = self.history.entries[self.history.index - 1].back
            self.graph, self.history = back.apply(self.graph), self.history.undone()
            self.waiting.append(back)
            self.records.append(Undone(self.clock))

    def redo(self) -> None:
        if self.history.can_redo:
            edit = self.history.entries[self.history.index].edit
            self.graph, self.history = edit.apply(self.graph), self.history.redone()
            self.waiting.append(edit)
            self.records.append(Redone(self.clock))

    def save(self, count: int) -> None:
        count = min(count, len(self.waiting))
        for edit in self.waiting[:count]:
            self.base = edit.apply(self.base)
        del self.waiting[:count]
        self.revision += 1
        self.records += [Sending(count), Saved(count, self.revision)]

    def compact(self) -> None:
        draft = replay(self.records)
        assert draft is not None
        self.records = list(compacted(draft))


def check(draft: Draft | None, robot: Robot) -> None:
    assert draft is not None
    assert exact(draft.graph) == exact(robot.graph)
    assert exact(draft.base) == exact(robot.base)
    assert (draft.revision, draft.history, list(draft.waiting)) == (robot.revision, robot.history, robot.waiting)


ACTS = st.lists(
    st.one_of(
        EDITS.map(lambda edit: ("do", edit)),
        st.sampled_from([("undo",), ("redo",), ("compact",)]),
        st.integers(0, 5).map(lambda count: ("save", count)),
    ),
    max_size=25,
)


@settings(max_examples=300, deadline=None)
@given(ACTS)
def test_a_journal_gives_back_the_drawing_the_history_and_what_is_not_saved(acts: list[tuple]) -> None:
    robot = Robot()
    for name, *arguments in acts:
        getattr(robot, name)(*arguments)
    reading = read_lines(lines_of(robot.records))
    assert (reading.damage, list(reading.records)) == ("", robot.records)
    check(replay(reading.records), robot)


@settings(max_examples=100, deadline=None)
@given(ACTS, st.data())
def test_a_file_that_was_cut_anywhere_gives_what_stands_before_the_cut(acts: list[tuple], data: st.DataObject) -> None:
    robot = Robot()
    for name, *arguments in acts:
        getattr(robot, name)(*arguments)
    content = lines_of(robot.records)
    cut = data.draw(st.integers(0, len(content)))
    reading = read_lines(content[:cut])
    assert reading.damage == ""
    assert list(reading.records) == robot.records[: len(reading.records)]
    assert reading.good_bytes == len(lines_of(reading.records)) <= cut
    whole_lines = content[:cut].count(b"\n")
    assert len(reading.records) == whole_lines


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_flipped_bit_is_never_read_as_an_edit(data: st.DataObject) -> None:
    robot = Robot()
    for name in "abc":
        robot.do(Rename("s0", name))
    content = bytearray(lines_of(robot.records))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    reading = read_lines(bytes(content))
    assert list(reading.records) == robot.records[: len(reading.records)]
    assert len(reading.records) < len(robot.records)


def test_what_stands_behind_damage_is_not_guessed_but_told() -> None:
    robot = Robot()
    for name in "abcd":
        robot.do(Rename("s0", name))
    lines = lines_of(robot.records).splitlines(keepends=True)
    lines[4] = b"00000000 {}\n"
    reading = read_lines(b"".join(lines))
    assert "damaged" in reading.damage
    draft = replay(reading.records)
    assert draft is not None and draft.graph.steps["s0"].name == "a"


def test_edits_of_one_burst_are_one_act_after_a_restart_too() -> None:
    first = Entry(Rename("s0", "A"), Rename("s0", "Step 0"), 10.0, "name")
    second = Entry(Rename("s0", "AB"), Rename("s0", "A"), 10.4, "name")
    assert first.takes(second)
    assert not first.takes(Entry(Rename("s0", "AB"), Rename("s0", "A"), 11.5, "name"))
    draft = replay([OPENED, Snapshot(1, small()), Past(), Done(first), Done(second, merged=True)])
    assert draft is not None
    assert draft.history == History((Entry(Rename("s0", "AB"), Rename("s0", "Step 0"), 10.4, "name"),), 1)
    assert [edit.name for edit in draft.waiting] == ["A", "AB"]


def test_a_window_that_closed_in_order_says_so_until_it_writes_again() -> None:
    start = [OPENED, Snapshot(1, small()), Past()]
    assert replay([*start, Closed(5.0)]).was_closed
    assert not replay([*start, Closed(5.0), Undone(6.0)]).was_closed


def test_a_save_that_was_on_its_way_is_known() -> None:
    robot = Robot()
    for name in "abc":
        robot.do(Rename("s0", name))
    draft = replay([*robot.records, Sending(2)])
    assert draft is not None and draft.sendings == (2,)


def test_the_history_keeps_a_thousand_entries_and_four_mebibytes() -> None:
    history = History()
    for number in range(MOST_ENTRIES + 50):
        history = history.done(Entry(Rename("s0", str(number)), Rename("s0", "x"), float(number)))
    assert (len(history.entries), history.entries[0].edit) == (MOST_ENTRIES, Rename("s0", "50"))
    large = History()
    for number in range(10):
        text = f"{number}" * (MOST_HISTORY_BYTES // 8)
        large = large.done(Entry(SetConfig("s0", {"text": text}), SetConfig("s0", {}), float(number)))
    line = line_of(Past(large.entries, large.index))
    assert len(line) <= MOST_HISTORY_BYTES + 1_000
    (past,) = read_lines(line).records
    assert isinstance(past, Past)
    assert (past.entries, past.index) == (large.entries[-len(past.entries) :], len(past.entries)) and past.entries


def test_no_journal_and_another_format_hold_nothing() -> None:
    assert replay([]) is None
    assert replay([OPENED]) is None
    assert replay([Opened("orchestrion-draft/2", "t", "u", "w", 1.0), Snapshot(1, small())]) is None
