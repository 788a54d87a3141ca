"""How one block group looks: body, lanes, header, grip.

Bodies and headers are painted at screen size, since no two are alike; what is in the header is a sprite in world px.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.domain.lanes import HEADER
from app.ui.canvas.faces import GroupFace
from app.ui.canvas.look import CategoryLook, Look
from app.ui.canvas.shapes import fill_rounded, outline_rounded
from app.ui.canvas.step_item import elided, paint_icon, text_width
from app.ui.theme import font

RADIUS = 16.0
BADGE_HEIGHT = 18.0
NAME_LEFT = 66.0
HEADER_RIGHT = 18.0
GRIP = 16.0
# Thickness and length of a border's handle, in screen px.
HANDLE = (10.0, 44.0)
LABEL_AT = QPointF(18, 7)
# A lane that is lower than its label goes without.
SMALLEST_LABELLED = 22.0


def header_width(face: GroupFace, room: float) -> float:
    """How wide the header's content is within `room` world px: the badge goes first, then the name is cut."""
    name, badge = _fitted(face, room)
    width = NAME_LEFT + text_width(name, "title")
    return width + (10 + _badge_width(badge) if badge else 0)


def paint_header(painter: QPainter, face: GroupFace, room: float, look: Look, *, collapsed: bool = False) -> None:
    """Chevron, icon, name and badge, with the group's corner at the origin."""
    category = look.category(face.category)
    name, badge = _fitted(face, room)
    paint_icon(painter, "chevron-right" if collapsed else "chevron-down", look.second, QRectF(17, HEADER / 2 - 7, 14, 14))
    paint_icon(painter, face.icon, category.colour, QRectF(38, HEADER / 2 - 9, 18, 18))
    painter.setPen(look.text)
    painter.setFont(font("node_title"))
    painter.drawText(QPointF(NAME_LEFT, HEADER / 2 + 5), name)
    if badge:
        box = QRectF(NAME_LEFT + text_width(name, "title") + 10, (HEADER - BADGE_HEIGHT) / 2, _badge_width(badge), BADGE_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(category.badge)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(category.words)
        painter.setFont(font("badge"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, badge)


def paint_body(painter: QPainter, box: QRectF, category: CategoryLook, scale: float) -> None:
    """Fill and border, at screen size; `box` lies on whole device px."""
    fill_rounded(painter, box, RADIUS * scale, category.fill)
    outline_rounded(painter, box, RADIUS * scale, category.border, max(1.0, 1.5 * scale))


def paint_header_ground(painter: QPainter, box: QRectF, category: CategoryLook, scale: float) -> None:
    """The tinted band at the top, at screen size."""
    band = QRectF(box.left(), box.top(), box.width(), round(HEADER * scale))
    fill_rounded(painter, band, RADIUS * scale, category.header, only_top=True)


def paint_dividers(painter: QPainter, box: QRectF, heights: Sequence[float], category: CategoryLook) -> None:
    """The dashed lines between lanes, at these heights on screen, which lie on whole device px."""
    pen = QPen(category.divider, 1)
    pen.setDashPattern([3, 3])
    painter.setPen(pen)
    for y in heights:
        painter.drawLine(QPointF(box.left() + 1, y + 0.5), QPointF(box.right() - 1, y + 0.5))


@dataclass(frozen=True, slots=True)
class LaneLabel:
    """What stands at the top of a lane: its role, then what lets it run; `empty_height` asks for a hint in a lane without steps.

    `passes` says that such a lane gives its input on.
    """

    role: str
    detail: str
    category: str
    room: float
    empty_height: float | None = None
    passes: bool = False
    hint: str = "drop steps here"

    @property
    def size(self) -> tuple[float, float]:
        return self.room, self.empty_height or 26.0


def paint_lane_label(painter: QPainter, label: LaneLabel, look: Look) -> None:
    """In world px with the lane's corner at the origin."""
    room = label.room - 2 * LABEL_AT.x()
    name = elided(label.role, "code", room)
    painter.setFont(font("code"))
    painter.setPen(role_colour(label.role, look.category(label.category), look))
    painter.drawText(QPointF(LABEL_AT.x(), LABEL_AT.y() + 12), name)
    if label.detail:
        left = text_width(name, "code")
        painter.setPen(look.second)
        painter.drawText(QPointF(LABEL_AT.x() + left, LABEL_AT.y() + 12), elided(f" · {label.detail}", "code", max(room - left, 0)))
    if label.empty_height is not None:
        painter.setPen(look.third if look.tokens.is_dark else look.second)
        painter.setFont(font("second"))
        words = QRectF(0, 0, label.room, label.empty_height)
        painter.drawText(words.translated(0, -9 if label.passes else 0), Qt.AlignmentFlag.AlignCenter, label.hint)
        if label.passes:
            painter.setFont(font("caption"))
            painter.drawText(words.translated(0, 9), Qt.AlignmentFlag.AlignCenter, elided("passes its input through", "second", room))


def paint_grip(painter: QPainter, box: QRectF, category: CategoryLook, scale: float) -> None:
    """Two strokes in the lower right corner."""
    painter.setPen(QPen(category.colour, max(1.0, 1.4 * scale)))
    right, bottom = box.right() - 5 * scale, box.bottom() - 5 * scale
    for length in (10.0, 5.0):
        painter.drawLine(QPointF(right - length * scale, bottom), QPointF(right, bottom - length * scale))


def paint_handle(painter: QPainter, box: QRectF, part: str, look: Look) -> QRectF | None:
    """The handle in the middle of the side that is, or could be, resized; None for the grip, which has its own strokes."""
    middle = {
        "border-left": QPointF(box.left(), box.center().y()),
        "border-right": QPointF(box.right(), box.center().y()),
        "border-top": QPointF(box.center().x(), box.top()),
        "border-bottom": QPointF(box.center().x(), box.bottom()),
    }.get(part)
    if middle is None:
        return None
    across, along = HANDLE if part in ("border-left", "border-right") else (HANDLE[1], HANDLE[0])
    handle = QRectF(middle.x() - across / 2, middle.y() - along / 2, across, along)
    painter.setPen(QPen(look.canvas, 2))
    painter.setBrush(look.accent)
    painter.drawRoundedRect(handle, 5, 5)
    return handle


def paint_group_frame(painter: QPainter, box: QRectF, colour: QColor, halo: QColor | None, scale: float) -> None:
    """The border of a selected, running or targeted group, at screen size."""
    if halo is not None:
        paint_group_halo(painter, box, halo, scale)
    outline_rounded(painter, box, RADIUS * scale, colour, max(1.5, 2 * scale))


def paint_group_halo(painter: QPainter, box: QRectF, halo: QColor, scale: float) -> None:
    """The soft line around a selected or running group."""
    spread = max(2.0, 5 * scale)
    around = box.adjusted(-spread / 2, -spread / 2, spread / 2, spread / 2)
    outline_rounded(painter, around, RADIUS * scale + spread / 2, halo, spread)


def role_colour(role: str, category: CategoryLook, look: Look) -> QColor:
    """On light ground status and category colours are too pale for words (ui.md)."""
    if not look.tokens.is_dark:
        return look.text
    match role:
        case "try" | "then":
            return look.states["completed"].colour
        case "finally" | "body":
            return look.second
        case _:
            return category.colour


def _badge_width(badge: str) -> float:
    return text_width(badge, "badge") + 12


def _fitted(face: GroupFace, room: float) -> tuple[str, str]:
    badge = face.badge.upper()
    wanted = NAME_LEFT + text_width(face.title, "title") + 10 + _badge_width(badge) + HEADER_RIGHT
    if wanted <= room:
        return face.title, badge
    return elided(face.title, "title", max(room - NAME_LEFT - HEADER_RIGHT, 0)), ""
