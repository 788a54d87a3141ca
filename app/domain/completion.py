"""What may be written at the caret of an expression or template, in groups: data first, the nearest step first of all."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from app.domain.data_scope import DataScope, Source
from app.domain.expressions.function_help import HELP, LOOPS, METHODS
from app.domain.known_data import Known, field_path

MOST_ROWS: Final = 60
_PER_SOURCE: Final = 8
_MOST_STEPS: Final = 200
_STEP_FIELDS: Final = ("output", "status", "error")
_RUN_FIELDS: Final = ("id", "mode", "workflow_id", "workflow_version", "triggered_by", "started_at")
_PART = r"(?:\.[A-Za-z_]\w*|\[\d+\]|\[\"(?:[^\"\\]|\\.)*\"\])"
_BEHIND_A_DOT = re.compile(rf"(?P<base>(?:\$|[A-Za-z_]\w*){_PART}*)\.(?P<part>\w*)$")
_ALONE = re.compile(r"(?P<part>\$|[A-Za-z_]\w*)?$")
_PARTS = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]|\[\"((?:[^\"\\]|\\.)*)\"\]")
_LOOP = re.compile(
    rf"(?P<list>(?:\$|[A-Za-z_]\w*){_PART}*)\.(?:{'|'.join(sorted(LOOPS))})\(\s*(?P<name>[A-Za-z_]\w*)\s*,(?P<rest>[^()]*(?:\([^()]*\)[^()]*)*)$"
)

Icon = Literal["text", "number", "yes/no", "list", "object", "function", "secret", "name"]


@dataclass(frozen=True, slots=True)
class Completion:
    """One row. Taking it puts `text` in place of what stands from `start` to `end`; the caret goes `back` characters back from its end."""

    label: str
    text: str
    start: int
    end: int
    icon: Icon
    kind: str = ""
    sample: str = ""
    help: str = ""
    back: int = 0
    goes_deeper: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one head; `id` is the step's or group's whose output they are."""

    title: str
    note: str
    rows: tuple[Completion, ...]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Completions:
    """What is offered for what has been typed. `total` counts all rows there are, also those that are not listed."""

    typed: str
    groups: tuple[Group, ...]
    total: int

    @property
    def rows(self) -> tuple[Completion, ...]:
        return tuple(row for group in self.groups for row in group.rows)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the caret stands inside an expression: what is before the dot, what is typed behind it, and where that begins."""

    base: str
    typed: str
    start: int
    expression: str
    """The expression from its beginning to the caret."""


def complete(text: str, caret: int, scope: DataScope, *, bare: bool, everything: bool = False) -> Completions | None:
    """What may stand at `caret`; None outside of an expression, or inside a text of it. `everything`: also what does not match."""
    spot = spot_at(text, caret, bare=bare)
    if spot is None:
        return None
    end = caret
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    groups = list(_behind(spot, scope, end)) if spot.base else list(_roots(spot, scope, end))
    total = sum(len(group.rows) for group in groups)
    if not everything:
        groups = _matching(groups, spot.typed)
        if spot.base and spot.typed:
            groups += _elsewhere(spot, scope, end, taken={row.text for group in groups for row in group.rows})
    return Completions(spot.typed, tuple(_cut(groups)), total)


def spot_at(text: str, caret: int, *, bare: bool) -> Spot | None:
    """The part of an expression before the caret."""
    offset = 0 if bare else _opening(text, caret)
    if offset is None:
        return None
    expression = text[offset:caret]
    if _inside_quotes(expression):
        return None
    if (match := _BEHIND_A_DOT.search(expression)) is not None:
        return Spot(match["base"], match["part"], offset + match.start("part"), expression)
    match = _ALONE.search(expression)
    assert match is not None
    typed = match["part"] or ""
    before = expression[: len(expression) - len(typed)].rstrip()
    if before.endswith((".", "]", ")")) or (
        typed and before[-1:].isdigit() and not expression[: len(expression) - len(typed)].endswith(" ")
    ):
        return None  # behind what is no path, such as a call's result or a number
    return Spot("", typed, offset + len(expression) - len(typed), expression)


def known_at(path: str, scope: DataScope, expression: str = "") -> Known | None:
    """What a path leads to. `expression` is what stands before it, where a loop may have named its first part."""
    root = re.match(r"\$|[A-Za-z_]\w*", path)
    if root is None:
        return None
    keys = [name or (int(at) if at else quoted.replace('\\"', '"')) for name, at, quoted in _PARTS.findall(path[root.end() :])]
    name = root.group()
    known: Known | None
    if name == "steps":
        if len(keys) < 2 or keys[1] != "output":
            return None
        source = scope.steps.get(str(keys[0]))
        known, keys = (source.known if source is not None else None), keys[2:]
    else:
        known = _loop_item(name, scope, expression) or scope.root(name)
    for key in keys:
        known = known.child(key) if known is not None else None
    return known


def _loop_item(name: str, scope: DataScope, expression: str) -> Known | None:
    """What a loop variable stands for: an item of the list that is gone over."""
    match = _LOOP.search(expression)
    if match is None or match["name"] != name:
        return None
    known = known_at(match["list"], scope, expression[: match.start()])
    return known.child(0) if known is not None else None


def _opening(text: str, caret: int) -> int | None:
    """Where the expression begins whose template is open at the caret."""
    at = text.rfind("{{", 0, caret)
    while at > 0 and text[at - 1] == "\\":
        at = text.rfind("{{", 0, at)
    if at < 0 or _closes(text[at + 2 : caret]):
        return None
    return at + 2


def _closes(expression: str) -> bool:
    """Whether a template that is begun so has ended: `}}` outside of quotes and of braces of its own."""
    depth, quote = 0, ""
    for at, char in enumerate(expression):
        if quote:
            quote = "" if char == quote and expression[at - 1] != "\\" else quote
        elif char in "\"'":
            quote = char
        elif char == "{":
            depth += 1
        elif char == "}":
            if depth == 0:
                return True
            depth -= 1
    return False


def _inside_quotes(expression: str) -> bool:
    quote = ""
    for at, char in enumerate(expression):
        if quote:
            quote = "" if char == quote and expression[at - 1] != "\\" else quote
        elif char in "\"'":
            quote = char
    return bool(quote)


# What there is


def _roots(spot: Spot, scope: DataScope, end: int) -> Iterator[Group]:
    """At the beginning of a path: all data by its whole path, then functions and secrets."""
    if match := _LOOP.search(spot.expression):
        known = _loop_item(match["name"], scope, spot.expression)
        rows = [_row(match["name"], match["name"], known or Known(), spot.start, end)]
        yield Group("Item of the list", match["name"], (*rows, *_fields(match["name"], known, spot.start, end)))
    for source in scope.sources:
        yield _source_group(source, spot.start, end)
    run = [Completion(f"run.{name}", f"run.{name}", spot.start, end, "text", "text") for name in _RUN_FIELDS]
    yield Group("This run", "run", tuple(run))
    if scope.secrets_allowed and scope.secrets:
        secrets = (Completion(name, f"secrets.{name}", spot.start, end, "secret", "secret", "••••••••") for name in scope.secrets)
        yield Group("Secrets", "put in at the last moment", tuple(secrets))
    yield Group("Functions", "F1 explains", tuple(_functions(spot.start, end)))


def _source_group(source: Source, start: int, end: int) -> Group:
    rows = [_row(source.path, source.path, source.known, start, end), *_fields(source.path, source.known, start, end)]
    return Group(source.title, source.note, tuple(rows), source.id)


def _fields(path: str, known: Known | None, start: int, end: int) -> Iterator[Completion]:
    """The fields right inside, by their whole path; of an only inner object its fields too."""
    if known is None:
        return
    for key, child in list(known.children())[:_PER_SOURCE]:
        inner = field_path(path, key)
        yield _row(inner, inner, child, start, end)
        if child.kind == "object":
            for below, grandchild in list(child.children())[:_PER_SOURCE]:
                yield _row(field_path(inner, below), field_path(inner, below), grandchild, start, end)


def _behind(spot: Spot, scope: DataScope, end: int) -> Iterator[Group]:
    """Behind a dot: what is inside of what stands before it."""
    start, base = spot.start, spot.base
    if base == "steps":
        fitting = (key for key in scope.steps if _rank(key, spot.typed) is not None)
        found = ((key, scope.steps[key].known) for key in itertools.islice(fitting, _MOST_STEPS))
        rows = tuple(replace(_row(key, f"{key}.output", of, start, end), kind=of.kind) for key, of in found)
        yield Group("Steps before this one", "nearest first", rows)
        return
    if base == "run":
        yield Group("This run", "run", tuple(Completion(name, name, start, end, "text", "text") for name in _RUN_FIELDS))
        return
    if base == "secrets":
        if scope.secrets_allowed:
            rows = tuple(Completion(name, name, start, end, "secret", "secret", "••••••••") for name in scope.secrets)
            yield Group("Secrets", "by name only", rows)
        return
    if re.fullmatch(r"steps(?:\.\w+|\[\"(?:[^\"\\]|\\.)*\"\])", base):
        yield Group("Step", base, tuple(Completion(name, name, start, end, "name") for name in _STEP_FIELDS))
        return
    known = known_at(base, scope, spot.expression)
    if known is None:
        return
    title, note = _heading(base, scope)
    rows = tuple(_inside(base, known, start, end))
    if rows:
        yield Group(title, note, rows, _source_id(base, scope))
    more = tuple(_methods(known, start, end))
    if more:
        yield Group("Functions", "F1 explains", more)


def _inside(base: str, known: Known, start: int, end: int) -> Iterator[Completion]:
    for key, child in known.children():
        if isinstance(key, int) or not (key.isidentifier() and key.isascii()):
            # An item or a field that is no word is reached with brackets: the dot goes.
            text = field_path("", key)
            yield replace(_row(f"{base.rsplit('.', 1)[-1]}{text}", text, child, start - 1, end), goes_deeper=True)
            if child.kind == "object":
                for below, grandchild in list(child.children())[:_PER_SOURCE]:
                    path = field_path(text, below)
                    yield _row(f"{base.rsplit('.', 1)[-1]}{path}", path, grandchild, start - 1, end)
            continue
        yield _row(key, key, child, start, end)
        if child.kind.startswith("list"):
            for at, item in child.children():
                for below, grandchild in list(item.children())[:_PER_SOURCE]:
                    path = field_path(field_path(key, at), below)
                    yield _row(path, path, grandchild, start, end)
            whole = f"{base}.{key}"
            size = str(len(child.value)) if child.has_value and isinstance(child.value, list) else ""
            yield Completion(
                f"size({key})", f"size({whole})", start - len(base) - 1, end, "function", "number", size, HELP["size"].sentence
            )


def _methods(known: Known, start: int, end: int) -> Iterator[Completion]:
    names = LOOPS if known.kind.startswith("list") else tuple(sorted(METHODS)) if known.kind == "text" else ()
    for name in names:
        help = HELP[name]
        inside = "x, " if name in LOOPS else ""
        label = help.call.split(".", 1)[1]
        yield Completion(label, f"{name}({inside})", start, end, "function", help.gives, help.sentence, help.sentence, back=1)


def _functions(start: int, end: int) -> Iterator[Completion]:
    for name, help in HELP.items():
        if name not in METHODS and name not in LOOPS:
            yield Completion(help.call, f"{name}()", start, end, "function", help.gives, help.sentence, help.sentence, back=1)


def _row(label: str, text: str, known: Known, start: int, end: int) -> Completion:
    kind = known.kind
    icons: Mapping[str, Icon] = {"text": "text", "number": "number", "yes/no": "yes/no", "object": "object"}
    icon: Icon = "list" if kind.startswith("list") else icons.get(kind, "name")
    deeper = kind == "object" or kind.startswith("list")
    return Completion(label, text, start, end, icon, kind, known.sample, goes_deeper=deeper)


def _heading(base: str, scope: DataScope) -> tuple[str, str]:
    for source in sorted(scope.sources, key=lambda source: -len(source.path)):
        if base == source.path or base.startswith((f"{source.path}.", f"{source.path}[")):
            inner = base.removeprefix(source.path)
            first, _, rest = source.note.partition(" · ")
            return source.title, f"{first}{inner}{f' · {rest}' if rest else ''}"
    return base, ""


def _source_id(base: str, scope: DataScope) -> str:
    return next((s.id for s in scope.sources if s.id and (base == s.path or base.startswith((f"{s.path}.", f"{s.path}[")))), "")


# What matches


def _matching(groups: list[Group], typed: str) -> list[Group]:
    """Only rows that what is typed may mean, those that begin so before those that contain it."""
    if not typed:
        return groups
    found: list[tuple[int, int, Group]] = []
    for at, group in enumerate(groups):
        ranked = [(rank, row) for row in group.rows if (rank := _rank(row.label, typed)) is not None]
        if ranked:
            rows = tuple(row for _, row in sorted(ranked, key=lambda pair: pair[0]))
            found.append((min(rank for rank, _ in ranked), at, replace(group, rows=rows)))
    return [group for _, _, group in sorted(found, key=lambda item: (item[0] >= 2, item[1]))]


def _rank(label: str, typed: str) -> int | None:
    lower, wanted = label.lower(), typed.lower()
    last = re.split(r"[.\[\](]", lower.rstrip("])"))[-1]
    if lower.startswith(wanted) or last.startswith(wanted):
        return 0
    if f".{wanted}" in lower or f"_{wanted}" in lower:
        return 1
    if wanted in lower:
        return 2
    letters = iter(lower)
    return 3 if len(wanted) > 2 and all(letter in letters for letter in wanted) else None


def _elsewhere(spot: Spot, scope: DataScope, end: int, *, taken: set[str]) -> list[Group]:
    """Fields of other sources that are called so: the whole path is put in the place of what was written."""
    start = spot.start - len(spot.base) - 1
    own = next((s.path for s in scope.sources if spot.base == s.path or spot.base.startswith(f"{s.path}.")), "")
    groups = [_source_group(source, start, end) for source in scope.sources if source.path != own and source.path not in taken]
    return [replace(group, rows=group.rows[:4]) for group in _matching(groups, spot.typed)][:3]


def _cut(groups: list[Group]) -> Iterator[Group]:
    room = MOST_ROWS
    for group in groups:
        if room > 0 and group.rows:
            yield replace(group, rows=group.rows[:room])
            room -= len(group.rows)
