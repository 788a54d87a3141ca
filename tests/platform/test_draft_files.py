"""Draft journals on a disk: complete after a kill, locked while in use, patient with a full disk, honest about damage."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.domain.draft_journal import FORMAT, Closed, Done, DraftLog, Found, Opened, Past, Record, Snapshot
from app.domain.edits import Rename
from app.domain.history import Entry
from app.platform.draft_files import DraftFiles
from tests.domain.test_edits import small

WHO = ("tenant", "user")
Made = Callable[[], DraftFiles]


def opened(workflow: str = "w1", *, tenant: str = "tenant", user: str = "user") -> Opened:
    return Opened(FORMAT, tenant, user, workflow, 1_000.0)


def start(workflow: str = "w1", **more: str) -> list[Record]:
    return [opened(workflow, **more), Snapshot(7, small()), Past()]


def done(name: str, at_s: float = 1_001.0) -> Done:
    return Done(Entry(Rename("s0", name), Rename("s0", "Step 0"), at_s))


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Made]:
    """Makes windows on one directory."""
    made: list[DraftFiles] = []

    def make() -> DraftFiles:
        window = DraftFiles(tmp_path / "drafts")
        window.start()
        made.append(window)
        return window

    yield make
    for window in made:
        window.stop()


def names(tmp_path: Path, ending: str = "*") -> list[str]:
    return sorted(path.name for path in (tmp_path / "drafts").glob(ending))


async def leave(log: DraftLog) -> None:
    log.close()
    assert await log.written()


def name_in(found: Found) -> str:
    assert found.draft is not None
    return found.draft.graph.steps["s0"].name


async def test_what_one_window_left_the_next_one_goes_on_with(files: Made) -> None:
    first = files()
    log = first.begin(opened())
    log.restart(start())
    log.append(done("A"))
    assert await log.written()
    await leave(log)
    second = files()
    (found,) = await second.take(*WHO, "w1")
    assert (name_in(found), found.damage) == ("A", "")
    assert found.log is not None
    found.log.append(done("B"))
    assert await found.log.written()
    await leave(found.log)
    (again,) = await files().take(*WHO, "w1")
    assert name_in(again) == "B"


async def test_a_journal_in_use_is_nobody_elses(files: Made) -> None:
    first, second = files(), files()
    log = first.begin(opened())
    log.restart(start())
    log.append(done("A"))
    assert await log.written()
    assert await second.take(*WHO, "w1") == []
    assert await second.unsaved(*WHO) == []
    assert await first.take(*WHO, "w1") == []
    await leave(log)
    assert await second.unsaved(*WHO) == ["w1"]
    assert len(await first.take(*WHO, "w1")) == 1


async def test_only_the_persons_own_edits_of_that_workflow_are_offered(files: Made) -> None:
    first = files()
    for workflow, more in (("w1", {}), ("w2", {}), ("w1", {"user": "someone else"}), ("w1", {"tenant": "elsewhere"})):
        window = files()
        log = window.begin(opened(workflow, **more))
        log.restart(start(workflow, **more))
        log.append(done("A"))
        assert await log.written()
        await leave(log)
    assert sorted(await first.unsaved(*WHO)) == ["w1", "w2"]
    assert [found.draft.opened.workflow_id for found in await first.take(*WHO, "w1") if found.draft] == ["w1"]


async def test_what_was_saved_or_closed_with_nothing_left_is_not_offered(files: Made) -> None:
    log = files().begin(opened())
    log.restart(start())
    log.append(Closed(1_005.0))
    await leave(log)
    other = files()
    assert await other.unsaved(*WHO) == []
    (found,) = await other.take(*WHO, "w1")
    assert found.draft is not None and found.draft.was_closed


async def test_files_are_for_their_owner_alone(files: Made, tmp_path: Path) -> None:
    log = files().begin(opened())
    log.restart(start())
    assert await log.written()
    (path,) = (tmp_path / "drafts").iterdir()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


async def test_a_new_generation_takes_the_place_of_the_file_before_it(files: Made, tmp_path: Path) -> None:
    window = files()
    log = window.begin(opened())
    log.restart(start())
    for name in "abc":
        log.append(done(name))
    assert await log.written()
    log.restart([opened(), Snapshot(8, Rename("s0", "c").apply(small())), Past()])
    log.append(done("d"))
    assert await log.written()
    assert [name.split(".")[2] for name in names(tmp_path)] == ["000002"]
    await leave(log)
    (found,) = await files().take(*WHO, "w1")
    assert (name_in(found), found.draft and found.draft.revision) == ("d", 8)


async def test_a_generation_that_was_cut_off_leaves_the_one_before_it(files: Made, tmp_path: Path) -> None:
    log = files().begin(opened())
    log.restart(start())
    log.append(done("A"))
    assert await log.written()
    await leave(log)
    (path,) = (tmp_path / "drafts").iterdir()
    (path.parent / path.name.replace("000001", "000002")).write_bytes(path.read_bytes()[:60])
    (found,) = await files().take(*WHO, "w1")
    assert (name_in(found), found.damage) == ("A", "")
    assert len(names(tmp_path)) == 1


async def test_a_torn_last_line_is_cut_off_and_gone_on_from(files: Made, tmp_path: Path) -> None:
    log = files().begin(opened())
    log.restart(start())
    log.append(done("A"))
    log.append(done("B"))
    assert await log.written()
    await leave(log)
    (path,) = (tmp_path / "drafts").iterdir()
    path.write_bytes(path.read_bytes()[:-20])
    (found,) = await files().take(*WHO, "w1")
    assert (name_in(found), found.damage) == ("A", "")
    assert found.log is not None
    found.log.append(done("C"))
    assert await found.log.written()
    await leave(found.log)
    (again,) = await files().take(*WHO, "w1")
    assert (name_in(again), again.damage) == ("C", "")


async def test_damage_is_told_and_the_file_put_aside(files: Made, tmp_path: Path) -> None:
    log = files().begin(opened())
    log.restart(start())
    for name in "abcd":
        log.append(done(name))
    assert await log.written()
    await leave(log)
    (path,) = (tmp_path / "drafts").iterdir()
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4].replace(b"s0", b"s1")
    path.write_bytes(b"".join(lines))
    (found,) = await files().take(*WHO, "w1")
    assert name_in(found) == "a"
    assert "damaged" in found.damage
    (copy,) = (tmp_path / "drafts").glob("*.damaged")
    assert copy.read_bytes() == b"".join(lines)
    assert copy.stat().st_mode & 0o777 == 0o600


async def test_a_file_of_rubbish_is_put_aside_and_an_empty_one_goes(files: Made, tmp_path: Path) -> None:
    directory = tmp_path / "drafts"
    directory.mkdir()
    (directory / "w1.0123456789abcdef.000001.journal").write_bytes(os.urandom(5_000))
    (directory / "w1.fedcba9876543210.000001.journal").write_bytes(b"")
    (directory / "not-ours.txt").write_text("x")
    (found,) = await files().take(*WHO, "w1")
    assert (found.log, found.draft) == (None, None)
    assert "cannot be read" in found.damage
    assert names(tmp_path) == ["not-ours.txt", "w1.0123456789abcdef.000001.damaged"]


@pytest.fixture
def full_disk() -> Iterator[Callable[[int | None], None]]:
    """Files of this process can grow no larger than this: the system's own refusal, partial writes included."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size: int | None) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, before if size is None else (size, before[1]))

    yield limit
    limit(None)


async def test_on_a_full_disk_it_says_so_once_tries_again_and_loses_nothing(
    files: Made, tmp_path: Path, full_disk: Callable[[int | None], None]
) -> None:
    window = files()
    log = window.begin(opened())
    said: list[str] = []
    log.on_state = said.append
    log.restart(start())
    assert await log.written()
    (path,) = (tmp_path / "drafts").iterdir()
    full_disk(path.stat().st_size + 30)
    log.append(done("A"))
    assert not await log.written()
    log.append(done("B"))
    assert not await log.written()
    assert len(said) == 1
    assert "cannot be kept safe on this disk: file too large" in said[0]
    assert b"done" not in path.read_bytes()
    full_disk(None)
    end = time.monotonic() + 5
    while said[-1] and time.monotonic() < end:
        await asyncio.sleep(0.05)
    assert said[-1] == ""
    await leave(log)
    (found,) = await files().take(*WHO, "w1")
    assert found.draft is not None and [edit.name for edit in found.draft.waiting] == ["A", "B"]


async def test_a_directory_that_cannot_be_made_is_a_sentence_not_the_end(files: Made, tmp_path: Path) -> None:
    (tmp_path / "drafts").write_text("a file in its place")
    log = files().begin(opened())
    said: list[str] = []
    log.on_state = said.append
    log.restart(start())
    assert not await log.written()
    assert "file exists" in said[0] or "not a directory" in said[0]
    (tmp_path / "drafts").unlink()
    assert await log.written()
    assert said[-1] == ""


WRITER = """
import sys, time
from pathlib import Path
from app.platform.draft_files import DraftFiles
from tests.platform.test_draft_files import done, opened, start
files = DraftFiles(Path(sys.argv[1]))
files.start()
log = files.begin(opened())
log.restart(start())
for number in range(100_000):
    log.append(done(str(number)))
    print(number, flush=True)
    time.sleep(0.001)
"""


async def test_of_a_killed_window_all_but_the_last_moment_is_there(files: Made, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(tmp_path / "drafts")], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        said = [int(writer.stdout.readline()) for _ in range(300)]
        writer.send_signal(signal.SIGKILL)
        said += [int(line) for line in writer.stdout.read().split()]
    window = files()
    assert await window.unsaved(*WHO) == ["w1"]
    (found,) = await window.take(*WHO, "w1")
    assert found.damage == ""
    assert int(name_in(found)) >= said[-1] - 20


async def test_the_history_of_something_long_saved_goes_after_ninety_days_and_unsaved_edits_never(files: Made, tmp_path: Path) -> None:
    for workflow, unsaved in (("w1", 0), ("w2", 1)):
        log = files().begin(opened(workflow))
        log.restart(start(workflow))
        log.append(done("A"))
        log.append(Closed(1_005.0, unsaved))
        await leave(log)
    for path in (tmp_path / "drafts").iterdir():
        os.utime(path, (0, 0))
    assert await files().unsaved(*WHO) == ["w2"]
    assert [name.split(".")[0] for name in names(tmp_path)] == ["w2"]
