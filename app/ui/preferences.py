"""What the window remembers of one person on one machine: sizes, what is folded, theme, last inputs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from app.ui.theme import Mode

_MODES: dict[str, Mode] = {"system": "system", "dark": "dark", "light": "light"}


class Preferences:
    """An INI file in the data directory. A value that cannot be read is as if it had never been set."""

    def __init__(self, path: Path) -> None:
        self._settings = QSettings(str(path), QSettings.Format.IniFormat)

    @property
    def theme_mode(self) -> Mode:
        return _MODES.get(self.text("look/theme"), "system")

    @theme_mode.setter
    def theme_mode(self, mode: Mode) -> None:
        self.set("look/theme", mode)

    def text(self, key: str, default: str = "") -> str:
        value = self._settings.value(key, default)
        return value if isinstance(value, str) else default

    def knows(self, key: str) -> bool:
        """Whether it was ever set."""
        return self._settings.contains(key)

    def flag(self, key: str, *, default: bool) -> bool:
        # QSettings reads back text from an INI file, whatever was written.
        return {"true": True, "false": False}.get(str(self._settings.value(key, default)).lower(), default)

    def sizes(self, key: str, default: list[int]) -> list[int]:
        parts = self.text(key).split(",")
        if len(parts) != len(default) or not all(part.isdigit() for part in parts):
            return default
        return [int(part) for part in parts]

    def set(self, key: str, value: str | bool | list[int]) -> None:
        self._settings.setValue(key, ",".join(map(str, value)) if isinstance(value, list) else value)

    def geometry(self) -> QByteArray | None:
        value = self._settings.value("window/geometry")
        return value if isinstance(value, QByteArray) else None

    def set_geometry(self, geometry: QByteArray) -> None:
        self._settings.setValue("window/geometry", geometry)

    def write(self) -> None:
        self._settings.sync()
