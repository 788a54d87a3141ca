"""The one MetaData of the database and the columns that many tables share.

The fifteen tables of the seed stand exactly as the seed says; what this program adds to them is
added, never changed. Tables and migrations are held against each other by a test.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, ForeignKeyConstraint, MetaData, text
from sqlalchemy.dialects import postgresql

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "idx_%(table_name)s_%(column_0_N_name)s",
    }
)

# A Python None is an SQL NULL; the JSON value null is written with sqlalchemy.JSON.NULL.
Document = postgresql.JSONB(none_as_null=True)
Instant = postgresql.TIMESTAMP(timezone=True)
Uuid = postgresql.UUID(as_uuid=True)

DEFAULT_TENANT_ID = UUID("00000000-0000-0000-0000-000000000001")
CHANGE_SEQUENCE = "change_seq"


def generated_id(comment: str) -> Column[UUID]:
    return Column("id", Uuid, primary_key=True, server_default=text("uuid_generate_v4()"), comment=comment)


def tenant_id(comment: str = "Tenant that owns the row") -> Column[UUID]:
    return Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False, comment=comment)


def inherited_tenant_id() -> Column[UUID]:
    """The tenant of the parent row: filled by a trigger when an insert leaves it out, tied to it by a composite key."""
    return Column("tenant_id", Uuid, nullable=False, comment="Tenant of the parent row; a trigger fills it when it is left out")


def created_at(comment: str = "When the row was made") -> Column[Any]:
    return Column("created_at", Instant, server_default=text("now()"), comment=comment)


def updated_at(comment: str = "When the row last changed; set by a trigger") -> Column[Any]:
    return Column("updated_at", Instant, server_default=text("now()"), comment=comment)


def deleted_at(comment: str = "Soft delete: set means deleted") -> Column[Any]:
    return Column("deleted_at", Instant, comment=comment)


def change_seq() -> Column[int]:
    """The number of the row's last change.

    One sequence numbers the changes of all run tables: the column's default takes a number on insert, a
    trigger takes the next one on each update. Numbers are given when a statement runs and seen when
    its transaction commits, so among several writers a smaller number may appear after a larger one. Within one
    run there is one writer (the holder of its fence), and there "everything after n" loses nothing; who
    reads across runs must reread a small overlap.
    """
    return Column(
        "seq",
        BigInteger,
        nullable=False,
        server_default=text(f"nextval('{CHANGE_SEQUENCE}')"),
        comment="Number of the row's last change, larger on each update; read per run as changes since n",
    )


def within_tenant(
    column: str,
    parent: str,
    *,
    ondelete: str | None = None,
    inside: str | None = None,
    use_alter: bool = False,
) -> ForeignKeyConstraint:
    """A foreign key that cannot cross tenants: (tenant_id, column) to (tenant_id, id) of `parent`.

    `inside` names one more column both sides share, such as workflow_id. `ondelete` "SET NULL" empties
    only `column`, as tenant_id must stay.
    """
    shared = ["tenant_id", *([inside] if inside else [])]
    if ondelete == "SET NULL":
        ondelete = f"SET NULL ({column})"
    return ForeignKeyConstraint(
        [*shared, column],
        [*(f"{parent}.{name}" for name in shared), f"{parent}.id"],
        ondelete=ondelete,
        use_alter=use_alter,
    )


def one_of(column: str, *values: str) -> str:
    """The SQL of a CHECK that `column` holds one of `values`; the values are constants of this package."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"
