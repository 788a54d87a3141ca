"""Many lines or rectangles in one call and without a copy: Qt reads the numpy array as its own."""

from __future__ import annotations

from typing import cast

import numpy as np
import shiboken6
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter

from app.ui.canvas.rows import Floats


def draw_lines(painter: QPainter, lines: Floats) -> None:
    """(n, 4) lines x1, y1, x2, y2: the layout of QLineF. The array stays alive during the call."""
    if len(lines):
        batch = np.ascontiguousarray(lines, np.float64)
        painter.drawLines(cast(QLineF, shiboken6.wrapInstance(batch.ctypes.data, QLineF)), len(batch))


def draw_rects(painter: QPainter, rects: Floats) -> None:
    """(n, 4) rectangles x, y, width, height: the layout of QRectF."""
    if len(rects):
        batch = np.ascontiguousarray(rects, np.float64)
        painter.drawRects(cast(QRectF, shiboken6.wrapInstance(batch.ctypes.data, QRectF)), len(batch))
