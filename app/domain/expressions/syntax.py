"""The tree of an expression: one frozen value per construct of the language, with its place in the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

LoopKind: TypeAlias = Literal["all", "exists", "exists_one", "map", "filter"]


@dataclass(frozen=True, slots=True)
class Constant:
    value: int | float | str | bool | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Root:
    """A name of the scope: `$`, `input`, `item`, …"""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class StepRoot:
    """`steps.<key>` or `steps["Any name"]`."""

    key: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Secret:
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Local:
    """The variable of a loop; `slot` tells it from others of the same name."""

    slot: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Member:
    """`base.key` or `base[key]`."""

    base: Node
    key: Node
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ListOf:
    items: tuple[Node, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ObjectOf:
    fields: tuple[tuple[Node, Node], ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Has:
    target: Member
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function; what stood before the dot of a method call is its first argument."""

    function: str
    arguments: tuple[Node, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Loop:
    """A macro over a list, or over the keys of an object. `test` filters, `result` is what `map` makes of an item."""

    kind: LoopKind
    source: Node
    slot: int
    test: Node | None
    result: Node | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Choice:
    condition: Node
    then: Node
    otherwise: Node
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unary:
    operator: Literal["!", "-"]
    operand: Node
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one precedence, applied from the left: `first op operand op operand …`."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    start: int
    end: int


Node: TypeAlias = Constant | Root | StepRoot | Secret | Local | Member | ListOf | ObjectOf | Has | Call | Loop | Choice | Unary | Chain


@dataclass(frozen=True, slots=True)
class References:
    """What of the scope an expression names.

    `steps` are keys; `whole_steps` means that steps are used in a way that any of them may be asked for.
    """

    roots: frozenset[str] = frozenset()
    steps: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    whole_steps: bool = False

    def __or__(self, other: References) -> References:
        return References(
            roots=self.roots | other.roots,
            steps=self.steps | other.steps,
            secrets=self.secrets | other.secrets,
            whole_steps=self.whole_steps or other.whole_steps,
        )


@dataclass(frozen=True, slots=True)
class Syntax:
    """A whole expression, read: its tree, what it names, and how many loop variables it has."""

    tree: Node
    references: References
    slots: int
