"""What differs between two texts, line by line, with the words that differ marked inside a changed line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

MOST_LINES: Final = 2_000
MOST_LINE_CHARS: Final = 2_000
"""Beyond these the middle is told as replaced as a whole: looking for what it has in common takes its square."""
_WORD: Final = re.compile(r"\{\{|\}\}|\w+|\s+|.")


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line as it is shown. `number` counts from 1 on its own side; `spans` say which parts differ."""

    kind: Literal["same", "removed", "added"]
    number: int
    spans: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        return "".join(part for part, _ in self.spans)


def text_difference(old: str, new: str) -> tuple[TextLine, ...]:
    """The lines of both texts in reading order: what went stands before what came in its place."""
    before, after = old.split("\n"), new.split("\n")
    found: list[TextLine] = []
    for tag, start, end, new_start, new_end in _operations(before, after):
        if tag == "equal":
            found += [TextLine("same", new_start + at + 1, ((line, False),)) for at, line in enumerate(before[start:end])]
            continue
        went, came = before[start:end], after[new_start:new_end]
        pairs = [_marked(one, other) for one, other in zip(went, came, strict=False)]
        lost = [pair[0] for pair in pairs] + [((line, False),) for line in went[len(pairs) :]]
        won = [pair[1] for pair in pairs] + [((line, False),) for line in came[len(pairs) :]]
        found += [TextLine("removed", start + at + 1, spans) for at, spans in enumerate(lost)]
        found += [TextLine("added", new_start + at + 1, spans) for at, spans in enumerate(won)]
    return tuple(found)


Operation = tuple[str, int, int, int, int]


def _operations(before: Sequence[str], after: Sequence[str]) -> Iterator[Operation]:
    """Like `SequenceMatcher.get_opcodes`, after what both have in common at their ends."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    if head:
        yield "equal", 0, head, 0, head
    middle, other = before[head : len(before) - tail], after[head : len(after) - tail]
    if max(len(middle), len(other)) > MOST_LINES:
        yield "replace", head, head + len(middle), head, head + len(other)
    else:
        for tag, a, b, c, d in SequenceMatcher(None, middle, other, autojunk=False).get_opcodes():
            yield tag, a + head, b + head, c + head, d + head
    if tail:
        yield "equal", len(before) - tail, len(before), len(after) - tail, len(after)


Spans = tuple[tuple[str, bool], ...]


def _marked(old: str, new: str) -> tuple[Spans, Spans]:
    """Both lines with what differs marked; nothing is marked where they have next to nothing in common."""
    if max(len(old), len(new)) > MOST_LINE_CHARS:
        return ((old, False),), ((new, False),)
    one, other = _WORD.findall(old), _WORD.findall(new)
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.ratio() < 0.35:
        return ((old, False),), ((new, False),)
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if b > a:
            left.append(("".join(one[a:b]), tag != "equal"))
        if d > c:
            right.append(("".join(other[c:d]), tag != "equal"))
    return tuple(left) or (("", False),), tuple(right) or (("", False),)
