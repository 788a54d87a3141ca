"""F6: from panel to panel without a mouse, to where one was in each."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


class PanelRound(QObject):
    """Goes round the panels of the page that is shown."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._last: WeakKeyDictionary[QWidget, QWidget] = WeakKeyDictionary()
        window.actions_of_window.bind("next-panel", lambda: self.go(1))
        window.actions_of_window.bind("previous-panel", lambda: self.go(-1))

    def go(self, step: int) -> None:
        panels = [panel for panel in self._panels() if panel.isVisible() and panel.isEnabled()]
        focus = QApplication.focusWidget()
        at = next((at for at, panel in enumerate(panels) if focus is not None and (panel is focus or panel.isAncestorOf(focus))), None)
        if at is not None and focus is not None:
            self._last[panels[at]] = focus
        start = at if at is not None else (-1 if step > 0 else 0)
        for away in range(1, len(panels) + 1):
            target = self._target(panels[(start + step * away) % len(panels)])
            if target is not None:
                target.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

    def _target(self, panel: QWidget) -> QWidget | None:
        """Where one was in it, else the first place that takes the keyboard."""
        last = self._last.get(panel)
        if last is not None and _takes_keys(last) and (panel is last or panel.isAncestorOf(last)):
            return last
        if _takes_keys(panel):
            return panel
        widget = panel.nextInFocusChain()
        while widget is not None and widget is not panel:
            if panel.isAncestorOf(widget) and _takes_keys(widget):
                return widget
            widget = widget.nextInFocusChain()
        return None

    def _panels(self) -> list[QWidget]:
        """In reading order. What floats over the canvas belongs to the panel it floats over."""
        window = self._window
        page = window.pages.currentWidget()
        if page is window.workflows:
            inside: list[QWidget] = [window.workflows.side, window.workflows.search, window.workflows.table]
        elif page is not None and page is window.editor:
            editor = window.editor
            shown = editor.shown_page
            around = [editor.palette_panel, editor.outline, editor.host, editor.inspector, editor.bottom]
            inside = [editor.tabs, editor.bar, *(around if shown is editor.panels else [shown])]
        else:
            inside = [page] if page is not None else []
        return [*inside, window.rail]


def _takes_keys(widget: QWidget) -> bool:
    return widget.isVisible() and widget.isEnabled() and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
