from __future__ import annotations

import pytest

from app.domain.json_value import Json
from app.domain.workflow import Definition


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"type": "object", "examples": [{"name": "Ada"}, {}]}, {"name": "Ada"}),
        ({"type": "object", "examples": []}, None),
        ({"type": "object", "examples": "Ada"}, None),
        ({"type": "object"}, None),
        (True, None),
        (None, None),
    ],
)
def test_the_example_input_is_the_first_that_the_schema_gives(schema: Json, example: Json) -> None:
    assert Definition("W", input_schema=schema).example_input == example
