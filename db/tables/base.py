"""What the tables have in common: one set of metadata whose constraints have names that migrations can say."""

from sqlalchemy import MetaData
from sqlmodel import SQLModel


class Table(SQLModel):
    """The base of every table of Baton."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
