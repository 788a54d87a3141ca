"""Where runs pause: read for screens, and answered. A pause is a row of the journal that the worker makes and a person ends."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import and_, case, func, null, or_, select, true, update

from app.domain.access import Actor
from app.domain.breakpoints import PAUSE_TYPE, Answer, Breakpoint, Command, Pause
from app.domain.json_value import Given
from app.storage.bell import BellKind, ring
from app.storage.database import Transaction
from app.storage.ids import uuid_of
from app.storage.run_rows import pause_row
from app.storage.tables import runs, step_runs

MOST = 500
"""Of the pauses that are over, so many of the last are shown."""


class Pauses:
    """The pauses of the runs of the actor's tenant."""

    def __init__(self, transaction: Transaction, actor: Actor) -> None:
        self._transaction = transaction
        self._tenant = UUID(actor.tenant_id)

    async def of(self, run_id: str) -> tuple[Pause, ...]:
        """Those that wait first, oldest first; then those that are over."""
        mine = and_(step_runs.c.run_id == uuid_of(run_id), step_runs.c.tenant_id == self._tenant, step_runs.c.step_type == PAUSE_TYPE)
        rows = await self._transaction.read(
            select(step_runs)
            .where(mine, or_(step_runs.c.status == "waiting", step_runs.c.status == "completed"))
            .order_by(step_runs.c.status != "waiting", step_runs.c.created_at, step_runs.c.seq)
            .limit(MOST)
        )
        return tuple(pause_row(row) for row in rows)

    async def answer(
        self, run_id: str, path: str, command: Command, changed: Given | None, breakpoints: tuple[Breakpoint, ...] | None = None
    ) -> bool:
        """End a pause; false when the run does not pause there any more. A run that sleeps is due at once.

        The run is locked before its row, as the journal does it.
        """
        counted = await self._transaction.write(
            update(runs)
            .where(runs.c.id == uuid_of(run_id), runs.c.tenant_id == self._tenant, runs.c.status == "running")
            .values(
                answers=runs.c.answers + 1,
                edited=true() if changed is not None else runs.c.edited,
                wake_at=case((runs.c.wake_at.is_not(None), func.now()), else_=null()),
            )
            .returning(runs.c.answers)
        )
        number = counted.scalar_one_or_none()
        if number is None:
            return False
        ended = await self._transaction.write(
            update(step_runs)
            .where(
                step_runs.c.run_id == uuid_of(run_id),
                step_runs.c.tenant_id == self._tenant,
                step_runs.c.path == path,
                step_runs.c.step_type == PAUSE_TYPE,
                step_runs.c.status == "waiting",
            )
            .values(status="completed", output=Answer(command, number, changed, breakpoints).to_json(), completed_at=func.now())
        )
        if ended.rowcount == 0:
            return False
        kinds: tuple[BellKind, ...] = ("run", "answer", "due")
        for kind in kinds:
            await self._transaction.signal(ring(str(self._tenant), kind, run_id))
        return True
