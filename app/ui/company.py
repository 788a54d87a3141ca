"""Who else has a document open, and news of what they saved: a look every 20 seconds and whenever the bell says so."""

from __future__ import annotations

import asyncio
import logging
from uuid import uuid4

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.errors import AppError
from app.domain.presence import HEARTBEAT_S, Newer, Present, Sight
from app.ui.autosave import Autosave
from app.ui.session import Session
from app.ui.tasks import Tasks

logger = logging.getLogger(__name__)

_BELL_MS = 150
"""Rings that come together are one look."""


class Company(QObject):
    """Of one draft. A look that fails says nothing: the saved state tells of a database that is gone."""

    changed = Signal()
    """Others came or went."""
    saved_elsewhere = Signal(object)
    """A `Newer`: someone saved after the revision that this window has."""

    def __init__(self, session: Session, workflow_id: str, autosave: Autosave, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._workflow_id, self._autosave = session, workflow_id, autosave
        self.session_id = str(uuid4())
        self.others: tuple[Present, ...] = ()
        self._tasks = Tasks(self, self._on_error)
        self._looking: asyncio.Task[None] | None = None
        self._again = False
        self._beat = QTimer(self, interval=HEARTBEAT_S * 1000)
        self._beat.timeout.connect(self.look_soon)
        self._soon = QTimer(self, singleShot=True, interval=_BELL_MS)
        self._soon.timeout.connect(self._look)
        self._beat.start()
        self._soon.start()

    def look_soon(self) -> None:
        """The bell rang, or it is time to be heard of again."""
        if not self._soon.isActive():
            self._soon.start()

    async def newer(self) -> Newer | None:
        """What someone else saved since, looked up now.

        Raises:
            AppError: the database does not answer, or the workflow is gone.
        """
        sight = await self._sight()
        self._show(sight)
        return sight.newer

    def leave(self) -> None:
        """The document is closed."""
        if self._beat.isActive():
            self._beat.stop()
            self._soon.stop()
            self._tasks.cancel_all()
            # Nobody waits for this: a window that could not say so is gone for others after a minute.
            self._session.bridge.send(self._session.services.presence.leave(self._session.actor, self._workflow_id, self.session_id))

    def _look(self) -> None:
        if self._looking is not None and not self._looking.done():
            self._again = True
            return
        self._looking = self._tasks.start(self._look_once())

    async def _look_once(self) -> None:
        sight = await self._sight()
        self._show(sight)
        if sight.newer is not None:
            self.saved_elsewhere.emit(sight.newer)
        if self._again:
            self._again = False
            self.look_soon()

    async def _sight(self) -> Sight:
        session = self._session
        found: Sight = await session.call(session.services.presence.look, self._workflow_id, self.session_id, self._autosave.revision)
        return found

    def _show(self, sight: Sight) -> None:
        if sight.others != self.others:
            self.others = sight.others
            self.changed.emit()

    def _on_error(self, error: Exception) -> None:
        if self.others:  # nobody knows whether they are still there
            self.others = ()
            self.changed.emit()
        level = logging.DEBUG if isinstance(error, AppError) else logging.ERROR
        logger.log(level, "could not see who else is there: %s", error, exc_info=None if isinstance(error, AppError) else error)
