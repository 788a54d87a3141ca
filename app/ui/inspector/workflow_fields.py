"""Fields that name another workflow, and which of its versions."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QComboBox

from app.domain.json_value import Json
from app.ui.inspector.field_info import FieldInfo, Unset
from app.ui.inspector.fields import Field
from app.ui.tasks import Tasks
from app.ui.widgets.fields import Choice

_MOST = 500


class _AskedChoice(Field):
    """A choice whose rows come from the database; what is set is shown at once, by what is known of it."""

    wants_switch = False

    def __init__(self, info: FieldInfo) -> None:
        super().__init__(info)
        self._box = Choice(name=f"input-{info.name}")
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._box.setMinimumContentsLength(6)
        self._box.setPlaceholderText("Choose…")
        self._box.activated.connect(lambda at: self._send(self._box.itemData(at)))
        self._tasks = Tasks(self, lambda error: self._refuse(f"They cannot be listed: {error}"))
        self._place(self._box)
        self._wanted: Json = None

    def _show(self, value: Json) -> None:
        self._wanted = value
        at = next((at for at in range(self._box.count()) if self._box.itemData(at) == value), -1)
        if at < 0 and value is not None:
            self._box.insertItem(0, self._words_of(value), value)
            at = 0
        self._box.setCurrentIndex(at)

    def _words_of(self, value: Json) -> str:
        return str(value) or "Choose…"

    def _fill(self, rows: list[tuple[str, Json]]) -> None:
        self._box.clear()
        for words, value in rows:
            self._box.addItem(words, value)
        self._show(self._wanted)


class WorkflowField(_AskedChoice):
    """Workflows by name; the one that is open is left out, as it cannot call itself without an end."""

    def __init__(self, info: FieldInfo) -> None:
        super().__init__(info)
        QTimer.singleShot(0, self, self._ask)

    def _ask(self) -> None:
        if self.info.context is not None and self.info.context.document is not None:
            self._tasks.start(self._list())

    async def _list(self) -> None:
        assert self.info.context is not None
        document = self.info.context.document
        assert document is not None
        session = document.session
        rows = await session.call(session.services.workflows.list, limit=_MOST, offset=0)
        self._fill([(row.name, row.id) for row in rows if row.id != document.workflow_id])

    def _words_of(self, value: Json) -> str:
        return "Choose…" if not value else f"{str(value)[:8]}… (not found)" if self._box.count() else "…"


class VersionField(_AskedChoice):
    """The published versions of the workflow that stands beside it; none set means the latest one at the time of a run."""

    def __init__(self, info: FieldInfo) -> None:
        super().__init__(info)
        self._of = ""
        self._fill([])

    def show_versions_of(self, workflow_id: str) -> None:
        if workflow_id != self._of:
            self._of = workflow_id
            self._fill([])
            if workflow_id and self.info.context is not None and self.info.context.document is not None and "{{" not in workflow_id:
                self._tasks.start(self._list(workflow_id))

    async def _list(self, workflow_id: str) -> None:
        assert self.info.context is not None and self.info.context.document is not None
        session = self.info.context.document.session
        rows = await session.call(session.services.workflows.versions, workflow_id)
        if workflow_id == self._of:
            self._fill([(f"v{row.version}{f' · {row.note}' if row.note else ''}", row.version) for row in rows])

    def _fill(self, rows: list[tuple[str, Json]]) -> None:
        super()._fill([("Latest", None), *rows])

    def _show(self, value: Json) -> None:
        super()._show(value or None)
        if not value:
            self._wanted = None
            self._box.setCurrentIndex(0)

    def _show_unset(self, default: Json | Unset) -> None:
        self._show(None)

    def _words_of(self, value: Json) -> str:
        return f"v{value}"
