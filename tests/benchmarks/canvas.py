"""How long the canvas takes for one frame: `python -m tests.benchmarks.canvas`, one JSON line per workload.

500, 2,000 and 10,000 steps with half again as many edges, groups (half of them nested), minimap and run overlay on, 1280 × 800.
Every frame is one real event followed by a whole `repaint()` of the widget with its children; nothing is left to a later frame.
Beside the wall's time stands the thread's own (`cpu_p95`): on a machine that is busy with something else it is the one that tells
about the canvas, and the one that the exit status goes by.

At 500 and 2,000 steps NodeGraphQt shows the same boxes and edges, without groups, minimap and overlay, under the same hand
(`canvas_peer`); lines with the bench `canvas-peer` have its p50 as `against`, and as `ratio` ours divided by it.
`--no-peer` leaves it out.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import gc
import json
import subprocess
import sys
from collections.abc import Callable
from time import perf_counter, thread_time

import psutil
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from app.adapters.registry import ADAPTER_TYPES
from app.domain.catalog import Catalog
from app.domain.workflow import Graph
from app.groups import GROUP_TYPES
from app.steps import STEP_TYPES
from app.ui.canvas.graph_model import GraphModel
from app.ui.canvas.minimap import Minimap
from app.ui.canvas.overlay import OverlayState
from app.ui.canvas.view import CanvasView
from app.ui.theme import load_fonts
from tests.benchmarks.canvas_graph import CELL, large_graph
from tests.benchmarks.canvas_peer import Peer, peer_times
from tests.benchmarks.report import percentile, report

SIZES = (500, 2_000, 10_000)
PEER_SCALES = (0.25, 0.7)
FRAME_MS, OPEN_MS, MEMORY_MIB = 16.6, 1000.0, 300.0
SIZE = (1280, 800)
LEFT = Qt.MouseButton.LeftButton


def overlay_of(graph: Graph) -> dict[str, OverlayState]:
    """A run in the middle: most done, some running, skipped, failed or not begun."""
    states: dict[str, OverlayState] = {}
    for index, key in enumerate(graph.steps):
        part = index % 100
        if part < 70:
            states[key] = OverlayState("completed", f"{part / 10:.1f} s")
        elif part < 73:
            states[key] = OverlayState("running", "3 active")
        elif part < 78:
            states[key] = OverlayState("skipped")
        elif part < 79:
            states[key] = OverlayState("failed", "402")
    states.update({key: OverlayState("running", "7 / 12 · 4 parallel", 0.6) for key in list(graph.groups)[::5]})
    return states


Sample = tuple[float, float]
"""Wall time and the thread's own time of one frame, in ms."""


class Bench:
    """One shown canvas, its frames and their times in ms."""

    def __init__(self, graph: Graph, catalog: Catalog) -> None:
        start = perf_counter()
        self.view = CanvasView()
        self.view.resize(*SIZE)
        self.view.set_catalog(catalog)
        self.view.set_model(GraphModel(graph))
        self.minimap = Minimap(self.view)
        self.view.show()
        self.minimap.show()
        QApplication.processEvents()
        self.view.repaint()
        self.open_ms = (perf_counter() - start) * 1000
        self.view.overlay.apply(overlay_of(graph))

    def rest(self, seconds: float = 0.25) -> None:
        """Let timers run: told states, sharp sprites."""
        until = perf_counter() + seconds
        while perf_counter() < until:
            QApplication.processEvents()

    def frame(self, act: Callable[[], None]) -> Sample:
        start, own = perf_counter(), thread_time()
        act()
        self.view.repaint()
        return (perf_counter() - start) * 1000, (thread_time() - own) * 1000

    def mouse(self, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        event = QMouseEvent(kind, at, self.view.mapToGlobal(at), button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.view, event)

    def wheel(self, at: QPointF, turn: int, *, ctrl: bool) -> None:
        keys = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
        where = self.view.mapToGlobal(at)
        event = QWheelEvent(at, where, QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False)
        QApplication.sendEvent(self.view, event)

    def look(self, scale: float) -> None:
        """The middle of the graph at a scale, sharp."""
        self.view.zoom_to_fit()
        self.view.set_zoom(scale)
        self.rest()

    def pan(self, frames: int = 120) -> list[Sample]:
        at = QPointF(SIZE[0] / 2, SIZE[1] / 2)
        middle = Qt.MouseButton.MiddleButton
        self.mouse(QEvent.Type.MouseButtonPress, at, middle, middle)
        times = []
        for index in range(frames):
            way = 1 if index % 60 < 30 else -1
            at += QPointF(way * 23, way * 11)
            times.append(self.frame(lambda: self.mouse(QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, middle)))
        self.mouse(QEvent.Type.MouseButtonRelease, at, middle, Qt.MouseButton.NoButton)
        self.rest()
        return times

    def zoom(self, low: float, high: float) -> list[Sample]:
        """In and out again at the pointer, a third of a wheel click at a time."""
        self.look(low)
        at, times = QPointF(500, 300), []
        while self.view.zoom < high:
            times.append(self.frame(lambda: self.wheel(at, 40, ctrl=True)))
        while self.view.zoom > low:
            times.append(self.frame(lambda: self.wheel(at, -40, ctrl=True)))
        self.rest()
        return times

    def drag(self, count: int, frames: int = 90) -> list[Sample]:
        """Grab the step nearest the middle together with its neighbours and move them all; Esc puts them back."""
        view = self.view
        boxes = view.scene.geometry.boxes
        middle = view.camera.to_world(QPointF(SIZE[0] / 2, SIZE[1] / 2))
        steps = [slot for key, slot in boxes.slot.items() if key in view.graph.steps]
        steps.sort(key=lambda slot: (boxes.rect[slot, 0] - middle.x()) ** 2 + (boxes.rect[slot, 1] - middle.y()) ** 2)
        chosen = [boxes.ids[slot] for slot in steps[:count]]
        view.select([key for key in chosen if key is not None])
        at = view.node_rect(str(chosen[0])).center()
        self.mouse(QEvent.Type.MouseButtonPress, at, LEFT, LEFT)
        times = []
        for index in range(frames):
            at += QPointF(7, 4) if index % 60 < 30 else QPointF(-7, -4)
            times.append(self.frame(lambda: self.mouse(QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, LEFT)))
        assert len(view.selected_ids()) == count and view.gesture is not None
        view.cancel()
        view.select(())
        self.rest()
        return times

    def rubber_band(self, frames: int = 90) -> list[Sample]:
        view = self.view
        at = self._empty_place()
        self.mouse(QEvent.Type.MouseButtonPress, at, LEFT, LEFT)
        times = []
        goal = QPointF(SIZE[0] - 10, SIZE[1] - 10)
        for index in range(frames):
            now = at + (goal - at) * ((index + 1) / frames)
            times.append(self.frame(lambda now=now: self.mouse(QEvent.Type.MouseMove, now, Qt.MouseButton.NoButton, LEFT)))
        self.mouse(QEvent.Type.MouseButtonRelease, goal, LEFT, Qt.MouseButton.NoButton)
        assert view.selected_ids()
        view.select(())
        self.rest()
        return times

    def _empty_place(self) -> QPointF:
        for y in range(6, 400, 7):
            for x in range(6, 600, 7):
                hit = self.view.hit(QPointF(x, y))
                if hit.kind == "canvas" or (hit.kind == "group" and hit.part == "body"):
                    return QPointF(x, y)
        raise AssertionError("no empty place in sight")

    def tick(self, frames: int = 60) -> list[Sample]:
        """Half a second of run news: 200 steps change state, then the frame."""
        keys = list(self.view.graph.steps)
        times = []
        for index in range(frames):
            news = {keys[(index * 200 + n) % len(keys)]: OverlayState("running", f"{index}") for n in range(200)}
            times.append(self.frame(lambda news=news: self.view.overlay.merge(news)))
        self.rest()
        return times


def main() -> int:
    """Each size in a process of its own, so that none inherits the memory of another."""
    if "--size" not in sys.argv:
        ended = [subprocess.run([sys.executable, "-m", "tests.benchmarks.canvas", "--size", str(size), *sys.argv[1:]]) for size in SIZES]
        return max(process.returncode for process in ended)
    steps = int(sys.argv[sys.argv.index("--size") + 1])
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert application is not None
    load_fonts()
    gc.disable()  # as the program does while the hand is on the mouse; it collects from a timer (architecture.md)
    graph = large_graph(steps // CELL)
    assert (len(graph.steps), len(graph.edges), len(graph.groups)) == (steps, steps * 3 // 2, steps // 50)
    peer = peer_times(graph, PEER_SCALES) if steps <= 2_000 and "--no-peer" not in sys.argv else None
    shares = measure(graph, Catalog(STEP_TYPES, GROUP_TYPES, ADAPTER_TYPES), peer)
    return 0 if max(shares) <= 1 else 1


def measure(graph: Graph, catalog: Catalog, peer: Peer | None) -> list[float]:
    """All workloads on one graph; each one's own p95 as a share of its aim."""
    n = f"{len(graph.steps):,} nodes"
    before = psutil.Process().memory_info().rss
    bench = Bench(graph, catalog)
    memory = (psutil.Process().memory_info().rss - before) / 2**20
    opened = [bench.open_ms, *(Bench(graph, catalog).open_ms for _ in range(2))]
    shares = [tell(f"open, {n}", [(wall, wall) for wall in opened], OPEN_MS, peer, "open")]
    bench.rest(0.5)
    for scale in (0.045, 0.18, *PEER_SCALES[:1], 0.38, 0.45, *PEER_SCALES[1:], 1.0):
        bench.look(scale)
        percent = f"{round(scale * 100)} %"
        for name, frames in (
            ("pan", bench.pan),
            ("drag 1", lambda: bench.drag(1)),
            ("drag 200", lambda: bench.drag(200)),
            ("rubber band", bench.rubber_band),
            ("run news", bench.tick),
        ):
            shares.append(tell(f"{name} at {percent}, {n}", frames(), FRAME_MS, peer, f"{name} at {percent}"))
    for low, high in ((0.045, 0.22), (0.22, 0.5), (0.5, 2.0)):
        near = next((scale for scale in PEER_SCALES if low < scale < high), 0.0)
        words = f"zoom {round(low * 100)} to {round(high * 100)} % and back, {n}"
        shares.append(tell(words, bench.zoom(low, high), FRAME_MS, peer, f"zoom at {round(near * 100)} %"))
    report(bench="canvas", workload=f"memory, {n}", samples=[memory], unit="MiB", against=MEMORY_MIB)
    if peer is not None:
        report(bench="canvas-peer", workload=f"memory, {n}", samples=[memory], unit="MiB", against=round(peer.memory_mib, 1))
    return shares


def tell(workload: str, samples: list[Sample], against: float, peer: Peer | None, peers_name: str) -> float:
    """Print one line, and one beside the peer if it has done the same; the thread's own p95 as a share of the aim."""
    own = percentile([cpu for _, cpu in samples], 0.95)
    walls = [wall for wall, _ in samples]
    report(bench="canvas", workload=workload, samples=walls, unit="ms", against=against, cpu_p95=round(own, 3))
    if peer is not None and (theirs := peer.times.get(peers_name)):
        median = percentile(theirs, 0.5)
        compared = percentile(walls, 0.5) / median
        print(
            json.dumps(
                {
                    "bench": "canvas-peer",
                    "workload": workload,
                    "n": len(theirs),
                    "unit": "ms",
                    "p50": round(percentile(walls, 0.5), 3),
                    "p95": round(percentile(walls, 0.95), 3),
                    "ratio": round(compared, 4),
                    "against": round(median, 3),
                    "against_p95": round(percentile(theirs, 0.95), 3),
                }
            ),
            flush=True,
        )
    return own / against


if __name__ == "__main__":
    raise SystemExit(main())
