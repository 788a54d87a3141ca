"""Many rows in one statement: they travel as one JSON document and are unfolded by PostgreSQL.

One statement also means that foreign keys between the rows (a group in a group) are checked at its end, so their order
does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Insert, Select, Table, Update, bindparam, column, func, insert, select, update
from sqlalchemy.sql.selectable import TableValuedAlias

from app.domain.json_value import Json

Record = Mapping[str, Json]


def insert_all(table: Table, records: Sequence[Record]) -> Insert:
    """Insert `records`; all have the same columns, UUIDs and times as text."""
    return insert(table).from_select(*records_of(table, records))


def update_all(table: Table, records: Sequence[Record], *, where: Mapping[str, Any]) -> Update:
    """Set the columns of `records` on the rows of the same id that also match `where`."""
    rows = _unfolded(table, records)
    matches = [table.c.id == rows.c.id, *(table.c[name] == value for name, value in where.items())]
    return update(table).where(*matches).values({name: rows.c[name] for name in records[0] if name != "id"})


def records_of(table: Table, records: Sequence[Record]) -> tuple[list[str], Select[Any]]:
    """The records' columns and a SELECT that gives the records with the types of `table`."""
    rows = _unfolded(table, records)
    return list(records[0]), select(*(rows.c[name] for name in records[0]))


def _unfolded(table: Table, records: Sequence[Record]) -> TableValuedAlias:
    document = bindparam(None, [dict(record) for record in records], type_=JSON)
    columns = [column(name, table.c[name].type) for name in records[0]]
    return func.json_to_recordset(document).table_valued(*columns, name="given").render_derived(with_types=True)
