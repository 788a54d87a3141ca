"""The Qt binding itself: PySide6 6.12.0 on Python 3.11 loses references to None and aborts after some thousand calls."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QApplication, QWidget


def test_qt_calls_keep_the_references_to_none_and_true(qapp: QApplication) -> None:
    widget = QWidget()
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(2_000):
        widget.update()
        widget.isEnabled()
    after = sys.getrefcount(None), sys.getrefcount(True)
    assert all(abs(now - then) < 200 for now, then in zip(after, before, strict=True))
