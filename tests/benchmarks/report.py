"""One JSON line per workload, the same for every benchmark: what was measured, and how it stands against its aim."""

from __future__ import annotations

import json
from collections.abc import Sequence


def percentile(samples: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the samples do not exceed."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def report(*, bench: str, workload: str, samples: Sequence[float], unit: str, against: float, **more: object) -> dict[str, object]:
    """Print p50 and p95 of the samples; `ratio` is p95 over `against`, so that up to 1 is good. `more` goes along as it is."""
    p95 = percentile(samples, 0.95)
    line: dict[str, object] = {
        "bench": bench,
        "workload": workload,
        "n": len(samples),
        "unit": unit,
        "p50": round(percentile(samples, 0.5), 3),
        "p95": round(p95, 3),
        "max": round(max(samples), 3),
        "ratio": round(p95 / against, 3),
        "against": against,
        **more,
    }
    print(json.dumps(line), flush=True)
    return line
