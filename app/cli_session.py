"""Between a command and the program: settings, logs, an open backend, an event loop, and the exit status of an error."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import typer

from app.cli_output import silence, tell, tell_error, tell_problems
from app.domain.errors import AppError

if TYPE_CHECKING:
    from app.backend import Backend, Role
    from app.domain.schedules import ScheduleRow
    from app.domain.webhooks import WebhookRow
    from app.platform.settings import Settings

T = TypeVar("T")
Row = TypeVar("Row", "ScheduleRow", "WebhookRow")
logger = logging.getLogger(__name__)

PATIENCE_S = 0.7
COMPLETED, FAILED, INVALID, PIPE_CLOSED, INTERRUPTED, TERMINATED = 0, 1, 2, 141, 130, 143

_USERS_OWN = (
    "workflow.",
    "run.",
    "json.",
    "secret.",
    "setting.",
    "usage",
    "expression.",
    "schedule.",
    "webhook.",
    "path.",
)
"""Codes of errors that are in what was asked for: another question would help, not another machine."""


class UsageRefused(AppError):
    """The command was given something it cannot take."""

    code = "usage"


class RunGivenBack(AppError):
    """The run was given back and waits for another process."""

    code = "run.given_back"


def status_of(error: AppError) -> int:
    if isinstance(error, RunGivenBack):
        return TERMINATED
    return INVALID if error.code.startswith(_USERS_OWN) else FAILED


def ready(**overrides: object) -> Settings:
    """The settings of this process, with its logs open; `overrides` are of the command line."""
    from app.platform.logs import configure_logs, install_last_resort
    from app.platform.settings import load_settings

    settings = load_settings(**overrides)
    settings.ensure_data_dir()
    install_last_resort(configure_logs(settings.log_dir, level=settings.log_level))
    return settings


def with_backend(work: Callable[[Backend], Awaitable[T]], *, role: Role = "ask", quiet: bool = False) -> T:
    """Do `work` with an open program, and close it whatever happens."""
    settings = ready()

    async def whole() -> T:
        from app.backend import Backend

        with patient(silence if quiet else tell) as progress:
            backend = await Backend.open(settings, on_progress=progress, role=role)
        try:
            return await work(backend)
        finally:
            await backend.close()

    return on_loop(whole)


@contextmanager
def patient(say: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """Says only what is still going on after a moment: a start that takes no time needs no words. Callable from any thread."""
    loop = asyncio.get_running_loop()
    waiting: list[asyncio.TimerHandle] = []

    def later(sentence: str) -> None:
        while waiting:
            waiting.pop().cancel()
        waiting.append(loop.call_later(PATIENCE_S, say, sentence))

    try:
        yield lambda sentence: _in_loop(loop, later, sentence)
    finally:
        while waiting:
            waiting.pop().cancel()


def _in_loop(loop: asyncio.AbstractEventLoop, say: Callable[[str], None], sentence: str) -> None:
    loop.call_soon_threadsafe(say, sentence)


def on_loop(whole: Callable[[], Awaitable[T]]) -> T:
    """A selector loop on every platform: the database driver refuses the other one."""

    async def main() -> T:
        return await whole()

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(main())


def report(error: AppError) -> int:
    """Tell an expected error in one sentence, or a workflow's problems in one each; the exit status."""
    from app.domain.errors import DefinitionInvalid

    logger.info("refused: %s", error.code)
    if isinstance(error, DefinitionInvalid) and error.problems:
        tell_problems(error.problems)
    else:
        tell_error(str(error))
    return status_of(error)


def report_unexpected(error: BaseException) -> int:
    """A bug, or the machine: the log has the details, the terminal one sentence."""
    from app.platform.logs import configure_logs

    where = ""
    try:
        from app.platform.settings import default_data_dir, load_settings

        try:
            log_dir = load_settings().log_dir
        except AppError:
            log_dir = default_data_dir() / "logs"
        path = configure_logs(log_dir, terminal=False)
        where = f"; {path} tells more"
    except Exception:  # the sentence below must come out in any case
        where = ""
    logger.critical("unexpected error", exc_info=error)
    tell_error(f"Something went wrong inside Orchestrion ({type(error).__name__}){where}.")
    return FAILED


def leave(status: int) -> None:
    """End the command with this status."""
    if status:
        raise typer.Exit(status)


def prompt_or_stdin(question: str) -> str:
    """A value that must not stand on a command line: asked for without echo, or read from a pipe."""
    if sys.stdin.isatty():
        import getpass

        try:
            return getpass.getpass(f"{question}: ", stream=sys.stderr)
        except EOFError:
            raise UsageRefused("No value was given.") from None
    return sys.stdin.read().removesuffix("\n").removesuffix("\r")


def one_called(rows: Sequence[Row], name_or_id: str, *, what: str) -> Row | None:
    """The row that a command names by its id or its name; None when there is none.

    Raises:
        UsageRefused: several have this name.
    """
    named = [row for row in rows if row.id == name_or_id.lower()] or [row for row in rows if row.plan.name == name_or_id]
    if len(named) > 1:
        ids = ", ".join(row.id for row in named[:5])
        raise UsageRefused(f"{len(named)} {what} are called “{name_or_id:.80}”; name one by its id: {ids}.")
    return named[0] if named else None
