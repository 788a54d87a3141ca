"""Whether a node of a scope runs whatever the conditions say: a proof by going through them, never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Final

from app.domain.topology import Link

MOST_CONDITIONS: Final = 10
"""With more, conditions that matter are taken to be false: 2 to the power of them are gone through."""
_NAME: Final = re.compile(r"[$\w][\w.$]*")
Literal = tuple[str, str]
"""A source and the condition on what it gives, without its negation."""


class Certainty:
    """One scope, or part of one, whose `starts` run for certain."""

    def __init__(self, nodes: Iterable[str], links: Iterable[Link], starts: Iterable[str]) -> None:
        self._starts = frozenset(starts)
        self._incoming: dict[str, list[Link]] = {node: [] for node in nodes}
        for link in links:
            if link.target in self._incoming:
                self._incoming[link.target].append(link)

    def always(self, nodes: Sequence[str]) -> bool:
        """Whether at least one of these runs in every case."""
        unknown = self._conditions(nodes)
        if len(unknown) > MOST_CONDITIONS:
            return self._any(nodes, {})
        return all(self._any(nodes, dict(zip(unknown, values, strict=True))) for values in product((False, True), repeat=len(unknown)))

    def _any(self, nodes: Sequence[str], values: Mapping[Literal, bool]) -> bool:
        known: dict[str, bool] = {}
        for node in self._upstream_of(nodes):
            known[node] = node in self._starts or any(
                known.get(link.source, False) and _holds(link, values) for link in self._incoming[node]
            )
        return any(known[node] for node in nodes)

    def _conditions(self, nodes: Sequence[str]) -> list[Literal]:
        found: dict[Literal, None] = {}
        for node in self._upstream_of(nodes):
            for link in self._incoming[node]:
                if (literal := _literal(link)) is not None:
                    found[literal[0]] = None
        return list(found)

    def _upstream_of(self, nodes: Sequence[str]) -> list[str]:
        """These and all before them, sources first."""
        order: list[str] = []
        state: dict[str, int] = {}
        todo = list(nodes)
        while todo:
            node = todo[-1]
            if state.get(node) == 2:
                todo.pop()
            elif state.get(node) == 1:
                state[node] = 2
                order.append(todo.pop())
            else:
                state[node] = 1
                todo += [link.source for link in self._incoming[node] if not state.get(link.source) and link.source in self._incoming]
        return order


def _literal(link: Link) -> tuple[Literal, bool] | None:
    """The condition of a link as a statement, and whether it must hold or must not; None when there is none."""
    text = _unwrapped(link.edge.condition or "")
    if not text:
        return None
    denied = text.removeprefix("!").strip() if text.startswith("!") else ""
    if denied and (_unwrapped(denied) != denied or _NAME.fullmatch(denied)):  # else `!` may deny a part of it only
        return (link.source, _unwrapped(denied)), False
    return (link.source, text), True


def _unwrapped(text: str) -> str:
    """Without blanks and brackets around all of it."""
    text = text.strip()
    while text.startswith("(") and _closes_last(text):
        text = text[1:-1].strip()
    return text


def _closes_last(text: str) -> bool:
    """Whether the bracket that a text begins with is closed by its last character. Brackets in strings may say no, never a wrong yes."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return at == len(text) - 1
    return False


def _holds(link: Link, values: Mapping[Literal, bool]) -> bool:
    literal = _literal(link)
    return literal is None or values.get(literal[0], not literal[1]) is literal[1]
