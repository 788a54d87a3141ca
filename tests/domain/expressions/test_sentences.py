"""What expressions say when they cannot be read, or have no value."""

from __future__ import annotations

import pytest

from app.domain.expressions import ExpressionFailed, ExpressionInvalid, compile_expression
from app.domain.json_value import Json

SCOPE: dict[str, Json] = {
    "$": {"n": 1, "s": "x", "l": [1, 2], "o": {}, "null": None, "rows": [{"id": 1}], "many": {f"f{i}": i for i in range(20)}},
    "steps": {"fetch": {"output": {"a": 1}, "status": "completed", "error": None}},
}


@pytest.mark.parametrize(
    ("text", "column", "sentence"),
    [
        ("", 1, "The expression is empty."),
        ("   ", 4, "The expression is empty."),
        ("$.x >", 6, "The expression ends too early: a value is missing."),
        ("$.", 3, "The name of a field is missing after the dot."),
        ("$..a", 3, "The name of a field is missing after the dot."),
        ("$.l[*]", 5, 'A value is missing before "*".'),
        ("$x", 2, '"x" was not expected here.'),
        ("1 2", 3, '"2" was not expected here.'),
        ("(1", 3, '")" is missing to close the bracket; there is the end.'),
        ("[1, 2", 6, '"," is missing or "]"; there is the end.'),
        ("$.n = 1", 5, '"=" has no meaning here; == compares.'),
        ("$.n & 1", 5, '"&" has no meaning here; && means and.'),
        ("$.n | 1", 5, '"|" has no meaning here; || means or.'),
        ("true ? 1", 9, '":" is missing between the two values of ? :; there is the end.'),
        ("{1: 2}", 2, "The key of an object is text, in quotes."),
        ("{a: 2}", 2, 'There is no "a" here; what an expression may name: $, input, steps, item, index, iteration, error, run, result.'),
        ("'abc", 1, "The text that begins here has no closing '."),
        (r"'\q'", 2, r"\q is not an escape; a backslash itself is written \\."),
        (r"'\ud800'", 2, r"\ud800 is not a character."),
        ("b'a'", 1, "Bytes have no place in JSON; leave the b away to write text."),
        ("1e999", 1, "The number 1e999 is too large."),
        ("12ab", 1, '"12a" is neither a number nor a name.'),
        ("1" * 65, 1, "A number may have at most 64 characters."),
        ("itme.v", 1, "Did you mean item?"),
        ("$.l.map(x, y)", 12, 'There is no "y" here; what an expression may name: x, $,'),
        ("upper", 1, "upper is a function; write upper(…)."),
        ("uper('a')", 1, "There is no function uper. Did you mean upper?"),
        ("$.l.mapp(x, x)", 5, "There is no function mapp. Did you mean map?"),
        ("upper()", 1, "upper takes 1 argument, not 0."),
        ("replace('a', 'b')", 1, "replace takes 3 arguments, not 2."),
        ("now()", 1, "There is no function now."),
        ("$.l.map(1, x)", 9, "map begins with a name for the item, as in list.map(x, …)."),
        ("$.l.filter(x)", 13, '"," is missing after the name that filter gives to the item; there is ")".'),
        ("$.l.filter(x, x, x)", 5, "filter takes a name and one expression, as in list.filter(x, …)."),
        ("has($)", 1, "has asks for a field, as in has($.name)."),
        ("steps.fetch.result", 13, 'A step has output, status and error, but no "result"; its result begins at steps.fetch.output.'),
        ('steps["!?"]', 7, 'No step can be called "!?".'),
        ("secrets.KEY", 1, "Secrets work only in the config of adapters and llm steps, as {{ secrets.NAME }}."),
        ("Foo{a: 1}", 1, 'There is no "Foo" here'),
        ("1 +\n +", 6, 'A value is missing before "+".'),
        ("$.a" + ".b" * 100, 130, "More than 64 fields or calls follow one another here."),
        ("(" * 51 + "1", 51, "The expression is nested deeper than 50 levels."),
        ("[" * 51 + "1", 51, "The expression is nested deeper than 50 levels."),
        ("-" * 60 + "1", 51, "There are too many signs in a row."),
        ("'" + "a" * 10_000 + "'", 10_001, "An expression may have at most 10,000 characters; this one has 10,002."),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_column(text: str, column: int, sentence: str) -> None:
    with pytest.raises(ExpressionInvalid) as caught:
        compile_expression(text)
    assert sentence in str(caught.value)
    assert caught.value.column == column


@pytest.mark.parametrize("text", ["secrets", "secrets[$.n]", "secrets.map(x, x)"])
def test_a_secret_is_named_itself(text: str) -> None:
    with pytest.raises(ExpressionInvalid, match=r"secrets\.API_KEY"):
        compile_expression(text, secrets=True)


@pytest.mark.parametrize(
    ("text", "column", "sentence"),
    [
        ("$.m", 3, 'There is no field "m" in $; it has: n, s, l, o, null, rows, many.'),
        ("$.n + $.m", 9, 'There is no field "m" in $; it has: n, s, l, o, null, rows, many.'),
        ("$.o.x", 5, 'There is no field "x" in $.o; it has none.'),
        ("$.many.x", 8, "it has: f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, …."),
        ("$.null.x", 8, '$.null is null, so it has no field "x".'),
        ("$.null[0]", 8, "$.null is null, so it has no items."),
        ("$.s.x", 5, '$.s is a string, so it has no field "x".'),
        ("$.l.x", 5, '$.l is a list, so it has no field "x"; take an item of it, as in [0], or go over it with map.'),
        ("$.l[2]", 5, "There is no item 2 in $.l; it has 2, from 0 to 1."),
        ("$.l[-1]", 5, "There is no item -1 in $.l; it has 2, from 0 to 1."),
        ("[][0]", 4, "There is no item 0 in []; it is empty."),
        ("$.l[0.5]", 5, "$.l is a list, so what stands in [ ] is a whole number; it was 0.5."),
        ("$.l[true]", 5, "$.l is a list, so what stands in [ ] is a whole number; it was a boolean."),
        ("$.many[0]", 8, "$.many is an object, so what stands in [ ] is text; it was a number."),
        ("$.rows.map(r, r.name)", 17, 'There is no field "name" in r; it has: id.'),
        ("steps.other.output", 1, 'There is no step "other" before this one; there are: fetch.'),
        ("item.x", 1, "item is there only inside a foreach or a map."),
        ("result", 1, "result is there only in the conditions of edges that leave a condition step."),
        ("error.type", 1, "error is there only in the catch of a try."),
        ("iteration", 1, "iteration is there only inside a while."),
        ("1 + 'a'", 1, "+ does not work on a number and a string. Use string(…) to make text of a value."),
        ("'a' < 1", 1, "< does not work on a string and a number."),
        ("null < 1", 1, "< does not work on null and a number."),
        ("-'a'", 1, "- does not work on a string."),
        ("'a' / 2", 7, "/ does not work on a string and a number."),
        ("1 / 0", 5, "Nothing can be divided by 0."),
        ("1 % ($.n - 1)", 5, "Nothing can be divided by 0, and ($.n - 1) is 0."),
        ("1e308 * 10", 1, "The expression failed: the result is too large for a number."),
        ("1 in 'abc'", 6, "in looks for a value in a list or for a key in an object, but 'abc' is a string."),
        ("$.n.map(x, x)", 1, "map goes over a list, but $.n is a number."),
        ("join('abc', ',')", 1, "join needs a list, but it got a string."),
        ("upper(1)", 1, "upper needs a string, but it got a number."),
        ("sum([1, 'a'])", 1, "sum needs a list of numbers, and one of them, but it got a string."),
        ("sort([1, 'a'])", 1, "sort needs a list of numbers or a list of strings, but it got one with a number and a string."),
        ("max([])", 1, "max of an empty list has no value."),
        ("avg([])", 1, "avg of an empty list has no value; use default."),
        ("contains([1], 1)", 1, "contains asks about a string; for a list write: value in list."),
        ("replace('a', '', 'b')", 1, "replace needs something to search for, but it got an empty string."),
        ("int('twelve')", 1, "int needs a number, but the string it got is none."),
        ("bool('maybe')", 1, "bool needs true or false, but the string it got is neither."),
        ("parse_json('{')", 1, "parse_json: This is not JSON:"),
        ("round(1.5, 99)", 1, "round keeps 0 to 15 digits after the point."),
        ("'a'.matches('(')", 1, "The expression failed: invalid regular expression: missing ): (."),
        ("timestamp('soon')", 1, "The expression failed: String to Timestamp conversion failed."),
        ("size(1)", 1, "size needs a string, a list or an object, but it got a number."),
        ("{$.n: 1}", 2, "The key of an object is text, but $.n is a number."),
        ("$.l.all(x, x.y)", 14, 'x is a number, so it has no field "y".'),
        ("$.m && true", 3, 'There is no field "m" in $'),
    ],
)
def test_what_has_no_value_says_why_and_where(text: str, column: int, sentence: str) -> None:
    with pytest.raises(ExpressionFailed) as caught:
        compile_expression(text).evaluate(SCOPE)
    assert sentence in str(caught.value)
    assert caught.value.column == column


def test_a_sentence_never_shows_a_long_text() -> None:
    with pytest.raises(ExpressionFailed) as caught:
        compile_expression("$['" + "x" * 5_000 + "']").evaluate({"$": {"y" * 5_000: 1}})
    assert len(str(caught.value)) < 300
