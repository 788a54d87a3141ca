"""Looking for a text in a workflow: plain, whole words or a pattern, with a limit on the work; and putting another in its place.

Patterns are RE2's, which never backtracks: no pattern can stand still on any text. RE2 tells only whether a pattern is
found; where is worked out by halving, which gives the first place where a match ends and the shortest match that ends there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from app.domain.catalog import Catalog
from app.domain.edits import Batch, GraphEdit, SetCondition, SetConfig, SetNoteText
from app.domain.errors import AppError, EditRefused
from app.domain.expressions import ExpressionFailed, compile_expression
from app.domain.json_value import Json
from app.domain.renaming import renaming
from app.domain.workflow import BlockGroup, Graph, Step
from app.domain.workflow_texts import TextPlace, texts_of

MOST_HITS = 2_000
MOST_CHARS = 40_000_000
"""Of all texts together so much is looked at."""
LONGEST_PATTERN = 500
_MOST_SPANS = 50
"""Of one text so many places are told."""
_LONGEST_LINE = 20_000

Span = tuple[int, int]


class PatternInvalid(AppError):
    """This is no pattern that can be looked for."""

    code = "search.pattern"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for and how."""

    text: str
    match_case: bool = False
    whole_word: bool = False
    pattern: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A text in which it was found, and where."""

    place: TextPlace
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """`is_complete` is false when there was more than the limits allow."""

    hits: tuple[Hit, ...] = ()
    is_complete: bool = True


def search(graph: Graph, catalog: Catalog, wanted: Wanted) -> Found:
    """Every text that holds what is wanted, in document order. A key counts only where the name does not hold it.

    Raises:
        PatternInvalid: it is no pattern.
    """
    if not wanted.text.strip():
        return Found()
    spans_in, has = finder(wanted)
    hits: list[Hit] = []
    left = MOST_CHARS
    for _, places in groupby(texts_of(graph, catalog), key=lambda place: place.id):
        texts = list(places)
        left -= sum(len(place.text) for place in texts)
        if left < 0:
            return Found(tuple(hits), is_complete=False)
        if wanted.pattern and not has("\n".join(place.text for place in texts)):
            continue
        named = False
        for place in texts:
            spans = () if place.kind == "key" and named else spans_in(place.text)
            if spans:
                hits.append(Hit(place, spans))
                named = named or place.kind == "name"
        if len(hits) >= MOST_HITS:
            return Found(tuple(hits[:MOST_HITS]), is_complete=False)
    return Found(tuple(hits))


def finder(wanted: Wanted) -> tuple[Callable[[str], tuple[Span, ...]], Callable[[str], bool]]:
    """Where it is in a text, and whether it is in it.

    Raises:
        PatternInvalid: it is no pattern.
    """
    if wanted.pattern:
        matches = _matcher(wanted)
        return (lambda text: tuple(_pattern_spans(text, matches))), matches
    needle = wanted.text if wanted.match_case else _folded(wanted.text)

    def spans(text: str) -> tuple[Span, ...]:
        return tuple(_plain_spans(text if wanted.match_case else _folded(text), needle, whole=wanted.whole_word))

    return spans, lambda text: bool(spans(text))


def _folded(text: str) -> str:
    """Lower case with every place where it was."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)


def _plain_spans(text: str, needle: str, *, whole: bool) -> Iterator[Span]:
    found, at = 0, text.find(needle)
    while at >= 0 and found < _MOST_SPANS:
        end = at + len(needle)
        if not whole or _stands_alone(text, at, end):
            found += 1
            yield at, end
            at = text.find(needle, end)
        else:
            at = text.find(needle, at + 1)


def _stands_alone(text: str, start: int, end: int) -> bool:
    def joined(one: int, other: int) -> bool:
        return one >= 0 and other < len(text) and _is_word(text[one]) and _is_word(text[other])

    return not joined(start - 1, start) and not joined(end - 1, end)


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def _matcher(wanted: Wanted) -> Callable[[str], bool]:
    if len(wanted.text) > LONGEST_PATTERN:
        raise PatternInvalid(f"A pattern may have at most {LONGEST_PATTERN} characters.")
    inner = f"\\b(?:{wanted.text})\\b" if wanted.whole_word else wanted.text
    pattern = f"(?{'m' if wanted.match_case else 'mi'}){inner}"
    compiled = compile_expression("input.text.matches(input.pattern)")

    def matches(text: str) -> bool:
        try:
            return compiled.evaluate({"input": {"text": text, "pattern": pattern}}) is True
        except ExpressionFailed as error:
            raise PatternInvalid(f"This pattern cannot be used: {error}") from None

    matches("")
    return matches


def _pattern_spans(text: str, matches: Callable[[str], bool]) -> Iterator[Span]:
    start, found = 0, 0
    for line in text.splitlines(keepends=True):
        at = 0
        part = line.rstrip("\r\n")[:_LONGEST_LINE]
        while at < len(part) and found < _MOST_SPANS and matches(part[at:]):
            begin, at = _first_span(part, at, matches)
            yield start + begin, start + at
            found += 1
        start += len(line)


def _first_span(line: str, since: int, matches: Callable[[str], bool]) -> Span:
    """Of a line in which there is a match at or after `since`."""
    end = _least(since + 1, len(line), lambda end: matches(line[since:end]))
    return end - _least(1, end - since, lambda length: matches(line[end - length : end])), end


def _least(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The least number from `low` to `high` for which it holds, if what holds for one holds for all above; it does for `high`."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


# Putting another text in its place


@dataclass(frozen=True, slots=True)
class Replacement:
    """The edit that replaces, what it replaces, and the names that could not be given, with the reason."""

    edit: GraphEdit | None
    number: int
    refused: tuple[str, ...] = ()


def replacement(graph: Graph, catalog: Catalog, wanted: Wanted, by: str, hits: Sequence[Hit]) -> Replacement:
    """Replace what was found in these hits, as one edit. Names take along what names them; keys, numbers and patterns are left alone."""
    if wanted.pattern or not wanted.text:
        return Replacement(None, 0)
    spans_in, _ = finder(wanted)
    number = 0

    def replaced(text: str) -> str:
        nonlocal number
        for start, end in reversed(spans := spans_in(text)):
            text = text[:start] + by + text[end:]
        number += len(spans)
        return text

    edits: list[GraphEdit] = []
    for id, places in _by_element(hits).items():
        edits += _text_edits(graph, id, places, replaced)
    after = Batch(tuple(edits)).apply(graph) if edits else graph
    refused: list[str] = []
    for hit in hits:
        node = after.steps.get(hit.place.id) or after.groups.get(hit.place.id)
        if hit.place.kind != "name" or node is None:
            continue
        before = number
        try:
            edit = renaming(after, catalog, node.id, replaced(node.name)[:255])
        except EditRefused as refusal:
            refused.append(str(refusal))
            number = before
            continue
        edits.append(edit)
        after = edit.apply(after)
    return Replacement(Batch(tuple(edits), "Replace") if edits else None, number, tuple(refused))


def _by_element(hits: Sequence[Hit]) -> Mapping[str, set[str]]:
    """The places in which something is replaced, by element."""
    found: dict[str, set[str]] = {}
    for hit in hits:
        if hit.place.kind not in {"name", "key"}:
            found.setdefault(hit.place.id, set()).add(hit.place.place)
    return found


def _text_edits(graph: Graph, id: str, places: set[str], replaced: Callable[[str], str]) -> list[GraphEdit]:
    if (edge := graph.edges.get(id)) is not None:
        return [SetCondition(id, replaced(edge.condition or "") or None)]
    if (note := graph.notes.get(id)) is not None:
        return [SetNoteText(id, replaced(note.text))]
    node: Step | BlockGroup | None = graph.steps.get(id) or graph.groups.get(id)
    if node is None:
        return []
    config = _at_places(dict(node.config), "/config", places, replaced)
    return [SetConfig(id, config)] if isinstance(config, dict) and config != node.config else []


def _at_places(value: Json, place: str, places: set[str], replaced: Callable[[str], str]) -> Json:
    from app.domain.expressions.templates import escaped

    if isinstance(value, str):
        return replaced(value) if place in places else value
    if isinstance(value, list):
        return [_at_places(item, f"{place}/{index}", places, replaced) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {key: _at_places(item, f"{place}/{escaped(key)}", places, replaced) for key, item in value.items()}
    return value
