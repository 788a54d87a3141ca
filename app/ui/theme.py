"""The look as values: colour tokens for dark and light, the type scale, and one `Theme` that says which is shown.

Colour means category or status, nothing else. Widgets read `theme().tokens` when they paint and repaint on `changed`;
nobody keeps a colour of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette

from app.ui.resources import resource_path

Mode = Literal["system", "dark", "light"]
TextStyle = Literal["inspector_title", "node_title", "ui", "second", "caption", "section", "badge", "code"]

UI_FAMILY = "Inter"
CODE_FAMILY = "JetBrains Mono"

# Size in logical px and weight of every kind of text there is.
_TYPE_SCALE: Mapping[TextStyle, tuple[str, float, int]] = MappingProxyType(
    {
        "inspector_title": (UI_FAMILY, 15, 600),
        "node_title": (UI_FAMILY, 14, 600),
        "ui": (UI_FAMILY, 13, 500),
        "second": (UI_FAMILY, 12, 400),
        "caption": (UI_FAMILY, 11, 400),
        "section": (UI_FAMILY, 11, 600),
        "badge": (UI_FAMILY, 10.5, 700),
        "code": (CODE_FAMILY, 11.5, 400),
    }
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Every colour of one theme, as ``#RRGGBB``."""

    window: str
    canvas: str
    grid_dot: str
    panel: str
    card: str
    raised: str
    field: str
    border: str
    border_strong: str
    text: str
    text_second: str
    text_third: str
    accent: str
    primary: str
    ok: str
    running: str
    warn: str
    error: str
    waiting: str
    edge_idle: str
    note_bg: str
    note_text: str
    category: Mapping[str, str]
    status_text: Mapping[str, str]
    is_dark: bool


DARK = Tokens(
    window="#0D0F15",
    canvas="#0B0D12",
    grid_dot="#20242F",
    panel="#12141C",
    card="#191C26",
    raised="#20242F",
    field="#0D0F15",
    border="#262A37",
    border_strong="#3A4053",
    text="#ECEEF5",
    text_second="#9CA4B8",
    text_third="#7D869C",
    accent="#7C83FF",
    primary="#5B63F6",
    ok="#3DD68C",
    running="#4DA3FF",
    warn="#F5B83D",
    error="#FF6B6B",
    waiting="#7D869C",
    edge_idle="#4A5168",
    note_bg="#2A2618",
    note_text="#E8D9A8",
    category=MappingProxyType(
        {
            "ai": "#A78BFA",
            "data": "#38BDF8",
            "logic": "#F5B83D",
            "integration": "#34D399",
            "code": "#F472B6",
            "human": "#FB923C",
            "trigger": "#7C83FF",
        }
    ),
    status_text=MappingProxyType({"ok": "#3DD68C", "running": "#4DA3FF", "warn": "#F5B83D", "error": "#FF6B6B"}),
    is_dark=True,
)

LIGHT = Tokens(
    window="#F3F4F7",
    canvas="#F7F8FA",
    grid_dot="#D5D9E2",
    panel="#FFFFFF",
    card="#FFFFFF",
    raised="#F1F3F7",
    field="#FFFFFF",
    border="#E3E6ED",
    border_strong="#C9CEDA",
    text="#161922",
    text_second="#566075",
    text_third="#6A7386",
    accent="#4F56E8",
    primary="#4F56E8",
    ok="#0B7A4B",
    running="#1F7AE0",
    warn="#9A6700",
    error="#DC3D43",
    waiting="#6A7386",
    edge_idle="#A9B0C0",
    note_bg="#FFF6D6",
    note_text="#6B5510",
    category=MappingProxyType(
        {
            "ai": "#7C4DFF",
            "data": "#0284C7",
            "logic": "#B7791F",
            "integration": "#0E9F6E",
            "code": "#DB2777",
            "human": "#EA580C",
            "trigger": "#4F56E8",
        }
    ),
    status_text=MappingProxyType({"ok": "#096640", "running": "#1561B8", "warn": "#7D5300", "error": "#B4262D"}),
    is_dark=False,
)


class Theme(QObject):
    """Which tokens are shown. In mode `system` it follows the desktop's preference, live."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._mode: Mode = "system"
        self._tokens = DARK
        self.reduce_motion = False
        if (application := QGuiApplication.instance()) is not None and isinstance(application, QGuiApplication):
            application.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._tokens = self._wanted()

    @property
    def tokens(self) -> Tokens:
        return self._tokens

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def name(self) -> Literal["dark", "light"]:
        return "dark" if self._tokens.is_dark else "light"

    def set_mode(self, mode: Mode) -> None:
        self._mode = mode
        self._show(self._wanted())

    def set_reduce_motion(self, reduce: bool) -> None:
        """Stop everything that moves by itself; state is then told by colour, icon and word alone."""
        if reduce != self.reduce_motion:
            self.reduce_motion = reduce
            self.changed.emit()

    def _wanted(self) -> Tokens:
        if self._mode == "system":
            # A desktop that does not say what it prefers (Unknown) gets the dark one.
            return LIGHT if QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Light else DARK
        return DARK if self._mode == "dark" else LIGHT

    def _follow_system(self) -> None:
        if self._mode == "system":
            self._show(self._wanted())

    def _show(self, tokens: Tokens) -> None:
        if tokens is not self._tokens:
            self._tokens = tokens
            self.changed.emit()


@cache
def theme() -> Theme:
    """The one theme of this process; first called after the application object exists."""
    return Theme()


def colour_of(tokens: Tokens, name: str) -> str:
    """A token by its name: a field of `Tokens`, `category.<name>` or `status.<name>` (a status as a word)."""
    group, _, key = name.partition(".")
    if group == "category":
        return tokens.category[key]
    if group == "status":
        return tokens.status_text[key]
    value = getattr(tokens, name)
    assert isinstance(value, str)
    return value


def tint(colour: str, opacity: float) -> QColor:
    """A token as a translucent fill; `opacity` from 0 to 1."""
    result = QColor(colour)
    result.setAlphaF(opacity)
    return result


def mixed(colour: str, ground: str, opacity: float) -> QColor:
    """What `tint(colour, opacity)` looks like on an opaque `ground`; for text contrast and for batches without alpha."""
    over, under = QColor(colour), QColor(ground)
    channels = ((over.redF(), under.redF()), (over.greenF(), under.greenF()), (over.blueF(), under.blueF()))
    red, green, blue = (top * opacity + bottom * (1 - opacity) for top, bottom in channels)
    return QColor.fromRgbF(red, green, blue)


@cache
def font(style: TextStyle) -> QFont:
    """The font of one kind of text. Shared: copy it before changing it."""
    family, size_px, weight = _TYPE_SCALE[style]
    result = QFont(family)
    if float(size_px).is_integer():
        result.setPixelSize(int(size_px))
    else:  # Qt takes only whole pixels; half ones go through points at the screen's own density
        screen = QGuiApplication.primaryScreen()
        result.setPointSizeF(size_px * 72 / (screen.logicalDotsPerInchY() if screen else 96.0))
    result.setWeight(QFont.Weight(weight))
    if family == CODE_FAMILY:
        result.setStyleHint(QFont.StyleHint.Monospace)
    return result


@cache
def figures(style: TextStyle) -> QFont:
    """The same font with digits of one width, for columns of numbers. Shared like `font`."""
    result = QFont(font(style))
    result.setFeature(QFont.Tag("tnum"), 1)
    return result


@cache
def load_fonts() -> None:
    """Register the bundled fonts, so that text measures the same on every machine."""
    for path in sorted(resource_path("fonts").glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(path))


def palette_of(tokens: Tokens) -> QPalette:
    """The tokens as Qt's own roles, for what the style draws itself."""
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: tokens.window,
        QPalette.ColorRole.WindowText: tokens.text,
        QPalette.ColorRole.Base: tokens.field,
        QPalette.ColorRole.AlternateBase: tokens.card,
        QPalette.ColorRole.Text: tokens.text,
        QPalette.ColorRole.PlaceholderText: tokens.text_third,
        QPalette.ColorRole.Button: tokens.card,
        QPalette.ColorRole.ButtonText: tokens.text,
        QPalette.ColorRole.BrightText: tokens.error,
        QPalette.ColorRole.ToolTipBase: tokens.card,
        QPalette.ColorRole.ToolTipText: tokens.text,
        QPalette.ColorRole.Highlight: tokens.primary,
        QPalette.ColorRole.HighlightedText: "#FFFFFF",
        QPalette.ColorRole.Accent: tokens.accent,
        QPalette.ColorRole.Link: tokens.accent,
        QPalette.ColorRole.LinkVisited: tokens.accent,
        QPalette.ColorRole.Light: tokens.raised,
        QPalette.ColorRole.Midlight: tokens.raised,
        QPalette.ColorRole.Mid: tokens.border,
        QPalette.ColorRole.Dark: tokens.border,
        QPalette.ColorRole.Shadow: tokens.window,
    }
    for role, value in roles.items():
        palette.setColor(role, QColor(value))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.text_third))
    return palette
