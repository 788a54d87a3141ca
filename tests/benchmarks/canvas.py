"""How long the canvas takes for one frame: `python -m tests.benchmarks.canvas`, one JSON line per workload.

10,000 steps, 15,000 edges, 200 groups (half of them nested), minimap and run overlay on, 1280 × 800. Every frame is one real
event followed by a whole `repaint()` of the widget with its children; nothing is left to a later frame. Beside the wall's time
stands the thread's own (`cpu_p95`): on a machine that is busy with something else it is the one that tells about the canvas, and
the one that the exit status goes by.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import gc
import sys
from collections.abc import Callable, Iterator
from time import perf_counter, thread_time

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from app.adapters.registry import ADAPTER_TYPES
from app.domain.catalog import Catalog
from app.domain.workflow import BlockGroup, Edge, Graph, Position, Size, Step
from app.groups import GROUP_TYPES
from app.steps import STEP_TYPES
from app.ui.canvas.graph_model import GraphModel
from app.ui.canvas.minimap import Minimap
from app.ui.canvas.overlay import OverlayState
from app.ui.canvas.view import CanvasView
from app.ui.theme import load_fonts
from tests.benchmarks.report import percentile, report

STEPS, EDGES, CELLS = 10_000, 15_000, 100
FRAME_MS, OPEN_MS = 16.6, 1000.0
SIZE = (1280, 800)
LEFT = Qt.MouseButton.LeftButton


def large_graph() -> Graph:
    """Cells of 100 steps: 30 of each cell in a group with a nested one, the rest around it; chains, branches and merges."""
    steps: dict[str, Step] = {}
    groups: dict[str, BlockGroup] = {}
    for cell in range(CELLS):
        left, top = cell % 10 * 3000, cell // 10 * 1320
        outer, inner = f"g{cell}", f"n{cell}"
        groups[outer] = BlockGroup(outer, f"Each part {cell}", "foreach", {}, None, None, Position(left, top), Size(1400, 660))
        groups[inner] = BlockGroup(inner, f"Guard {cell}", "try_catch", {}, outer, "body", Position(left + 740, top + 60), Size(620, 560))
        for number in range(STEPS // CELLS):
            key = f"s{cell}_{number}"
            if number < 18:
                place, group, role = (left + 24 + number % 3 * 230, top + 70 + number // 3 * 96), outer, "body"
            elif number < 30:
                index = number - 18
                role = ("try", "catch", "finally")[index // 4]
                place, group = (left + 764 + index % 2 * 230, top + 150 + index // 2 * 78), inner
            else:
                index = number - 30
                place, group, role = (left + 1500 + index % 6 * 235, top + 10 + index // 6 * 100), None, None
            steps[key] = _step(key, number, Position(*place), group, role)
    return Graph(steps, {edge.id: edge for edge in _edges()}, groups)


def _step(key: str, number: int, at: Position, group: str | None, role: str | None) -> Step:
    kinds = (
        ("tool", {"adapter_id": "http", "method": "GET", "url": f"/v1/items/{number}"}),
        ("llm", {"provider": "mock", "model": "mock-1", "prompt": "{{ $ }}"}),
        ("transform", {"output": {"n": "{{ $.n }}"}}),
        ("join", {"mode": "all"}),
        ("condition", {"expression": f"$.count > {number}"}),
    )
    type, config = kinds[number % 5 if number >= 30 and number % 25 == 0 else number % 4]
    return Step(key, f"Step {key[1:].replace('_', ' ')}", type, config, at, group, role)


def _edges() -> Iterator[Edge]:
    """Half again as many edges as steps: within a cell onward by 1, 3 or 7, and some from cell to cell."""
    made: set[tuple[str, str]] = set()
    for hop in (1, 7, 3, 11):
        for cell in range(CELLS):
            for number in range(STEPS // CELLS - hop):
                if len(made) == EDGES:
                    return
                if not _same_part(number, number + hop):
                    continue
                ends = f"s{cell}_{number}", f"s{cell}_{number + hop}"
                if ends not in made:
                    made.add(ends)
                    yield Edge(f"e{len(made)}", *ends, "$.ok && $.count > 3" if len(made) % 10 == 0 else None)
        for cell in range(CELLS - 1):
            ends = f"s{cell}_{90 + hop % 9}", f"s{cell + 1}_{hop % 9}"
            if len(made) < EDGES and ends not in made:
                made.add(ends)
                yield Edge(f"e{len(made)}", *ends, None)


def _same_part(a: int, b: int) -> bool:
    """No edge between two roles of one group; out of a group and into it is fine."""
    if 18 <= a < 30 and 18 <= b < 30:
        return (a - 18) // 4 == (b - 18) // 4
    return True


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
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert application is not None
    load_fonts()
    gc.disable()  # as the program does while the hand is on the mouse; it collects from a timer (architecture.md)
    graph, catalog = large_graph(), Catalog(STEP_TYPES, GROUP_TYPES, ADAPTER_TYPES)
    assert (len(graph.steps), len(graph.edges), len(graph.groups)) == (STEPS, EDGES, 2 * CELLS)
    open_ms = [Bench(graph, catalog).open_ms for _ in range(3)]
    shares = [tell("open", [(wall, wall) for wall in open_ms], OPEN_MS)]
    bench = Bench(graph, catalog)
    bench.rest(0.5)
    for scale in (0.045, 0.18, 0.25, 0.38, 0.45, 0.7, 1.0):
        bench.look(scale)
        percent = f"{round(scale * 100)} %"
        shares.append(tell(f"pan at {percent}", bench.pan(), FRAME_MS))
        shares.append(tell(f"drag 200 at {percent}", bench.drag(200), FRAME_MS))
        shares.append(tell(f"rubber band at {percent}", bench.rubber_band(), FRAME_MS))
        shares.append(tell(f"run news at {percent}", bench.tick(), FRAME_MS))
    for low, high in ((0.045, 0.22), (0.22, 0.5), (0.5, 2.0)):
        shares.append(tell(f"zoom {round(low * 100)} to {round(high * 100)} % and back", bench.zoom(low, high), FRAME_MS))
    return 0 if max(shares) <= 1 else 1


def tell(workload: str, samples: list[Sample], against: float) -> float:
    """Print one line; the thread's own p95 as a share of the aim."""
    own = percentile([cpu for _, cpu in samples], 0.95)
    walls = [wall for wall, _ in samples]
    report(bench="canvas", workload=workload, samples=walls, unit="ms", against=against, cpu_p95=round(own, 3))
    return own / against


if __name__ == "__main__":
    raise SystemExit(main())
