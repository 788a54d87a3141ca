"""Where the processes under test are born: forked from one that has imported the program already, or started afresh.

A fork takes 20 ms where a start takes a second, so a hundred kills fit into a minute. Whatever happens to the tests, all
children end with the nursery, and the nursery with its input.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import selectors
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

TOP = Path(__file__).resolve().parents[3]
_PR_SET_PDEATHSIG = 1


@dataclass(eq=False)
class Child:
    """A process under test. `ended` gives its exit status, negative for a signal."""

    number: int
    pid: int = 0
    born: asyncio.Future[int] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    ended: asyncio.Future[int] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    async def kill(self) -> None:
        """`kill -9`, and wait until nothing is left of it."""
        os.kill(self.pid, signal.SIGKILL)
        await self.ended

    async def stop(self) -> int:
        """Ask it to end as a service manager would; its exit status."""
        os.kill(self.pid, signal.SIGTERM)
        return await self.ended


class Nursery:
    """Talks to the nursery's process. `log` takes what the children say."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._children: dict[int, Child] = {}

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.e2e.durability.nursery", str(self._log), cwd=TOP, stdin=-1, stdout=-1
        )
        self._ear = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._ear

    async def fork(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Child:
        """A worker with these arguments, forked."""
        return await self._birth(arguments, environment, afresh=False)

    async def start(self, *command: str, environment: Mapping[str, str] | None = None) -> Child:
        """A program of its own."""
        return await self._birth(command, environment, afresh=True)

    async def _birth(self, command: Sequence[str], environment: Mapping[str, str] | None, *, afresh: bool) -> Child:
        child = Child(len(self._children) + 1)
        self._children[child.number] = child
        wish = {"number": child.number, "command": list(command), "environment": dict(environment or {}), "afresh": afresh}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(wish).encode() + b"\n")
        child.pid = await child.born
        return child

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said: dict[str, Any] = json.loads(line)
            child = self._children[said["number"]]
            (child.born if said["what"] == "born" else child.ended).set_result(said["value"])


# The nursery's own process. It has no threads and no loop, so that what is forked from it begins clean.


def main(log: str) -> None:
    from tests.e2e.durability import worker  # the program, imported once for all

    reaping, wake = os.pipe()
    for end in (reaping, wake):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)
    selector.register(reaping, selectors.EVENT_READ)
    numbers: dict[int, int] = {}
    wishes = b""
    while True:
        for key, _ in selector.select():
            if key.fd == reaping:
                os.read(reaping, 4096)
                _tell_the_dead(numbers)
                continue
            piece = os.read(0, 65_536)
            if not piece:
                _end(numbers)
                return
            *whole, wishes = (wishes + piece).split(b"\n")
            for line in whole:
                wish = json.loads(line)
                pid = os.fork()
                if pid == 0:
                    _live(wish, log, worker.main)
                numbers[pid] = wish["number"]
                _say(wish["number"], "born", pid)


def _live(wish: dict[str, Any], log: str, work: Any) -> None:
    """The child's whole life."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.environ.update(wish["environment"])
        if wish["afresh"]:
            os.execv(wish["command"][0], wish["command"])
        status = work(wish["command"])
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _tell_the_dead(numbers: dict[int, int]) -> None:
    while numbers:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        _say(numbers.pop(pid), "ended", os.waitstatus_to_exitcode(status))


def _end(numbers: dict[int, int]) -> None:
    for pid in numbers:
        os.kill(pid, signal.SIGKILL)
    for pid in list(numbers):
        os.waitpid(pid, 0)


def _say(number: int, what: str, value: int) -> None:
    print(json.dumps({"number": number, "what": what, "value": value}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
