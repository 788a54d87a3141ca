"""What expressions give: one row per rule of the language."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.domain.expressions import compile_expression, is_true
from app.domain.json_value import Json

SCOPE: dict[str, Json] = {
    "$": {
        "n": 10,
        "p": 10.5,
        "l": [1, 2, 3],
        "s": "héllo",
        "o": {"k": 1, "a b": 2, "size": 3},
        "rows": [{"id": 1, "tags": ["a"]}, {"id": 2, "tags": []}, {"id": 3}],
        "null": None,
        "yes": True,
        "big": 9007199254740993,
        "huge": 10**30 + 1,
        "größe": 4,
    },
    "input": {"url": "https://example.org", "id": 7},
    "steps": {"fetch_page": {"output": {"x": {"y": 3}}, "status": "completed", "error": None}},
    "item": {"v": 5},
    "index": 2,
    "iteration": 1,
    "run": {"id": "r1", "mode": "test"},
    "result": False,
    "error": {"type": "Timeout"},
}


def value_of(text: str) -> Json:
    return compile_expression(text).evaluate(SCOPE)


def rows(*pairs: tuple[str, Any]) -> list[Any]:
    return [pytest.param(text, expected, id=text[:60]) for text, expected in pairs]


def exactly(value: Json) -> str:
    """JSON text tells 1 from true and from 1.5, and keeps every digit."""
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    rows(
        ("$.n", 10),
        ("$.l[0]", 1),
        ("$.l[2.0]", 3),
        ("$.l[index]", 3),
        ("$['s']", "héllo"),
        ('$.o["a b"]', 2),
        ("$.o.size", 3),
        ("$.null", None),
        ("$.größe", 4),
        ("$.rows[0].tags[0]", "a"),
        ("input.url", "https://example.org"),
        ("steps.fetch_page.output.x.y", 3),
        ('steps["Fetch page"].output.x.y', 3),
        ('steps["Fetch page"].status', "completed"),
        ("steps.fetch_page.error", None),
        ("item.v", 5),
        ("index", 2),
        ("iteration", 1),
        ("run.id", "r1"),
        ("result", False),
        ("!result", True),
        ("error.type", "Timeout"),
        ("  $ . n  ", 10),
        ("$.n // what it counts", 10),
    ),
)
def test_names_and_paths(text: str, expected: Json) -> None:
    assert exactly(value_of(text)) == exactly(expected)


def test_a_path_gives_the_value_itself() -> None:
    assert value_of("$.rows") is SCOPE["$"]["rows"]  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    ("text", "expected"),
    rows(
        ("null", None),
        ("true", True),
        ("12", 12),
        ("12u", 12),
        ("0x1F", 31),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        ("-7", -7),
        ("- 7", -7),
        ("'a'", "a"),
        ('"a\'b"', "a'b"),
        (r"'\n\t\\\'\"\u00e9\U0001F600\x41\101'", "\n\t\\'\"é😀AA"),
        (r"r'\n'", "\\n"),
        ("'''a'b\nc'''", "a'b\nc"),
        ('"""a"b"""', 'a"b'),
        ("[1, 'a', null, [true],]", [1, "a", None, [True]]),
        ("{'a': 1, 'b': {'c': [2]},}", {"a": 1, "b": {"c": [2]}}),
        ("{'a' + 'b': 1}", {"ab": 1}),
        ("12345678901234567890123", 12345678901234567890123),
    ),
)
def test_literals(text: str, expected: Json) -> None:
    assert exactly(value_of(text)) == exactly(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    rows(
        ("$.n + 1", 11),
        ("$.p * 2", 21),
        ("$.n + 0.5", 10.5),
        ("$.n - $.p", -0.5),
        ("$.n / 4", 2.5),
        ("$.n / 5", 2),
        ("7 % 3", 1),
        ("-7 % 3", -1),
        ("7.5 % 2", 1.5),
        ("-$.n", -10),
        ("--$.n", 10),
        ("2 + 3 * 4 - 6 / 3", 12),
        ("(2 + 3) * 4", 20),
        ("2 * 6 / 3 * 2 + 1", 9),
        ("3.0", 3.0),
        ("1.0 + 2.0", 3),
        ("0.1 + 0.2", 0.1 + 0.2),
        ("1e15 + 1", 1000000000000001),
        ("'a' + 'b' + $.s", "abhéllo"),
        ("[1] + ['a'] + $.l", [1, "a", 1, 2, 3]),
        ("+".join(["1"] * 300), 300),
    ),
)
def test_arithmetic(text: str, expected: Json) -> None:
    assert value_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    rows(
        ("$.big", 9007199254740993),
        ("$.huge", 10**30 + 1),
        ("[$.huge]", [10**30 + 1]),
        ("{'id': $.big}", {"id": 9007199254740993}),
        ("true ? $.huge : 0", 10**30 + 1),
        ("$.big + 1", 9007199254740994),
        ("$.big == 9007199254740992", False),
        ("$.big == 9007199254740993", True),
        ("$.big > 9007199254740992", True),
        ("[$.big][0]", 9007199254740993),
        ("[$.big].map(x, x)", [9007199254740993]),
        ("[$.huge, 1].filter(x, x > 2)", [10**30 + 1]),
        ("sort([$.huge, 2])", [2, 10**30 + 1]),
        ("sum([$.huge, 1])", 10**30 + 2),
        ("json($.o) + json($.huge)", '{"k":1,"a b":2,"size":3}1000000000000000000000000000001'),
        ("parse_json('[9007199254740993]')[0]", 9007199254740993),
        ("default($.huge, 0)", 10**30 + 1),
        ("$.huge in [$.huge]", True),
        ("int('9007199254740993')", 9007199254740993),
    ),
)
def test_big_integers_lose_nothing_where_they_pass_through(text: str, expected: Json) -> None:
    assert exactly(value_of(text)) == exactly(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    rows(
        ("1 == 1.0", True),
        ("1 != 2", True),
        ("1 == true", False),
        ("0 == false", False),
        ("'1' == 1", False),
        ("null == null", True),
        ("$.l == [1, 2.0, 3]", True),
        ("{'a': 1} == {'a': 1.0}", True),
        ("2 < 2.5", True),
        ("'a' < 'b'", True),
        ("false < true", True),
        ("2 >= 2", True),
        ("2 in $.l", True),
        ("2.0 in $.l", True),
        ("'2' in $.l", False),
        ("true in [1]", False),
        ("1 in [true]", False),
        ("[1] in [[1.0]]", True),
        ("null in [null]", True),
        ("'k' in $.o", True),
        ("1 in {'1': 1}", False),
        ("!(2 in $.l)", False),
        ("size($.l) > 1.5", True),
        ("2 in $.l ? 'in' : 'out'", "in"),
    ),
)
def test_comparison(text: str, expected: Json) -> None:
    assert value_of(text) is expected or value_of(text) == expected


@pytest.mark.parametrize("value", [None, False, 0, 0.0, "", [], {}])
def test_what_is_empty_is_false(value: Json) -> None:
    assert not is_true(value)
    scope: dict[str, Json] = {"$": {"v": value, "l": [value]}}
    texts = ("$.v ? 1 : 0", "$.v && true", "$.v || false", "!$.v ? 0 : 1", "$.l.exists(x, x)", "size($.l.filter(x, x))", "!!$.v")
    assert [compile_expression(text).evaluate(scope) for text in texts] == [0, False, False, 0, False, 0, False]


@pytest.mark.parametrize("value", [True, 1, -1, 0.1, "0", "false", [0], {"a": None}])
def test_what_holds_something_is_true(value: Json) -> None:
    assert is_true(value)
    scope: dict[str, Json] = {"$": {"v": value, "l": [value]}}
    texts = ("$.v ? 1 : 0", "$.v && true", "$.v || false", "!$.v ? 0 : 1", "$.l.all(x, x)", "size($.l.filter(x, x))", "!!$.v")
    assert [compile_expression(text).evaluate(scope) for text in texts] == [1, True, True, 1, True, 1, True]


@pytest.mark.parametrize(
    ("text", "expected"),
    rows(
        ("$.m == 1 || true", True),
        ("true || $.m == 1", True),
        ("$.m == 1 && false", False),
        ("false && $.m", False),
        ("has($.m) ? $.m : 'none'", "none"),
        ("$.n > 5 && ($.s == 'x' || $.p > 10)", True),
        ("$.l.exists(x, x.y || x == 2)", True),
        ("||".join(["$.m"] * 40 + ["true"]), True),
    ),
)
def test_and_and_or_look_past_an_error_when_the_other_side_decides(text: str, expected: Json) -> None:
    assert value_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    rows(
        ("has($.n)", True),
        ("has($.m)", False),
        ("has($.m.deep.er)", False),
        ("has($.o.k)", True),
        ("has($.null)", True),
        ("has($.null.x)", False),
        ("has($.l[2])", True),
        ("has($.l[3])", False),
        ("has($['a b'])", False),
        ("has(steps.fetch_page)", True),
        ("has(steps.other)", False),
        ("has(steps.fetch_page.output.x)", True),
        ("$.rows.filter(r, has(r.tags)).map(r, r.id)", [1, 2]),
    ),
)
def test_has_asks(text: str, expected: Json) -> None:
    assert value_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    rows(
        ("$.l.map(x, x * 2)", [2, 4, 6]),
        ("$.l.map(x, x > 1, x * 10)", [20, 30]),
        ("$.l.filter(x, x != 2)", [1, 3]),
        ("$.l.all(x, x > 0)", True),
        ("[].all(x, x.y)", True),
        ("$.l.exists(x, x > 2)", True),
        ("[].exists(x, true)", False),
        ("$.l.exists_one(x, x > 2)", True),
        ("$.l.exists_one(x, x > 1)", False),
        ("$.o.map(k, k)", ["k", "a b", "size"]),
        ("$.o.exists(k, k == 'k')", True),
        ("$.l.map(x, $.l.map(y, x * y))", [[1, 2, 3], [2, 4, 6], [3, 6, 9]]),
        ("$.l.map(x, [x].map(x, x + 1))", [[2], [3], [4]]),
        ("[4].map(item, item)", [4]),
        ("$.rows.map(r, default(r.tags, []))", [["a"], [], []]),
        ("$.rows.filter(r, r.id in $.l && r.id > 1).map(r, {'id': r.id})", [{"id": 2}, {"id": 3}]),
    ),
)
def test_loops(text: str, expected: Json) -> None:
    assert value_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    rows(
        ("join(['a', 1, null, true, [2]], '-')", "a-1--true-[2]"),
        ("join(['a', 'b'])", "ab"),
        ("['a', 'b'].join(', ')", "a, b"),
        ("split('a,b', ',')", ["a", "b"]),
        ("split('', ',')", [""]),
        ("split('abc', '')", ["a", "b", "c"]),
        ("replace('abcb', 'b', 'x')", "axcx"),
        (r"trim('  a \n')", "a"),
        ("lower('ÄB')", "äb"),
        ("upper('äb')", "ÄB"),
        ("' a '.trim().upper()", "A"),
        ("json({'a': [1, 1.0, 'é']})", '{"a":[1,1.0,"é"]}'),
        ("json('a')", '"a"'),
        ("parse_json('{\"a\": 1}').a", 1),
        ("sum([1, 2, 3.5])", 6.5),
        ("sum([])", 0),
        ("min([3, 1, 2])", 1),
        ("max(3, 1, 2)", 3),
        ("min('b', 'a')", "a"),
        ("avg([1, 2])", 1.5),
        ("sort([3, 1, 2])", [1, 2, 3]),
        ("sort(['b', 'a'])", ["a", "b"]),
        ("sort([])", []),
        ("unique([1, 1.0, true, '1', [1], [1.0]])", [1, True, "1", [1]]),
        ("flatten([[1], 2, [3, [4]]])", [1, 2, 3, [4]]),
        ("keys({'b': 1, 'a': 2})", ["b", "a"]),
        ("values({'b': 1, 'a': 2})", [1, 2]),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(2.4)", 2),
        ("round(2.675, 2)", 2.68),
        ("floor(-1.5)", -2),
        ("ceil(1.2)", 2),
        ("floor(3)", 3),
        ("default($.m, 1)", 1),
        ("default($.m.deep, 1) + 1", 2),
        ("default($.null, 'x')", "x"),
        ("default($.l[9], 'x')", "x"),
        ("default($.m + 1, 0)", 0),
        ("default($.n, 0)", 10),
        ("default(steps.other.output, [])", []),
        ("$.m.default(3)", 3),
        ("default(false, true)", False),
        ("size('héllo')", 5),
        ("$.l.size()", 3),
        ("size({'a': 1})", 1),
        ("'abc'.contains('b')", True),
        ("'abc'.startsWith('ab')", True),
        ("'abc'.endsWith('bc')", True),
        ("$.s.matches('^h.*o$')", True),
        ("matches('abc', '[0-9]')", False),
        ("string(1)", "1"),
        ("string(3.0)", "3"),
        ("string(true) + string(null) + string([1])", "truenull[1]"),
        ("int('12')", 12),
        ("int(2.9)", 2),
        ("int(-2.9)", -2),
        ("double('1.5')", 1.5),
        ("bool('true')", True),
        ("bool(0)", False),
        ("type($.n)", "number"),
        ("[null, true, 1, 'a', [], {}].map(x, type(x))", ["null", "boolean", "number", "string", "list", "object"]),
        ("dyn(1)", 1),
    ),
)
def test_functions(text: str, expected: Json) -> None:
    assert exactly(value_of(text)) == exactly(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    rows(
        ("timestamp('2026-01-31T23:30:00Z') + duration('1h')", "2026-02-01T00:30:00Z"),
        ("timestamp('2026-01-31T23:30:00+02:00') < timestamp('2026-01-31T23:00:00Z')", True),
        ("timestamp('2026-01-31T23:30:00Z').getFullYear()", 2026),
        ("timestamp('2026-07-31T23:30:00Z').getHours('Europe/Berlin')", 1),
        ("timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z')", "86400s"),
        ("duration('1.5s')", "1.5s"),
        ("duration('90s') == duration('1m30s')", True),
    ),
)
def test_times_are_read_and_compared_but_never_asked_of_a_clock(text: str, expected: Json) -> None:
    assert value_of(text) == expected


def test_the_same_text_is_compiled_once() -> None:
    assert compile_expression("$.n + 41") is compile_expression("$.n + 41")


def test_a_nul_does_not_end_a_string() -> None:
    assert compile_expression("$.a == $.b").evaluate({"$": {"a": "x\x00y", "b": "x\x00z"}}) is False
