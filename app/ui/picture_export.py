"""The canvas as a file or on the clipboard: asked for, painted in pieces between the window's own work, written beside it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QBuffer, QIODevice, QObject, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter
from PySide6.QtWidgets import QFileDialog

from app.domain.errors import AppError
from app.ui.actions import Actions
from app.ui.canvas.exporting import Export, fitting_scale, part_of
from app.ui.canvas.look import look_of
from app.ui.canvas.view import CanvasView
from app.ui.picture_dialog import PictureDialog, Wish
from app.ui.progress import Counter, Stopped, shown_progress
from app.ui.prompts import show_error
from app.ui.tasks import Tasks
from app.ui.theme import DARK, LIGHT, theme
from app.ui.widgets.notices import notices_of

if TYPE_CHECKING:
    from app.ui.document import Document
    from app.ui.editor_page import EditorPage

T = TypeVar("T")

# How long pieces are painted before the window may do something else.
SLICE_S = 0.008
COPY_SCALE, COPY_MARGIN = 2.0, 32
FILTERS = {"png": "PNG picture (*.png)", "svg": "SVG drawing (*.svg)", "pdf": "PDF page (*.pdf)"}
NOTHING = "There is nothing on the canvas to show."


class PictureRefused(AppError):
    """The picture could not be written."""

    code = "picture.refused"


class PictureExport(QObject):
    """The two actions: to a file, and to the clipboard."""

    def __init__(self, page: EditorPage, actions: Actions) -> None:
        super().__init__(page)
        self._page = page
        self._tasks = Tasks(self, lambda error: show_error(page, error))
        actions.bind("export-picture", lambda: self._tasks.start(self.ask()))
        actions.bind("copy-picture", lambda: self._tasks.start(self.copy()))

    async def ask(self) -> None:
        """Ask how the picture shall be, then where it shall go."""
        view, document = self._page.view, self._page.current
        if view is None or document is None or not self._tasks.are_alone:
            return
        ids = boxes_selected(view)

        def around(whole: bool, margin: int) -> QRectF | None:
            part = part_of(view, () if whole else ids, margin=margin)
            return part.world if part is not None else None

        wish = await PictureDialog(self._page, around=around, selected=bool(ids)).asked()
        if wish is None:
            return
        dialog = QFileDialog(self._page.window(), "Export as picture", f"{file_name(document)}.{wish.format}", FILTERS[wish.format])
        dialog.setObjectName("picture-file-dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(wish.format)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self._tasks.start(self.export(view, document, wish, ids, Path(path))))
        dialog.open()

    async def export(self, view: CanvasView, document: Document, wish: Wish, ids: tuple[str, ...], path: Path) -> None:
        """Paint and write one file; it is there whole, or not at all."""
        part = part_of(view, () if wish.whole else ids, margin=wish.margin)
        if part is None:
            raise PictureRefused(NOTHING)
        picture = Export(view, part, look_of(DARK if wish.dark else LIGHT), grounded=wish.grounded)
        match wish.format:
            case "png":
                scale = fitting_scale(part.world, wish.scale)
                pieces = picture.to_image(scale, await _beside(document, partial(picture.blank, scale)))
            case "svg":
                pieces = picture.to_svg(document.name)
            case "pdf":
                pieces = picture.to_pdf(document.name)
        counter = Counter(part.count)
        work = self._painted_and_written(view, picture, pieces, counter, document, path)
        try:
            await shown_progress(self._page, "Painting the picture…", counter, work)
        except Stopped:
            return
        notices_of(self._page).show_done(f"The picture is saved as “{path.name}”.")

    async def copy(self) -> None:
        """The selection, or everything, onto the clipboard."""
        view, document = self._page.view, self._page.current
        if view is None or document is None or not self._tasks.are_alone:
            return
        part = part_of(view, boxes_selected(view), margin=COPY_MARGIN)
        if part is None:
            notices_of(self._page).show_error(NOTHING)
            return
        picture = Export(view, part, look_of(theme().tokens))
        counter = Counter(part.count)
        scale = fitting_scale(part.world, COPY_SCALE)
        pieces = picture.to_image(scale, await _beside(document, partial(picture.blank, scale)))
        try:
            await shown_progress(self._page, "Painting the picture…", counter, in_pieces(view, picture, pieces, counter))
        except Stopped:
            return
        QGuiApplication.clipboard().setImage(picture.image)
        size = picture.image.size()
        notices_of(self._page).show_done(f"A picture of {size.width():,} × {size.height():,} px is on the clipboard.")

    async def _painted_and_written(
        self, view: CanvasView, picture: Export, pieces: Iterator[int], counter: Counter, document: Document, path: Path
    ) -> None:
        await in_pieces(view, picture, pieces, counter)
        image = picture.image
        await _beside(document, partial(write, path, image if not image.isNull() else picture.content))


async def _beside(document: Document, work: Callable[[], T]) -> T:
    """Off the window's thread, and off the engine's loop too."""

    async def there() -> T:
        return await asyncio.to_thread(work)

    return await document.session.bridge.call(there())


async def in_pieces(view: CanvasView, picture: Export, pieces: Iterator[int], counter: Counter) -> None:
    """Paint for a few ms at a time.

    Raises:
        Stopped: a person gave it up.
        PictureRefused: the workflow was changed meanwhile.
    """
    start = perf_counter()
    try:
        _refuse_changed(view, picture)
        for done in pieces:
            counter(done)
            if perf_counter() - start > SLICE_S:
                await asyncio.sleep(0)
                start = perf_counter()
                _refuse_changed(view, picture)
    finally:
        picture.close()


def _refuse_changed(view: CanvasView, picture: Export) -> None:
    if view.graph is not picture.graph:
        raise PictureRefused("The workflow was changed while its picture was painted. Try again.")


def write(path: Path, content: bytes | QImage) -> None:
    """Beside its place first: a file that was there is replaced only by a whole one."""
    beside = path.with_name(f".{path.name}.part")
    try:
        if isinstance(content, QImage):
            buffer = QBuffer()
            buffer.open(QIODevice.OpenModeFlag.WriteOnly)
            if not QImageWriter(buffer, b"png").write(content):
                raise PictureRefused("The picture is too large to be written as PNG. Choose a smaller size, SVG or PDF.")
            content = bytes(buffer.data().data())
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise PictureRefused(f"The picture cannot be written there: {(error.strerror or str(error)).lower()}.") from error


def boxes_selected(view: CanvasView) -> tuple[str, ...]:
    """What of the selection stands somewhere: no edges."""
    return tuple(id for id in view.selected_ids() if id not in view.graph.edges)


def file_name(document: Document) -> str:
    """The workflow's name without what file systems refuse."""
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", document.name).strip(" .")[:120] or "workflow"
