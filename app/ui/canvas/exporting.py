"""The canvas as a picture for a file or the clipboard: pixels, or vectors all through.

The items' own painters are used, in world px; what the screen does for speed (sprites, batches, levels of detail) has no
place here. Painting is cut into pieces, so that a window stays alive between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QPointF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPainterPath, QPdfWriter, QPen
from PySide6.QtSvg import QSvgGenerator

from app.domain.lanes import HEADER
from app.ui.canvas import edge_item, group_item, step_item
from app.ui.canvas.geometry import Kind
from app.ui.canvas.group_item import LaneLabel
from app.ui.canvas.labels import Crossings, LabelPlaces
from app.ui.canvas.layers import DOT_SPACING, lane_passes
from app.ui.canvas.look import Look
from app.ui.canvas.note_item import paint_note
from app.ui.canvas.pictures import Pictures
from app.ui.canvas.rows import Mask, Slots

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

Painted = Callable[[QPainter, int], None]
Format = Literal["png", "svg", "pdf"]
# What a picture may have at most: beyond, programs fail to open it. The longest side that PDF knows is 200 inches.
MOST_PX_A_SIDE, MOST_PX = 16_000, 40_000_000
MOST_POINTS_A_SIDE = 14_400.0
PDF_DPI = 288
# How many elements are painted at a time.
PIECE = 24
# A picture of more nodes than this goes without shadows: they are most of a vector file.
MOST_SHADOWED = 1500
REACH = 16.0


@dataclass(frozen=True, slots=True)
class Part:
    """What of a canvas is shown: the boxes and edges, and the world rectangle around them with its margin."""

    boxes: Mask
    edges: Mask
    world: QRectF

    @property
    def count(self) -> int:
        return int(self.boxes.sum() + self.edges.sum())


def part_of(view: CanvasView, ids: Sequence[str] = (), *, margin: float) -> Part | None:
    """Everything that is shown, or these elements with what stands in them; None when there is nothing."""
    geometry, graph = view.scene.geometry, view.graph
    boxes = geometry.boxes.shown.copy()
    if ids:
        chosen = {id for id in ids if id in geometry.boxes.slot}
        chosen |= {inner for id in tuple(chosen) if id in graph.groups for inner in graph.descendants_of(id)}
        slots = [geometry.boxes.slot[id] for id in chosen]
        boxes &= np.isin(np.arange(len(boxes)), slots)
    extent = geometry.extent(np.flatnonzero(boxes))
    if extent is None:
        return None
    edges = geometry.links.shown & boxes[geometry.links.anchors].all(axis=1)
    left, top, right, bottom = extent
    if edges.any():
        bounds = geometry.links.bounds[edges]
        left, top = min(left, float(bounds[:, 0].min())), min(top, float(bounds[:, 1].min()))
        right, bottom = max(right, float(bounds[:, 2].max())), max(bottom, float(bounds[:, 3].max()))
    around = QRectF(left, top, right - left, bottom - top).adjusted(-REACH, -REACH, REACH, REACH)
    return Part(boxes, np.asarray(edges), around.adjusted(-margin, -margin, margin, margin).toAlignedRect().toRectF())


def fitting_scale(world: QRectF, wanted: float) -> float:
    """The scale at which a picture in pixels is no larger than it may be; `wanted` when that is all right."""
    side = MOST_PX_A_SIDE / max(world.width(), world.height())
    return min(wanted, side, sqrt(MOST_PX / (world.width() * world.height())))


def pixels_of(world: QRectF, scale: float) -> QSize:
    return QSize(max(1, round(world.width() * scale)), max(1, round(world.height() * scale)))


class Export:
    """One picture being painted. Go through `pieces` to the end, then take the result; `close` gives it up."""

    def __init__(self, view: CanvasView, part: Part, look: Look, *, grounded: bool = True) -> None:
        self._geometry, self.graph = view.scene.geometry, view.graph
        self._part, self._look, self._grounded = part, look, grounded
        self._pictures = Pictures(self._geometry, look)
        self._labels, self._crossings = LabelPlaces(self._geometry), Crossings(self._geometry)
        self._painter: QPainter | None = None
        self._buffer = QBuffer()
        self.image = QImage()

    def blank(self, scale: float) -> QImage:
        """The image to paint into. A large one takes a while to be filled, and may be made on any thread."""
        image = QImage(pixels_of(self._part.world, scale), QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(self._look.canvas if self._grounded else Qt.GlobalColor.transparent)
        return image

    def to_image(self, scale: float, image: QImage | None = None) -> Iterator[int]:
        """Paint into `image`, given or made; each piece tells how many elements it painted."""
        self.image = image if image is not None else self.blank(scale)
        return self._pieces(QPainter(self.image), scale)

    def to_svg(self, title: str) -> Iterator[int]:
        """Paint as SVG; the text is in `content` afterwards."""
        self._buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        device = QSvgGenerator()
        size = pixels_of(self._part.world, 1.0)
        device.setOutputDevice(self._buffer)
        device.setResolution(96)
        device.setSize(size)
        device.setViewBox(QRect(0, 0, size.width(), size.height()))
        device.setTitle(title)
        return self._kept(device, self._pieces(QPainter(device), 1.0))

    def to_pdf(self, title: str) -> Iterator[int]:
        """Paint as one page of PDF, a world px a point; a larger one is shrunk to what PDF knows."""
        self._buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        device = QPdfWriter(self._buffer)
        world = self._part.world
        points = min(1.0, MOST_POINTS_A_SIDE / max(world.width(), world.height()))
        size = QSizeF(world.width() * points, world.height() * points)
        device.setPageSize(QPageSize(size, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch))
        device.setPageOrientation(QPageLayout.Orientation.Portrait)
        device.setPageMargins(QMarginsF(0, 0, 0, 0))
        device.setResolution(PDF_DPI)
        device.setTitle(title)
        device.setCreator("Orchestrion")
        return self._kept(device, self._pieces(QPainter(device), points * PDF_DPI / 72))

    @property
    def content(self) -> bytes:
        """The file, after SVG or PDF was painted."""
        data: QByteArray = self._buffer.data()
        return bytes(data.data())

    def close(self) -> None:
        if self._painter is not None:
            self._painter.end()
            self._painter = None

    def _kept(self, device: object, pieces: Iterator[int]) -> Iterator[int]:
        """The device must live as long as something is painted on it."""
        yield from pieces
        del device

    def _pieces(self, painter: QPainter, scale: float) -> Iterator[int]:
        self._painter = painter
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.scale(scale, scale)
        painter.translate(-self._part.world.topLeft())
        boxes, links = self._geometry.boxes, self._geometry.links
        groups = np.flatnonzero(self._part.boxes & self._geometry.opened)
        groups = groups[np.argsort(boxes.depth[groups], kind="stable")]
        edges = np.flatnonzero(self._part.edges)
        try:
            self._ground(painter)
            yield from self._each(painter, groups, self._body)
            yield from self._each(painter, np.flatnonzero(self._part.boxes & (boxes.kind == Kind.NOTE)), self._note)
            yield from self._each(painter, edges, self._edge)
            yield from self._each(painter, groups, self._header)
            yield from self._each(painter, np.flatnonzero(self._part.boxes & self._geometry.nodes), self._node)
            yield from self._each(painter, edges[links.crossing[edges] | links.labelled[edges]], self._label)
        finally:
            self.close()

    def _each(self, painter: QPainter, slots: Slots, paint: Painted) -> Iterator[int]:
        for start in range(0, len(slots), PIECE):
            piece = slots[start : start + PIECE].tolist()
            for slot in piece:
                painter.save()
                paint(painter, slot)
                painter.restore()
            yield len(piece)

    # The parts

    def _ground(self, painter: QPainter) -> None:
        if not self._grounded:
            return
        world = self._part.world
        if self.image.isNull():
            painter.fillRect(world, self._look.canvas)
        if world.width() * world.height() > 4_000_000:
            return  # dots by the ten thousand say nothing in a large picture
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.dot)
        for x in np.arange(np.ceil(world.left() / DOT_SPACING), np.floor(world.right() / DOT_SPACING) + 1) * DOT_SPACING:
            for y in np.arange(np.ceil(world.top() / DOT_SPACING), np.floor(world.bottom() / DOT_SPACING) + 1) * DOT_SPACING:
                painter.drawRect(QRectF(float(x) - 0.75, float(y) - 0.75, 1.5, 1.5))

    def _box(self, slot: int) -> QRectF:
        return QRectF(*self._geometry.boxes.rect[slot].tolist())

    def _body(self, painter: QPainter, slot: int) -> None:
        box, category = self._box(slot), self._look.categories[self._geometry.boxes.category[slot]]
        painter.setPen(QPen(category.border, 1.5))
        painter.setBrush(category.fill)
        painter.drawRoundedRect(box, group_item.RADIUS, group_item.RADIUS)
        painter.setPen(QPen(category.divider, 1, Qt.PenStyle.DashLine))
        for lane in self._geometry.lanes(slot)[1:]:
            y = box.top() + lane.top
            painter.drawLine(QPointF(box.left() + 1, y), QPointF(box.right() - 1, y))

    def _header(self, painter: QPainter, slot: int) -> None:
        box, category = self._box(slot), self._look.categories[self._geometry.boxes.category[slot]]
        band, radius = QPainterPath(), group_item.RADIUS
        band.moveTo(box.left(), box.top() + HEADER)
        band.lineTo(box.left(), box.top() + radius)
        band.quadTo(box.topLeft(), QPointF(box.left() + radius, box.top()))
        band.lineTo(box.right() - radius, box.top())
        band.quadTo(box.topRight(), QPointF(box.right(), box.top() + radius))
        band.lineTo(box.right(), box.top() + HEADER)
        band.closeSubpath()
        painter.fillPath(band, category.header)
        face = self._pictures.group_face(slot)
        painter.save()
        painter.translate(box.topLeft())
        group_item.paint_header(painter, face, box.width(), self._look)
        painter.restore()
        lanes, filled = self._geometry.lanes(slot), self._geometry.filled_roles(slot)
        for lane, detail in zip(lanes, face.details, strict=True):
            if len(lanes) > 1 and lane.height >= group_item.SMALLEST_LABELLED:
                empty = lane.role not in filled and lane.height >= 40
                passes = empty and lane_passes(lane)
                label = LaneLabel(lane.role, detail, face.category, box.width(), lane.height if empty else None, passes)
                painter.save()
                painter.translate(box.left(), box.top() + lane.top)
                group_item.paint_lane_label(painter, label, self._look)
                painter.restore()
        for x in (box.left(), box.right()):
            step_item.paint_port(painter, x, box.top() + HEADER / 2, category.colour, self._look.canvas)

    def _note(self, painter: QPainter, slot: int) -> None:
        note = self.graph.notes[self._geometry.boxes.ids[slot] or ""]
        box = self._box(slot)
        painter.translate(box.topLeft())
        paint_note(painter, (box.width(), box.height()), note.text, note.colour, self._look)

    def _edge(self, painter: QPainter, slot: int) -> None:
        start, first, second, end = (QPointF(*point) for point in self._geometry.links.points[slot].tolist())
        path = QPainterPath(start)
        path.cubicTo(first, second, end)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._look.edge, edge_item.WIDTH))
        painter.drawPath(path)

    def _node(self, painter: QPainter, slot: int) -> None:
        face = self._pictures.face(slot)
        painter.translate(self._box(slot).topLeft())
        painter.save()
        step_item.paint_shape(painter, face.shape, self._look, shadowed=self._part.count <= MOST_SHADOWED)
        painter.restore()
        step_item.paint_words(painter, face, self._look)

    def _label(self, painter: QPainter, slot: int) -> None:
        links, look = self._geometry.links, self._look
        if links.crossing[slot]:
            colour = look.categories[self._geometry.boxes.category[links.ends[slot, 0]]].colour
            for x, y in self._crossings.of(slot):
                edge_item.paint_crossing(painter, QPointF(x, y), colour, look, 1.0)
        if links.labelled[slot]:
            text, box = self._labels.of(slot)
            painter.translate(box.topLeft())
            edge_item.paint_label(painter, text, look)
