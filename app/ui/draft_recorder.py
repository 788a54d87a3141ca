"""What happens to one document, told to its draft journal as it happens."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Signal

from app.domain.draft_journal import Closed, DraftLog, Opened, Past, Record, Saved, Sending, Snapshot
from app.ui.autosave import Autosave
from app.ui.canvas.graph_model import GraphModel


class DraftRecorder(QObject):
    """Writes nothing before the first thing happens: a workflow that is only looked at leaves no file, or its old one as it was."""

    failure_changed = Signal(str)
    """Edits cannot be kept safe, with the sentence; empty once they can."""

    def __init__(self, model: GraphModel, autosave: Autosave, log: DraftLog, opened: Opened, parent: QObject) -> None:
        super().__init__(parent)
        self._model, self._autosave = model, autosave
        self._log, self._opened = log, opened
        self._has_begun = self._is_closed = False
        log.on_state = self.failure_changed.emit
        model.recorded.connect(self._write)
        autosave.sending.connect(self._on_sending)
        autosave.arrived.connect(self._on_arrived)

    def begin_anew(self) -> None:
        """All that is known now, as the start of a new file."""
        history, autosave = self._model.history, self._autosave
        snapshot = Snapshot(autosave.revision, autosave.base, autosave.waiting)
        self._log.restart((self._opened, snapshot, Past(history.entries, history.index)))
        self._has_begun = True

    def follow(self) -> None:
        """The draft starts from something else now; what was written so far would not lead there."""
        if self._has_begun or self._autosave.waiting:
            self.begin_anew()

    async def written(self) -> bool:
        """Wait until the journal is on the disk; False when it cannot be written."""
        return await self._log.written()

    def close(self, *, forget: bool = False) -> None:
        """Let go of the journal; with `forget` it goes. Idempotent."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._has_begun and not forget:
            self._log.append(Closed(time.time(), len(self._autosave.waiting)))
        self._log.close(forget=forget)

    def _write(self, record: Record) -> None:
        if self._has_begun:
            self._log.append(record)
        else:  # a snapshot has it in
            self.begin_anew()

    def _on_sending(self, count: int) -> None:
        if not self._has_begun:
            self.begin_anew()
        self._log.append(Sending(count))

    def _on_arrived(self, count: int, revision: int) -> None:
        self._log.append(Saved(count, revision))
        if self._log.is_long and not self._autosave.waiting:
            self.begin_anew()
