"""The real window in a process of its own, with a robot at its keyboard: ``python -m tests.e2e.window_robot``.

It tells on its output, one JSON object a line, what the start offered, and each edit once it was made. Edits carry a number in
the text of a note, so that whoever reads the workflow afterwards knows which of them are there.
"""

from __future__ import annotations

import sys
import time

from app.domain.edits import AddElements, SetNoteText
from app.domain.json_value import dumps
from app.domain.workflow import Note, Position

EVERY_MS = 100
NOTE = "6f1c2a3e-0000-4000-8000-00000000b0b0"


def tell(**what: object) -> None:
    sys.stdout.write(dumps({**what, "at": time.time()}) + "\n")
    sys.stdout.flush()


def main() -> None:
    from PySide6.QtCore import QObject, Qt, QTimer
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QAbstractButton

    from app import desktop
    from app.ui.drafts.banner import DraftBanner
    from app.ui.main_window import MainWindow

    class Robot(QObject):
        """Keeps what is offered, then writes a number and nudges a step ten times a second, undoing now and then."""

        def __init__(self, window: MainWindow) -> None:
            super().__init__(window)
            self.window, self.number = window, -1
            self.clock = QTimer(self, interval=EVERY_MS)
            self.clock.timeout.connect(self.act)
            self.clock.start()

        def act(self) -> None:
            document, view = self.window.editor.current, self.window.editor.view
            if document is None or view is None or not self.window.tasks.are_idle:
                return
            model = document.model
            if self.number < 0:
                self.begin(document)
                return
            self.number += 1
            model.push(SetNoteText(NOTE, str(self.number)))
            tell(did=self.number)
            if self.number % 3 == 0:
                view.select((next(iter(model.graph.steps)),))
                QTest.keyClick(view, Qt.Key.Key_Right)
            if self.number % 10 == 0:
                QTest.keyClick(view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

        def begin(self, document: object) -> None:
            model = document.model  # type: ignore[attr-defined]
            banner = self.window.findChild(DraftBanner, "draft-banner")
            note = model.graph.notes.get(NOTE)
            offered = banner is not None and banner.isVisible()
            self.number = int(note.text) if note is not None else 0
            tell(found=self.number, offered=offered, damage=document.safekeeping.damage, undo=model.history.can_undo)  # type: ignore[attr-defined]
            if "look" in sys.argv:
                self.clock.stop()
                self.window.close()
                return
            if offered:
                QTest.mouseClick(self.window.findChild(QAbstractButton, "draft-keep"), Qt.MouseButton.LeftButton)
            if note is None:
                model.push(AddElements((Note(NOTE, "0", Position(0, 600)),)))

    attach = MainWindow.attach

    def attach_with_robot(window: MainWindow, session: object) -> None:
        attach(window, session)  # type: ignore[arg-type]
        Robot(window)

    MainWindow.attach = attach_with_robot  # type: ignore[method-assign, assignment]
    sys.exit(desktop.main())


if __name__ == "__main__":
    main()
