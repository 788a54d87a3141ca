"""The program without a window: it executes what is due until it is told to stop, or sees one run to its end."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from app.backend import Backend, Progress
from app.domain.runs import RunStatus
from app.platform.settings import Settings

if TYPE_CHECKING:
    from app.backend_triggers import Listens

DRAIN_S = 10.0
LOOK_S = 0.5


async def serve(settings: Settings, *, tell: Progress, pool: tuple[int, int] = (1, 5), listens: Listens = "when_needed") -> None:
    """Claim and execute until SIGTERM or SIGINT; then finish or give back what is in hand. A second signal gives back at once."""
    stopping, at_once = asyncio.Event(), asyncio.Event()

    def stop(_number: int) -> None:
        (at_once if stopping.is_set() else stopping).set()

    with signals(stop):
        backend = await Backend.open(settings, on_progress=tell, pool=pool, listens=listens)
        settle_garbage()
        if backend.triggers is not None and backend.triggers.state.is_listening:
            tell(f"Webhooks are taken at {backend.triggers.state.base_url}/webhooks/…")
        tell("Ready. Runs are executed as they come; Ctrl+C stops.")
        await stopping.wait()
        in_hand = len(backend.worker.running)
        if in_hand:
            tell(f"Stopping: {in_hand} run{'s' if in_hand > 1 else ''} may finish within {DRAIN_S:.0f} s; again to stop at once.")
        draining = asyncio.ensure_future(backend.worker.stop(drain_s=DRAIN_S))
        hurrying = asyncio.ensure_future(at_once.wait())
        await asyncio.wait([draining, hurrying], return_when=asyncio.FIRST_COMPLETED)
        if not draining.done():
            await backend.worker.stop()
        hurrying.cancel()
        await asyncio.gather(draining, hurrying, return_exceptions=True)
        await backend.close()


async def see_to_the_end(backend: Backend, run_id: str) -> RunStatus:
    """Execute the run in this process, unless another worker has it; its last status.

    A run that sleeps for long, or whose tenant has no free place, is looked at again until it can go on.
    """
    assert backend.room is not None, "seeing a run to its end needs an engine"
    while True:
        claimed = await backend.room.queue.claim_one(run_id)
        if claimed is not None:
            end = await asyncio.shield(backend.worker.take(claimed))  # who stops looking does not stop the run
            if end is not None:
                return RunStatus(end.status)
        status = RunStatus((await backend.services.runs.row(backend.actor, run_id)).status)
        if status.is_terminal:
            return status
        await asyncio.sleep(LOOK_S)


def settle_garbage() -> None:
    """What exists by now lives as long as the program, so no collection looks at it again; and collections come less often.

    A run makes many short-lived objects and few circles of them: with Python's own rhythm a third of a busy worker's time went into
    collections (200 runs of 10 steps, Python 3.11).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@contextmanager
def signals(told: Callable[[int], None]) -> Iterator[None]:
    """Call `told` on the loop with the number of each SIGINT or SIGTERM inside."""
    loop = asyncio.get_running_loop()
    numbers = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        try:
            loop.add_signal_handler(number, told, number)
        except NotImplementedError:  # Windows: only Python's own handlers, which run on the main thread
            signal.signal(number, lambda number, _frame: loop.call_soon_threadsafe(told, number))
    try:
        yield
    finally:
        for number in numbers:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)
            signal.signal(number, before[number])
