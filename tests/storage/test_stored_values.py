"""The domain's idea of what the database makes of a value, held against the database."""

from __future__ import annotations

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.json_gate import normalise
from app.domain.json_stored import as_stored
from app.domain.json_value import Json, dumps, loads
from tests.domain.test_json_value import JSON


@given(st.lists(JSON, max_size=20))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_gives_values_back_as_the_domain_says(database_url: str, values: list[Json]) -> None:
    wanted, _ = normalise(values)
    with psycopg.connect(database_url) as connection:
        ((text,),) = connection.execute("SELECT %s::jsonb::text", [dumps(wanted)]).fetchall()
    assert dumps(loads(text)) == dumps(as_stored(wanted))
