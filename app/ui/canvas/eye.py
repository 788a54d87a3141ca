"""The part of the canvas widget that looks: camera, pan, zoom, and the clocks that sharpen and animate the picture."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QRegion, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.ui.canvas.camera import Camera
from app.ui.canvas.composer import REST_BUDGET, Composer
from app.ui.canvas.look import look_of
from app.ui.canvas.overlay import RunOverlay
from app.ui.canvas.scene import Scene
from app.ui.canvas.sprites import Budget
from app.ui.theme import theme

CRISP_AFTER_MS = 80
ANIMATE_EVERY_MS = 40
ZOOM_STEP = 1.2
FIT_MARGIN = 32
FIT_MARGIN_BELOW = 72


class Eye(QWidget):
    """A widget that looks at a scene through a camera. `lives` says that more moves than the run's overlay."""

    zoom_changed = Signal(float)
    camera_changed = Signal()

    scene: Scene
    overlay: RunOverlay
    composer: Composer

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.camera = Camera()
        self.zooming = False
        self._fit_when_shown = False
        self._clock = QElapsedTimer()
        self._clock.start()
        self._crisp = QTimer(self, singleShot=True, interval=CRISP_AFTER_MS)
        self._crisp.timeout.connect(self._sharpen)
        self._animation = QTimer(self, interval=ANIMATE_EVERY_MS)
        self._animation.timeout.connect(self._advance)
        theme().changed.connect(self._recolour)

    @property
    def zoom(self) -> float:
        return self.camera.scale

    def set_zoom(self, scale: float, at: QPointF | None = None) -> None:
        """Zoom with the point under `at` (else the middle) staying where it is; 1.0 is 100 %."""
        self.look_from(self.camera.zoomed(scale, at if at is not None else QRectF(self.rect()).center()))

    def zoom_in(self) -> None:
        self.set_zoom(self.zoom * ZOOM_STEP)

    def zoom_out(self) -> None:
        self.set_zoom(self.zoom / ZOOM_STEP)

    def zoom_to_fit(self) -> None:
        """Look at the whole graph, at most at 100 %. A view that has no size yet does so when it is shown."""
        extent = self.scene.geometry.extent()
        self._fit_when_shown = not self.isVisible()
        if extent is None:
            self.look_from(Camera(dpr=self.camera.dpr))
            return
        left, top, right, bottom = extent
        view = QRectF(self.rect()).adjusted(FIT_MARGIN, FIT_MARGIN, -FIT_MARGIN, -FIT_MARGIN_BELOW)
        self.look_from(self.camera.looking_at(QRectF(left, top, right - left, bottom - top), view))

    def look_from(self, camera: Camera) -> None:
        if camera == self.camera:
            return
        zoomed = camera.scale != self.camera.scale
        self.camera = camera
        self.scene.geometry.look_at(camera.scale)
        self.composer.invalidate()
        if zoomed:
            self.zoom_changed.emit(camera.scale)
        self.camera_changed.emit()
        self.animate()

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the picture by logical px; what is painted already is moved, not painted again."""
        camera, step_x, step_y = self.camera.panned(dx, dy)
        if step_x or step_y:
            self.camera = camera
            self.composer.scroll(step_x, step_y)
            self.camera_changed.emit()
            self.animate()

    def update_world(self, world: QRectF) -> None:
        """Repaint what lies on top of this part of the world."""
        self.update(self.camera.rect_to_screen(world).adjusted(-4, -4, 4, 4).toAlignedRect())

    # Clocks

    @property
    def phase(self) -> float:
        """Seconds, for what moves by itself."""
        return self.composer.overlay_layer.phase

    @property
    def lives(self) -> bool:
        return False

    def animate(self) -> None:
        """Start the clock of running edges, spinners and pulses; it stops by itself when nothing moves."""
        if self.isVisible() and not self._animation.isActive():
            self._clock.restart()
            self._animation.start()

    def _advance(self) -> None:
        parts = [QRectF(self.rect())] if self.lives else []
        if not parts and not theme().reduce_motion:
            parts = self.composer.moving_parts()
        if not parts:
            self._animation.stop()
            return
        self.composer.overlay_layer.phase += self._clock.restart() / 1000
        region = QRegion()
        for part in parts:
            region |= QRegion(part.toAlignedRect())
        self.update(region & QRegion(self.rect()))

    def sharpen_soon(self) -> None:
        """The last frame was painted with what was at hand: paint the right sprites when there is time."""
        if not self._crisp.isActive():
            self._crisp.start(CRISP_AFTER_MS if self.zooming else 0)

    def _sharpen(self) -> None:
        """The wheel rests: paint the right sprites in slices, then show them all at once."""
        if not self.composer.prepare(Budget(REST_BUDGET)):
            self._crisp.start(0)
            return
        self.zooming = False
        self.composer.invalidate()

    def _recolour(self) -> None:
        self.scene.pictures.show(look_of(theme().tokens))
        self.composer.invalidate()

    # Events

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl zooms at the pointer; else the wheel pans, sideways with Shift."""
        turned = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zooming = True
            self.set_zoom(self.zoom * ZOOM_STEP ** (turned.y() / 120), event.position())
            self._crisp.start(CRISP_AFTER_MS)
        else:
            moved = event.pixelDelta() if not event.pixelDelta().isNull() else turned / 2
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and not moved.x():
                moved = moved.transposed()
            self.pan_by(moved.x(), moved.y())
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.composer.invalidate()
        self.camera_changed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look_from(Camera(self.camera.x, self.camera.y, self.camera.scale, self.devicePixelRatioF()))
        if self._fit_when_shown:
            self.zoom_to_fit()
        self.animate()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._animation.stop()
