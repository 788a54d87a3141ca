"""What is asked before a webhook is made or given another secret."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from PySide6.QtWidgets import QLineEdit, QWidget

from app.domain.runs import WorkflowRow
from app.domain.webhooks import WebhookPlan, WebhookRow
from app.ui.prompts import Dialog
from app.ui.widgets.buttons import Button
from app.ui.widgets.fields import Choice
from app.ui.widgets.labels import Label

FORMS = (("timestamped", "Timestamped HMAC"), ("standard", "Standard Webhooks"))
OVERLAPS = ((24.0, "24 hours"), (1.0, "1 hour"), (168.0, "7 days"), (0.0, "Not at all: it stops at once"))


class NewWebhookDialog(Dialog):
    """`answered` tells whether; then `plan` is what is to be made."""

    def __init__(self, parent: QWidget, workflows: Sequence[WorkflowRow]) -> None:
        super().__init__(parent, "New webhook", name="webhook-dialog")
        self._name = QLineEdit()
        self._name.setObjectName("webhook-name")
        self._name.setAccessibleName("Name")
        self._name.setMaxLength(255)
        self._name.setPlaceholderText("Such as shop-refund-requested")
        self._workflow, self._form = Choice(name="webhook-workflow"), Choice(name="webhook-form")
        self._workflow.setAccessibleName("Workflow")
        self._form.setAccessibleName("Signature")
        for row in workflows:
            self._workflow.addItem(f"{row.name}, v{row.version - 1}" if row.version > 1 else row.name, row.id)
        for key, words in FORMS:
            self._form.addItem(words, key)
        for title, field in (("Name", self._name), ("Workflow", self._workflow), ("Signature", self._form)):
            self.content.addWidget(Label(title, "second", "text_second"))
            self.content.addWidget(field)
        if not workflows:
            self.content.addWidget(
                Label("Publish a workflow first; a webhook starts a published version.", "ui", "status.error", wrap=True)
            )
        self.add_button(Button("Cancel", name="webhook-cancel"), accepts=False)
        self._create = self.add_button(Button("Create", "primary", name="webhook-create"), accepts=True)
        self._name.textChanged.connect(lambda _text: self._follow())
        self._name.returnPressed.connect(self._create.click)
        self._follow()
        self._name.setFocus()

    @property
    def plan(self) -> WebhookPlan:
        return WebhookPlan(
            workflow_id=str(self._workflow.currentData()),
            name=self._name.text().strip(),
            signature=self._form.currentData(),
        )

    def _follow(self) -> None:
        self._create.setEnabled(bool(self._name.text().strip()) and self._workflow.count() > 0)


class RotateDialog(Dialog):
    """How long the old secret is still taken."""

    def __init__(self, parent: QWidget, row: WebhookRow) -> None:
        super().__init__(parent, f"A new secret for “{row.plan.name}”", name="rotate-dialog")
        explained = "It is shown once. Give it to the sender; until then the old one can go on for a while."
        self.content.addWidget(Label(explained, "ui", "text_second", wrap=True))
        self.content.addWidget(Label("The old secret is taken for", "second", "text_second"))
        self._overlap = Choice(name="rotate-overlap")
        self._overlap.setAccessibleName("The old secret is taken for")
        for hours, words in OVERLAPS:
            self._overlap.addItem(words, hours)
        self.content.addWidget(self._overlap)
        self.add_button(Button("Cancel", name="rotate-cancel"), accepts=False)
        self.add_button(Button("New secret", "primary", icon_name="key-round", name="rotate-yes"), accepts=True)

    @property
    def overlap(self) -> timedelta:
        return timedelta(hours=float(self._overlap.currentData()))
