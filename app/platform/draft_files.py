"""The files of the draft journals: one per workflow and window, written by a thread of their own.

Whoever records an edit never waits. Lines are with the system at once, so a killed process loses nothing of them, and on
the disk within half a second, so a lost machine loses no more. A disk that is full, or gone, is told once in a sentence
and tried again every second; what could not be written is kept in memory meanwhile.

A file is locked while its window lives, which is how another window tells a journal that was left behind from one in use.
Its name is ``<workflow>.<window>.<generation>.journal``: a file is never rewritten, the next generation takes its place.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from app.domain.draft_journal import Draft, Found, Opened, is_settled, read_lines, replay
from app.platform.draft_file import SUFFIX, DraftFile, FileName, content_of, locked, put_aside

logger = logging.getLogger(__name__)

T = TypeVar("T")
KEPT_DAYS = 90
_LAST_LINE = 200
UNREADABLE = (
    "A journal of unsaved edits is damaged from its start and cannot be read; it is kept beside the others, with the ending .damaged."
)


class DraftFiles:
    """The journals in one directory. Every method returns at once; the thread does the work, in the order in which it was asked for."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._window = secrets.token_hex(8)
        self._asked: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._open: list[DraftFile] = []
        self._thread = threading.Thread(target=self._run, name="drafts", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, timeout_s: float = 5.0) -> None:
        """Write what waits, then end."""
        if self._thread.is_alive():
            self._asked.put(None)
            self._thread.join(timeout_s)

    async def take(self, tenant_id: str, user_id: str, workflow_id: str) -> list[Found]:
        """The journals of a workflow that no living window writes, the newest first; they are this window's from now on."""
        return await self.answer(lambda: self._take(tenant_id, user_id, workflow_id))

    async def unsaved(self, tenant_id: str, user_id: str) -> list[str]:
        """The workflows of which someone's window left edits behind that are not saved."""
        return await self.answer(lambda: self._unsaved(tenant_id, user_id))

    def begin(self, opened: Opened) -> DraftFile:
        """A new journal. Nothing is on disk before its first record."""
        return DraftFile(self, opened.workflow_id)

    # On the thread

    def do(self, work: Callable[[], None]) -> None:
        """Run this on the thread, after what was asked for before."""
        self._asked.put(work)

    async def answer(self, work: Callable[[], T]) -> T:
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)

        self.do(run)
        return await asyncio.wrap_future(future)

    def _run(self) -> None:
        while True:
            work = self._next()
            if work is _END:
                break
            if work is not None:
                work()
            for file in list(self._open):
                file.write_due()
        for file in list(self._open):
            file.write_due(at_once=True)
            file.let_go()

    def _next(self) -> Callable[[], None] | None:
        """What was asked for next; None when some file is due before that."""
        waits = [due for file in self._open if (due := file.due_in()) is not None]
        try:
            found = self._asked.get(timeout=max(0.0, min(waits)) if waits else None)
        except queue.Empty:
            return None
        return _END if found is None else found

    def new_path(self, workflow_id: str, before: Path | None) -> Path:
        """Where a new file goes that takes the place of `before`."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = FileName.of(before) if before is not None else None
        window, generation = (name.window, name.generation + 1) if name is not None else (self._window, 1)
        while (path := self._directory / str(FileName(workflow_id, window, generation))).exists():
            generation += 1
        return path

    def follow(self, file: DraftFile, *, on: bool) -> None:
        """Whether a file has anything to write or to keep locked."""
        if on and file not in self._open:
            self._open.append(file)
        elif not on and file in self._open:
            self._open.remove(file)

    def _groups(self, workflow_id: str | None = None) -> dict[tuple[str, str], list[Path]]:
        """The files of each workflow and window, the newest generation first."""
        found: dict[tuple[str, str], list[tuple[int, Path]]] = {}
        for path in self._directory.glob(f"*{SUFFIX}") if self._directory.is_dir() else ():
            name = FileName.of(path)
            if name is not None and workflow_id in (None, name.workflow_id):
                found.setdefault((name.workflow_id, name.window), []).append((name.generation, path))
        return {key: [path for _, path in sorted(paths, reverse=True)] for key, paths in found.items()}

    def _take(self, tenant_id: str, user_id: str, workflow_id: str) -> list[Found]:
        taken = [found for paths in self._groups(workflow_id).values() if (found := self._taken(paths, tenant_id, user_id)) is not None]
        return sorted(taken, key=lambda found: found.draft.last_at_s if found.draft is not None else 0.0, reverse=True)

    def _taken(self, paths: Sequence[Path], tenant_id: str, user_id: str) -> Found | None:
        """One journal that was left behind, locked; None for one in use, someone else's, or with nothing in it."""
        held: list[tuple[Path, int]] = []
        chosen: tuple[Path, int, Draft, int, str] | None = None
        damage = ""
        for path in paths:
            descriptor = locked(path)
            if descriptor is None:
                break
            held.append((path, descriptor))
        try:
            if len(held) < len(paths):
                return None
            for path, descriptor in held:
                reading = read_lines(content_of(descriptor))
                damage = damage or reading.damage
                draft = replay(reading.records)
                if draft is not None:
                    chosen = (path, descriptor, draft, reading.good_bytes, reading.damage)
                    break
            if chosen is None:
                return self._given_up(held)
            path, descriptor, draft, good, hurt = chosen
            if (draft.opened.tenant_id, draft.opened.user_id) != (tenant_id, user_id):
                return None
            if hurt:
                put_aside(path, descriptor)
            os.ftruncate(descriptor, good)
            held.remove((path, descriptor))
            _remove(held)
            return Found(DraftFile(self, draft.opened.workflow_id, path=path, descriptor=descriptor), draft, hurt)
        finally:
            for _, descriptor in held:
                os.close(descriptor)

    def _given_up(self, held: list[tuple[Path, int]]) -> Found | None:
        """Files without anything to start from: an empty one goes, any other is put aside and told of."""
        full = [path for path, descriptor in held if os.fstat(descriptor).st_size]
        for path, descriptor in held:
            if path in full:
                put_aside(path, descriptor)
        _remove(held)
        return Found(None, None, UNREADABLE) if full else None

    def _unsaved(self, tenant_id: str, user_id: str) -> list[str]:
        found: dict[str, None] = {}
        for (workflow_id, _), paths in self._groups().items():
            for path in paths:
                descriptor = locked(path)
                if descriptor is None:
                    break
                is_old = False
                try:
                    if is_settled(content_of(descriptor, last=_LAST_LINE)):
                        is_old = time.time() - os.fstat(descriptor).st_mtime > KEPT_DAYS * 86_400
                        break
                    draft = replay(read_lines(content_of(descriptor)).records)
                    if draft is not None:
                        if draft.waiting and (draft.opened.tenant_id, draft.opened.user_id) == (tenant_id, user_id):
                            found[workflow_id] = None
                        break
                finally:
                    os.close(descriptor)
                    if is_old:  # only the history of something long saved
                        path.unlink(missing_ok=True)
        return list(found)


def _remove(held: list[tuple[Path, int]]) -> None:
    """Let go of files and delete them, in this order: not every system deletes what is open."""
    while held:
        path, descriptor = held.pop()
        os.close(descriptor)
        path.unlink(missing_ok=True)


def _nothing() -> None:
    raise AssertionError


_END: Callable[[], None] = _nothing
