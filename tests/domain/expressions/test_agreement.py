"""What our parser, loops and fields make of CEL, compared with cel-cpp doing all of it by itself.

The same text goes to both. Numbers are written as doubles, as CEL would not mix them otherwise; lists are short, as its
loops are quadratic. Where we differ on purpose (truth of what is no boolean, `has` along a path, division) nothing is generated.
"""

from __future__ import annotations

from typing import Any

from cel_expr_python import cel
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.expressions import ExpressionFailed, compile_expression

DATA: dict[str, Any] = {
    "n": 3.0,
    "p": -1.5,
    "s": "héllo",
    "t": "",
    "yes": True,
    "no": False,
    "nil": None,
    "l": [1.0, 2.0, 3.0],
    "e": [],
    "m": {"k": 1.0, "s": "x"},
    "rows": [{"id": 1.0, "v": "a", "ok": True}, {"id": 2.0, "v": "b", "ok": False}],
}
CEL = cel.NewEnv()

numbers = st.sampled_from(["$.n", "$.p", "1.0", "0.0", "2.5", "$.l[0]", "$.m.k", "$.gone", "$.rows[1].id"])
texts = st.sampled_from(["$.s", "$.t", "'a'", "'é'", "$.m.s", "$.rows[0].v", "$.m['s']", "$.m.gone"])
booleans = st.sampled_from(["$.yes", "$.no", "true", "false", "has($.n)", "has($.gone)", "$.gone == 1.0", "$.rows[0].ok"])
lists = st.sampled_from(["$.l", "$.e", "[1.0, 'a']", "[]", "[$.n, $.nil]", "$.rows.map(r, r.id)", "[$.gone]"])
anything = st.one_of(numbers, texts, booleans, lists, st.sampled_from(["null", "$.nil", "$.m", "{'a': $.n}", "{}"]))


def grown(children: st.SearchStrategy[str], own: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Larger expressions of one kind: `own` are of that kind, `children` of any."""
    return st.one_of(own, st.builds("({} ? {} : {})".format, conditions, own, own), children)


arithmetic = st.recursive(
    numbers,
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner) | st.builds("(-{})".format, inner),
    max_leaves=6,
)
strings = st.recursive(texts, lambda inner: st.builds("({} + {})".format, inner, inner), max_leaves=4)
comparisons = st.one_of(
    st.builds("({} {} {})".format, arithmetic, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), arithmetic),
    st.builds("({} {} {})".format, strings, st.sampled_from(["<", "==", "!="]), strings),
    st.builds("({} {} {})".format, anything, st.sampled_from(["==", "!="]), anything),
    st.builds("({} < {})".format, anything, anything),
    st.builds("({} in {})".format, anything, lists),
    st.builds("({} in $.m)".format, texts),
    st.builds("{}.{}({})".format, strings, st.sampled_from(["startsWith", "endsWith", "contains"]), strings),
)
conditions: st.SearchStrategy[str] = st.recursive(
    booleans | comparisons,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["&&", "||"]), inner),
        st.builds("({} && {} && {} || {})".format, inner, inner, inner, inner),
        st.builds("!{}".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("{}.{}(x, {})".format, lists, st.sampled_from(["all", "exists", "exists_one"]), inner),
        st.builds("{}.{}(x, {} && x == {})".format, lists, st.sampled_from(["all", "exists"]), inner, anything),
        st.builds("$.rows.{}(r, r.id > {} || r.v == {})".format, st.sampled_from(["all", "exists"]), arithmetic, strings),
    ),
    max_leaves=8,
)
values = st.one_of(
    arithmetic,
    strings,
    conditions,
    anything,
    st.builds("({} ? {} : {})".format, conditions, anything, anything),
    st.builds("({} + {})".format, anything, anything),
    st.builds("({} + {})".format, lists, lists),
    st.builds("[{}, {}]".format, anything, conditions),
    st.builds("{{'a': {}, 'b': {}}}".format, arithmetic, conditions),
    st.builds("{}.map(x, [x, {}])".format, lists, anything),
    st.builds("{}.map(x, {}, x)".format, lists, conditions),
    st.builds("$.rows.filter(r, {} && r.ok)".format, conditions),
    st.builds("$.l.map(x, x * {} + $.n)".format, arithmetic),
    st.builds("$.l.map(x, $.l.map(y, x * y + {}))".format, arithmetic),
)


def ours(text: str) -> Any:
    try:
        return compile_expression(text).evaluate({"$": DATA})
    except ExpressionFailed:
        return "failed"


def theirs(text: str) -> Any:
    value = CEL.compile(text.replace("$", "d"), disable_check=True).eval(data={"d": DATA})
    return "failed" if value.type() == cel.Type.ERROR else value.plain_value()


def kinds(value: Any) -> Any:
    """Equal for what JSON takes as equal: 1 and 1.0, but not 1 and true."""
    if isinstance(value, list):
        return [kinds(item) for item in value]
    if isinstance(value, dict):
        return {key: kinds(item) for key, item in value.items()}
    return (type(value) is bool, value)


@settings(max_examples=600, deadline=None)
@given(values)
def test_both_give_the_same(text: str) -> None:
    assert kinds(ours(text)) == kinds(theirs(text)), text
