"""Whatever the text and the data: a value, or one of the two errors. Nothing else comes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.expressions import ExpressionFailed, ExpressionInvalid, compile_expression, render
from app.domain.json_value import Json, dumps

NAUGHTY = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "naughty_strings.json"
PIECES = [
    *"$ . [ ] ( ) { } , : ? ! - + * / % < > = == != <= >= && || in . .. 1 0 -1 2.5 1e308 9007199254740993 0x1F 12u true false null".split(),
    *"'a' \"b\" '''c''' r'\\d' b'x' 'é😀' '\\u0000' $.n $.s $.l $.o $.rows $.big $.gone input item index error run result".split(),
    *"steps steps.a.output secrets.K x y .map(x, .filter(x, .all(x, .exists(x, .exists_one(x, has( join( split( replace( trim(".split(),
    *"lower( upper( json( parse_json( sum( min( max( avg( sort( unique( flatten( keys( values( round( floor( ceil( default(".split(),
    *"size( matches( contains( startsWith( string( int( double( bool( type( timestamp( duration( getHours( .size() .n .id".split(),
    *"[0] [-1] [x] ['k'] // {{ }} \\{{ \\ @ # ~ ` ; $$ \ud800 \x00 \u202e".split(),
    'steps["A b"]',
    "\n",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["n", "s", "k", "id", "a b"]), inner, max_size=4),
    max_leaves=10,
)
SCOPES = st.fixed_dictionaries(
    {
        "$": JSON
        | st.fixed_dictionaries({"n": JSON, "s": st.text(), "l": st.lists(JSON, max_size=4), "o": JSON, "rows": JSON, "big": st.integers()})
    },
    optional={"input": JSON, "item": JSON, "index": st.integers(), "steps": JSON, "error": JSON},
)


def comes_to_an_end(text: str, scope: dict[str, Any]) -> None:
    for secrets in (False, True):
        try:
            value = compile_expression(text, secrets=secrets).evaluate(scope)
        except ExpressionInvalid as error:
            assert 1 <= error.column <= len(text) + 1
            assert str(error)
        except ExpressionFailed as error:
            assert str(error)
        else:
            dumps(value)
    try:
        render({"a": [f"x {{{{ {text} }}}}", text]}, scope)
    except (ExpressionInvalid, ExpressionFailed) as error:
        assert str(error)


@settings(max_examples=700, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join), SCOPES)
def test_pieces_of_the_language_in_any_order(text: str, scope: dict[str, Json]) -> None:
    comes_to_an_end(text, scope)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), SCOPES)
def test_any_text(text: str, scope: dict[str, Json]) -> None:
    comes_to_an_end(text, scope)


VALID = (
    "$.rows.filter(r, r.id > $.n && has(r.k)).map(r, {'id': r.id, 's': upper(string(r.k))})",
    "default($.o.k, [1, 2.5, 'x'])[0] + sum($.l) * 2 - size($.s) / 3",
    "$.l.exists(x, x in [$.n, null, 'a']) ? join($.l, ', ') : json({'a': [$.o]})",
    "timestamp($.s) < timestamp('2026-01-01T00:00:00Z') || $.s.matches('^[a-z]+$') || !$.n",
)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(VALID), st.lists(st.tuples(st.integers(0, 90), st.integers(0, 3), st.sampled_from(PIECES)), max_size=4), SCOPES)
def test_valid_expressions_with_pieces_put_in_and_taken_out(text: str, edits: list[tuple[int, int, str]], scope: dict[str, Json]) -> None:
    for place, removed, piece in edits:
        text = text[:place] + piece + text[place + removed :]
    comes_to_an_end(text, scope)


def test_the_naughty_strings_as_text_and_as_data() -> None:
    strings = json.loads(NAUGHTY.read_text(encoding="utf-8")) if NAUGHTY.exists() else ["\u202e", "{{", "'", "\\", "$", "${HOME}"]
    for naughty in strings:
        scope: dict[str, Json] = {"$": {"n": 1, "s": naughty, naughty: naughty, "l": [naughty]}}
        comes_to_an_end(naughty, scope)
        assert compile_expression("$.s").evaluate(scope) == naughty
        assert compile_expression("$[$.s]").evaluate(scope) == naughty or naughty in ("n", "l")
        assert render("{{ $.s + '' }}", scope) == naughty.replace("\x00", "\ufffd")
        assert render("<{{ $.s }}>", scope) == f"<{naughty}>"
