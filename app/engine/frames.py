"""A scope while it is interpreted: its nodes, how far they are, and what its expressions may name."""

from __future__ import annotations

import asyncio
from collections import ChainMap
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Literal

from app.domain.json_value import Json
from app.domain.runs import StepFailure
from app.engine.ports import StepError, Value

State = Literal["completed", "skipped", "cancelled", "unknown"]


@dataclass(frozen=True, slots=True)
class Names:
    """What expressions of one scope may name besides `$`: values of the scopes around, nearest first, and settled neighbours."""

    values: Mapping[str, Value]
    steps: MutableMapping[str, Value]

    def inside(self, **more: Value) -> Names:
        """The names of a scope within this one."""
        return Names({**self.values, **more}, ChainMap({}, *_maps(self.steps)))

    def scope(self, dollar: Value, **more: Value) -> dict[str, Value]:
        return {**self.values, "steps": self.steps, "$": dollar, **more}

    @property
    def mode(self) -> str:
        run = self.values.get("run")
        return str(run.get("mode")) if isinstance(run, Mapping) else "production"


def _maps(steps: MutableMapping[str, Value]) -> list[MutableMapping[str, Value]]:
    return list(steps.maps) if isinstance(steps, ChainMap) else [steps]


@dataclass(frozen=True, slots=True)
class Settled:
    """How a node ended without failing. `result` is a condition step's answer.

    unknown: where one step is tested, another that may not run now and whose output nothing on record holds.
    """

    state: State
    output: Value = None
    error: Json = None
    result: bool | None = None


class Settling:
    """How a node ends, once; others wait for it, and one that is cancelled while it waits harms nobody else."""

    __slots__ = ("_end", "_waiting")

    def __init__(self) -> None:
        self._end: Settled | None = None
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def end(self) -> Settled | None:
        """None while the node has not ended."""
        return self._end

    def set(self, end: Settled) -> None:
        self._end = end
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self) -> Settled:
        if self._end is None:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            await waiter
            assert self._end is not None
        return self._end


@dataclass
class Frame:
    """One scope being interpreted once: its nodes, how far they are, and what they may name."""

    nodes: tuple[str, ...]
    names: Names
    given: Value
    path: str
    settled: dict[str, Settling] = field(default_factory=dict)
    tasks: dict[str, asyncio.Future[None]] = field(default_factory=dict)
    dropped: dict[str, None] = field(default_factory=dict)
    leftovers: list[asyncio.Future[Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One incoming link that was taken."""

    source: str
    key: str
    output: Value


def failed(type: str, message: str, *, step: str, path: str, retryable: bool = False, details: Json = None) -> StepError:
    """The error of a node that the interpreter itself finds fault with."""
    return StepError(StepFailure(type, message, step=step, path=path, retryable=retryable, details=details))
