"""How well a text fits what was typed: the start of a word before the middle of one, both before letters in order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

LONGEST = 200
"""Of longer texts only the beginning is looked at."""
_MOST_WORDS = 8

Span = tuple[int, int]


class Rank(IntEnum):
    """From the best kind of fit to the weakest."""

    ALL = 0
    BEGINS = 1
    WORD = 2
    INSIDE = 3
    WORD_STARTS = 4
    LETTERS = 5


@dataclass(frozen=True, slots=True)
class Match:
    """`spans` are the parts of the text that fit, in order, as (start, end)."""

    rank: Rank
    spans: tuple[Span, ...]


class Query:
    """What was typed, ready to be compared with many texts. An empty one fits everything."""

    def __init__(self, text: str) -> None:
        self.words = folded(text).split()[:_MOST_WORDS]
        self._letters = "".join(self.words)

    def __bool__(self) -> bool:
        return bool(self.words)

    def match(self, text: str) -> Match | None:
        return self.match_folded(folded(text[:LONGEST]))

    def match_folded(self, text: str) -> Match | None:
        """The same for a text that is `folded` already."""
        if not self.words:
            return Match(Rank.BEGINS, ())
        rank, spans = Rank.BEGINS, list[Span]()
        if text.rstrip("….") == " ".join(self.words):
            return Match(Rank.ALL, ((0, len(text)),))
        for word in self.words:
            at = _best_place(text, word)
            if at < 0:
                return self._loosely(text)
            rank = max(rank, _rank_at(text, at))
            spans.append((at, at + len(word)))
        return Match(rank, _merged(spans))

    def _loosely(self, text: str) -> Match | None:
        """The letters in order, first at the start of a word; one that follows the last or starts a word is taken before others."""
        at, rank, spans = -1, Rank.WORD_STARTS, list[Span]()
        for letter in self._letters:
            if at >= 0 and text.startswith(letter, at + 1):
                at += 1
            elif (start := _word_start(text, letter, at + 1)) >= 0:
                at = start
            elif at >= 0 and (place := text.find(letter, at + 1)) >= 0:
                at, rank = place, Rank.LETTERS
            else:
                return None
            spans.append((at, at + 1))
        # One or two letters that are strewn about are in nearly every text.
        return None if rank is Rank.LETTERS and len(self._letters) < 3 else Match(rank, _merged(spans))


def folded(text: str) -> str:
    """Lower case, letter by letter, so that places in it are places in `text`."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(letter.lower()[:1] or letter for letter in text)


def _best_place(text: str, word: str) -> int:
    """Where `word` stands at the start of a word, else where it stands first; -1 when it does not."""
    start = _word_start(text, word, 0)
    return start if start >= 0 else text.find(word)


def _word_start(text: str, part: str, since: int) -> int:
    at = text.find(part, since)
    while at > 0 and text[at - 1].isalnum():
        at = text.find(part, at + 1)
    return at


def _rank_at(text: str, at: int) -> Rank:
    if at == 0:
        return Rank.BEGINS
    return Rank.INSIDE if text[at - 1].isalnum() else Rank.WORD


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)
