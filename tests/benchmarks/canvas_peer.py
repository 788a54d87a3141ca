"""NodeGraphQt beside our canvas: in an environment of its own, made here, so that it never comes into the program's."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.workflow import Graph

PACKAGES = ("NodeGraphQt==0.6.44", "PySide6-Essentials>=6.11.3,<6.12", "setuptools<81")
FRAMES = 30
_LONGEST_S = 900


@dataclass(frozen=True, slots=True)
class Peer:
    """Wall times in ms of each frame by workload, and what opening the graph added to its memory."""

    times: dict[str, list[float]]
    memory_mib: float


def peer_times(graph: Graph, scales: Sequence[float]) -> Peer | None:
    """NodeGraphQt on the same steps and edges; None, with a word on standard error, where it cannot be had."""
    python = _environment()
    if python is None:
        return None
    at = {key: index for index, key in enumerate(graph.steps)}
    asked = {
        "nodes": [[step.position.x, step.position.y] for step in graph.steps.values()],
        "edges": [[at[edge.source_step_id], at[edge.target_step_id]] for edge in graph.edges.values()],
        "frames": FRAMES,
        "scales": list(scales),
    }
    script = Path(__file__).with_name("nodegraphqt_peer.py")
    try:
        done = subprocess.run([python, script], input=json.dumps(asked), capture_output=True, text=True, timeout=_LONGEST_S, check=True)
    except (subprocess.SubprocessError, OSError) as error:
        print(f"NodeGraphQt could not be measured: {error}", file=sys.stderr)
        return None
    found = json.loads(done.stdout.splitlines()[-1])
    return Peer({name: times for name, times in found.items() if isinstance(times, list)}, found["memory_mib"])


def _environment() -> Path | None:
    """The Python of an environment that has NodeGraphQt; kept between runs in the temporary directory."""
    place = Path(tempfile.gettempdir()) / "orchestrion-benchmark-nodegraphqt"
    python = place / "bin" / "python"
    try:
        if not (place / "ready").exists():
            subprocess.run([sys.executable, "-m", "venv", place], check=True, capture_output=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True, capture_output=True, text=True)
            (place / "ready").touch()
    except (subprocess.SubprocessError, OSError) as error:
        print(f"NodeGraphQt could not be installed: {error}", file=sys.stderr)
        return None
    return python
