"""What is painted as a sprite, for one geometry and one look: nodes, headers, lane labels, notes, edge labels, chips, frames."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from functools import partial

from PySide6.QtGui import QColor, QPainter

from app.domain.lanes import HEADER
from app.domain.workflow import BlockGroup, Step
from app.ui.canvas import edge_item, group_item, step_item
from app.ui.canvas.faces import Face, GroupFace, Shape, collapsed_face, face_of, group_face
from app.ui.canvas.frame import Frame
from app.ui.canvas.geometry import Geometry
from app.ui.canvas.group_item import LaneLabel
from app.ui.canvas.look import Look
from app.ui.canvas.note_item import paint_note
from app.ui.canvas.sprites import Sprite, SpriteCache, bucket, new_sprite


class Pictures:
    """Finds sprites and paints the missing ones. A slot's words are remembered until `forget`."""

    def __init__(self, geometry: Geometry, look: Look) -> None:
        self._geometry = geometry
        self.look = look
        self.cache = SpriteCache()
        self._faces: dict[int, Face] = {}
        self._group_faces: dict[int, GroupFace] = {}
        self._stamps: dict[int, int] = {}
        self._shape_numbers: dict[Shape, int] = {}
        self._shape_of: dict[int, int] = {}
        self._clock = 0

    def show(self, look: Look) -> None:
        """Paint with other colours from now on."""
        self.look = look
        self.cache.clear()

    def forget(self, slots: Iterable[int]) -> None:
        """These elements changed their words or shape."""
        self._clock += 1
        for slot in slots:
            self._faces.pop(slot, None)
            self._group_faces.pop(slot, None)
            self._shape_of.pop(slot, None)
            self._stamps[slot] = self._clock

    def forget_all(self) -> None:
        self._faces.clear()
        self._group_faces.clear()
        self._shape_of.clear()
        self._stamps.clear()
        self.cache.clear()

    # Words

    def face(self, slot: int) -> Face:
        found = self._faces.get(slot)
        if found is None:
            element = self._element(slot)
            if isinstance(element, Step):
                found = face_of(element, self._geometry.catalog)
            else:
                inside = [key for key in self._geometry.graph.descendants_of(element.id) if key in self._geometry.graph.steps]
                found = collapsed_face(element, self._geometry.catalog, len(inside))
            self._faces[slot] = found
        return found

    def group_face(self, slot: int) -> GroupFace:
        found = self._group_faces.get(slot)
        if found is None:
            element = self._element(slot)
            assert isinstance(element, BlockGroup)
            found = self._group_faces[slot] = group_face(element, self._geometry.catalog)
        return found

    def _element(self, slot: int) -> Step | BlockGroup:
        key = self._geometry.boxes.ids[slot]
        assert key is not None
        graph = self._geometry.graph
        return graph.steps[key] if key in graph.steps else graph.groups[key]

    # Sprites

    def node(self, slot: int, frame: Frame) -> Sprite:
        """The best picture there is: the node's own for this scale, or painted for another, or that of its shape."""
        camera = frame.camera
        stamp = self._stamps.get(slot, 0)
        rough = bucket(camera.scale)
        wanted = rough if frame.zooming else camera.scale
        key = ("node", slot, stamp, wanted, camera.dpr)
        found = self.cache.find(key)
        if found is not None:
            return found
        if frame.budget.allows():
            with frame.budget.spending():
                ground = self.shape(slot, wanted, camera.dpr)
                return self.cache.keep(key, self._node(self.face(slot), ground, camera.dpr))
        return self.cache.find(("node", slot, stamp, rough, camera.dpr)) or self.shape(slot, wanted, camera.dpr)

    def _node(self, face: Face, ground: Sprite, dpr: float) -> Sprite:
        def paint(painter: QPainter) -> None:
            step_item.paint_words(painter, face, self.look)

        return new_sprite(face.shape.size, margin=step_item.MARGIN, scale=ground.scale, dpr=dpr, paint=paint, ground=ground)

    def shape(self, slot: int, scale: float, dpr: float) -> Sprite:
        """The picture of a node without its words."""
        key = ("shape", self._shape_number(slot), scale, dpr)
        found = self.cache.find(key)
        if found is None:
            shape = self.face(slot).shape
            found = self.cache.keep(
                key,
                new_sprite(
                    shape.size,
                    margin=step_item.MARGIN,
                    scale=scale,
                    dpr=dpr,
                    paint=lambda painter: step_item.paint_shape(painter, shape, self.look),
                ),
            )
        return found

    def _shape_number(self, slot: int) -> int:
        """Shapes are many fields and slow to hash; their number is not."""
        number = self._shape_of.get(slot)
        if number is None:
            number = self._shape_of[slot] = self._shape_numbers.setdefault(self.face(slot).shape, len(self._shape_numbers))
        return number

    def header(self, slot: int, room: float, frame: Frame) -> Sprite | None:
        face = self.group_face(slot)
        # Quantised, so that a resize does not paint a header per px; only what does not fit is cut.
        fitting = min(room, group_item.header_width(face, 10_000.0) + group_item.HEADER_RIGHT + 1)

        def paint(painter: QPainter) -> None:
            group_item.paint_header(painter, face, fitting, self.look)

        return self._plain(("header", slot, self._stamps.get(slot, 0), fitting), (fitting, HEADER), frame, paint)

    def lane_label(self, label: LaneLabel, frame: Frame) -> Sprite | None:
        return self._plain(("lane", label), label.size, frame, lambda painter: group_item.paint_lane_label(painter, label, self.look))

    def note(self, slot: int, size: tuple[float, float], frame: Frame) -> Sprite | None:
        key = self._geometry.boxes.ids[slot]
        assert key is not None
        note = self._geometry.graph.notes[key]
        paint = partial(paint_note, size=size, text=note.text, colour=note.colour, look=self.look)
        return self._plain(("note", note.text, note.colour, size), size, frame, paint)

    def note_ground(self, slot: int) -> QColor:
        note = self._geometry.graph.notes.get(self._geometry.boxes.ids[slot] or "")
        return self.look.note_of(note.colour if note is not None else "").ground

    def label(self, text: str, frame: Frame, *, selected: bool = False) -> Sprite | None:
        size = (edge_item.label_width(text), edge_item.LABEL_HEIGHT)
        return self._plain(
            ("label", text, selected), size, frame, lambda painter: edge_item.paint_label(painter, text, self.look, selected=selected)
        )

    def chip(self, state: str, text: str, frame: Frame, *, spinner: bool = False) -> Sprite | None:
        look = self.look.states[state]
        size = (step_item.chip_width(text), step_item.CHIP_HEIGHT)
        return self._plain(("chip", state, text), size, frame, lambda painter: step_item.paint_chip(painter, text, look, icon=not spinner))

    def problem_chip(self, state: str, frame: Frame) -> Sprite | None:
        """The round mark of something invalid: always the warning sign, in the colour of its severity."""
        look = replace(self.look.states[state], icon=self.look.states["warning"].icon)
        size = (step_item.CHIP_HEIGHT, step_item.CHIP_HEIGHT)
        return self._plain(("problem", state), size, frame, lambda painter: step_item.paint_chip(painter, "", look))

    def word_chip(self, word: str, icon: str, frame: Frame) -> Sprite | None:
        """A word that hangs on an element, in the colour of warnings."""
        look = replace(self.look.states["warning"], icon=icon)
        size = (step_item.chip_width(word), step_item.CHIP_HEIGHT)
        return self._plain(("word", word, icon), size, frame, lambda painter: step_item.paint_chip(painter, word, look))

    def node_frame(self, slot: int, colour: QColor, halo: QColor | None, frame: Frame) -> Sprite | None:
        shape = self.face(slot).shape
        key = ("frame", self._shape_number(slot), colour.rgba(), halo.rgba() if halo is not None else 0)

        def paint(painter: QPainter) -> None:
            step_item.paint_frame(painter, shape, colour, halo, self.look)

        return self._plain(key, shape.size, frame, paint, margin=step_item.PORT_RADIUS + step_item.PORT_RING + 1)

    def port(self, category: str, frame: Frame) -> Sprite | None:
        """One port with its middle at the origin."""
        colour, ring = self.look.category(category).colour, self.look.canvas

        def paint(painter: QPainter) -> None:
            step_item.paint_port(painter, 0, 0, colour, ring)

        return self._plain(("port", category), (0, 0), frame, paint, margin=step_item.PORT_RADIUS + step_item.PORT_RING + 1)

    def veil(self, slot: int, frame: Frame) -> Sprite:
        """A node's outline filled with the ground, to fade it; made from its shape's picture."""
        shape = self.face(slot).shape

        def paint(painter: QPainter) -> None:
            painter.resetTransform()
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
            painter.fillRect(0, 0, 10_000, 10_000, self.look.canvas)

        scale, dpr = frame.camera.scale, frame.camera.dpr
        key = ("veil", self._shape_number(slot), scale, dpr)
        found = self.cache.find(key)
        if found is None:
            ground = self.shape(slot, scale, dpr)
            found = self.cache.keep(key, new_sprite(shape.size, margin=step_item.MARGIN, scale=scale, dpr=dpr, paint=paint, ground=ground))
        return found

    def _plain(
        self, key: Hashable, size: tuple[float, float], frame: Frame, paint: Callable[[QPainter], None], *, margin: float = 1.0
    ) -> Sprite | None:
        """A sprite that has nothing cheaper to stand in for it: while there is no time it is left out."""
        camera = frame.camera
        scale = bucket(camera.scale) if frame.zooming else camera.scale
        full = (key, scale, camera.dpr)
        found = self.cache.find(full)
        if found is None and frame.budget.allows():
            with frame.budget.spending():
                found = self.cache.keep(full, new_sprite(size, margin=margin, scale=scale, dpr=camera.dpr, paint=paint))
        return found


def draw(sprite: Sprite, frame: Frame, x: float, y: float) -> None:
    """Blit a sprite with its item's corner at a whole device px."""
    if sprite.scale == frame.camera.scale:
        sprite.draw(frame.painter, x, y)
    else:
        sprite.draw_scaled(frame.painter, x, y, frame.camera.scale)
