"""How long a warm start takes: `python -m tests.benchmarks.startup`, from the start of the process to the painted window,
and to the example open on the canvas with the engine behind it. One JSON line each.

The first start, which makes the database, is shown apart and not counted. Every start is a process of its own, through the
command line, with the data directory of the one before.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.report import report

STARTS = 8
PAINTED_MS, OPEN_MS = 1500.0, 4000.0

# The program as it is, with a window that tells when it was seen and closes itself once a workflow is open.
TIMED = """
import json, sys, time
from app.ui import main_window

class TimedWindow(main_window.MainWindow):
    def __init__(self, preferences):
        super().__init__(preferences)
        self.seen = {}
        self.painted.connect(lambda: self.seen.setdefault("painted", time.time()))

    def attach(self, session):
        super().attach(session)
        self.editor.current_changed.connect(self._opened)

    def _opened(self):
        if self.editor.current is not None and "open" not in self.seen:
            self.seen["open"] = time.time()
            print(json.dumps(self.seen), flush=True)
            self.close()

main_window.MainWindow = TimedWindow
from app.cli import run_command
sys.exit(run_command([]))
"""


def main() -> int:
    directory = Path(tempfile.mkdtemp(prefix="orch-", dir="/tmp" if os.name == "posix" else None))
    try:
        first = start(directory)
        starts = [start(directory) for _ in range(STARTS)]
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    report(bench="startup", workload="first start, open", samples=[first["open"]], unit="ms", against=15_000.0)
    painted = report(bench="startup", workload="painted", samples=[s["painted"] for s in starts], unit="ms", against=PAINTED_MS)
    report(bench="startup", workload="open", samples=[s["open"] for s in starts], unit="ms", against=OPEN_MS)
    return int(float(str(painted["p50"])) > PAINTED_MS)


def start(directory: Path) -> dict[str, float]:
    """Milliseconds from the start of the process to each moment."""
    began = time.time()
    ended = subprocess.run(
        [sys.executable, "-c", TIMED],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "ORCHESTRION_DATA_DIR": str(directory)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    seen = json.loads(ended.stdout.strip().splitlines()[-1])
    return {name: round((moment - began) * 1000, 1) for name, moment in seen.items()}


if __name__ == "__main__":
    sys.exit(main())
