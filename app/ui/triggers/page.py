"""What starts runs by itself: schedules and webhooks, each a section of one page."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.domain.access import Permission
from app.ui.actions import Actions
from app.ui.session import Session
from app.ui.triggers.schedules import SchedulesView
from app.ui.triggers.webhooks import WebhooksView
from app.ui.widgets.bars import TopBar, grounded
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label
from app.ui.widgets.pills import Pills

_SECTIONS = (("schedules", "Schedules"), ("webhooks", "Webhooks"))


class TriggersPage(QWidget):
    """The section that was looked at last is shown again."""

    run_requested = Signal(str)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("triggers-page")
        grounded(self, "field")
        self._session: Session | None = None
        self.sections = Pills(_SECTIONS, name="trigger-sections")
        self.new_button = Button("New schedule", "primary", icon_name="plus", name="new-trigger")
        self.schedules = SchedulesView(actions)
        self.webhooks = WebhooksView(actions)
        self._views = QStackedWidget()
        for view in (self.schedules, self.webhooks):
            self._views.addWidget(view)
            view.run_requested.connect(self.run_requested)
        bar = TopBar()
        bar.left.addWidget(Label("Triggers", "inspector_title"))
        bar.left.addSpacing(16)
        bar.left.addWidget(self.sections)
        bar.left.addStretch(1)
        bar.right.addWidget(self.new_button)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(bar)
        down.addWidget(self._views, 1)
        self.sections.chosen.connect(self.show_section)
        self.new_button.clicked.connect(self._new)
        actions.install("list", self)
        actions.bind("search", lambda: self._shown.search.setFocus() if self.isVisible() else None)
        actions.bind("reload", lambda: self.reload() if self.isVisible() else None)

    @property
    def _shown(self) -> SchedulesView | WebhooksView:
        return self.schedules if self.sections.current == "schedules" else self.webhooks

    @property
    def focus_target(self) -> QWidget:
        return self._shown.table

    def attach(self, session: Session) -> None:
        self._session = session
        self.schedules.attach(session)
        self.webhooks.attach(session)
        self._follow()

    def reload(self) -> None:
        self._shown.reload()

    def hear(self, kind: str) -> None:
        """A bell rang: for a schedule, a webhook, a run, or anything."""
        if kind in ("schedule", "run", "resync"):
            self.schedules.hear()
        if kind in ("webhook", "run", "resync"):
            self.webhooks.hear()

    def show_section(self, section: str) -> None:
        self.sections.choose(section)
        self._views.setCurrentWidget(self._shown)
        self._follow()
        self._shown.reload()

    async def may_leave(self) -> bool:
        """Before the window goes: what is not saved, and what nothing shows again, is asked about."""
        return await self.schedules.drawer.may_close() and await self.webhooks.detail.may_leave()

    def _new(self) -> None:
        self._shown.new()

    def _follow(self) -> None:
        on_schedules = self._shown is self.schedules
        self.new_button.setText("New schedule" if on_schedules else "New webhook")
        self.new_button.setAccessibleName(self.new_button.text())
        self.new_button.updateGeometry()
        needed = Permission.SCHEDULE_EDIT if on_schedules else Permission.WEBHOOK_EDIT
        self.new_button.setEnabled(self._session is not None and self._session.actor.may(needed))
