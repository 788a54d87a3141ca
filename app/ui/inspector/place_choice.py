"""Which turn or attempt of a step is looked at: the same choice beside its form and over its data."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui.inspector.last_run import LastRun
from app.ui.widgets.fields import Choice
from app.ui.widgets.labels import plain_tip


class PlaceChoice(Choice):
    """Follows the last run. `short`: turn, attempt and status without the path, which the tooltip tells."""

    def __init__(self, last_run: LastRun, *, name: str, short: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent, name=name)
        self.setAccessibleName("Where it ran")
        self._last_run, self._short = last_run, short
        self.activated.connect(lambda at: last_run.pick(str(self.itemData(at))))
        last_run.changed.connect(self._follow)

    @property
    def is_open(self) -> bool:
        """Whether there is something to choose."""
        return len(self._last_run.places) > 1

    def _follow(self) -> None:
        places, place = self._last_run.places, self._last_run.place
        keys = [each.key for each in places]
        if keys != [self.itemData(at) for at in range(self.count())]:
            self.clear()
            for each in places:
                self.addItem("", each.key)
        for at, each in enumerate(places):
            self.setItemText(at, each.short if self._short else each.words)
        self.setCurrentIndex(keys.index(place.key) if place is not None else -1)
        self.setToolTip(plain_tip(place.words) if place is not None and self._short else "")
