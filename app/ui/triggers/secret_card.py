"""A webhook's secret while it is known, and a request that is signed with it on this machine."""

from __future__ import annotations

import time
from datetime import datetime
from uuid import uuid4

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from app.domain.deliveries import TOLERANCE_S, SignatureForm, curl_command
from app.domain.json_value import Json, dumps
from app.ui.theme import font
from app.ui.triggers.words import day_and_time
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.labels import Label
from app.ui.widgets.links import Link

_SECOND_MS = 1_000


class SecretCard(QWidget):
    """Shown until it is said to be kept; nothing can fetch it again."""

    kept = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("secret-card")
        self.setAccessibleName("New secret")
        grounded(self, "card")
        self.secret = ""
        self._until = Label("", "second", "text_second", name="secret-overlap")
        self._field = QLineEdit(readOnly=True)
        self._field.setObjectName("secret-value")
        self._field.setAccessibleName("Secret")
        self._field.setFont(font("code"))
        self._hide = IconButton("eye-off", "Hide it", name="secret-hide", size=28, icon_size=15)
        self._hide.setCheckable(True)
        self._hide.toggled.connect(self._veil)
        copy = IconButton("copy", "Copy the secret", name="secret-copy", size=28, icon_size=15)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.secret))
        done = Button("I have kept it", "primary", icon_name="check", name="secret-kept")
        done.clicked.connect(self.kept)
        head = QHBoxLayout()
        head.addWidget(Label("New secret, shown this once", "node_title"), 1)
        head.addWidget(self._until)
        row = QHBoxLayout()
        row.addWidget(self._field, 1)
        for button in (self._hide, copy, done):
            row.addWidget(button)
        down = QVBoxLayout(self)
        down.setContentsMargins(12, 10, 12, 12)
        down.addLayout(head)
        down.addLayout(row)
        self.hide()

    def show_secret(self, secret: str, old_until: datetime | None) -> None:
        self.secret = secret
        self._until.setText(f"The old one is taken until {day_and_time(old_until)}" if old_until is not None else "")
        self._field.setText(secret)
        self._field.setCursorPosition(0)
        self._hide.setChecked(False)
        self.show()

    def forget(self) -> None:
        self.secret = ""
        self._field.clear()
        self.hide()

    def _veil(self, on: bool) -> None:
        self._field.setEchoMode(QLineEdit.EchoMode.Password if on else QLineEdit.EchoMode.Normal)


class SignedRequest(QWidget):
    """A command to copy. While the secret is known it is signed, and good for five minutes; else the shell signs with ``$SECRET``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("signed-request")
        self._url, self._form, self._secret, self._body = "", "timestamped", "", "{}"
        self._signed_at = 0
        self._state = Label("", "second", "text_second", name="signed-for")
        self._again = Link("Sign again", name="sign-again")
        self._again.clicked.connect(self.sign)
        copy = IconButton("copy", "Copy the command", name="request-copy", size=26, icon_size=14)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.command))
        self._text = QPlainTextEdit(readOnly=True)
        self._text.setObjectName("request-command")
        self._text.setAccessibleName("Signed request")
        self._text.setFont(font("code"))
        self._text.setMinimumHeight(120)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Label("Signed request", "second", "text_second"), 1)
        for widget in (self._state, self._again, copy):
            head.addWidget(widget)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(4)
        down.addLayout(head)
        down.addWidget(self._text, 1)
        self._clock = QTimer(self, interval=_SECOND_MS)
        self._clock.timeout.connect(self._count_down)

    @property
    def command(self) -> str:
        return self._text.toPlainText()

    def show_request(self, url: str, form: SignatureForm, secret: str, payload: Json) -> None:
        """The same request again keeps its signature and its countdown."""
        body = dumps(payload)
        if (url, form, secret, body) != (self._url, self._form, self._secret, self._body):
            self._url, self._form, self._secret, self._body = url, form, secret, body
            self.sign()

    def sign(self) -> None:
        self._signed_at = int(time.time())
        form: SignatureForm = "standard" if self._form == "standard" else "timestamped"
        message_id = f"evt_{uuid4().hex[:20]}"
        command = curl_command(self._url, form, self._secret or None, self._body, timestamp=self._signed_at, message_id=message_id)
        self._text.setPlainText(command)
        self._again.setVisible(bool(self._secret))
        self._count_down()
        self._clock.start() if self._secret else self._clock.stop()

    def _count_down(self) -> None:
        if not self._secret:
            self._state.setText("the shell signs it with $SECRET")
            return
        left = self._signed_at + TOLERANCE_S - int(time.time())
        self._state.set_colour("text_second" if left > 0 else "status.warn")
        self._state.setText(f"good for {left // 60} min {left % 60} s" if left > 0 else "too old by now")
