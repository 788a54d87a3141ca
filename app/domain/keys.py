"""Keys: the short form of a name by which expressions and paths call a step or a group."""

from __future__ import annotations

import re
from collections.abc import Iterable

_OTHER = re.compile(r"[^a-z0-9]+")


def key_of(name: str) -> str:
    """Lower case, each run of other characters than a-z0-9 as one `_`, none at the ends, `_` before a leading digit.

    A name without a letter or digit of those gives the empty key; `unique_keys` makes one up for it.
    """
    key = _OTHER.sub("_", name.lower()).strip("_")
    return f"_{key}" if key[:1].isdigit() else key


def unique_keys(names: Iterable[tuple[str, str]]) -> tuple[list[str], list[tuple[int, int]]]:
    """The keys of (name, kind) pairs in order, kind being `step` or `group`, and where two clash.

    A name without a key of its own gets its kind and the first number that no other name has taken.
    Clashes are pairs of positions (first, later) that share a key: an error of the definition.
    """
    pairs = list(names)
    keys = [key_of(name) for name, _ in pairs]
    taken = {key for key in keys if key}
    first_at: dict[str, int] = {}
    clashes: list[tuple[int, int]] = []
    for position, (_, kind) in enumerate(pairs):
        if not keys[position]:
            keys[position] = _numbered(kind, taken)
            taken.add(keys[position])
        first = first_at.setdefault(keys[position], position)
        if first != position:
            clashes.append((first, position))
    return keys, clashes


def _numbered(kind: str, taken: set[str]) -> str:
    number = 1
    while f"{kind}_{number}" in taken:
        number += 1
    return f"{kind}_{number}"
