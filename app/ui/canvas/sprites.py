"""Pictures of nodes and labels, painted once per zoom and kept: at most `LIMIT`, the least used go first.

A sprite is drawn in world px, scaled; its origin lies on a whole device px, so that a blit needs no resampling.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

LIMIT = 1500
LIMIT_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Sprite:
    """A picture made for one scale. `origin` is where the item's own corner lies in it, in logical px."""

    pixmap: QPixmap
    source: QRectF
    origin: float
    width: float
    height: float
    scale: float

    def draw(self, painter: QPainter, x: float, y: float) -> None:
        """At its own scale, with the item's corner at (x, y), which must be a whole device px."""
        painter.drawPixmap(QPointF(x - self.origin, y - self.origin), self.pixmap)

    def draw_scaled(self, painter: QPainter, x: float, y: float, scale: float) -> None:
        """At another scale than it was made for."""
        factor = scale / self.scale
        painter.drawPixmap(
            QRectF(x - self.origin * factor, y - self.origin * factor, self.width * factor, self.height * factor), self.pixmap, self.source
        )


class Budget:
    """How long one frame may paint new sprites, in ms; only that time counts."""

    def __init__(self, limit_ms: float) -> None:
        self._left_s = limit_ms / 1000
        self.missed = 0

    def allows(self) -> bool:
        """Whether there is time for one more; a refusal is counted, so that the frame knows it is not complete."""
        if self._left_s > 0:
            return True
        self.missed += 1
        return False

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Count the time of what is painted inside."""
        start = perf_counter()
        yield
        self._left_s -= perf_counter() - start


class SpriteCache:
    """Sprites by key, least used first out."""

    def __init__(self) -> None:
        self._sprites: OrderedDict[Hashable, Sprite] = OrderedDict()
        self._bytes = 0
        self._limit = LIMIT

    def make_room(self, count: int) -> None:
        """Keep at least this many, or `LIMIT`: a large screen shows more nodes at once."""
        self._limit = max(LIMIT, count)

    def find(self, key: Hashable) -> Sprite | None:
        sprite = self._sprites.get(key)
        if sprite is not None:
            self._sprites.move_to_end(key)
        return sprite

    def keep(self, key: Hashable, sprite: Sprite) -> Sprite:
        self._sprites[key] = sprite
        self._bytes += _bytes(sprite)
        while len(self._sprites) > self._limit or self._bytes > LIMIT_BYTES:
            _, oldest = self._sprites.popitem(last=False)
            self._bytes -= _bytes(oldest)
        return sprite

    def clear(self) -> None:
        self._sprites.clear()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._sprites)


def _bytes(sprite: Sprite) -> int:
    return sprite.pixmap.width() * sprite.pixmap.height() * 4


def new_sprite(
    size: tuple[float, float], *, margin: float, scale: float, dpr: float, paint: Callable[[QPainter], None], ground: Sprite | None = None
) -> Sprite:
    """Paint an item of `size` world px with `margin` around it. `ground`: a sprite of the same measures to paint over."""
    origin = round(margin * scale * dpr) / dpr
    if ground is not None:
        pixmap = QPixmap(ground.pixmap)
    else:
        width = math.ceil((size[0] * scale + 2 * origin) * dpr) + 1
        height = math.ceil((size[1] * scale + 2 * origin) * dpr) + 1
        pixmap = QPixmap(width, height)
        pixmap.setDevicePixelRatio(dpr)
        pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    try:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.translate(origin, origin)
        painter.scale(scale, scale)
        paint(painter)
    finally:
        painter.end()
    return Sprite(pixmap, QRectF(pixmap.rect()), origin, pixmap.width() / dpr, pixmap.height() / dpr, scale)


def bucket(scale: float) -> float:
    """The scale of the sprites used while zooming: the next power of the square root of two."""
    return float(2 ** (math.ceil(2 * math.log2(scale) - 1e-9) / 2))


def whole(value: float, dpr: float) -> float:
    """The nearest whole device px."""
    return math.floor(value * dpr + 0.5) / dpr
