"""What counts as one act of typing: edits of one field with no long pause between them are one undo."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer

PAUSE_MS = 1_500


class Bursts:
    """Gives each edit the key under which it merges with the one before it."""

    def __init__(self) -> None:
        self._clock = QElapsedTimer()
        self._of, self._number = "", 0

    def key(self, field: str) -> str:
        if field != self._of or not self._clock.isValid() or self._clock.elapsed() > PAUSE_MS:
            self._of, self._number = field, self._number + 1
        self._clock.restart()
        return f"{field}#{self._number}"

    def end(self) -> None:
        """The next edit is an act of its own."""
        self._of = ""
