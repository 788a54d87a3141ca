"""What each function of the language is for, in a line each: completion shows it, F1 too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class FunctionHelp:
    """How it is called, what it gives in a word, and a sentence with an example."""

    call: str
    gives: str
    sentence: str


HELP: Mapping[str, FunctionHelp] = MappingProxyType(
    {
        "join": FunctionHelp("join(list, between)", "text", 'The items as one text: join(["a", "b"], ", ") is "a, b".'),
        "split": FunctionHelp("split(text, at)", "list", 'The pieces of a text: split("a,b", ",") is ["a", "b"].'),
        "replace": FunctionHelp("replace(text, old, new)", "text", "Every place where the old text stands gets the new one."),
        "trim": FunctionHelp("trim(text)", "text", "The text without blanks at its ends."),
        "lower": FunctionHelp("lower(text)", "text", "The text in small letters."),
        "upper": FunctionHelp("upper(text)", "text", "The text in capitals."),
        "json": FunctionHelp("json(value)", "text", 'Any value as JSON text: json([1, 2]) is "[1,2]".'),
        "parse_json": FunctionHelp("parse_json(text)", "any", "The value of a JSON text."),
        "sum": FunctionHelp("sum(numbers)", "number", "All numbers of a list together."),
        "min": FunctionHelp("min(numbers)", "number", "The smallest number of a list, or of several."),
        "max": FunctionHelp("max(numbers)", "number", "The largest number of a list, or of several."),
        "avg": FunctionHelp("avg(numbers)", "number", "The mean of a list of numbers."),
        "sort": FunctionHelp("sort(list)", "list", "The items in order, the smallest first."),
        "unique": FunctionHelp("unique(list)", "list", "Each item once, where it stood first."),
        "flatten": FunctionHelp("flatten(lists)", "list", "The items of all inner lists as one list."),
        "keys": FunctionHelp("keys(object)", "list", "The names of its fields."),
        "values": FunctionHelp("values(object)", "list", "What its fields hold."),
        "round": FunctionHelp("round(number, digits)", "number", "Rounded, half away from zero; without digits to a whole number."),
        "floor": FunctionHelp("floor(number)", "number", "The next whole number below."),
        "ceil": FunctionHelp("ceil(number)", "number", "The next whole number above."),
        "default": FunctionHelp("default(value, otherwise)", "any", "The value, or the other one where the field is missing or null."),
        "size": FunctionHelp("size(value)", "number", "How many items, fields or characters it has."),
        "contains": FunctionHelp("text.contains(part)", "yes/no", "Whether the part stands in the text; for lists write: value in list."),
        "startsWith": FunctionHelp("text.startsWith(part)", "yes/no", "Whether the text begins so."),
        "endsWith": FunctionHelp("text.endsWith(part)", "yes/no", "Whether the text ends so."),
        "matches": FunctionHelp("text.matches(pattern)", "yes/no", "Whether a regular expression (RE2) is found in the text."),
        "string": FunctionHelp("string(value)", "text", "A number or yes/no as text."),
        "int": FunctionHelp("int(value)", "number", "A text or number as a whole number."),
        "double": FunctionHelp("double(value)", "number", "A text or number as a number with decimals."),
        "bool": FunctionHelp("bool(value)", "yes/no", 'The texts "true" and "false" as yes and no.'),
        "type": FunctionHelp("type(value)", "text", "What kind of value it is."),
        "has": FunctionHelp("has(field)", "yes/no", "Whether a field is there: has($.name)."),
        "map": FunctionHelp("list.map(x, …)", "list", "Something made of each item: list.map(x, x.name)."),
        "filter": FunctionHelp("list.filter(x, …)", "list", "The items for which it holds: list.filter(x, x.score > 0.5)."),
        "exists": FunctionHelp("list.exists(x, …)", "yes/no", "Whether it holds for at least one item."),
        "all": FunctionHelp("list.all(x, …)", "yes/no", "Whether it holds for every item."),
        "exists_one": FunctionHelp("list.exists_one(x, …)", "yes/no", "Whether it holds for exactly one item."),
        "timestamp": FunctionHelp("timestamp(text)", "time", 'A time such as timestamp("2026-05-04T09:00:00Z").'),
        "duration": FunctionHelp("duration(text)", "time", 'A length of time such as duration("90m").'),
    }
)

METHODS = frozenset({"contains", "startsWith", "endsWith", "matches"})
"""Functions that are written behind a text and a dot."""
LOOPS = ("map", "filter", "exists", "all", "exists_one")
"""What is written behind a list and a dot."""
