"""Elements by id as rows of parallel numpy columns; a row is reused after its element went.

Columns are as long as the capacity: whoever makes a mask of them starts from `alive`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Small = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Slots = NDArray[np.intp]


class Rows:
    """Slots for ids, and the columns that a subclass names in `_columns` with dtype and row shape."""

    _columns: ClassVar[dict[str, tuple[Any, tuple[int, ...]]]] = {}
    alive: Mask

    def __init__(self) -> None:
        self.ids: list[str | None] = []
        self.slot: dict[str, int] = {}
        self._free: list[int] = []
        self.reset(())

    def reset(self, ids: Sequence[str]) -> None:
        """Start anew with these ids in slots 0, 1, …; their columns are zero."""
        capacity = len(ids) + len(ids) // 4 + 32
        self.ids = [*ids, *([None] * (capacity - len(ids)))]
        self.slot = {key: index for index, key in enumerate(ids)}
        self._free = list(range(capacity - 1, len(ids) - 1, -1))
        self.alive = np.zeros(capacity, bool)
        self.alive[: len(ids)] = True
        for name, (dtype, shape) in self._columns.items():
            setattr(self, name, np.zeros((capacity, *shape), dtype))

    def add(self, key: str) -> int:
        if not self._free:
            self._grow()
        slot = self._free.pop()
        self.ids[slot] = key
        self.slot[key] = slot
        self.alive[slot] = True
        return slot

    def remove(self, key: str) -> int:
        slot = self.slot.pop(key)
        self.ids[slot] = None
        self.alive[slot] = False
        self._free.append(slot)
        return slot

    def _grow(self) -> None:
        old = len(self.ids)
        more = max(old // 2, 32)
        self.ids.extend([None] * more)
        self._free = list(range(old + more - 1, old - 1, -1))
        for name, (dtype, shape) in {"alive": (bool, ()), **self._columns}.items():
            column = np.zeros((old + more, *shape), dtype)
            column[:old] = getattr(self, name)
            setattr(self, name, column)
