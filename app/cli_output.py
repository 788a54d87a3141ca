"""What the command line shows: results on stdout, everything else on stderr, nothing that could steer a terminal."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from app.domain.json_value import Json
from app.domain.problems import Problem

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_COLOURS = {"red": "31", "green": "32", "yellow": "33", "grey": "90", "blue": "34"}


class PipeClosed(Exception):
    """Whoever read our stdout has gone. No OSError, since typer would make an exit status of its own of that."""


def show_json(value: object) -> None:
    """One JSON document on stdout."""
    _write(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


def show(text: str = "") -> None:
    _write(plain(text))


def _write(text: str) -> None:
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise PipeClosed from error


def show_table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, when_empty: str) -> None:
    """Columns wide enough for what is in them; on a terminal the last one is cut at its edge. `when_empty` goes to stderr."""
    cells = [[plain("–" if cell is None else str(cell)).replace("\n", " ") for cell in row] for row in rows]
    if not cells:
        tell(when_empty)
        return
    widths = [max(len(row[column]) for row in [list(heads), *cells]) for column in range(len(heads))]
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for row in [list(heads), *cells]:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        _write(line if room is None or len(line) <= room else line[: room - 1] + "…")


def tell(text: str) -> None:
    """A line for the person who waits."""
    sys.stderr.write(plain(text) + "\n")
    sys.stderr.flush()


def silence(text: str) -> None:
    """What `tell` is where nobody wants to hear."""


def tell_error(text: str) -> None:
    tell(f"{coloured('error:', 'red')} {text.replace(chr(10), ' ')}")


def tell_problems(problems: Iterable[Problem]) -> None:
    """Each problem on a line of its own, with what it is about."""
    for problem in problems:
        colour = "red" if problem.severity == "error" else "yellow"
        about = f" [{problem.id}{problem.place}]" if problem.id else f" [{problem.place}]" if problem.place else ""
        tell(f"{coloured(problem.severity, colour)}: {problem.message} ({problem.code}){about}".replace("\n", " "))


def coloured(text: str, colour: str) -> str:
    """The text in a colour where stderr is a terminal."""
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if sys.stderr.isatty() else text


def plain(text: str) -> str:
    """Text from outside must not move the cursor or hide what follows; our own colours stay."""
    pieces = re.split("(\x1b\\[[0-9]{1,2}m)", text) if sys.stderr.isatty() else [text]
    return "".join(piece if index % 2 else _CONTROL.sub("\ufffd", piece) for index, piece in enumerate(pieces))


def instant(moment: datetime | None) -> str | None:
    """A time as ISO 8601 in UTC."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def local(moment: datetime | None) -> str:
    """A time as people read it here."""
    return "–" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def took(seconds: float) -> str:
    """0.7 s, 41.2 s, 9 m 24 s, 2 h 3 m."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} m {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} m"


def without_marks(error: Json) -> Json:
    """An error object without what only the engine reads."""
    return {key: value for key, value in error.items() if key != "final"} if isinstance(error, dict) else error


def show_deleted(id: str, name: str, *, as_json: bool) -> None:
    if as_json:
        show_json({"id": id, "name": name, "deleted": True})
    else:
        show(f"Deleted “{name}”.")
