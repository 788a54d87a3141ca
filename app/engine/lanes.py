"""Running many things at once so that order never decides: fail-fast, cancelled in list order, fixed lanes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from app.engine.ports import StepError

T = TypeVar("T")


async def run_all(work: Sequence[Coroutine[Any, Any, T] | asyncio.Future[T]]) -> list[T]:
    """Results in order. The first failure cancels the others in list order, waits for them, and is raised.

    When several failed by then, the failure of the earliest in the list is raised: a resumed run finds all of them
    in the journal and must come to the same one.
    """
    tasks = [asyncio.ensure_future(item) for item in work]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException as failure:
        await cancel_all(tasks)
        if isinstance(failure, StepError):
            for task in tasks:
                if not task.cancelled() and isinstance(found := task.exception(), StepError):
                    raise found from None
        raise


async def cancel_all(tasks: Sequence[asyncio.Future[Any]]) -> None:
    """Cancel in list order and wait until all have ended, however they end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def pool(n: int, limit: int, work: Callable[[int], Awaitable[None]]) -> None:
    """`work(i)` for each i < n in order, at most `limit` at once; fixed lanes instead of a task per item."""
    indexes = iter(range(n))

    async def lane() -> None:
        for index in indexes:
            await work(index)

    await run_all([lane() for _ in range(max(1, min(limit, n)))])


def being_cancelled() -> bool:
    """Whether the current task was asked to end: then a StepError in hand is not to be caught and lived on from."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def to_the_end(write: Callable[[], Awaitable[None]], *, abandoned: Callable[[], bool], keep_going: bool = False) -> None:
    """See a write committed even if the current task is cancelled meanwhile: what happened is to be written down.

    The journal keeps what it was given even if nobody waits any more; giving it the same row again is the way to wait on. An
    abandoned run waits for nothing. With `keep_going` the cancellation is left to the task's own count, so that the caller can
    raise the failure that a resumed run will find.
    """
    try:
        await write()
    except asyncio.CancelledError:
        if abandoned():
            raise
        await write()
        if not keep_going:
            raise
