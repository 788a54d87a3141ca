"""What is logged arrives structured, masked and without tracebacks on the terminal."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.platform.logs import FILE_NAME, close_logs, configure_logs, log_context, set_redactor

logger = logging.getLogger("app.tests")


@pytest.fixture(autouse=True)
def clean_logging() -> Iterator[None]:
    before = (logging.getLogger().level, logging.raiseExceptions)
    yield
    close_logs()
    set_redactor(None)
    logging.captureWarnings(False)
    logging.getLogger().setLevel(before[0])
    logging.raiseExceptions = before[1]


def lines(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / FILE_NAME).read_text().splitlines()]


def test_a_line_carries_time_level_place_and_the_run_it_belongs_to(place: Path) -> None:
    configure_logs(place, terminal=False)
    with log_context(run_id="r-1", step="fetch"):
        logger.info("step %s took %d ms", "fetch", 12)
    logger.info("outside")
    inside, outside = lines(place)
    assert inside["event"] == "step fetch took 12 ms"
    assert (inside["level"], inside["logger"], inside["run_id"], inside["step"]) == ("info", "app.tests", "r-1", "fetch")
    assert inside["timestamp"].endswith("Z")
    assert "run_id" not in outside


def test_a_secret_is_masked_in_message_context_and_traceback(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(place)
    set_redactor(lambda text: text.replace("hunter22", "•••"))
    with log_context(url="https://x/?key=hunter22"):
        try:
            raise ValueError("bad key hunter22")
        except ValueError:
            logger.exception("call with %s failed", {"key": "hunter22"})
    assert "hunter22" not in (place / FILE_NAME).read_text()
    assert "bad key •••" in (place / FILE_NAME).read_text()
    assert capsys.readouterr().err == "error: call with {'key': '•••'} failed\n"


def test_a_line_that_cannot_be_masked_is_not_written(place: Path) -> None:
    configure_logs(place, terminal=False)

    def broken(text: str) -> str:
        raise RuntimeError(text)

    set_redactor(broken)
    logger.warning("hunter22")
    assert "hunter22" not in (place / FILE_NAME).read_text()


def test_the_terminal_hears_warnings_and_nothing_less(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(place, level="debug")
    logger.info("quiet")
    logger.warning("two\nlines")
    assert capsys.readouterr().err == "warning: two lines\n"


def test_an_unwritable_place_does_not_stop_the_program(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "logs").write_text("")
    configure_logs(place / "logs")
    logger.warning("still heard")
    assert "still heard" in capsys.readouterr().err


def test_an_uncaught_error_is_one_sentence_outside_and_a_traceback_inside(place: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from app.platform.logs import configure_logs, install_last_resort\n"
        "install_last_resort(configure_logs(Path(sys.argv[1])))\n"
        "def inner(): raise RuntimeError('boom')\n"
        "inner()"
    )
    done = subprocess.run([sys.executable, "-c", program, str(place)], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.stderr == f"Something went wrong inside Orchestrion; {place / FILE_NAME} tells more.\n"
    assert "Traceback" in lines(place)[0]["exception"]
    assert done.returncode == 1


def test_processes_that_share_a_full_file_lose_no_line(place: Path) -> None:
    program = (
        "import sys, logging; from pathlib import Path; from app.platform import logs\n"
        "logs.FILE_LIMIT_BYTES, logs.FILES_KEPT = 20_000, 50\n"
        "logs.configure_logs(Path(sys.argv[1]), terminal=False)\n"
        "for i in range(500): logging.getLogger('x').info('%s %d', sys.argv[2], i)"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, str(place), name], cwd=Path(__file__).parents[2]) for name in "abc"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    written = [json.loads(line)["event"] for file in place.glob(f"{FILE_NAME}*") for line in file.read_text().splitlines()]
    assert sorted(written) == sorted(f"{name} {i}" for name in "abc" for i in range(500))
    assert len(list(place.glob(f"{FILE_NAME}.*"))) > 3
