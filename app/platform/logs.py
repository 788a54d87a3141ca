"""One log for everything: structured lines in a rotating file, warnings as plain sentences on the terminal.

The file holds tracebacks, the terminal never does. Everything passes the redactor, so that a
secret's value reaches neither. Modules write with ``logging.getLogger(__name__)``.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import types
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import structlog

from app.domain.errors import AppError
from app.platform.file_lock import file_lock

FILE_NAME = "orchestrion.log"
FILE_LIMIT_BYTES = 5_000_000
FILES_KEPT = 5

logger = logging.getLogger(__name__)

_CHATTY = ("httpx", "httpcore", "asyncio", "alembic", "urllib3", "markdown_it")


class _Redaction:
    """The one place that knows how values are masked; until it is told, nothing is secret."""

    def __init__(self) -> None:
        self._redact: Callable[[str], str] | None = None

    def use(self, redact: Callable[[str], str] | None) -> None:
        self._redact = redact

    def text(self, text: str) -> str:
        if self._redact is None:
            return text
        try:
            return self._redact(text)
        except Exception:  # a line that cannot be masked must not be written
            return "[a line that could not be masked]"

    def value(self, value: object) -> object:
        match value:
            case str():
                return self.text(value)
            case dict():
                return {self.text(str(name)): self.value(inner) for name, inner in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self.value(inner) for inner in value]
            case None | bool() | int() | float():
                return value
            case _:
                return self.text(str(value))


_redaction = _Redaction()


def set_redactor(redact: Callable[[str], str] | None) -> None:
    """From now on every text of every line goes through `redact`; None takes it out again."""
    _redaction.use(redact)


@contextmanager
def log_context(**names: str) -> Iterator[None]:
    """Put names such as ``run_id`` and ``step`` on every line that is written inside, across awaits."""
    with structlog.contextvars.bound_contextvars(**names):
        yield


def configure_logs(directory: Path, *, level: str = "info", terminal: bool = True) -> Path:
    """Send all logging to ``orchestrion.log`` in `directory`, and warnings to stderr; the file's path.

    When the file cannot be opened, the terminal is told once and the program goes on without it.
    """
    logging.raiseExceptions = False  # a full disk must not print tracebacks
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    close_logs()
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    if terminal:
        root.addHandler(_terminal())
    path = directory / FILE_NAME
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        root.addHandler(_file(path))
    except OSError as error:
        logger.warning("no log file can be written in %s: %s", directory, error.strerror)
    return path


def close_logs() -> None:
    """Take our handlers off the root logger and close their files."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if handler.name in ("orchestrion-file", "orchestrion-terminal")]:
        root.removeHandler(handler)
        handler.close()


def install_last_resort(log_file: Path) -> None:
    """What nobody caught: the traceback into the log, one sentence on the terminal."""

    def uncaught(kind: type[BaseException], error: BaseException, trace: types.TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        logger.critical("uncaught error", exc_info=(kind, error, trace), extra={"quiet": True})
        sentence = str(error) if isinstance(error, AppError) else f"Something went wrong inside Orchestrion; {log_file} tells more."
        sys.stderr.write(f"{_redaction.text(sentence)}\n")

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and args.exc_type is not SystemExit:
            uncaught(args.exc_type, args.exc_value, args.exc_traceback)

    def unraisable(args: sys.UnraisableHookArgs) -> None:
        if args.exc_value is not None:
            logger.error("error in a finaliser", exc_info=args.exc_value, extra={"quiet": True})

    sys.excepthook = uncaught
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable


def _file(path: Path) -> logging.Handler:
    handler = _SharedRotatingFile(path, maxBytes=FILE_LIMIT_BYTES, backupCount=FILES_KEPT - 1, encoding="utf-8")
    path.chmod(0o600)
    handler.set_name("orchestrion-file")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _redact,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    return handler


def _terminal() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name("orchestrion-terminal")
    handler.setLevel(logging.WARNING)
    handler.addFilter(lambda record: not getattr(record, "quiet", False) and record.name != "py.warnings")
    handler.setFormatter(_Sentence())
    return handler


def _redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: _redaction.value(value) for name, value in event.items()}


class _Sentence(logging.Formatter):
    """Level and message on one line; the traceback stays in the file."""

    def format(self, record: logging.LogRecord) -> str:
        return _redaction.text(f"{record.levelname.lower()}: {record.getMessage()}").replace("\n", " ")


class _SharedRotatingFile(RotatingFileHandler):
    """A rotating file that several processes write: one of them turns it over, the others follow to the new file."""

    def emit(self, record: logging.LogRecord) -> None:
        if self._was_turned_over():
            self._reopen()
        super().emit(record)

    def doRollover(self) -> None:
        path = Path(self.baseFilename)
        try:
            with file_lock(path.with_name(f".{path.name}.lock"), timeout_s=1.0, busy=AppError):
                if path.exists() and path.stat().st_size >= self.maxBytes / 2:
                    super().doRollover()
                else:
                    self._reopen()
        except (AppError, OSError):
            self._reopen()

    def _was_turned_over(self) -> bool:
        if self.stream is None:
            return False
        try:
            return not os.path.samestat(Path(self.baseFilename).stat(), os.fstat(self.stream.fileno()))
        except FileNotFoundError:
            return True
        except (OSError, ValueError):
            return False

    def _reopen(self) -> None:
        if self.stream is not None:
            self.stream.close()
        self.stream = self._open()
