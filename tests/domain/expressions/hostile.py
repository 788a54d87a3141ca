"""Five hundred expressions and paths that want to cost much, and the data they would do it with."""

from __future__ import annotations

from itertools import product

from app.domain.json_value import Json

SCOPE: dict[str, Json] = {
    "$": {
        "thousand": [number + 0.5 for number in range(1_000)],
        "many": list(range(99_000)),
        "rows": [{"id": number, "name": f"row {number}", "tags": ["a", "b"], "price": number * 1.5} for number in range(10_000)],
        "text": "a" * 4_000_000,
        "words": "ab " * 300_000,
        "wide": {str(number): number for number in range(50_000)},
    },
    "item": 1,
}

_LISTS = ("$.thousand", "$.many", "$.rows", "keys($.wide)", "split($.words, ' ')", "$.many.map(x, $.many)")
_LOOPS = ("all", "exists", "exists_one", "map", "filter")
_BODIES = (
    "$.many",
    "$.text + $.text",
    "$.text == $.text + 'a'",
    "x in $.many",
    "x == $.rows",
    "$.thousand.map(y, y == x)",
    "$.rows.filter(y, y.id == x)",
    "json($.rows) == ''",
    "$.text.contains('aaaaaaaab')",
    "$.text.matches('(a*)*b')",
    "upper($.text) == ''",
    "unique($.many) == []",
    "has(x.y.z) || $.many.exists(y, y < 0)",
    "x.y.z",
)
_REGEXES = (
    "(a*)*b",
    "(x+x+)+y",
    "(a|aa|aaa|b){1,200}c",
    "[ab]*a[ab]{200}c",
    r"\\pL{1,300}",
    r"(\\pL|\\pN){1,30}[^x]{1,20}",
    ".{1,1000}",
    "(?i)[à-ſ]{1000}",
    "((((a{1,30}){1,30}){1,30}))",
    "(",
    "a{1000000}",
    "(((((((((a?)?)?)?)?)?)?)?)?)*$",
)

EXPRESSIONS = [
    *(f"{source}.{loop}(x, {body})" for source, loop, body in product(_LISTS, _LOOPS, _BODIES)),
    *(f"{text}.matches('{regex}')" for text, regex in product(("$.text", "$.words", "'a'"), _REGEXES)),
    *(f"$.thousand.exists(x, 'abc'.matches('{regex}'))" for regex in _REGEXES),
    *("+".join([name] * count) for name, count in product(("$.text", "$.many", "$.rows", "$.words"), (2, 30, 1_000))),
    "&&".join(["$.many.all(x, x >= 0)"] * 300),
    "||".join(["$.text.contains('b')"] * 400),
    "replace($.text, 'a', $.text)",
    "replace(replace($.text, 'a', 'bbbb'), 'b', 'cccc')",
    "join($.many.map(x, $.text))",
    "join($.many, $.text)",
    "flatten($.many.map(x, $.many))",
    "sort($.many.map(x, -x))",
    "parse_json(json($.rows))",
    "[" + ",".join(["$.many"] * 1_400) + "]",
    "{" + ",".join(f"'{number}': $.rows" for number in range(500)) + "}",
    "[1].map(a, [a].map(b, [b].map(c, [c].map(d, [d].map(e, [e].map(f, [f].map(g, [g].map(h, h))))))))",
    "[" * 49 + "]" * 49,
    "(" * 49 + "1" + ")" * 49,
    "-" * 50 + "1",
    "!" * 50 + "true",
    "default(" * 49 + "$.x" + ", 1)" * 49,
    "true ? " * 24 + "1" + " : 2" * 24,
    "$" + ".a" * 64,
    "$.rows" + "[0]" * 63,
    "int('" + "9" * 64 + "') * int('" + "9" * 64 + "')",
    "1e308 * 1e308 - 1e308 * 1e308",
    "'" + "{{" * 4_000 + "'",
]

PATHS = (
    "$..*..*..*",
    "$[*,*,*,*][*,*,*,*][*,*,*,*]",
    "$.rows[?$.rows[?@.id > 1]]",
    "$.rows[?count($..*) > 5]",
    "$..[?@..[?@..id]]",
    "$.rows[?search(@.name, '(a|aa|b){1,9}c')]",
    "$.rows[?match(@.name, '(r*)*o')]",
    "$.many[?@ == $.text]",
    "$.rows" + "[0]" * 500,
    "$" + "[?(" * 300,
)
