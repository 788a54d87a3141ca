"""NodeGraphQt under the same hand: run by `canvas_peer` with the Python of an environment of its own, never imported by us.

Reads `{"nodes": [[x, y], …], "edges": [[from, to], …], "frames": n}` from standard input and prints one JSON object with the
wall time of each frame in ms per workload, the time to open, and the memory. A frame is one real event and a whole repaint.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_PREFERRED_BINDING"] = "PySide6"

import json
import resource
import sys
from collections.abc import Callable
from time import perf_counter

from NodeGraphQt import BaseNode, NodeGraph  # type: ignore[import-not-found, unused-ignore]
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

SIZE = (1280, 800)
LEFT, MIDDLE, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
NO_KEYS = Qt.KeyboardModifier.NoModifier


class Node(BaseNode):
    __identifier__ = "peer"
    NODE_NAME = "step"

    def __init__(self) -> None:
        super().__init__()
        self.add_input("in", multi_input=True)
        self.add_output("out")


class Hand:
    """One shown NodeGraph and the events on it."""

    def __init__(self, nodes: list[list[float]], edges: list[list[int]]) -> None:
        start = perf_counter()
        self.graph = NodeGraph()
        self.graph.register_node(Node)
        self.nodes = [
            self.graph.create_node("peer.Node", name=f"Step {at}", pos=place, selected=False, push_undo=False)
            for at, place in enumerate(nodes)
        ]
        for source, target in edges:
            self.nodes[source].outputs()["out"].connect_to(self.nodes[target].inputs()["in"], push_undo=False)
        self.view = self.graph.viewer()
        self.view.resize(*SIZE)
        self.view.show()
        QApplication.processEvents()
        self.view.viewport().repaint()
        self.open_ms = (perf_counter() - start) * 1000

    def look(self, scale: float) -> None:
        """The middle of the graph at a scale."""
        self.graph.clear_selection()
        self.graph.fit_to_selection()
        factor = scale / self.view.transform().m11()  # its set_zoom steps by a tenth
        self.view.scale(factor, factor, self.view.sceneRect().center())
        QApplication.processEvents()
        self.view.viewport().repaint()

    def mouse(self, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        port = self.view.viewport()
        QApplication.sendEvent(port, QMouseEvent(kind, at, QPointF(port.mapToGlobal(at.toPoint())), button, held, NO_KEYS))

    def frame(self, act: Callable[[], None]) -> float:
        start = perf_counter()
        act()
        self.view.viewport().repaint()
        return (perf_counter() - start) * 1000

    def stroke(self, start: QPointF, button: Qt.MouseButton, frames: int, step: QPointF) -> list[float]:
        """Press, move there and back, release; the times of the moves."""
        self.mouse(QEvent.Type.MouseButtonPress, start, button, button)
        at, times = start, []
        for index in range(frames):
            at = at + (step if index % 60 < 30 else -step)
            times.append(self.frame(lambda at=at: self.mouse(QEvent.Type.MouseMove, at, NO_BUTTON, button)))
        self.mouse(QEvent.Type.MouseButtonRelease, at, button, NO_BUTTON)
        QApplication.processEvents()
        return times

    def pan(self, frames: int) -> list[float]:
        return self.stroke(self._empty(), MIDDLE, frames, QPointF(23, 11))

    def zoom(self, frames: int) -> list[float]:
        at, times = QPointF(500, 300), []
        port = self.view.viewport()
        for index in range(frames):
            turn = 40 if index % 20 < 10 else -40
            where = QPointF(port.mapToGlobal(at.toPoint()))
            event = QWheelEvent(at, where, QPoint(), QPoint(0, turn), NO_BUTTON, NO_KEYS, Qt.ScrollPhase.NoScrollPhase, False)
            times.append(self.frame(lambda event=event: QApplication.sendEvent(port, event)))
        return times

    def drag(self, count: int, frames: int) -> list[float]:
        middle = self.view.mapToScene(QPoint(SIZE[0] // 2, SIZE[1] // 2))
        near = sorted(self.nodes, key=lambda node: (node.x_pos() - middle.x()) ** 2 + (node.y_pos() - middle.y()) ** 2)[:count]
        self.graph.clear_selection()
        for node in near:
            node.set_selected(True)
        item = near[0].view
        grip = self.view.mapFromScene(item.mapToScene(item.boundingRect().center()))
        times = self.stroke(QPointF(grip), LEFT, frames, QPointF(7, 4))
        self.graph.clear_selection()
        return times

    def rubber_band(self, frames: int) -> list[float]:
        start = self._empty()
        goal = QPointF(SIZE[0] - 10, SIZE[1] - 10)
        return self.stroke(start, LEFT, min(frames, 30), (goal - start) / 30)

    def _empty(self) -> QPointF:
        for y in range(6, 500, 7):
            for x in range(6, 900, 7):
                if not self.view.items(x - 10, y - 10, 20, 20):
                    return QPointF(x, y)
        return QPointF(4, 4)


def main() -> None:
    asked = json.load(sys.stdin)
    application = QApplication([])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    hand = Hand(asked["nodes"], asked["edges"])
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    frames = asked["frames"]
    found: dict[str, object] = {"open": [hand.open_ms], "memory_mib": (after - before) / 1024}
    for scale in asked["scales"]:
        percent = f"{round(scale * 100)} %"
        for name, act in (
            ("pan", lambda: hand.pan(frames)),
            ("drag 1", lambda: hand.drag(1, frames)),
            ("drag 200", lambda: hand.drag(200, frames)),
            ("rubber band", lambda: hand.rubber_band(frames)),
            ("zoom", lambda: hand.zoom(frames)),
        ):
            hand.look(scale)
            found[f"{name} at {percent}"] = act()
    print(json.dumps(found))
    sys.stdout.flush()
    application.processEvents()
    os._exit(0)  # its own teardown is not what is measured


main()
