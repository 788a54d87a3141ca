"""The bar over a selection of several elements: how many, align, distribute, group, and what else can be done with them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QFontMetrics, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from app.ui.actions import Actions
from app.ui.canvas.view import CanvasView
from app.ui.canvas_menu import SECTIONS, made_menu
from app.ui.grouping import group_menu
from app.ui.theme import font, theme, tint
from app.ui.widgets.buttons import ActionButton, IconButton
from app.ui.widgets.painting import draw_box, draw_icon, painting

HEIGHT = 40
AWAY = 12
# A list longer than this is cut; who selected more knows it.
MOST_LISTED = 30
ALIGN = ("align-left", "align-centre", "align-right", "align-top", "align-middle", "align-bottom")
DISTRIBUTE = ("distribute-across", "distribute-down")
EXTRACT = "extract-subflow"


class CountButton(ActionButton):
    """How many elements are selected, on a tint of the accent; a click lists them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("selection-count")
        self.setFixedHeight(28)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_count(0)

    def show_count(self, count: int) -> None:
        self.setText(f"{count:,}")
        self.setAccessibleName(f"{count:,} selected: list them")
        self.setToolTip(f"{count:,} selected. Click to list them.")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(max(28, QFontMetrics(font("ui")).horizontalAdvance(self.text()) + 18), 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            draw_box(painter, self.rect(), 8, fill=tint(tokens.accent, 0.28 if self.underMouse() else 0.18))
            painter.setPen(tokens.accent if tokens.is_dark else tokens.text)
            painter.setFont(font("ui"))
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, self.text())
            self.draw_focus(painter, 8)


class GroupButton(ActionButton):
    """“Group”, and an arrow that offers the six types."""

    ARROW = 24

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._actions = actions
        self.setObjectName("selection-group")
        self.setFixedHeight(28)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_action(actions["group-selection"])
        self.clicked.disconnect()
        self.clicked.connect(self._on_clicked)
        self._over_arrow = False
        self.setAccessibleDescription("The arrow, or Down, offers the six types.")

    def sizeHint(self) -> QSize:
        return QSize(10 + 16 + 7 + QFontMetrics(font("ui")).horizontalAdvance("Group") + 6 + self.ARROW, 28)

    def _on_clicked(self) -> None:
        at = self.mapFromGlobal(self.cursor().pos())
        if self.underMouse() and at.x() >= self.width() - self.ARROW:
            self.open_types()
        else:
            self._actions["group-selection"].trigger()

    def open_types(self) -> None:
        menu = group_menu(self._actions, self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(QPoint(0, self.height() + 4)))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Down:  # type: ignore[attr-defined]
            self.open_types()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        hot = self.isEnabled() and self.underMouse()
        with painting(self) as painter:
            if not self.isEnabled():
                painter.setOpacity(0.4)
            if hot:
                draw_box(painter, self.rect(), 8, fill=tokens.raised)
            draw_icon(painter, "group", tokens.text, (10, 6), 16)
            painter.setPen(tokens.text)
            painter.setFont(font("ui"))
            painter.drawText(QRectF(33, 0, self.width() - 33, 28), Qt.AlignmentFlag.AlignVCenter, "Group")
            draw_icon(painter, "chevron-down", tokens.text_second, (self.width() - self.ARROW + 4, 7), 14)
            self.draw_focus(painter, 8)


class SelectionBar(QWidget):
    """Floats 12 above what is selected, below it when there is no room; hidden while the hand is at work."""

    def __init__(self, view: CanvasView, actions: Actions) -> None:
        super().__init__(view)
        self._view, self._actions = view, actions
        self._working = False
        self.setObjectName("selection-bar")
        self.setAccessibleName("Selection")
        self.setFixedHeight(HEIGHT)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.count = CountButton(self)
        self.count.clicked.connect(self._list)
        self._lines: list[QWidget] = []
        self._lay_out()
        view.installEventFilter(self)
        view.selection_changed.connect(lambda _ids: self.follow())
        view.graph_changed.connect(self.follow)
        view.camera_changed.connect(self.follow)
        theme().changed.connect(self.update)
        self.hide()

    def follow(self) -> None:
        """Be where the selection is, if there is one of two or more."""
        view = self._view
        boxes = view.scene.geometry.boxes
        slots = [boxes.slot[id] for id in view.selected_ids() if id in boxes.slot]
        slots = [slot for slot in slots if boxes.shown[slot]]
        if len(slots) < 2 or self._working or not view.editable or view.adding.popup is not None:
            self.hide()
            return
        self.count.show_count(len(slots))
        self._extract.setVisible(self._extract.isEnabled())
        self.adjustSize()
        rect = boxes.rect[slots]
        left, top = float(rect[:, 0].min()), float(rect[:, 1].min())
        right, bottom = float((rect[:, 0] + rect[:, 2]).max()), float((rect[:, 1] + rect[:, 3]).max())
        box = view.camera.rect_to_screen(QRectF(left, top, right - left, bottom - top))
        seen = QRectF(view.rect())
        if not box.adjusted(-AWAY, -AWAY, AWAY, AWAY).intersects(seen):
            self.hide()
            return
        x = min(max(8.0, box.center().x() - self.width() / 2), seen.width() - self.width() - 8)
        y = box.top() - AWAY - HEIGHT
        if y < 8:
            y = box.bottom() + AWAY
            if y + HEIGHT > seen.height() - 8:  # no room on either side: over its upper end
                y = 8.0
        self.move(QPoint(max(8, round(x)), round(y)))
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.MouseButtonPress:
                self._working = True
                self.hide()
            case QEvent.Type.MouseButtonRelease:
                self._working = False
                QTimer.singleShot(0, self, self.follow)
            case QEvent.Type.KeyRelease | QEvent.Type.Resize:
                QTimer.singleShot(0, self, self.follow)
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            draw_box(painter, self.rect(), 12, fill=tokens.card, border=tokens.border_strong)
            for first in self._lines:
                if first.isVisible():
                    painter.fillRect(first.x() - 7, 11, 1, HEIGHT - 22, tokens.border_strong)

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 0, 6, 0)
        layout.setSpacing(2)
        self._extract = self._button(EXTRACT, "package")
        more = IconButton("ellipsis", "More", name="selection-more", size=28, icon_size=17, parent=self)
        more.clicked.connect(lambda: self._open_more(more))
        parts: list[list[QWidget]] = [
            [self.count],
            [self._button(id) for id in ALIGN[:3]],
            [self._button(id) for id in ALIGN[3:]],
            [self._button(id) for id in DISTRIBUTE],
            [GroupButton(self._actions, self), self._extract, more],
        ]
        for index, part in enumerate(parts):
            if index:
                layout.addSpacing(12)
                self._lines.append(part[0])
            for widget in part:
                widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus on the canvas
                layout.addWidget(widget)

    def _button(self, id: str, icon_name: str = "") -> IconButton:
        action, icon = self._actions[id], icon_name or ICONS[id]
        return IconButton(icon, action.text(), name=f"selection-{id}", size=28, icon_size=17, action=action, parent=self)

    def _list(self) -> None:
        """The names of what is selected; choosing one selects it alone."""
        view, menu = self._view, QMenu(self)
        menu.setObjectName("selection-list")
        ids = [id for id in view.selected_ids() if id in view.scene.geometry.boxes.slot]
        for id in ids[:MOST_LISTED]:
            element = view.graph.element(id)
            words = getattr(element, "name", "") or getattr(element, "text", "").split("\n")[0][:40] or "Note"
            action = QAction(words.replace("&", "&&"), menu)
            action.triggered.connect(lambda _checked=False, id=id: self._choose(id))
            menu.addAction(action)
        if len(ids) > MOST_LISTED:
            menu.addAction(f"and {len(ids) - MOST_LISTED:,} more").setEnabled(False)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.count.mapToGlobal(QPoint(0, self.count.height() + 4)))

    def _choose(self, id: str) -> None:
        self._view.select((id,))
        self._view.ensure_visible(id)
        self._view.setFocus()

    def _open_more(self, button: QWidget) -> None:
        menu = made_menu(self._actions, SECTIONS, self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(button.mapToGlobal(QPoint(0, button.height() + 4)))


ICONS = {
    "align-left": "align-start-vertical",
    "align-centre": "align-center-vertical",
    "align-right": "align-end-vertical",
    "align-top": "align-start-horizontal",
    "align-middle": "align-center-horizontal",
    "align-bottom": "align-end-horizontal",
    "distribute-across": "align-horizontal-distribute-center",
    "distribute-down": "align-vertical-distribute-center",
}
