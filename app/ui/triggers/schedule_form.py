"""The fields of a schedule, and what they say of themselves: the cron line in words, its next five times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QCompleter, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.conversions import Conversion
from app.domain.drafts import VersionRow
from app.domain.json_value import Json, dumps
from app.domain.runs import WorkflowRow
from app.domain.schedules import SchedulePlan
from app.domain.triggers import NAMED
from app.services.schedules import InputCheck
from app.ui.inspector.field_info import FieldInfo
from app.ui.inspector.json_field import JsonField
from app.ui.theme import font
from app.ui.triggers.words import change_of_clocks, city, local_zone
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button
from app.ui.widgets.fields import Choice
from app.ui.widgets.labels import Label
from app.ui.widgets.switch import Segments

CAPTIONS = ("minute", "hour", "day", "month", "weekday")
GRACES = (
    (60, "1 minute"),
    (300, "5 minutes"),
    (900, "15 minutes"),
    (3600, "1 hour"),
    (21_600, "6 hours"),
    (86_400, "1 day"),
    (604_800, "1 week"),
)
PRESETS = (
    ("*/5 * * * *", "Every 5 minutes"),
    ("0 * * * *", "Every hour"),
    ("0 8 * * *", "Every day at 08:00"),
    ("0 9 * * 1-5", "Weekdays at 09:00"),
    ("0 9 * * 1", "Mondays at 09:00"),
    ("0 0 1 * *", "The first of the month"),
)
_FIX_CHARS = 24


class ScheduleForm(QWidget):
    """`times_changed`: the line or the zone is another; `run_changed`: workflow's version or input; `changed`: anything."""

    changed = Signal()
    times_changed = Signal()
    run_changed = Signal()
    workflow_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._input: Json = {}
        self._description = ""
        self.name = _line("schedule-name", "Name")
        self.workflow, self.version = _choice("schedule-workflow", "Workflow"), _choice("schedule-version", "Version")
        self.cron = _line("schedule-cron", "Cron line")
        self.cron.setFont(font("code"))
        self.presets = _choice("schedule-presets", "Presets")
        self.presets.addItem("Presets", "")
        self.presets.setFixedWidth(170)
        for line, words in PRESETS:
            self.presets.addItem(words, line)
        self._captions = [Label(words, "caption", "text_second") for words in CAPTIONS]
        self.words = Label("", "node_title", wrap=True, name="cron-words")
        self.next_times = [[Label("", "second", "text_second") for _ in range(3)] for _ in range(6)]
        self.clocks = Label("", "second", "text_second", wrap=True, name="cron-clocks")
        self.clocks.hide()
        self.zone = _zone_choice()
        self.grace = _choice("schedule-grace", "Grace")
        for seconds, words in GRACES:
            self.grace.addItem(words, seconds)
        self.misfire = Segments([("skip", "skip"), ("once", "once"), ("all", "all")], name="schedule-misfire", label="If missed")
        overlaps = [("skip", "skip"), ("queue", "queue"), ("allow", "allow")]
        self.overlap = Segments(overlaps, name="schedule-overlap", label="If the last still runs")
        self.input = JsonField(FieldInfo("Default input", "schedule-input", "What its runs get; empty is null."), lines=5)
        self.problem = Label("", "second", "status.error", wrap=True, name="schedule-problem")
        self.fix = Button("", icon_name="wand-sparkles", name="schedule-input-fix")
        self.fix.hide()
        self._conversion: Conversion | None = None
        self._lay_out()
        self._connect()

    def fill(self, plan: SchedulePlan, workflows: Sequence[WorkflowRow], *, is_new: bool) -> None:
        self._description = plan.description
        self.name.setText(plan.name)
        self.name.setCursorPosition(0)
        self.workflow.clear()
        for row in workflows:
            self.workflow.addItem(row.name, row.id)
        self.workflow.setCurrentIndex(max(0, self.workflow.findData(plan.workflow_id)))
        self.workflow.setEnabled(is_new)
        self.cron.setText(plan.cron_expression)
        self.zone.setCurrentText(plan.timezone)
        self.misfire.set_current(plan.misfire_policy)
        self.overlap.set_current(plan.overlap_policy)
        if self.grace.findData(plan.grace_seconds) < 0:
            self.grace.addItem(f"{plan.grace_seconds:,} s", plan.grace_seconds)
        self.grace.setCurrentIndex(self.grace.findData(plan.grace_seconds))
        self._input = plan.input
        self.input.set_value(plan.input)

    def show_versions(self, versions: Sequence[VersionRow], chosen: int) -> None:
        latest = max((row.version for row in versions), default=0)
        self.version.clear()
        self.version.addItem(f"Latest, v{latest}" if latest else "Not published", 0)
        for row in sorted(versions, key=lambda each: -each.version):
            self.version.addItem(f"v{row.version}", row.version)
        self.version.setCurrentIndex(max(0, self.version.findData(chosen)))

    def plan(self) -> SchedulePlan:
        """What the form says now."""
        return SchedulePlan(
            workflow_id=self.workflow_id,
            name=self.name.text().strip(),
            cron_expression=" ".join(self.cron.text().split()),
            timezone=self.zone.currentText().strip(),
            workflow_version=int(self.version.currentData() or 0),
            description=self._description,
            input=self._input,
            misfire_policy=self.misfire.current,  # type: ignore[arg-type]  # the words are those of the policies
            overlap_policy=self.overlap.current,  # type: ignore[arg-type]
            grace_seconds=int(self.grace.currentData()),
        )

    @property
    def workflow_id(self) -> str:
        return str(self.workflow.currentData() or "")

    def show_meaning(self, sentence: str, times: Sequence[datetime], zone: str, *, is_valid: bool, first_is_chosen: bool = False) -> None:
        """The line in words, or why it is none; then day, time there, and time here where that is another, amber where that changes.

        `first_is_chosen`: the times do not begin now, but at one that was pointed at.
        """
        self.words.setText(sentence)
        self.words.set_colour("text" if is_valid else "status.error")
        for label in (label for labels in self.next_times for label in labels):
            label.setText("")
        self.clocks.hide()
        if not times:
            return
        there = [time.astimezone(ZoneInfo(zone)) for time in times]
        here = [time.astimezone(local_zone()) for time in times]
        apart = [(one.utcoffset(), other.utcoffset()) for one, other in zip(there, here, strict=True)]
        differs = any(one != other for one, other in apart)
        heads = ("Five from this one" if first_is_chosen else "Next five", city(ZoneInfo(zone)), "Here" if differs else "")
        for label, text in zip(self.next_times[0], heads, strict=True):
            label.setText(text)
        for labels, at, local, offsets in zip(self.next_times[1:], there, here, apart, strict=False):
            labels[0].setText(f"{at:%a} {at.day} {at:%b}")
            labels[1].setText(f"{at:%H:%M}")
            labels[2].setText(f"{local:%H:%M}" if differs else "")
            labels[0].set_colour("text")
            labels[1].set_colour("text" if offsets[0] == apart[0][0] else "status.warn")
            labels[2].set_colour("text_second" if offsets == apart[0] else "status.warn")

        note = change_of_clocks(times, there=ZoneInfo(zone), here=local_zone())
        self.clocks.setText(note)
        self.clocks.setVisible(bool(note))

    def show_problems(self, found: InputCheck) -> None:
        """What the input schema says of the input, and what would help."""
        self.problem.setText("\n".join(found.problems[:3]))
        self.problem.setVisible(bool(found.problems))
        self._conversion = found.conversion
        if (better := found.conversion) is not None:
            what = "it" if len(found.problems) == 1 else "/" + "/".join(map(str, better.path))
            text = dumps(better.value)
            self.fix.setText(f"Make {what} {text if len(text) <= _FIX_CHARS else f'{text[: _FIX_CHARS - 1]}…'}")
            self.fix.setAccessibleName(self.fix.text())
            self.fix.updateGeometry()
        self.fix.setVisible(better is not None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.cron and event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            QTimer.singleShot(0, self, self._light_caption)
        return False

    def _lay_out(self) -> None:
        form = QVBoxLayout(self)
        form.setContentsMargins(16, 4, 16, 12)
        form.setSpacing(12)
        form.addLayout(_titled(("Name", self.name)))
        form.addLayout(_titled(("Workflow", self.workflow), ("Version", self.version), stretch=(3, 2)))
        cron = QVBoxLayout()
        cron.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(Label("Cron", "second", "text_second"), 1)
        head.addWidget(self.presets)
        cron.addLayout(head)
        cron.addWidget(self.cron)
        captions = QHBoxLayout()
        for caption in self._captions:
            caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            captions.addWidget(caption, 1)
        cron.addLayout(captions)
        form.addLayout(cron)
        form.addWidget(self._preview_card())
        form.addLayout(_titled(("Time zone", self.zone), ("Grace", self.grace), stretch=(3, 2)))
        form.addLayout(_titled(("If missed", self.misfire), ("If the last still runs", self.overlap)))
        form.addWidget(self.input)
        form.addWidget(self.problem)
        form.addWidget(self.fix, 0, Qt.AlignmentFlag.AlignLeft)
        form.addStretch(1)

    def _preview_card(self) -> QWidget:
        card = grounded(QWidget(), "card")
        card.setObjectName("cron-preview")
        layout = QVBoxLayout(card)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.addWidget(self.words)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setColumnStretch(0, 1)
        for row, labels in enumerate(self.next_times):
            for column, label in enumerate(labels):
                label.setAlignment(Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft)
                grid.addWidget(label, row, column)
        layout.addLayout(grid)
        layout.addWidget(self.clocks)
        return card

    def _connect(self) -> None:
        self.cron.installEventFilter(self)
        self.cron.textChanged.connect(self.times_changed)
        self.cron.cursorPositionChanged.connect(lambda _old, _new: self._light_caption())
        self.zone.currentTextChanged.connect(self.times_changed)
        self.presets.activated.connect(self._take_preset)
        self.name.textChanged.connect(self.changed)
        self.workflow.activated.connect(lambda _at: self.workflow_chosen.emit())
        self.version.activated.connect(self.run_changed)
        self.grace.activated.connect(self.changed)
        for part in (self.misfire, self.overlap):
            part.chosen.connect(lambda _key: self.changed.emit())
        self.input.changed.connect(self._take_input)
        self.fix.clicked.connect(self._convert)

    def _take_preset(self, at: int) -> None:
        if line := str(self.presets.itemData(at) or ""):
            self.cron.setText(line)
        self.presets.setCurrentIndex(0)
        self.cron.setFocus()

    def _take_input(self, value: Json) -> None:
        self._input = value
        self.run_changed.emit()

    def _convert(self) -> None:
        if self._conversion is not None:
            self.input.set_value(self._conversion.whole)
            self._take_input(self._conversion.whole)
            self.fix.hide()
            self.input.setFocus()

    def _light_caption(self) -> None:
        """The caption of the field that the caret stands in."""
        text = self.cron.text()
        before = text[: self.cron.cursorPosition()]
        at = len(before.split()) - (0 if before.endswith(" ") or not before else 1)
        lit = at if self.cron.hasFocus() and text.strip().lower() not in NAMED else -1
        for place, caption in enumerate(self._captions):
            caption.set_colour("accent" if place == lit else "text_second")


def first_plan(workflows: Sequence[WorkflowRow]) -> SchedulePlan:
    """What the form of a new schedule begins with."""
    first = workflows[0].id if workflows else ""
    return SchedulePlan(workflow_id=first, name="", cron_expression="0 9 * * 1-5", timezone=str(local_zone()), input={})


def _line(name: str, label: str) -> QLineEdit:
    field = QLineEdit()
    field.setObjectName(name)
    field.setAccessibleName(label)
    field.setMaxLength(255)
    return field


def _choice(name: str, label: str) -> Choice:
    field = Choice(name=name)
    field.setAccessibleName(label)
    field.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    field.setMinimumContentsLength(4)
    return field


def _zone_choice() -> Choice:
    """Every IANA zone; what is typed is looked for anywhere in a name."""
    zone = _choice("schedule-zone", "Time zone")
    zone.setEditable(True)
    zone.addItems(sorted(available_timezones()))
    completer = QCompleter(zone.model(), zone)
    completer.setFilterMode(Qt.MatchFlag.MatchContains)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    zone.setCompleter(completer)
    return zone


def _titled(*pairs: tuple[str, QWidget], stretch: tuple[int, ...] = ()) -> QHBoxLayout:
    across = QHBoxLayout()
    across.setSpacing(8)
    for at, (title, field) in enumerate(pairs):
        down = QVBoxLayout()
        down.setSpacing(4)
        down.addWidget(Label(title, "second", "text_second"))
        if isinstance(field, Segments):
            down.addWidget(field, 0, Qt.AlignmentFlag.AlignLeft)
        else:
            down.addWidget(field)
        across.addLayout(down, stretch[at] if stretch else 1)
    return across
