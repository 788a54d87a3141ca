"""A whole day of a builder: ticket triage is built on an empty canvas by mouse and keys alone, run, published, compared, rolled back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.backend import Backend
from app.desktop import live
from app.platform.settings import load_settings
from app.ui.bridge import Bridge
from app.ui.canvas.add_popup import AddPopup
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
from app.ui.publishing.dialog import PublishDialog
from app.ui.versions.page import VersionsPage
from tests.ui.mouse import double_click

LEFT, NONE, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


class Builder:
    """Hands on one window."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot

    @property
    def canvas(self):
        return self.window.editor.view

    @property
    def document(self):
        return self.window.editor.current

    def until(self, true: Callable[[], object], within_s: float = 10.0) -> None:
        self.qtbot.waitUntil(lambda: bool(true()), timeout=int(within_s * 1000))

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(QApplication.focusWidget() or self.window, key, keys)

    def focus_canvas(self) -> None:
        """A click beside everything, after whatever dialog had the keys."""
        self.window.activateWindow()
        self.qtbot.mouseClick(self.canvas, LEFT, pos=QPointF(20, self.canvas.height() - 20).toPoint())
        self.until(self.canvas.hasFocus)

    def type(self, words: str) -> None:
        QTest.keyClicks(QApplication.focusWidget(), words)

    def click(self, name: str, of: QWidget | None = None) -> None:
        button = (of or self.window).findChild(QAbstractButton, name)
        assert button is not None and button.isVisible(), name
        self.until(button.isEnabled)
        self.qtbot.mouseClick(button, LEFT)

    @property
    def graph(self):
        return self.document.model.graph

    @property
    def popup(self) -> AddPopup | None:
        return next((popup for popup in self.window.findChildren(AddPopup) if popup.isVisible()), None)

    def choose(self, kind: str, name: str) -> str:
        """In the popup that is open: the kind by typing, then its name in the inspector's first field."""
        self.until(lambda: self.popup is not None)
        assert self.popup is not None
        before = set(self.graph.steps)
        QTest.keyClicks(self.popup.search, kind)
        self.key(Qt.Key.Key_Return)
        self.until(lambda: len(self.graph.steps) == len(before) + 1)
        (added,) = set(self.graph.steps) - before
        self.until(lambda: QApplication.focusWidget().objectName() == "input-name")
        self.key(Qt.Key.Key_A, CTRL)
        self.type(name)
        self.key(Qt.Key.Key_Return)
        self.until(lambda: self.graph.steps[added].name == name)
        return added

    def wire(self, source: str, port: str, to: QPointF, kind: str, name: str) -> str:
        """Drag a wire to an empty place and say there what it leads to."""
        self.focus_canvas()
        start = self.canvas.port_pos(source, port)
        QTest.mousePress(self.canvas, LEFT, NONE, start.toPoint())
        QTest.mouseMove(self.canvas, ((start + to) / 2).toPoint())
        QTest.mouseMove(self.canvas, to.toPoint())
        QTest.mouseRelease(self.canvas, LEFT, NONE, to.toPoint())
        return self.choose(kind, name)

    def fill(self, field: str, text: str) -> None:
        """Type over what stands in a field of the inspector."""
        edit = self.window.editor.inspector.findChild(QPlainTextEdit, f"input-{field}-fx") or self.window.editor.inspector.findChild(
            QWidget, f"input-{field}"
        )
        assert edit is not None, field
        self.qtbot.mouseClick(getattr(edit, "viewport", lambda: edit)(), LEFT)
        self.key(Qt.Key.Key_A, CTRL)
        self.type(text)

    def select(self, id: str) -> None:
        self.qtbot.mouseClick(self.canvas, LEFT, pos=self.canvas.node_rect(id).center().toPoint())
        self.until(lambda: self.canvas.selected_ids() == (id,))

    def command(self, words: str) -> None:
        """What Ctrl+K finds first."""
        self.key(Qt.Key.Key_K, CTRL)
        self.until(lambda: self.window.findChild(QLineEdit, "command-query") is not None)
        query = self.window.findChild(QLineEdit, "command-query")
        QTest.keyClicks(query, words)
        self.shot(f"command {words[:3]}")
        self.qtbot.wait(100)
        QTest.keyClick(query, Qt.Key.Key_Return)

    def run_with(self, text: str) -> None:
        """Shift+F5, an input by typing, and the run to its end."""
        QTest.keyClick(self.canvas, Qt.Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)
        self.until(lambda: self.window.findChild(QWidget, "input-dialog") is not None)
        dialog = self.window.findChild(QWidget, "input-dialog")
        edit = dialog.findChild(QPlainTextEdit)
        edit.selectAll()
        QTest.keyClicks(edit, text)
        self.click("dialog-run", dialog)
        self.until(lambda: self.document.live is not None and self.document.live.is_over, 30)

    def shot(self, name: str) -> None:
        if place := os.environ.get("SHOTS"):
            self.qtbot.wait(500)
            self.window.grab().save(f"{place}/{name}.png")


def test_ticket_triage_from_an_empty_canvas(loop, bridge: Bridge, place: Path, database_url: str, qtbot: QtBot) -> None:
    settings = load_settings(data_dir=place, database_url=database_url)

    async def open_backend(progress: Callable[[str], None], heard: Callable[[str, str], None]) -> Backend:
        backend = await Backend.open(settings, on_progress=progress)
        backend.bell.subscribe(lambda ring: heard(ring.kind, ring.id))
        return backend

    window = MainWindow(Preferences(place / "window.ini"))
    qtbot.addWidget(window)
    window.resize(1440, 900)
    window.show()
    life = asyncio.ensure_future(live(window, bridge, open_backend))
    you = Builder(window, qtbot)
    you.until(lambda: window.session is not None and window.editor.current is not None, 30)
    you.key(Qt.Key.Key_N, CTRL)
    you.until(lambda: window.findChild(QLineEdit, "workflow-name"))
    window.findChild(QLineEdit, "workflow-name").selectAll()
    QTest.keyClicks(window.findChild(QLineEdit, "workflow-name"), "Triage by hand")
    you.click("dialog-create")
    you.until(lambda: you.document is not None and you.document.name == "Triage by hand")
    you.focus_canvas()
    you.shot("1-empty")
    for _ in range(4):
        you.key(Qt.Key.Key_Minus, CTRL)
    QTest.mouseMove(you.canvas, QPointF(70, 190).toPoint())
    you.key(Qt.Key.Key_Space)
    ticket = you.choose("transform", "New ticket")
    you.fill("output", '{"subject": trim(input.subject), "body": input.body, "amount": default(input.amount, 0)}')
    classify = you.wire(ticket, "out", QPointF(150, 190), "prompt model", "Classify intent")
    you.fill("prompt", "{{ $.subject }}: {{ $.body }}")
    issue = you.wire(classify, "out", QPointF(290, 190), "mock", "Issue refund")
    you.fill("response", '{"done": "refunded {{ steps.new_ticket.output.amount }}"}')

    you.focus_canvas()
    you.select(issue)
    you.command("Try / catch")
    you.until(lambda: you.graph.groups)
    guard = next(iter(you.graph.groups.values()))
    assert (guard.type, you.graph.parent_of(issue)) == ("try_catch", (guard.id, "try"))
    box = you.canvas.node_rect(guard.id)
    double_click(you.canvas, QPointF(box.left() + 12, box.top() + box.height() * 0.62))
    finance = you.choose("transform", "Ask finance")
    assert you.graph.parent_of(finance) == (guard.id, "catch")
    you.fill("output", '{"done": "asked", "why": error.message}')

    draft = you.wire(issue, "out", QPointF(430, 190), "prompt model", "Draft reply")
    you.fill("prompt", "What was done: {{ $.done }}")
    urgent = you.wire(draft, "out", QPointF(550, 190), "condition", "Urgent")
    you.fill("expression", "steps.new_ticket.output.amount > 500")
    escalate = you.wire(urgent, "true", QPointF(680, 150), "transform", "Escalate")
    you.fill("output", '{"to": "team lead", "reply": $.text}')
    send = you.wire(urgent, "false", QPointF(680, 260), "transform", "Send reply")
    you.fill("output", '{"to": "customer", "reply": $.text}')
    assert sorted(edge.condition or "" for edge in you.graph.edges.values()) == ["", "", "", "", "!result", "result"]
    you.shot("5-built")
    you.until(lambda: not [problem for problem in you.document.problems if problem.severity == "error"])

    you.focus_canvas()
    before = you.graph
    you.command("Tidy")
    you.until(lambda: you.graph != before)
    you.shot("6-tidy")
    you.run_with('{"subject": " Refund ", "body": "twice", "amount": 900}')
    assert you.document.live.run.status == "completed", you.document.live.run.error
    assert you.document.live.output == {"to": "team lead", "reply": "What was done: refunded 900"}
    assert you.canvas.overlay.state(escalate).status == "completed"
    assert you.canvas.overlay.state(send).status == "skipped"
    you.shot("7-ran")

    you.click("publish-button")
    you.until(lambda: window.findChild(PublishDialog) is not None)
    you.click("dialog-publish", window.findChild(PublishDialog))
    you.until(lambda: "version 1" in window.notices.text)
    you.focus_canvas()
    published = you.graph
    you.select(draft)
    you.key(Qt.Key.Key_F2)
    you.until(lambda: QApplication.focusWidget() is not None and QApplication.focusWidget() is not you.canvas)
    you.key(Qt.Key.Key_A, CTRL)
    you.type("Write reply")
    you.key(Qt.Key.Key_Return)
    you.until(lambda: you.graph.steps[draft].name == "Write reply")
    you.focus_canvas()
    you.select(send)
    you.key(Qt.Key.Key_Delete)
    you.until(lambda: send not in you.graph.steps)
    you.click("versions-button")
    page = window.findChild(VersionsPage)
    you.until(lambda: page.comparison.difference is not None)
    assert {item.id for item in page.comparison.items} >= {draft, send}
    you.shot("8-diff")
    you.click("roll-back", page)
    you.until(lambda: window.findChild(QWidget, "roll-back-dialog") is not None)
    you.click("dialog-yes", window.findChild(QWidget, "roll-back-dialog"))
    you.until(lambda: not page.comparison.difference)
    assert you.graph == published
    you.until(lambda: you.document.autosave.is_clean)
    you.shot("9-rolled-back")
    window.close()
    you.until(life.done, 20)
