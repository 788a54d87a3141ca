"""What a picture of the canvas shall be: its kind, how large, what is on it and in which colours; and how large that becomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from app.ui.canvas.exporting import MOST_POINTS_A_SIDE, Format, fitting_scale, pixels_of
from app.ui.prompts import Dialog
from app.ui.theme import theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label
from app.ui.widgets.pills import Pills

MARGINS = (0, 32, 64)


@dataclass(frozen=True, slots=True)
class Wish:
    """How a picture is wanted. `whole` is everything, else what is selected."""

    format: Format
    scale: int
    whole: bool
    dark: bool
    margin: int
    grounded: bool


Around = Callable[[bool, int], QRectF | None]
"""The world rectangle of everything (true) or of the selection, with so much margin."""


class PictureDialog(Dialog):
    """The choices, and one sentence about what they give."""

    def __init__(self, parent: QWidget, *, around: Around, selected: bool) -> None:
        super().__init__(parent, "Export as picture", width=480, name="picture-dialog")
        self._around = around
        self.format = Pills((("png", "PNG"), ("svg", "SVG"), ("pdf", "PDF")), name="picture-format")
        self.scale = Pills((("1", "1×"), ("2", "2×"), ("3", "3×")), name="picture-scale")
        self.what = Pills((("whole", "Everything"), ("selection", "Selection")), name="picture-what")
        self.colours = Pills((("dark", "Dark"), ("light", "Light")), name="picture-colours")
        self.margin = Pills(tuple((str(px), "None" if not px else f"{px} px") for px in MARGINS), name="picture-margin")
        self.ground = QCheckBox("Background")
        self.ground.setObjectName("picture-ground")
        self.ground.setChecked(True)
        self.scale.choose("2")
        self.margin.choose("32")
        self.colours.choose("dark" if theme().tokens.is_dark else "light")
        if selected:
            self.what.choose("selection")
        self.what.setEnabled(selected)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        rows = (("Kind", self.format), ("Size", self.scale), ("Shows", self.what), ("Colours", self.colours), ("Margin", self.margin))
        for row, (words, field) in enumerate(rows):
            field.setAccessibleName(words)
            grid.addWidget(Label(words, "ui", "text_second"), row, 0)
            grid.addWidget(field, row, 1, Qt.AlignmentFlag.AlignLeft)
            field.chosen.connect(lambda _key: self._tell())
        grid.addWidget(self.ground, len(rows), 1, Qt.AlignmentFlag.AlignLeft)
        grid.setColumnStretch(1, 1)
        self.content.addLayout(grid)
        self._told = Label("", "second", "text_second", wrap=True, name="picture-told")
        self.content.addWidget(self._told)
        self.add_button(Button("Cancel", name="dialog-cancel"), accepts=False)
        self._save = self.add_button(Button("Save…", "primary", icon_name="download", name="picture-save"), accepts=True)
        self._save.setFocus()
        self._tell()

    @property
    def wish(self) -> Wish:
        return Wish(
            cast(Format, self.format.current),
            int(self.scale.current),
            self.what.current == "whole",
            self.colours.current == "dark",
            int(self.margin.current),
            self.ground.isChecked(),
        )

    async def asked(self) -> Wish | None:
        """The wish; None when it was declined."""
        return self.wish if await self.answered() else None

    def _tell(self) -> None:
        wish = self.wish
        self.scale.setEnabled(wish.format == "png")
        world = self._around(wish.whole, wish.margin)
        self._save.setEnabled(world is not None)
        self._told.setText(size_words(world, wish) if world is not None else "There is nothing on the canvas to show.")


def size_words(world: QRectF, wish: Wish) -> str:
    """How large it becomes, and that it is smaller than asked where nothing could open it otherwise."""
    if wish.format == "svg":
        size = pixels_of(world, 1.0)
        return f"{size.width():,} × {size.height():,} px, sharp at any size."
    if wish.format == "pdf":
        longest = max(world.width(), world.height())
        if longest > MOST_POINTS_A_SIDE:
            return f"One page, shrunk to {MOST_POINTS_A_SIDE / longest:.0%}: a page of PDF is at most 200 inches long."
        return f"One page of {world.width() / 72:.1f} × {world.height() / 72:.1f} inches, sharp at any size."
    scale = fitting_scale(world, wish.scale)
    size = pixels_of(world, scale)
    words = f"{size.width():,} × {size.height():,} px."
    if scale < wish.scale:
        wanted = pixels_of(world, wish.scale)
        words = (
            f"At {wish.scale}× it would be {wanted.width():,} × {wanted.height():,} px, more than most programs open; it is made at"
            f" {scale:.2f}×, {size.width():,} × {size.height():,} px. SVG and PDF keep every detail."
        )
    return words
