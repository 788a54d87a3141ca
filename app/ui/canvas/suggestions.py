"""What to offer when something is added: what fits the data and usually follows, then steps, then groups; a search ranks all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.domain.habits import habit_of
from app.domain.json_value import Json
from app.domain.workflow import Graph, Step
from app.ui.canvas.entries import Entry

MOST_FITTING = 4
# A text of this length, or with blanks in it, is something to read rather than a code or an id.
_PROSE = 24
_LISTS_ONLY = frozenset({"map", "foreach"})


@dataclass(frozen=True, slots=True)
class Sample:
    """What a port gave in the last run, or is pinned to give."""

    value: Json


@dataclass(frozen=True, slots=True)
class Context:
    """The wire that something is added to: where it hangs, what it carries, and what stood there before. No `title`: no wire."""

    title: str = ""
    port: str = ""
    habit: str = ""
    forward: bool = True
    sample: Sample | None = None
    here: Mapping[str, int] = field(default_factory=dict)
    """How often each kind stands there in this workflow, by `habit_of`."""
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    """In how many other workflows it does."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An entry with what speaks for it; `code` says that the reason names a piece of data."""

    entry: Entry
    reason: str
    code: bool = False


@dataclass(frozen=True, slots=True)
class Suggestions:
    """In the order they are shown; after a search all that was found is in `found`. `hidden` would not work here, and `why`."""

    fits: tuple[Suggestion, ...] = ()
    steps: tuple[Suggestion, ...] = ()
    groups: tuple[Suggestion, ...] = ()
    found: tuple[Suggestion, ...] = ()
    hidden: tuple[str, ...] = ()
    why: str = ""

    @property
    def rows(self) -> tuple[Suggestion, ...]:
        return self.found or (*self.fits, *self.steps)


def suggest(entries: Sequence[Entry], words: str, context: Context, *, all_shown: bool = False) -> Suggestions:
    """What to offer for these words; with `all_shown` also what would not work."""
    hidden = [] if all_shown else [entry for entry in entries if _is_out_of_place(entry, context)]
    offered = [entry for entry in entries if entry not in hidden]
    fits = _fitting(offered, context)
    groups = tuple(Suggestion(entry, entry.description) for entry in offered if entry.kind == "group")
    fitting = {(each.entry.type, each.entry.title) for each in fits}
    steps = tuple(
        Suggestion(entry, entry.description)
        for entry in offered
        if entry.kind != "group" and (bool(words.strip()) or (entry.type, entry.title) not in fitting)
    )
    why = "this port gives no list." if hidden else ""
    names = tuple(entry.title for entry in hidden)
    if not words.strip():
        return Suggestions(fits, steps, groups, (), names, why)
    by_title = {each.entry.title: each for each in fits}
    ranked: list[tuple[tuple[int, int], Suggestion]] = []
    for at, each in enumerate((*(by_title.get(step.entry.title, step) for step in steps), *groups)):
        score = match_score(each.entry, words)
        if score is not None:
            ranked.append(((score, at), each))
    ranked.sort(key=lambda pair: pair[0])
    return Suggestions(found=tuple(each for _, each in ranked), hidden=names, why=why)


def match_score(entry: Entry, words: str) -> int | None:
    """How well an entry answers a search: the less the better, None when a word is nowhere in it. Starts of words before fuzzy."""
    total = 0
    for word in words.lower().split():
        score = _word_score(entry, word)
        if score is None:
            return None
        total += score
    return total


def _word_score(entry: Entry, word: str) -> int | None:
    title = entry.title.lower()
    rest = f"{entry.description} {entry.type} {entry.section}".lower()
    if title.startswith(word):
        return 0
    if any(part.startswith(word) for part in title.split()):
        return 1
    if word in title:
        return 3
    if any(part.startswith(word) for part in rest.split()):
        return 4
    if word in rest:
        return 6
    letters = iter(title)
    return 9 if all(letter in letters for letter in word) else None


def neighbours_here(graph: Graph, habit: str, *, forward: bool) -> Counter[str]:
    """How often each kind stands right after a kind of step (or right before it) in one workflow."""
    found: Counter[str] = Counter()
    for edge in graph.edges.values():
        source, target = graph.steps.get(edge.source_step_id), graph.steps.get(edge.target_step_id)
        if source is None or target is None:
            continue
        near, far = (source, target) if forward else (target, source)
        if habit_of(near.type, near.config) == habit:
            found[habit_of(far.type, far.config)] += 1
    return found


def sample_of_step(step: Step, output: Sample | None) -> Sample | None:
    """What a step will give in a test: what it is pinned to, else what it gave in the last run."""
    pinned = step.config.get("pinned_output")
    return Sample(pinned) if pinned is not None else output


def shape_of(value: Json, *, most: int = 3) -> str:
    """A value in a few letters, as the popup's head shows it: `{route, confidence}`, `[12]`, `text`."""
    match value:
        case dict():
            names = [key if len(key) <= 16 else f"{key[:15]}…" for key in list(value)[:most]]
            return "{" + ", ".join([*names, *(["…"] if len(value) > most else [])]) + "}"
        case list():
            return f"[{len(value):,}]"
        case str():
            return "text"
        case bool():
            return "true or false"
        case int() | float():
            return "number"
        case _:
            return "nothing"


def _fitting(entries: Sequence[Entry], context: Context) -> tuple[Suggestion, ...]:
    """What usually stands there, most often first, then what can do something with the data."""
    if not context.title:
        return ()
    steps = {habit_of(entry.type, entry.config): entry for entry in entries if entry.kind == "step"}
    by_data = dict(_by_data(context.sample.value)) if context.sample is not None and context.forward else {}
    found: dict[str, Suggestion] = {}
    often = Counter(context.elsewhere)
    for habit, number in context.here.items():
        often[habit] = max(often[habit], number)
    for habit in sorted(often, key=lambda each: (-often[each], each)):
        if habit in steps and len(found) < MOST_FITTING - 1:
            entry = replace(steps[habit], config={**steps[habit].config, **by_data.get(habit, ("", {}))[1]})
            found[habit] = Suggestion(entry, _habit_words(habit, context))
    for habit, (path, config) in by_data.items():
        if habit in steps and habit not in found and len(found) < MOST_FITTING:
            entry = replace(steps[habit], config={**steps[habit].config, **config})
            found[habit] = Suggestion(entry, f"on {path}", code=True)
    return tuple(found.values())


def _habit_words(habit: str, context: Context) -> str:
    side = "after" if context.forward else "before"
    if number := context.elsewhere.get(habit, 0):
        return f"{side} such a step in {number:,} workflow{'' if number == 1 else 's'}"
    number = context.here.get(habit, 0)
    return f"{side} such a step here" if number == 1 else f"{side} such steps here, {number:,} times"


def _by_data(value: Json) -> Iterable[tuple[str, tuple[str, dict[str, Json]]]]:
    """For each kind that can use the data: the path to the part it takes, and a config that names it."""
    if isinstance(value, list):
        yield "map", ("$", {})
        return
    fields = {key: item for key, item in value.items() if key.isidentifier()} if isinstance(value, dict) else {}
    if isinstance(value, str):
        fields = {"": value}
    paths = {key: f"$.{key}" if key else "$" for key in fields}
    for key, item in fields.items():
        if isinstance(item, list):
            yield "map", (paths[key], {"input_path": paths[key]})
            break
    for key, item in fields.items():
        if isinstance(item, bool | int | float):
            asks = paths[key] if isinstance(item, bool) else f"{paths[key]} > 0"
            yield "condition", (paths[key], {"expression": asks})
            break
    for key, item in fields.items():
        if isinstance(item, str) and item.startswith(("http://", "https://")):
            yield "tool http", (paths[key], {"url": f"{{{{ {paths[key]} }}}}"})
            break
    for key, item in fields.items():
        if isinstance(item, str) and (len(item) >= _PROSE or " " in item.strip()) and not item.startswith(("http://", "https://")):
            yield "llm", (paths[key], {"prompt": f"{{{{ {paths[key]} }}}}"})
            break


def _is_out_of_place(entry: Entry, context: Context) -> bool:
    """Loops over a list, behind a port that is known to give none."""
    if not context.title or not context.forward or context.sample is None or entry.type not in _LISTS_ONLY:
        return False
    value = context.sample.value
    return not (isinstance(value, list) or (isinstance(value, dict) and any(isinstance(item, list) for item in value.values())))
