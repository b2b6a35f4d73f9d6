"""Say what reps are good at and how much they may get, and what a pool weighs them with."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _add("rep", "skills", "'[]'")
    _add("rep", "certifications", "'[]'")
    _add("rep", "caps", "'[]'")
    _add("pool", "weights", "'{}'")


def _add(table: str, column: str, default: str) -> None:
    kind = sa.JSON(none_as_null=True)
    op.add_column(table, sa.Column(column, kind, nullable=False, server_default=sa.text(default)))
