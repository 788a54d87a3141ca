"""Moving the eye: an element comes to the middle of the canvas in 200 ms, or at once with reduced motion."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEasingCurve, QPointF, QRectF, QVariantAnimation

from app.ui.canvas.view import CanvasView
from app.ui.theme import theme

GLIDE_MS = 200
_NAME = "glide"


def place_of(view: CanvasView, id: str) -> QRectF:
    """Where a shown element is, in world px; an edge by its bounds."""
    geometry = view.scene.geometry
    if (slot := geometry.boxes.slot.get(id)) is not None and geometry.boxes.shown[slot]:
        return QRectF(*geometry.boxes.rect[slot].tolist())
    if (edge := geometry.links.slot.get(id)) is not None and geometry.links.shown[edge]:
        left, top, right, bottom = geometry.links.bounds[edge].tolist()
        return QRectF(left, top, right - left, bottom - top)
    return QRectF()


def glide_to(view: CanvasView, id: str, *, least_zoom: float = 0.0) -> None:
    """Bring an element to the middle; one that is larger than the view, its start. Zooms in where it would be too small."""
    place = place_of(view, id)
    if place.isEmpty():
        return
    scale = max(view.camera.scale, least_zoom)
    seen = QRectF(0, 0, view.width() / scale, view.height() / scale)
    target = QPointF(
        place.center().x() if place.width() <= seen.width() else place.left() + seen.width() / 2 - 32 / scale,
        place.center().y() if place.height() <= seen.height() else place.top() + seen.height() / 2 - 32 / scale,
    )
    old = view.findChild(QVariantAnimation, _NAME)
    if old is not None:
        old.stop()
        old.deleteLater()
        old.setObjectName("")
    start = replace(view.camera)
    start_centre = start.to_world(QRectF(view.rect()).center())

    def look(share: object) -> None:
        part = float(share)  # type: ignore[arg-type]
        zoomed = replace(view.camera, scale=start.scale + (scale - start.scale) * part)
        centre = QPointF(
            start_centre.x() + (target.x() - start_centre.x()) * part, start_centre.y() + (target.y() - start_centre.y()) * part
        )
        view.look_from(zoomed.centred(centre, QRectF(view.rect())))

    if theme().reduce_motion or not view.isVisible():
        look(1.0)
        return
    glide = QVariantAnimation(view)
    glide.setObjectName(_NAME)
    glide.setDuration(GLIDE_MS)
    glide.setEasingCurve(QEasingCurve.Type.OutCubic)
    glide.setStartValue(0.0)
    glide.setEndValue(1.0)
    glide.valueChanged.connect(look)
    glide.finished.connect(glide.deleteLater)
    glide.start()
