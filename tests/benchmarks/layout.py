"""How long a layout takes, and a push while a hand drags a border: `python -m tests.benchmarks.layout`, one JSON line per workload.

Both are pure and run on one thread; the times are that thread's own. The aims: 500 nodes in 60 ms, 10,000 in 5 s; a push
among the neighbours of a 1,000-node workflow in 10 ms.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import process_time

from app.domain import push
from app.domain.ground import Ground
from app.domain.layout.arranging import arranged
from tests.benchmarks.canvas_graph import large_graph
from tests.benchmarks.report import percentile, report
from tests.catalog import CATALOG

LAYOUTS = ((500, 60.0, 15), (2_000, 600.0, 7), (10_000, 5_000.0, 3))
PUSHES = ((1_000, 10.0), (10_000, 16.6))


def main() -> int:
    gc.disable()
    shares = []
    for nodes, aim, times in LAYOUTS:
        graph = large_graph(nodes // 100)
        samples = timed(lambda graph=graph: arranged(graph, CATALOG), times)
        shares.append(tell(f"layout, {nodes:,} nodes", samples, aim))
    for nodes, aim in PUSHES:
        ground = Ground(large_graph(nodes // 100), CATALOG)
        x, y, width, height = old = ground.box("g0")

        def drag(ground: Ground = ground, box: push.Box = (x, y, width + 200, height), old: push.Box = old) -> None:
            now = ground.fresh()
            now.put("g0", box)
            push.grow(now, "g0", old)
            assert now.changed()

        drag()  # the first move of a gesture sorts what the others find sorted
        shares.append(tell(f"push at a move, {nodes:,} nodes", timed(drag, 40), aim))
    return 0 if max(shares) <= 1 else 1


def timed(act: Callable[[], object], times: int) -> list[float]:
    """The thread's own time of each, in ms."""
    samples = []
    for _ in range(times):
        start = process_time()
        act()
        samples.append((process_time() - start) * 1000)
    return samples


def tell(workload: str, samples: list[float], against: float) -> float:
    report(bench="layout", workload=workload, samples=samples, unit="ms", against=against)
    return percentile(samples, 0.5) / against


if __name__ == "__main__":
    raise SystemExit(main())
