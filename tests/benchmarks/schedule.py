"""How soon after its time a run of a schedule is made and begun: `python -m tests.benchmarks.schedule`, one JSON line for each.

A `serve` of its own on its own PostgreSQL with the durability that users get; 100 schedules are due one by one, 0.2 s apart, and
nobody rings. `against` is the promise for a single tick: p99 below 5 s.
"""

from __future__ import annotations

import asyncio
import time

from tests.benchmarks.report import percentile, report
from tests.e2e.durability.robots import Stage, stage

TICKS, APART_S, FIRST_S, PROMISE_MS = 100, 0.2, 3.0, 5_000


async def measure(made: Stage) -> None:
    program = await made.serve()
    ask = made.ground.ask
    ask(
        "INSERT INTO schedules (tenant_id, workflow_id, name, cron_expression, timezone, input, next_run_at)"
        " SELECT w.tenant_id, w.id, 'tick ' || n, '0 0 1 1 *', 'UTC', '{\"n\": 1}', now() + (%s + n * %s) * interval '1 s'"
        " FROM workflows w, generate_series(1, %s) AS n WHERE w.name = 'sequence' RETURNING 1",
        [FIRST_S, APART_S, TICKS],
    )
    until = time.monotonic() + FIRST_S + TICKS * APART_S + 30
    while ask("SELECT count(*) FROM runs WHERE schedule_id IS NOT NULL AND started_at IS NOT NULL") != [(TICKS,)]:
        if time.monotonic() > until:
            raise SystemExit("Not every tick has its run.")
        await asyncio.sleep(0.2)
    lags = ask(
        "SELECT extract(epoch FROM created_at - scheduled_for)::float8 * 1000, extract(epoch FROM started_at - scheduled_for)::float8 * 1000"
        " FROM runs WHERE schedule_id IS NOT NULL"
    )
    for workload, samples in (("made", [lag for lag, _ in lags]), ("begun", [lag for _, lag in lags])):
        p99 = percentile(samples, 0.99)
        report(
            bench="schedule", workload=f"a run {workload} after its time", samples=samples, unit="ms", against=PROMISE_MS,
            ratio=round(p99 / PROMISE_MS, 4), p99=round(p99, 3),
        )  # fmt: skip
    await program.stop()


async def main() -> None:
    async with stage() as made:
        await measure(made)


if __name__ == "__main__":
    asyncio.run(main())
