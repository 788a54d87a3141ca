"""The canvas's colours and fonts, worked out once per theme from the tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtGui import QColor

from app.ui.canvas.faces import CATEGORIES
from app.ui.theme import Tokens, mixed, tint

# Opacity of the ui.md rules: tile, group fill, header, group border.
TILE_DARK, TILE_LIGHT = 0.17, 0.12
GROUP_FILL, GROUP_HEADER, GROUP_BORDER = 0.055, 0.10, 0.55
NOT_TAKEN = 0.40
DISABLED = 0.45


@dataclass(frozen=True, slots=True)
class CategoryLook:
    """One category's colour and what is made of it. `words` is readable on the group's own ground."""

    colour: QColor
    tile: QColor
    far: QColor
    fill: QColor
    header: QColor
    border: QColor
    divider: QColor
    badge: QColor
    words: QColor


@dataclass(frozen=True, slots=True)
class StateLook:
    """How a run's state shows: `colour` for line and icon, `fill`, `words` and `line` for the chip, `edge` for a connection."""

    colour: QColor
    fill: QColor
    line: QColor
    words: QColor
    icon: str


@dataclass(frozen=True, slots=True)
class NoteLook:
    """One colour of sticky notes; `faint` is what an empty one says."""

    ground: QColor
    words: QColor
    faint: QColor
    link: QColor


@dataclass(frozen=True, slots=True)
class Look:
    """Everything a painter asks for."""

    tokens: Tokens
    canvas: QColor
    dot: QColor
    card: QColor
    border: QColor
    border_strong: QColor
    text: QColor
    second: QColor
    third: QColor
    accent: QColor
    halo: QColor
    edge: QColor
    shadow: QColor
    warn: QColor
    error: QColor
    notes: Mapping[str, NoteLook]
    categories: tuple[CategoryLook, ...]
    states: dict[str, StateLook]
    taken: QColor
    running_glow: QColor
    not_taken: QColor

    def note_of(self, colour: str) -> NoteLook:
        """A colour that this program does not know shows as yellow."""
        return self.notes.get(colour, self.notes["yellow"])

    def category(self, name: str) -> CategoryLook:
        return self.categories[CATEGORIES.index(name) if name in CATEGORIES else -1]


NOTE_COLOURS = {"yellow": "", "blue": "data", "green": "integration", "purple": "ai", "pink": "code", "orange": "human", "grey": ""}
"""The colours a note may have, and the token of each."""

STATE_TOKENS: dict[str, tuple[str, str]] = {
    "pending": ("waiting", "clock"),
    "queued": ("waiting", "clock"),
    "waiting": ("waiting", "hourglass"),
    "running": ("running", "loader-circle"),
    "completed": ("ok", "check"),
    "failed": ("error", "x"),
    "retrying": ("warn", "rotate-ccw"),
    "warning": ("warn", "triangle-alert"),
    "skipped": ("waiting", "corner-down-right"),
    "cancelled": ("waiting", "ban"),
    "lost": ("waiting", "unlink"),
    "paused": ("warn", "pause"),
    "added": ("ok", "plus"),
    "changed": ("warn", "pencil"),
    "removed": ("error", "minus"),
    "moved": ("waiting", "move"),
}
"""A step run's or group run's state, and how an element differs from another version: the token of its colour and its icon."""


def look_of(tokens: Tokens) -> Look:
    categories = tuple(_category(tokens.category.get(each, tokens.text_third), tokens) for each in CATEGORIES)
    return Look(
        tokens=tokens,
        canvas=QColor(tokens.canvas),
        dot=QColor(tokens.grid_dot),
        card=QColor(tokens.card),
        border=QColor(tokens.border),
        border_strong=QColor(tokens.border_strong),
        text=QColor(tokens.text),
        second=QColor(tokens.text_second),
        third=QColor(tokens.text_third),
        accent=QColor(tokens.accent),
        halo=tint(tokens.accent, 0.26),
        edge=QColor(tokens.edge_idle),
        shadow=QColor(0, 0, 0, 26) if tokens.is_dark else QColor(22, 25, 34, 5),
        warn=QColor(tokens.warn),
        error=QColor(tokens.error),
        notes={colour: _note(colour, tokens) for colour in NOTE_COLOURS},
        categories=categories,
        states={state: _state(tone, icon, tokens) for state, (tone, icon) in STATE_TOKENS.items()},
        taken=mixed(tokens.ok, tokens.canvas, 0.75),
        running_glow=tint(tokens.running, 0.22),
        not_taken=mixed(tokens.edge_idle, tokens.canvas, NOT_TAKEN),
    )


def _category(colour: str, tokens: Tokens) -> CategoryLook:
    return CategoryLook(
        colour=QColor(colour),
        tile=mixed(colour, tokens.card, TILE_DARK if tokens.is_dark else TILE_LIGHT),
        far=mixed(colour, tokens.canvas, 0.62),
        fill=tint(colour, GROUP_FILL),
        header=tint(colour, GROUP_HEADER),
        border=tint(colour, GROUP_BORDER),
        divider=tint(colour, 0.35),
        badge=tint(colour, 0.24),
        words=QColor(colour if tokens.is_dark else tokens.text),
    )


def _note(colour: str, tokens: Tokens) -> NoteLook:
    """Yellow has tokens of its own; the others are as far from the canvas in their colour."""
    link = mixed(tokens.accent, tokens.text, 0.55)
    if colour == "yellow":
        return NoteLook(QColor(tokens.note_bg), QColor(tokens.note_text), mixed(tokens.note_text, tokens.note_bg, 0.92), link)
    tone = tokens.category.get(NOTE_COLOURS[colour], tokens.text_third)
    ground = mixed(tone, tokens.canvas, 0.17 if tokens.is_dark else 0.13)
    words = mixed(tokens.text, tone, 0.72 if tokens.is_dark else 0.82)
    return NoteLook(ground, words, mixed(words.name(), ground.name(), 0.8), link)


def _state(tone: str, icon: str, tokens: Tokens) -> StateLook:
    colour = getattr(tokens, tone)
    return StateLook(
        colour=QColor(colour),
        fill=mixed(colour, tokens.card, 0.20 if tokens.is_dark else 0.14),
        line=mixed(colour, tokens.card, 0.55),
        words=QColor((tokens.text_second if tone == "waiting" else colour) if tokens.is_dark else tokens.text),
        icon=icon,
    )
